/*
 * deliver.c - the fan-out, and the send at the end of the turn.
 *
 * What a delivery costs: the member's entry, one cache line of its connection, two comparisons. The
 * lines of later members are fetched ahead, since their addresses are known.
 */
#include "chat/deliver.h"

#include "chat/conn_priv.h"

#include <errno.h>
#include <stdlib.h>

enum {
	FETCH_AHEAD = 8, /* members */
};

static bool conn_list_add(struct conn_list *l, struct conn *c)
{
	uint32_t size = l->size ? l->size * 2 : 64;
	struct conn **at = l->at;

	if (l->count == l->size) {
		at = realloc(at, size * sizeof(*at));
		if (!at)
			return false;
		l->at = at;
		l->size = size;
	}
	l->at[l->count++] = c;
	return true;
}

void conn_leave(struct server *s, struct conn *c, const char *why)
{
	uint32_t size = s->leaving_size ? s->leaving_size * 2 : 16;
	struct leaving *grown;

	if (c->flags & CONN_LEAVING)
		return;
	if (s->leaving_count == s->leaving_size) {
		grown = realloc(s->leaving, size * sizeof(*grown));
		if (!grown) {
			server_count(s, COUNT_NO_MEMORY);
			return; /* stays, and is asked again by whatever made it leave */
		}
		s->leaving = grown;
		s->leaving_size = size;
	}
	c->flags |= CONN_LEAVING;
	s->leaving[s->leaving_count++] = (struct leaving){c, strdup(why)};
}

void conn_dirty(struct server *s, struct conn *c)
{
	if (c->flags & CONN_DIRTY)
		return;
	if (conn_list_add(&s->dirty, c))
		c->flags |= CONN_DIRTY;
	else
		conn_leave(s, c, "Out of memory");
}

/* The piece is not the continuation of what is queued, or the queue is full. */
static void queue_slow(struct server *s, struct conn *c, struct piece p)
{
	if (c->flags & CONN_LEAVING)
		return;
	if (c->out.bytes + p.len > c->queue_max) {
		server_count(s, COUNT_SENDQ_EXCEEDED);
		conn_leave(s, c, "SendQ exceeded");
		return;
	}
	if (p.len == 0 || !sendq_put(&c->out, p)) {
		server_count(s, COUNT_NO_MEMORY);
		conn_leave(s, c, "Out of memory");
		return;
	}
	conn_dirty(s, c);
}

void conn_queue(struct server *s, struct conn *c, struct piece p)
{
	bool plain = (c->flags & (CONN_DIRTY | CONN_LEAVING)) == CONN_DIRTY;

	if (plain && c->out.bytes + p.len <= c->queue_max && sendq_extend(&c->out, p))
		return;
	queue_slow(s, c, p);
}

void conn_line(struct server *s, struct conn *c, const struct line_out *line)
{
	conn_queue(s, c, line_encode(&s->chunks, line, c->form | FORM_OWN));
}

void deliver_begin(struct delivery *d, struct server *s, const struct line_out *line)
{
	d->server = s;
	d->line = line;
	d->need = d->deny = d->rank = d->encoded = 0;
}

static void encode(struct delivery *d, uint32_t form)
{
	d->piece[form] = line_encode(&d->server->chunks, d->line, form);
	d->encoded |= 1u << form;
}

void deliver_to(struct delivery *d, struct conn *c)
{
	if ((c->caps & d->need) != d->need || (c->caps & d->deny))
		return;
	if (!(d->encoded & 1u << c->form))
		encode(d, c->form);
	conn_queue(d->server, c, d->piece[c->form]);
}

void deliver_channel(struct delivery *d, const struct channel *ch, const struct conn *except)
{
	const struct member *m = ch->members;

	for (uint32_t i = 0; i < ch->count; i++) {
		if (i + FETCH_AHEAD < ch->count)
			__builtin_prefetch(m[i + FETCH_AHEAD].conn, 1);
		if (d->rank && !(m[i].modes & d->rank))
			continue;
		if (m[i].conn && m[i].conn != except)
			deliver_to(d, m[i].conn);
	}
}

void deliver_peers(struct delivery *d, const struct user *u)
{
	uint32_t mark = server_mark(d->server), i = 0;
	const struct channel *ch;

	if (u->conn)
		u->conn->mark = mark;
	while ((ch = user_next_channel(u, &i)))
		for (uint32_t k = 0; k < ch->count; k++) {
			struct conn *c = ch->members[k].conn;

			if (!c || c->mark == mark)
				continue;
			c->mark = mark;
			deliver_to(d, c);
		}
}

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

/* The send of a turn. What is left waits for room, or for the next turn if its share is used up. */
static void send_queue(struct server *s, struct conn *c)
{
	struct iovec iov[IOV_PER_SEND];
	size_t want = 0;
	int n;

	for (int i = 0; i < SENDS_PER_TURN && c->out.bytes; i++) {
		ssize_t done;

		n = sendq_iov(&c->out, iov, IOV_PER_SEND);
		want = iov_bytes(iov, n);
		done = s->net->ops->send(s->net, c->handle, iov, n);
		server_count(s, COUNT_SENDS);
		if (done < 0 && done != -EAGAIN && done != -EINTR && done != -ENOBUFS) {
			sendq_clear(&c->out, &s->chunks);
			conn_leave(s, c, strerror((int)-done));
			return;
		}
		if (done > 0)
			sendq_sent(&c->out, &s->chunks, (size_t)done);
		if (done < (ssize_t)want) {
			wait_for_room(s, c);
			return;
		}
	}
	if (c->out.bytes)
		server_ready(s, c);
}

void conn_flush(struct server *s, struct conn *c)
{
	if ((c->flags & (CONN_DIRTY | CONN_BLOCKED)) != CONN_DIRTY)
		return;
	send_queue(s, c);
	chunks_rewind_one(&s->chunks, c->form | FORM_OWN);
}

static void flush_one(struct server *s, struct conn *c)
{
	c->flags &= (uint16_t)~CONN_DIRTY;
	if (!(c->flags & CONN_BLOCKED))
		send_queue(s, c);
	if (c->out.bytes == 0 || (c->flags & CONN_UNSETTLED))
		return;
	/* What is left waits in chunks that it may pin: remembered until they are retired. */
	if (tag_list_add(&s->unsettled, conn_tag(c)))
		c->flags |= CONN_UNSETTLED;
}

/* After a chunk was retired: nobody pins one for a few of its bytes. */
static void settle(struct server *s)
{
	uint32_t kept = 0;

	if (!s->chunks.retired)
		return;
	s->chunks.retired = false;
	for (uint32_t i = 0; i < s->unsettled.count; i++) {
		uint64_t tag = s->unsettled.at[i];
		struct conn *c = server_conn(s, tag);

		if (c && !sendq_settle(&c->out, &s->chunks))
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
		flush_one(s, l->at[i]);
	}
	l->count = 0;
	settle(s);
	chunks_rewind(&s->chunks);
}
