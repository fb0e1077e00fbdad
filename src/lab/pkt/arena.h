/*
 * arena.h - arena allocator: memory that is released all at once.
 */
#ifndef LAB_PKT_ARENA_H
#define LAB_PKT_ARENA_H

#include "base/base.h"

struct pkt_block;

struct pkt_arena {
	struct pkt_block *blocks; /* newest first */
	size_t used;              /* bytes of the newest block */
};

/* Returns n zeroed bytes, aligned to 16, valid until pkt_arena_free(). Aborts if out of memory. */
void *pkt_alloc(struct pkt_arena *a, size_t n);

/* Returns a NUL-terminated copy of len bytes, valid until pkt_arena_free(). */
char *pkt_copy_text(struct pkt_arena *a, const char *from, size_t len);

/* Frees everything allocated from a, which is then empty and may be used again. */
void pkt_arena_free(struct pkt_arena *a);

#endif
