/*
 * program.h - programs that commands may call, implemented on the system under test; no process is
 * started.
 */
#ifndef LAB_PKT_PROGRAM_H
#define LAB_PKT_PROGRAM_H

#include "lab/pkt/run.h"

enum {
	SHELL_WORDS = 64,   /* of one program; more are an error */
	SHELL_TEXT = 32768, /* bytes of output; more are cut */
	SHELL_WHY = 256,
};

/* Environment of a program. */
struct shell {
	struct pkt_run *run;
	int line;         /* of the script */
	const char *in;   /* output of the program before "|"; NULL: none */
	struct text *out; /* standard output */
	const char *file; /* standard output is redirected to it; NULL: to no file, or /dev/null */
	char *why;        /* error message, of SHELL_WHY bytes */
};

struct program {
	const char *name;
	/* Runs the program; arg ends with NULL. Returns false if its exit status is not 0, with the
	 * reason in sh->why; an unsupported argument also fails the run. */
	bool (*run)(struct shell *sh, char **arg);
	bool prefix; /* name is only the beginning of the name */
	bool files;  /* for files, which a stock packetdrill makes with its shell */
	bool writes; /* its output may be redirected to a file */
};

/* Finds the program that a command's first word, possibly a path, names; NULL if unknown. */
const struct program *program_find(const char *word);

#endif
