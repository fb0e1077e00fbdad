/*
 * need.h - memory that a simulation cannot go on without: it is a tool that a person started, so
 * that ending with one line is better than a result with something missing.
 */
#ifndef LAB_WORLD_NEED_H
#define LAB_WORLD_NEED_H

#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>

/* Returns p; ends the program if it is NULL. */
static inline void *need(void *p)
{
	if (!p) {
		fprintf(stderr, "burble: out of memory\n");
		exit(1);
	}
	return p;
}

#endif
