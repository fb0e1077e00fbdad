/*
 * chat_print.h - what `burble chat` prints instead of running: for people who write its
 * configuration.
 */
#ifndef CLI_CHAT_PRINT_H
#define CLI_CHAT_PRINT_H

/* --hash-password: a line of standard input becomes the hash for the configuration. Exit status. */
int chat_print_hash(void);

/* --print-config: the commented file of defaults. Exit status. */
int chat_print_config(void);

#endif
