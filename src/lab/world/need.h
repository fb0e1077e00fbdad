/*
 * need.h - allocations that must not fail: the simulation is a tool started by a person, so exiting
 * with one line is better than an incomplete result.
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
