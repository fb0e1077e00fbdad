/*
 * vec.h - growable array: typed, bounded, and growth that can fail.
 *
 *     VEC(struct row) rows = {0};
 *     if (!VEC_PUSH(&rows, row, ROWS_MAX))       false: out of memory, or there are ROWS_MAX
 *     rows.at[i], rows.count                     elements [0, count)
 *
 * The macros work on any structure with the members of VEC(). Capacity doubles, so that appending
 * costs O(1) on average. Pointers into the array are valid until it grows.
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include "base/base.h"

#include <stdlib.h>

enum {
	VEC_FIRST = 4, /* elements of the first allocation */
};

#define VEC(type)                                                                                  \
	struct {                                                                                   \
		type *at;                                                                          \
		uint32_t count, size; /* elements in use; allocated */                             \
	}

/* Makes room for `need` elements of `each` bytes in the array at *at_ptr. Returns false, with
 * nothing changed, if out of memory or need exceeds max. */
static inline bool vec_reserve(
	void *at_ptr, uint32_t *size, size_t each, uint64_t need, uint32_t max)
{
	uint64_t room = *size ? 2 * (uint64_t)*size : VEC_FIRST;
	void *at;

	if (need <= *size)
		return true;
	if (need > max)
		return false;
	room = room < need ? need : room;
	room = room > max ? max : room;
	if (room > PTRDIFF_MAX / each)
		return false;
	memcpy(&at, at_ptr, sizeof(at));
	at = realloc(at, room * each);
	if (!at)
		return false;
	memcpy(at_ptr, &at, sizeof(at));
	*size = (uint32_t)room;
	return true;
}

/* Makes room for `more` elements behind those in use, at most max in total. */
#define VEC_RESERVE(v, more, max)                                                                  \
	vec_reserve(&(v)->at, &(v)->size, sizeof(*(v)->at), (uint64_t)(v)->count + (more), (max))

/* Appends an element, at most max in total. */
#define VEC_PUSH(v, element, max)                                                                  \
	(VEC_RESERVE(v, 1, max) && ((v)->at[(v)->count++] = (element), true))

/* Frees the array, which is then empty. */
#define VEC_FREE(v) (free((v)->at), (v)->at = NULL, (v)->count = (v)->size = 0)

#endif
