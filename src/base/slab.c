/*
 * slab.c - see slab.h.
 */
#include "base/slab.h"

#include <stdlib.h>

struct chunk_head {
	struct list link; /* of slab.partial or full */
	void *free;       /* released objects, each links to the next */
	uint32_t live;
	uint32_t fresh; /* objects that were never taken, at the end */
	_Alignas(16) unsigned char objects[];
};

static uint32_t objects_in(const struct slab *s)
{
	return (uint32_t)((SLAB_BYTES - sizeof(struct chunk_head)) / s->size);
}

void slab_init(struct slab *s, size_t size)
{
	assert(size > 0 && size <= SLAB_BYTES / 8);
	list_init(&s->partial);
	list_init(&s->full);
	s->size = (size + 7) & ~(size_t)7;
	s->live = 0;
}

static void free_all(struct list *chunks)
{
	while (!list_empty(chunks)) {
		struct chunk_head *h = list_entry(chunks->next, struct chunk_head, link);

		list_del(&h->link);
		free(h);
	}
}

void slab_free(struct slab *s)
{
	free_all(&s->partial);
	free_all(&s->full);
	s->live = 0;
}

static struct chunk_head *grow(struct slab *s)
{
	struct chunk_head *h;
	void *p;

	if (posix_memalign(&p, SLAB_ALIGN, SLAB_BYTES) != 0)
		return NULL;
	h = p;
	h->free = NULL;
	h->live = 0;
	h->fresh = objects_in(s);
	list_init(&h->link);
	list_add(&s->partial, &h->link);
	return h;
}

void *slab_take(struct slab *s)
{
	struct chunk_head *h = list_empty(&s->partial)
				       ? grow(s)
				       : list_entry(s->partial.next, struct chunk_head, link);
	void *object;

	if (!h)
		return NULL;
	object = h->free;
	if (object)
		memcpy(&h->free, object, sizeof(h->free));
	else
		object = h->objects + (objects_in(s) - h->fresh--) * s->size;
	h->live++;
	s->live++;
	if (!h->free && h->fresh == 0) {
		list_del(&h->link);
		list_add(&s->full, &h->link);
	}
	return object;
}

void slab_put(struct slab *s, void *object)
{
	struct chunk_head *h =
		(struct chunk_head *)((uintptr_t)object & ~(uintptr_t)(SLAB_ALIGN - 1));

	assert(h->live > 0 && s->live > 0);
	if (!h->free && h->fresh == 0) {
		list_del(&h->link);
		list_add(&s->partial, &h->link);
	}
	memcpy(object, &h->free, sizeof(h->free));
	h->free = object;
	h->live--;
	s->live--;
	if (h->live == 0 && s->partial.next != s->partial.prev) {
		list_del(&h->link);
		free(h);
	}
}
