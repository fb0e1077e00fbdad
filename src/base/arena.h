/*
 * arena.h - arena allocator: objects that are freed together, allocated by moving a pointer through
 * blocks.
 *
 *     blocks   [ next | used ........ free ] -> [ next | used ............ ] -> NULL
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/base.h"

struct arena_block;

/* All zero: an empty arena. */
struct arena {
	struct arena_block *block; /* the newest, allocated from */
};

/* n bytes, zeroed, aligned for any type; they live until arena_free(). NULL: out of memory. */
void *arena_alloc(struct arena *a, size_t n);

/* A copy of the n bytes at p, NUL-terminated. NULL: out of memory. */
char *arena_copy(struct arena *a, const void *p, size_t n);

/* Frees everything allocated from a, which is then empty. */
void arena_free(struct arena *a);

#endif
