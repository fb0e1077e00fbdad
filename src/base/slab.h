/*
 * slab.h - objects of one size whose memory goes back: like a pool, but a chunk whose last
 * object is released is freed, unless it is the only one with room. For objects that are many at
 * one time and few at another.
 *
 *     chunk  [ head | object | object | ... ]      aligned, so that an object finds its head
 *
 * An object is taken from a chunk that has others, if there is one. Taking and releasing touch the
 * chunk's head besides the object.
 */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include "base/list.h"

enum {
	SLAB_ALIGN = 4096,
	SLAB_BYTES = SLAB_ALIGN - 16, /* of a chunk: with malloc's header they lie end to end */
};

struct slab {
	struct list partial, full; /* chunks with room, without */
	size_t size;               /* of an object, rounded up */
	size_t live;               /* objects in use */
};

/* An empty slab of objects of `size` bytes, at most an eighth of a chunk, aligned to 8. */
void slab_init(struct slab *s, size_t size);

/* Frees all chunks, including objects still in use. */
void slab_free(struct slab *s);

/* An object, not cleared; NULL if out of memory. */
void *slab_take(struct slab *s);

/* Releases an object of this slab. */
void slab_put(struct slab *s, void *object);

#endif
