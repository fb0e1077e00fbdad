/*
 * arena.c - arena allocator, see arena.h.
 */
#include "lab/pkt/arena.h"

#include <stdlib.h>

enum {
	ARENA_BLOCK = 65536,
	ARENA_ALIGN = 16,
};

struct pkt_block {
	struct pkt_block *next;
	size_t size;
	_Alignas(ARENA_ALIGN) unsigned char bytes[];
};

void *pkt_alloc(struct pkt_arena *a, size_t n)
{
	n = (n + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (!a->blocks || a->blocks->size - a->used < n) {
		size_t size = size_max(n, ARENA_BLOCK);
		struct pkt_block *b = calloc(1, sizeof(*b) + size);

		if (!b)
			abort();
		b->size = size;
		b->next = a->blocks;
		a->blocks = b;
		a->used = 0;
	}
	a->used += n;
	assert(a->used <= a->blocks->size);
	return a->blocks->bytes + a->used - n;
}

char *pkt_copy_text(struct pkt_arena *a, const char *from, size_t len)
{
	char *to = pkt_alloc(a, len + 1);

	memcpy(to, from, len);
	return to;
}

void pkt_arena_free(struct pkt_arena *a)
{
	while (a->blocks) {
		struct pkt_block *b = a->blocks;

		a->blocks = b->next;
		free(b);
	}
	a->used = 0;
}
