/* arena.c - arena allocator: arena.h. */
#include "base/arena.h"

#include <stdlib.h>

enum {
	ARENA_BLOCK = 65536,
};

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(max_align_t) uint8_t bytes[];
};

static struct arena_block *block_new(struct arena *a, size_t n)
{
	size_t size = size_max(n, ARENA_BLOCK - sizeof(struct arena_block));
	struct arena_block *b = calloc(1, sizeof(*b) + size);

	if (!b)
		return NULL;
	b->size = size;
	b->next = a->block;
	a->block = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t align = _Alignof(max_align_t);
	struct arena_block *b = a->block;
	void *p;

	if (n > SIZE_MAX / 2)
		return NULL;
	n = (n + align - 1) / align * align;
	if (!b || b->size - b->used < n)
		b = block_new(a, n);
	if (!b)
		return NULL;
	p = b->bytes + b->used;
	b->used += n;
	return p;
}

char *arena_copy(struct arena *a, const void *p, size_t n)
{
	char *copy = arena_alloc(a, n + 1);

	if (copy && n > 0)
		memcpy(copy, p, n);
	return copy;
}

void arena_free(struct arena *a)
{
	struct arena_block *b = a->block;

	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
	a->block = NULL;
}
