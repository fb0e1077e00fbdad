/*
 * sendq.c - slow paths of the send queue: a second piece, partial sends, slow readers.
 */
#include "chat/out/sendq.h"

#include <stdlib.h>

enum {
	MORE_MIN = 6, /* pieces of the first array */
};

/* Makes room for one more piece at the end of `more`. */
static bool more_room(struct sendq *q)
{
	struct sendq_more *m = q->more;
	uint32_t size = m ? m->size : 0;

	if (m && m->head + m->count < size)
		return true;
	if (m && m->head >= size / 2) {
		memmove(m->pieces, m->pieces + m->head, m->count * sizeof(m->pieces[0]));
		m->head = 0;
		return true;
	}
	size = size ? size * 2 : MORE_MIN;
	m = realloc(m, sizeof(*m) + size * sizeof(m->pieces[0]));
	if (!m)
		return false;
	if (!q->more)
		m->head = m->count = m->settled = 0;
	m->size = size;
	q->more = m;
	return true;
}

/* Copies `last`, which is not empty, to the end of `more`. */
static bool keep_last(struct sendq *q)
{
	if (!more_room(q))
		return false;
	q->more->pieces[q->more->head + q->more->count++] = q->last;
	return true;
}

bool sendq_put(struct sendq *q, struct piece p)
{
	if (sendq_extend(q, p))
		return true;
	if (q->last.len && !keep_last(q))
		return false;
	outbuf_ref(p.buf);
	q->last = p;
	q->bytes += p.len;
	return true;
}

static struct iovec iov_of(struct piece p)
{
	return (struct iovec){p.buf->data + p.at, p.len};
}

int sendq_iov(const struct sendq *q, struct iovec *iov, int max)
{
	const struct sendq_more *m = q->more;
	int n = 0;

	for (uint32_t i = 0; m && i < m->count && n < max; i++)
		iov[n++] = iov_of(m->pieces[m->head + i]);
	if (n < max && q->last.len)
		iov[n++] = iov_of(q->last);
	return n;
}

/* Removes up to n bytes from the front of p; an empty piece drops its buffer. */
static size_t piece_sent(struct piece *p, struct outbufs *c, size_t n)
{
	size_t part = size_min(n, p->len);

	p->at += (uint32_t)part;
	p->len -= (uint32_t)part;
	if (p->len == 0) {
		outbuf_unref(c, p->buf);
		p->buf = NULL;
	}
	return part;
}

void sendq_sent(struct sendq *q, struct outbufs *c, size_t n)
{
	struct sendq_more *m = q->more;

	assert(n <= q->bytes);
	q->bytes -= (uint32_t)n;
	while (n && m && m->count) {
		n -= piece_sent(&m->pieces[m->head], c, n);
		if (m->pieces[m->head].len == 0) {
			m->head++;
			m->count--;
			m->settled -= m->settled > 0;
		}
	}
	if (n)
		piece_sent(&q->last, c, n);
	if (m && m->count == 0) {
		free(m);
		q->more = NULL;
	}
}

/* Whether p pins much more than it covers. */
static bool pins(const struct piece *p)
{
	return p->buf->retired && p->len < p->buf->used / OUTBUF_SHARE;
}

/* Replaces the run of n pieces at p by one with a copy of their bytes. */
static bool copy_run(struct piece *p, uint32_t n, struct outbufs *c)
{
	uint32_t len = 0;
	struct outbuf *own;

	for (uint32_t i = 0; i < n; i++)
		len += p[i].len;
	own = outbuf_copy(NULL, len);
	if (!own)
		return false;
	len = 0;
	for (uint32_t i = 0; i < n; i++) {
		memcpy(own->data + len, p[i].buf->data + p[i].at, p[i].len);
		len += p[i].len;
		outbuf_unref(c, p[i].buf);
	}
	p[0] = (struct piece){own, 0, len};
	return true;
}

/* Settles the piece at i and the neighbours that need copying too, and closes the gap. */
static bool settle_at(struct sendq_more *m, uint32_t i, struct outbufs *c)
{
	struct piece *p = m->pieces + m->head + i;
	uint32_t run = 0, left = m->count - i;

	while (run < left && pins(&p[run]) && (run == 0 || p[0].len + p[run].len < OUTBUF_BYTES))
		run++;
	if (run == 0)
		return true;
	if (!copy_run(p, run, c))
		return false;
	memmove(p + 1, p + run, (left - run) * sizeof(*p));
	m->count -= run - 1;
	return true;
}

bool sendq_settle(struct sendq *q, struct outbufs *c)
{
	struct sendq_more *m;
	bool behind = false; /* a piece in a turn buffer was seen */

	if (q->last.len && !keep_last(q))
		return false;
	q->last = (struct piece){0};
	m = q->more;
	for (uint32_t i = m ? m->settled : 0; m && i < m->count; i++) {
		if (!settle_at(m, i, c))
			return false;
		behind = behind || !m->pieces[m->head + i].buf->retired;
		if (!behind)
			m->settled = i + 1;
	}
	return true;
}

void sendq_clear(struct sendq *q, struct outbufs *c)
{
	sendq_sent(q, c, q->bytes);
	assert(!q->more && !q->last.buf);
}
