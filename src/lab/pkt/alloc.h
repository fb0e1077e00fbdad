/*
 * alloc.h - arena allocation that aborts when out of memory, since a script cannot continue
 * without.
 */
#ifndef LAB_PKT_ALLOC_H
#define LAB_PKT_ALLOC_H

#include "base/arena.h"

#include <stdlib.h>

/* arena_alloc(), never NULL. */
static inline void *pkt_alloc(struct arena *a, size_t n)
{
	void *p = arena_alloc(a, n);

	if (!p)
		abort();
	return p;
}

/* arena_copy(), never NULL. */
static inline char *pkt_copy_text(struct arena *a, const char *from, size_t n)
{
	char *copy = arena_copy(a, from, n);

	if (!copy)
		abort();
	return copy;
}

#endif
