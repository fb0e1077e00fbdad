/*
 * flush.c - end of a turn: one gathered send for each connection with queued output.
 *
 *     dirty conns -> batch of sends (few pieces each) -> net.send_batch() -> the result of each
 *
 * The batch is one call of the network, which may submit many sends at once. A queue of more pieces
 * than a batch entry holds is sent by itself.
 */
#include "chat/out/flush.h"

#include "chat/out/conn_table.h"
#include "chat/out/deliver.h"

#include <errno.h>

enum {
	FETCH_AHEAD = 8, /* connections */
};

/* Edge-triggered, so NET_OUT stays watched: it comes only after a send that did not fit. */
static void wait_for_room(struct server *s, struct conn *c)
{
	server_count(s, COUNT_SENDS_BLOCKED);
	c->flags |= CONN_BLOCKED;
	if (c->flags & CONN_WATCH_OUT)
		return;
	c->flags |= CONN_WATCH_OUT;
	s->net->ops->rewatch(s->net, c->handle, NET_IN | NET_OUT | NET_EDGE, conn_tag(c));
}

static size_t iov_bytes(const struct iovec *iov, int n)
{
	size_t sum = 0;

	while (n-- > 0)
		sum += iov[n].iov_len;
	return sum;
}

/* Handles the result of a send of `want` bytes. True if all were sent. */
static bool sent(struct server *s, struct conn *c, size_t want, ssize_t done)
{
	server_count(s, COUNT_SENDS);
	if (done > 0) {
		sendq_sent(&c->out, &s->outbufs, (size_t)done);
		s->queued -= (size_t)done;
		s->counters[COUNT_BYTES_OUT] += (size_t)done;
	}
	if (done == (ssize_t)want)
		return true;
	if (done >= 0 || done == -EAGAIN) {
		wait_for_room(s, c);
	} else if (done == -EINTR || done == -ENOBUFS || done == -ENOMEM) {
		server_ready(s, c); /* no event will report when sending works again */
	} else {
		s->queued -= c->out.bytes;
		sendq_clear(&c->out, &s->outbufs);
		conn_leave(s, c, strerror((int)-done));
	}
	return false;
}

/* Sends the queue of one connection; beyond its share the rest waits for the next turn. */
static void send_queue(struct server *s, struct conn *c)
{
	struct iovec iov[IOV_PER_SEND];

	for (int i = 0; i < SENDS_PER_TURN && c->out.bytes; i++) {
		int n = sendq_iov(&c->out, iov, IOV_PER_SEND);

		if (!sent(s, c, iov_bytes(iov, n), s->net->ops->send(s->net, c->handle, iov, n)))
			return;
	}
	if (c->out.bytes)
		server_ready(s, c);
}

/* Records a queue that is not empty: it may pin buffers, which is checked once they are retired. */
static void note_rest(struct server *s, struct conn *c)
{
	if (c->out.bytes == 0 || (c->flags & CONN_UNSETTLED))
		return;
	if (VEC_PUSH(&s->unsettled, conn_tag(c), CONNS_MAX))
		c->flags |= CONN_UNSETTLED;
}

void conn_flush(struct server *s, struct conn *c)
{
	if ((c->flags & (CONN_DIRTY | CONN_BLOCKED)) != CONN_DIRTY)
		return;
	send_queue(s, c);
	outbufs_rewind_one(&s->outbufs, c->form | FORM_OWN);
}

void conn_drain(struct server *s, struct conn *c)
{
	if (!(c->flags & CONN_BLOCKED))
		send_queue(s, c);
}

static void batch_run(struct server *s)
{
	struct send_batch *b = &s->batch;

	s->net->ops->send_batch(s->net, b->sends, b->count);
	for (uint32_t i = 0; i < b->count; i++) {
		struct conn *c = b->conns[i];

		sent(s, c, iov_bytes(b->sends[i].iov, (int)b->sends[i].iov_count),
			b->sends[i].done);
		note_rest(s, c);
	}
	b->count = 0;
}

/* Adds the queue of c to the batch, or sends it, or leaves it if the socket is full. */
static void batch_add(struct server *s, struct conn *c)
{
	struct send_batch *b = &s->batch;
	uint32_t pieces = (c->out.more ? c->out.more->count : 0) + (c->out.last.len > 0);

	c->flags &= (uint16_t)~CONN_DIRTY;
	if ((c->flags & CONN_BLOCKED) || pieces > BATCH_IOV || pieces == 0) {
		if (pieces && !(c->flags & CONN_BLOCKED))
			send_queue(s, c);
		note_rest(s, c);
		return;
	}
	sendq_iov(&c->out, b->iov[b->count], BATCH_IOV);
	b->sends[b->count] = (struct net_send){c->handle, pieces, b->iov[b->count], 0};
	b->conns[b->count++] = c;
	if (b->count == BATCH_SENDS)
		batch_run(s);
}

/* Copies small pieces after a buffer was retired, so that few bytes do not pin it. */
static void settle(struct server *s)
{
	uint32_t kept = 0;

	if (!s->outbufs.retired)
		return;
	s->outbufs.retired = false;
	for (uint32_t i = 0; i < s->unsettled.count; i++) {
		uint64_t tag = s->unsettled.at[i];
		struct conn *c = server_conn(s, tag);

		if (c && !sendq_settle(&c->out, &s->outbufs))
			server_count(s, COUNT_NO_MEMORY);
		if (c && c->out.more && c->out.more->settled < c->out.more->count)
			s->unsettled.at[kept++] = tag;
		else if (c)
			c->flags &= (uint16_t)~CONN_UNSETTLED;
	}
	s->unsettled.count = kept;
}

void server_flush(struct server *s)
{
	struct conn_list *l = &s->dirty;

	for (uint32_t i = 0; i < l->count; i++) {
		if (i + FETCH_AHEAD < l->count)
			__builtin_prefetch(l->at[i + FETCH_AHEAD], 1);
		batch_add(s, l->at[i]);
	}
	if (s->batch.count)
		batch_run(s);
	l->count = 0;
	settle(s);
	outbufs_rewind(&s->outbufs);
}
