/*
 * pool.h - fixed-size object pools: allocation and release are O(1), an object costs its own size
 * and nothing more, and released objects are reused.
 *
 *     chunk  [ next | object | object | object | ... ]      FIRST_BYTES, each next one twice as
 *                                                           large up to CHUNK_BYTES; or one object
 *     free   object -> object -> object
 *
 * Chunks are freed only with the pool: it never shrinks below its peak.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/base.h"

enum {
	POOL_FIRST_BYTES = 1024,
	POOL_CHUNK_BYTES = 16384,
};

struct pool_chunk;

struct pool {
	struct pool_chunk *chunks;
	void *free;
	size_t size;      /* of an object, rounded up */
	uint32_t per;     /* objects in the newest chunk */
	uint32_t unused;  /* objects at the end of the newest chunk, never allocated so far */
	size_t live, max; /* objects in use; the bound, 0: none */
};

/* An empty pool of objects of `size` bytes, aligned to 16; at most max in use (0: no bound). */
void pool_init(struct pool *p, size_t size, size_t max);

/* Frees all chunks, including objects still in use. */
void pool_free(struct pool *p);

/* A zeroed object; NULL if out of memory or at the bound. */
void *pool_get(struct pool *p);

/* pool_take() when no released object is available. */
void *pool_take_fresh(struct pool *p);

/* pool_get() without zeroing, for objects that are large and mostly overwritten. */
static inline void *pool_take(struct pool *p)
{
	void *object = p->free;

	if (!object || p->max)
		return pool_take_fresh(p);
	memcpy(&p->free, object, sizeof(p->free));
	p->live++;
	return object;
}

/* Releases an object of this pool. */
static inline void pool_put(struct pool *p, void *object)
{
	assert(p->live > 0);
	memcpy(object, &p->free, sizeof(p->free));
	p->free = object;
	p->live--;
}

#endif
