/*
 * pool.c - object pool: a list of chunks and a list of free objects.
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

static uint32_t objects_in(const struct pool *p, size_t bytes)
{
	return (uint32_t)size_max(1, (bytes - sizeof(struct pool_chunk)) / p->size);
}

static bool grow(struct pool *p)
{
	uint32_t per = p->per ? u32_min(2 * p->per, objects_in(p, POOL_CHUNK_BYTES))
			      : objects_in(p, POOL_FIRST_BYTES);
	struct pool_chunk *c = malloc(sizeof(*c) + per * p->size);
	if (!c)
		return false;
	p->per = per;
	c->next = p->chunks;
	p->chunks = c;
	p->unused = p->per;
	return true;
}

void *pool_take_fresh(struct pool *p)
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
