/* lab_fuzz.h - `burble lab fuzz`. */
#ifndef CLI_LAB_FUZZ_H
#define CLI_LAB_FUZZ_H

/* burble lab fuzz; argv[0] is "fuzz". Returns the exit status. */
int lab_fuzz(int argc, char **argv);

#endif
