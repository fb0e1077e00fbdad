/* must.h - a benchmark ends at the first thing that goes wrong. */
#ifndef BENCH_MILLION_MUST_H
#define BENCH_MILLION_MUST_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* Ends the program with a message if ok is false. */
static inline void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench/million: %s\n", what);
	exit(1);
}

#endif
