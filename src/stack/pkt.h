/*
 * pkt.h - packet buffer. Headers are built downwards into the headroom, in place; payload follows
 * them in the same buffer, or is elsewhere, by counted reference:
 *
 *     buf [ headroom | headers | payload      ]          received, and small segments
 *                    ^data            len     ^
 *
 *     buf [ headroom | headers ]  +  ext [ payload in a chunk ]     bulk data: never copied
 *                    ^data  len          ext_len
 *
 * A packet has exactly one owner, and every function that takes one says "takes p": afterwards it
 * is no longer the caller's, whatever the result. Bytes behind ext are shared and never written.
 */
#ifndef STACK_PKT_H
#define STACK_PKT_H

#include "base/pool.h"

enum {
	PKT_HEADROOM = 128, /* Ethernet 14 (18 with a tag), IPv6 40, fragment 8, TCP 60 */
	PKT_SMALL = 256,    /* payload bytes of the small size: ACKs and control segments */
	PKT_LARGE = 1792,   /* of the large size: a frame of 1500 or more */
	PKT_RUN = 16384,    /* of the largest pooled size: several segments as one packet */
	PKT_MAX = 65536 + 256,
	CHUNK_BYTES = 16384 - 128,
	CHUNK_LITTLE = 512 - 64, /* of the first chunk of a short write */
};

/* Bytes shared by reference: send buffers, and data that a program queues on many sockets. */
struct chunk {
	uint32_t refs;
	uint32_t cap, used;               /* bytes at data; those below used never change */
	void (*release)(struct chunk *c); /* called when the last reference is dropped */
	void *ctx;                        /* of release */
	bool own; /* owned by a send queue: bytes may be appended after used */
	uint8_t *data;
};

static inline struct chunk *chunk_hold(struct chunk *c)
{
	assert(c->refs > 0 && c->refs < UINT32_MAX);
	c->refs++;
	return c;
}

static inline void chunk_drop(struct chunk *c)
{
	assert(c->refs > 0);
	if (--c->refs == 0)
		c->release(c);
}

/* A chunk with memory of its own and room for cap bytes; NULL if out of memory. */
struct chunk *chunk_new(uint32_t cap);

struct pkt_pool;

/* A chunk for at least n bytes, from the pools if n is at most CHUNK_BYTES; NULL: out of memory. */
struct chunk *chunk_get(struct pkt_pool *pp, uint32_t n);

struct pkt {
	struct pkt *next;      /* of the queue that owns it */
	struct pkt_pool *pool; /* where it is released to */
	uint8_t *data;         /* first byte visible to the current layer */
	uint32_t len;          /* bytes at data */
	uint32_t ext_len;      /* bytes at ext, which follow them */
	const uint8_t *ext;
	struct chunk *ref; /* keeps ext alive; NULL if there is none */
	nsec_t stamp;      /* received: time of input. Sent: when it left TCP */
	uint32_t seq;      /* TCP: first sequence number, while in a receive queue */
	uint32_t truesize; /* TCP: bytes of memory charged for it, computed as in Linux, */
	uint32_t room;     /* and how many more would fit into the same block */
	uint32_t cap;      /* bytes of buf */
	uint32_t hash;     /* received TCP: hash of addresses and ports; 0: not computed yet */
	uint8_t ecn;       /* received: the two bits of the IP header */
	bool csum_ok;      /* received: the transport checksum is known to be right */
	bool csum_partial; /* the checksum is completed by a device, from the next two: */
	uint16_t csum_start, csum_offset; /* sum from buf + start; the field, from there */
	uint16_t gso; /* not 0: several TCP segments as one packet, payload bytes of each */
	_Alignas(16) uint8_t buf[];
};

struct pkt_pool {
	struct pool small, large, run;   /* of PKT_SMALL, PKT_LARGE and PKT_RUN */
	struct pool chunk_little, chunk; /* of CHUNK_LITTLE and CHUNK_BYTES */
	size_t huge;                     /* larger packets in use */
};

/* Makes empty pools. */
void pkt_pool_init(struct pkt_pool *pp);

/* Frees all memory; no packet and no chunk may be in use. */
void pkt_pool_free(struct pkt_pool *pp);

/* An empty packet with PKT_HEADROOM before data and room for n bytes at it. NULL: out of memory. */
struct pkt *pkt_new(struct pkt_pool *pp, size_t n);

/* Releases p to its pool, with its reference to ext. Takes p, which may be NULL. */
void pkt_free(struct pkt *p);

/* A copy with all bytes inline; NULL: out of memory. p stays the caller's. */
struct pkt *pkt_copy(const struct pkt *p);

/* Prepends n bytes of header; returns the new data. */
static inline uint8_t *pkt_push(struct pkt *p, uint32_t n)
{
	assert((size_t)(p->data - p->buf) >= n);
	p->data -= n;
	p->len += n;
	return p->data;
}

/* Removes n bytes of header from the front. */
static inline void pkt_pull(struct pkt *p, uint32_t n)
{
	assert(p->len >= n);
	p->data += n;
	p->len -= n;
}

/* Total bytes. */
static inline uint32_t pkt_total(const struct pkt *p)
{
	return p->len + p->ext_len;
}

/* Where the bytes under the checksum begin, from data on, in a packet with csum_partial. */
static inline uint32_t pkt_csum_start(const struct pkt *p)
{
	assert(p->csum_start >= p->data - p->buf);
	return p->csum_start - (uint32_t)(p->data - p->buf);
}

/* Leaves the checksum of what begins at data + start to a device; its field, which holds the sum of
 * the pseudo-header, is offset bytes from there. */
static inline void pkt_csum_later(struct pkt *p, uint32_t start, uint32_t offset)
{
	p->csum_start = (uint16_t)(p->data - p->buf + start);
	p->csum_offset = (uint16_t)offset;
	p->csum_partial = true;
}

/* Room for more bytes after data + len. */
static inline uint32_t pkt_room(const struct pkt *p)
{
	assert(p->data + p->len <= p->buf + p->cap);
	return (uint32_t)(p->buf + p->cap - p->data) - p->len;
}

/* A queue of packets, first in first out. */
struct pkt_queue {
	struct pkt *first, *last;
};

static inline void pkt_queue_add(struct pkt_queue *q, struct pkt *p)
{
	p->next = NULL;
	if (q->first)
		q->last->next = p;
	else
		q->first = p;
	q->last = p;
}

static inline struct pkt *pkt_queue_take(struct pkt_queue *q)
{
	struct pkt *p = q->first;

	if (p)
		q->first = p->next;
	return p;
}

/* Copies all bytes of p, data then ext, pkt_total(p) bytes, to to. */
void pkt_bytes(const struct pkt *p, uint8_t *to);

#endif
