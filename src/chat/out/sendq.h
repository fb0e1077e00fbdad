/*
 * sendq.h - send queue of a connection: pieces of output buffers, oldest first.
 *
 *     more  [ piece | piece | piece ]      only while there are two or more
 *     last  piece                          the newest: extended while lines are contiguous
 *
 * An empty queue owns nothing. A slow reader keeps pieces for several turns: those that cover only
 * a small part of a retired buffer are copied out of it (sendq_settle), so a queue pins at most
 * OUTBUF_SHARE times its own size.
 */
#ifndef CHAT_OUT_SENDQ_H
#define CHAT_OUT_SENDQ_H

#include "chat/out/outbuf.h"

#include <sys/uio.h>

struct sendq_more {
	uint32_t head, count, size; /* pieces [head, head + count) */
	uint32_t settled;           /* of these, settled from the front */
	struct piece pieces[];
};

struct sendq {
	struct piece last;
	struct sendq_more *more; /* NULL while there is at most one piece */
	uint32_t bytes;
};

/* The hot path: the piece continues the last one. */
static inline bool sendq_extend(struct sendq *q, struct piece p)
{
	if (q->last.buf != p.buf || q->last.at + q->last.len != p.at)
		return false;
	q->last.len += p.len;
	q->bytes += p.len;
	return true;
}

/* Queues a piece at the end, taking a reference. False if out of memory. */
bool sendq_put(struct sendq *q, struct piece p);

/* Fills iov with the first pieces, at most max; returns how many. */
int sendq_iov(const struct sendq *q, struct iovec *iov, int max);

/* Removes the first n bytes, which have been sent. */
void sendq_sent(struct sendq *q, struct outbufs *c, size_t n);

/* Copies small pieces out of retired buffers, neighbours together. Amortised O(1) per piece. False,
 * with pieces left in place, if out of memory. */
bool sendq_settle(struct sendq *q, struct outbufs *c);

/* Drops everything. */
void sendq_clear(struct sendq *q, struct outbufs *c);

#endif
