/*
 * program.h - a program that gets a text on its standard input and answers on its standard output,
 * within a time limit. No shell is involved. The process must ignore SIGPIPE.
 */
#ifndef EXTERNAL_PROGRAM_H
#define EXTERNAL_PROGRAM_H

#include "base/base.h"

enum {
	PROGRAM_WORDS_MAX = 32,   /* of the program and its arguments */
	PROGRAM_BYTES_MAX = 1024, /* of the words */
};

struct program_run {
	const char *words; /* the program's path and its arguments, separated by spaces */
	const char *in;    /* its input */
	size_t in_len;
	char *out; /* its output, NUL-terminated; NULL: its output is thrown away */
	size_t out_size;
	nsec_t timeout; /* then it is killed, with what it has started */
	int stop;       /* a descriptor; once it is readable, the program is killed */
};

/* Runs it and waits for its end. NULL if it ended with status 0, else a reason, printed into why,
 * which has why_size bytes. */
const char *program_run(const struct program_run *r, char *why, size_t why_size);

#endif
