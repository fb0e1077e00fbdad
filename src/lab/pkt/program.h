/*
 * program.h - a command of a script, as far as scripts write shell: words and quotes, "|" and
 * "||", redirections, ";" and new lines. No shell runs: each program is a function here that acts
 * on what is under test (program.c), and what has none is a failure that names it.
 */
#ifndef LAB_PKT_PROGRAM_H
#define LAB_PKT_PROGRAM_H

#include "lab/pkt/run.h"

enum {
	SHELL_WORDS = 64,   /* of one program; more are a failure */
	SHELL_TEXT = 32768, /* bytes from one program to the next; more are cut */
};

struct shell {
	struct pkt_run *run;
	int line;
	const char *in;   /* what the program before "|" wrote; NULL: there is none */
	struct text *out; /* what goes behind "|" */
	const char *file; /* of a redirection; NULL: none, or /dev/null */
	char *why;        /* why a program fails, of SHELL_WHY bytes */
};

enum {
	SHELL_WHY = 256,
};

/* Runs a program with its arguments, up to a NULL. False if its exit status is not 0, with a reason
 * in sh->why; what is not supported also ends the run (run_fail()). */
struct program {
	const char *name;
	bool (*run)(struct shell *sh, char **arg);
	bool prefix; /* of the name of a program */
	bool files;  /* about files, which the stock packetdrill has a shell for */
	bool writes; /* may have a file behind ">" */
};

/* By the first word of a command, which may be a path; NULL: unknown. */
const struct program *program_find(const char *word);

#endif
