/* lab_fuzz.h - the part of `burble lab` that makes random runs. */
#ifndef CLI_LAB_FUZZ_H
#define CLI_LAB_FUZZ_H

/* burble lab fuzz; argv[0] is "fuzz". Returns the exit status. */
int lab_fuzz(int argc, char **argv);

#endif
