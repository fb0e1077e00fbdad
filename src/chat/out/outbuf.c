/*
 * outbuf.c - output buffers of a turn.
 */
#include "chat/out/outbuf.h"

#include <stdlib.h>

static struct outbuf *outbuf_new(size_t size)
{
	struct outbuf *k = malloc(sizeof(*k) + size);

	if (!k)
		return NULL;
	*k = (struct outbuf){.refs = 1, .size = (uint32_t)size};
	return k;
}

struct outbuf *outbuf_copy(const char *p, size_t len)
{
	struct outbuf *k = outbuf_new(len);

	if (!k)
		return NULL;
	if (p)
		memcpy(k->data, p, len);
	k->used = (uint32_t)len;
	k->retired = true;
	return k;
}

void outbuf_unref(struct outbufs *c, struct outbuf *k)
{
	assert(k->refs > 0);
	if (--k->refs > 0)
		return;
	if (!k->whole || c->spares == OUTBUFS_SPARE) {
		c->whole -= k->whole;
		free(k);
		return;
	}
	k->spare = c->spare;
	c->spare = k;
	c->spares++;
}

/* Returns a whole buffer, spare or new; NULL if out of memory. */
static struct outbuf *take_whole(struct outbufs *c)
{
	struct outbuf *k = c->spare;

	if (k) {
		c->spare = k->spare;
		c->spares--;
	} else {
		k = outbuf_new(OUTBUF_BYTES);
		if (!k)
			return NULL;
		c->whole++;
		c->peak = u32_max(c->peak, c->whole);
	}
	*k = (struct outbuf){.refs = 1, .size = OUTBUF_BYTES, .whole = true};
	return k;
}

static void retire(struct outbufs *c, uint32_t form)
{
	struct outbuf *k = c->turn[form];

	k->retired = true;
	c->retired = true;
	c->turn[form] = NULL;
	outbuf_unref(c, k);
}

char *outbufs_reserve(struct outbufs *c, uint32_t form, size_t size)
{
	struct outbuf *k = c->turn[form];

	assert(form < BUFFERS && size <= OUTBUF_BYTES);
	if (k && k->size - k->used < size) {
		retire(c, form);
		k = NULL;
	}
	if (!k)
		k = c->turn[form] = take_whole(c);
	return k ? k->data + k->used : NULL;
}

struct piece outbufs_commit(struct outbufs *c, uint32_t form, size_t len)
{
	struct outbuf *k = c->turn[form];
	struct piece p = {k, k->used, (uint32_t)len};

	assert(k->used + len <= k->size);
	k->used += (uint32_t)len;
	c->queued += len;
	return p;
}

void outbufs_rewind(struct outbufs *c)
{
	c->queued = 0;
	for (uint32_t i = 0; i < BUFFERS; i++)
		if (c->turn[i] && c->turn[i]->refs == 1)
			c->turn[i]->used = 0;
}

void outbufs_rewind_one(struct outbufs *c, uint32_t form)
{
	struct outbuf *k = c->turn[form];

	if (!k || k->refs > 1)
		return;
	c->queued -= size_min(c->queued, k->used); /* some may be from earlier turns */
	k->used = 0;
}

void outbufs_free(struct outbufs *c)
{
	for (uint32_t i = 0; i < BUFFERS; i++)
		if (c->turn[i])
			retire(c, i);
	while (c->spare) {
		struct outbuf *k = c->spare;

		c->spare = k->spare;
		c->whole--;
		free(k);
	}
	c->spares = 0;
}
