/*
 * lab_real.h - `burble lab run SCENARIO --real HOST`: the scenario in virtual time, then in real
 * time with this machine's kernel in the place of one host, and both beside each other.
 */
#ifndef CLI_LAB_REAL_H
#define CLI_LAB_REAL_H

#include "lab/scenario/scenario.h"

#define LAB_REAL_LONGEST (150 * NSEC_SEC) /* unless told otherwise */

struct lab_real {
	const char *scenario; /* its name */
	const char *text;     /* its source, len bytes */
	size_t len;
	const char *host;
	nsec_t longest; /* a run that lasts longer in virtual time is refused */
	uint64_t seed;
	const char *const *settings; /* of --set */
	uint32_t rows;               /* of the comparison; 0: as many as usual */
	bool json, first;            /* JSON: an element of an array, the first one */
	bool quiet;                  /* only the last lines */
};

/* Runs it twice and prints the comparison on stdout, or a line on stderr if it cannot. True if all
 * expectations were met in both runs: differences are shown, not failures. */
bool lab_real_run(const struct lab_real *r);

#endif
