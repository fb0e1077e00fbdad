/*
 * fuzz.h - many random runs in virtual time, each checked: `burble lab fuzz`.
 *
 *     seed -> plan -> run -> all properties hold
 *                        \-> one fails -> a smaller plan -> PLAN file, Lua scenario
 */
#ifndef LAB_FUZZ_FUZZ_H
#define LAB_FUZZ_FUZZ_H

#include "base/base.h"

struct fuzz_options {
	uint64_t seed; /* the first */
	uint64_t runs;
	uint64_t seconds; /* ends after so many; 0: after `runs` */
	uint64_t compare; /* every so many runs also without fast paths; 0: none */
	const char *out;  /* directory for what fails; it must be there */
	bool keep_going;  /* goes on with the next seed after a failure */
};

/* Runs and prints. Returns the number of failures. */
unsigned fuzz_run(const struct fuzz_options *o);

/* Runs the plan of a file, and says whether a property fails; writes it to a file called `scenario`
 * as one, and to `packets` as a packet script, unless they are NULL. Returns the number of
 * failures; -1: no such file, or no plan. */
int fuzz_replay(const char *path, const char *scenario, const char *packets);

#endif
