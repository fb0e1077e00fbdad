/*
 * pkt.c - packet allocation: a pool of small packets for control segments, one of large packets for
 * frames, one for runs of segments; larger ones come from malloc.
 */
#include "stack/pkt.h"

#include <stdlib.h>

static void own_release(struct chunk *c)
{
	free(c);
}

struct chunk *chunk_new(uint32_t cap)
{
	struct chunk *c = malloc(sizeof(*c) + cap);

	if (!c)
		return NULL;
	*c = (struct chunk){.refs = 1, .cap = cap, .release = own_release};
	c->data = (uint8_t *)(c + 1);
	return c;
}

static void pool_release(struct chunk *c)
{
	pool_put(c->ctx, c);
}

struct chunk *chunk_get(struct pkt_pool *pp, uint32_t n)
{
	uint32_t cap = n <= CHUNK_LITTLE ? CHUNK_LITTLE : CHUNK_BYTES;
	struct pool *pool = n <= CHUNK_LITTLE ? &pp->chunk_little : &pp->chunk;
	struct chunk *c = n <= CHUNK_BYTES ? pool_take(pool) : NULL;

	if (!c)
		return n <= CHUNK_BYTES ? NULL : chunk_new(n);
	*c = (struct chunk){.refs = 1, .cap = cap, .release = pool_release, .ctx = pool};
	c->data = (uint8_t *)(c + 1);
	return c;
}

void pkt_pool_init(struct pkt_pool *pp)
{
	pool_init(&pp->small, sizeof(struct pkt) + PKT_HEADROOM + PKT_SMALL, 0);
	pool_init(&pp->large, sizeof(struct pkt) + PKT_HEADROOM + PKT_LARGE, 0);
	pool_init(&pp->run, sizeof(struct pkt) + PKT_HEADROOM + PKT_RUN, 0);
	pool_init(&pp->chunk_little, sizeof(struct chunk) + CHUNK_LITTLE, 0);
	pool_init(&pp->chunk, sizeof(struct chunk) + CHUNK_BYTES, 0);
	pp->huge = 0;
}

void pkt_pool_free(struct pkt_pool *pp)
{
	struct pool *all[] = {&pp->small, &pp->large, &pp->run, &pp->chunk_little, &pp->chunk};

	assert(pp->huge == 0);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		assert(all[i]->live == 0);
		pool_free(all[i]);
	}
}

struct pkt *pkt_new(struct pkt_pool *pp, size_t n)
{
	struct pkt *p;
	size_t cap = PKT_HEADROOM;

	if (n > PKT_MAX)
		return NULL;
	if (n <= PKT_SMALL) {
		cap += PKT_SMALL;
		p = pool_take(&pp->small);
	} else if (n <= PKT_LARGE) {
		cap += PKT_LARGE;
		p = pool_take(&pp->large);
	} else if (n <= PKT_RUN) {
		cap += PKT_RUN;
		p = pool_take(&pp->run);
	} else {
		cap += n;
		p = malloc(sizeof(*p) + cap);
		pp->huge += p != NULL;
	}
	if (!p)
		return NULL;
	memset(p, 0, sizeof(*p));
	p->pool = pp;
	p->cap = (uint32_t)cap;
	p->data = p->buf + PKT_HEADROOM;
	return p;
}

void pkt_free(struct pkt *p)
{
	if (!p)
		return;
	if (p->ref)
		chunk_drop(p->ref);
	if (p->cap == PKT_HEADROOM + PKT_SMALL) {
		pool_put(&p->pool->small, p);
	} else if (p->cap == PKT_HEADROOM + PKT_LARGE) {
		pool_put(&p->pool->large, p);
	} else if (p->cap == PKT_HEADROOM + PKT_RUN) {
		pool_put(&p->pool->run, p);
	} else {
		assert(p->pool->huge > 0);
		p->pool->huge--;
		free(p);
	}
}

void pkt_bytes(const struct pkt *p, uint8_t *to)
{
	memcpy(to, p->data, p->len);
	if (p->ext_len > 0)
		memcpy(to + p->len, p->ext, p->ext_len);
}

struct pkt *pkt_copy(const struct pkt *p)
{
	struct pkt *n = pkt_new(p->pool, pkt_total(p));

	if (!n)
		return NULL;
	pkt_bytes(p, n->data);
	n->len = pkt_total(p);
	n->stamp = p->stamp;
	n->ecn = p->ecn;
	n->csum_ok = p->csum_ok;
	if (p->csum_partial)
		pkt_csum_later(n, pkt_csum_start(p), p->csum_offset);
	n->gso = p->gso;
	return n;
}
