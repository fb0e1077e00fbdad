/*
 * chat_print.h - options of `burble chat` that print something and exit.
 */
#ifndef CLI_CHAT_PRINT_H
#define CLI_CHAT_PRINT_H

#include <stdbool.h>
#include <stddef.h>

/* --hash-password: reads a password from standard input, prints its hash. Returns the exit status.
 */
int chat_print_hash(void);

/* --print-config: prints the default configuration file. Returns the exit status. */
int chat_print_config(void);

/* Reads a password from standard input, without echo from a terminal; false if there is none. */
bool chat_read_password(char *out, size_t size);

#endif
