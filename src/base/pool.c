/*
 * pool.c - a list of chunks and a list of free objects.
 */
#include "base/pool.h"

#include <stdlib.h>

struct pool_chunk {
	struct pool_chunk *next;
	_Alignas(16) unsigned char objects[];
};

void pool_init(struct pool *p, size_t size, size_t max)
{
	memset(p, 0, sizeof(*p));
	p->size = (size_max(size, sizeof(void *)) + 15) & ~(size_t)15;
	p->per = (uint32_t)size_max(1, (POOL_CHUNK_BYTES - sizeof(struct pool_chunk)) / p->size);
	p->max = max;
}

void pool_free(struct pool *p)
{
	while (p->chunks) {
		struct pool_chunk *next = p->chunks->next;
		free(p->chunks);
		p->chunks = next;
	}
	pool_init(p, p->size, p->max);
}

static bool grow(struct pool *p)
{
	struct pool_chunk *c = malloc(sizeof(*c) + p->per * p->size);
	if (!c)
		return false;
	c->next = p->chunks;
	p->chunks = c;
	p->unused = p->per;
	return true;
}

void *pool_take(struct pool *p)
{
	void *object = p->free;
	if (p->max && p->live == p->max)
		return NULL;
	if (object) {
		memcpy(&p->free, object, sizeof(p->free));
	} else {
		if (p->unused == 0 && !grow(p))
			return NULL;
		object = p->chunks->objects + (p->per - p->unused--) * p->size;
	}
	p->live++;
	return object;
}

void *pool_get(struct pool *p)
{
	void *object = pool_take(p);

	return object ? memset(object, 0, p->size) : NULL;
}

void pool_put(struct pool *p, void *object)
{
	assert(p->live > 0);
	memcpy(object, &p->free, sizeof(p->free));
	p->free = object;
	p->live--;
}
