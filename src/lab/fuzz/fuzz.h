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
	uint64_t seconds; /* stop after so many; 0: after `runs` */
	uint64_t compare; /* one in so many runs is repeated without fast paths; 0: none */
	const char *out;  /* directory for failures; it must exist */
	bool keep_going;  /* continue with the next seed after a failure */
};

/* Runs and prints. Returns the number of failures. */
unsigned fuzz_run(const struct fuzz_options *o);

/* Runs the plan in a file and prints whether a property fails; also writes it as a scenario to the
 * file `scenario`, and as a packet script to `packets`, unless they are NULL. Returns the number of
 * failures; -1: no such file, or not a plan. */
int fuzz_replay(const char *path, const char *scenario, const char *packets);

#endif
