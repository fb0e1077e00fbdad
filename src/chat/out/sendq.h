/*
 * sendq.h - what waits to be sent on one connection: pieces of chunks, oldest first.
 *
 *     more  [ piece | piece | piece ]      only while there are two or more
 *     last  piece                          the newest: made longer while lines are contiguous
 *
 * An empty queue owns nothing. A reader who is slow keeps pieces over turns: those that want only a
 * small part of a retired chunk are copied out of it (sendq_settle), so what a queue pins is at
 * most OUTBUF_SHARE times what it holds.
 */
#ifndef CHAT_OUT_SENDQ_H
#define CHAT_OUT_SENDQ_H

#include "chat/out/outbuf.h"

#include <sys/uio.h>

struct sendq_more {
	uint32_t head, count, size; /* pieces [head, head + count) */
	uint32_t settled;           /* so many of them, from the front, need no settling */
	struct piece pieces[];
};

struct sendq {
	struct piece last;
	struct sendq_more *more; /* NULL while there is at most one piece */
	uint32_t bytes;
};

/* The way that is taken a million times a second: the piece continues the last one. */
static inline bool sendq_extend(struct sendq *q, struct piece p)
{
	if (q->last.buf != p.buf || q->last.at + q->last.len != p.at)
		return false;
	q->last.len += p.len;
	q->bytes += p.len;
	return true;
}

/* Queues a piece behind all others, and takes a reference. False when memory is out. */
bool sendq_put(struct sendq *q, struct piece p);

/* The first pieces as an iovec, at most max. Count. */
int sendq_iov(const struct sendq *q, struct iovec *iov, int max);

/* The first n bytes are gone. */
void sendq_sent(struct sendq *q, struct outbufs *c, size_t n);

/* Copies small pieces out of retired chunks, neighbours together. Amortised O(1) a piece. False
 * when memory is out: then they stay where they are. */
bool sendq_settle(struct sendq *q, struct outbufs *c);

/* Forgets everything. */
void sendq_clear(struct sendq *q, struct outbufs *c);

#endif
