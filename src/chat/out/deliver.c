/*
 * deliver.c - fan-out: queues a line on the connection of each recipient.
 *
 * A delivery costs the member's entry, one cache line of its connection and two comparisons. The
 * connections of later members are prefetched, since their addresses are known.
 */
#include "chat/out/deliver.h"

#include "chat/model/auditorium.h"
#include "chat/out/conn_table.h"
#include "chat/out/flush.h"

enum {
	FETCH_AHEAD = 8, /* members */
};

/* Slow path: the piece does not continue the queue, or the queue is full. One turn may produce more
 * than a queue holds, so it is drained first: only a client that does not read is cut. */
static void queue_slow(struct server *s, struct conn *c, struct piece p)
{
	if (c->flags & CONN_LEAVING)
		return;
	if (c->out.bytes + p.len > c->queue_max)
		conn_drain(s, c);
	if (c->flags & CONN_LEAVING)
		return; /* its socket is closed */
	if (c->out.bytes + p.len > c->queue_max) {
		conn_cut(s, c, COUNT_SENDQ_EXCEEDED, "SendQ exceeded");
		return;
	}
	if (p.len == 0 || !sendq_put(&c->out, p)) {
		conn_out_of_memory(s, c);
		return;
	}
	s->queued += p.len;
	conn_dirty(s, c);
}

void conn_queue(struct server *s, struct conn *c, struct piece p)
{
	bool plain = (c->flags & (CONN_DIRTY | CONN_LEAVING)) == CONN_DIRTY;

	if (plain && c->out.bytes + p.len <= c->queue_max && sendq_extend(&c->out, p))
		s->queued += p.len;
	else
		queue_slow(s, c, p);
}

void conn_line(struct server *s, struct conn *c, const struct line_out *line)
{
	server_count(s, COUNT_REPLIES);
	conn_queue(s, c, line_encode(&s->outbufs, line, c->form | FORM_OWN));
}

void deliver_begin(struct delivery *d, struct server *s, const struct line_out *line)
{
	d->server = s;
	d->line = line;
	d->need = d->deny = d->rank = d->encoded = 0;
}

void deliver_to(struct delivery *d, struct conn *c)
{
	if ((c->caps & d->need) != d->need || (c->caps & d->deny))
		return;
	if (!(d->encoded & 1u << c->form)) {
		d->piece[c->form] = line_encode(&d->server->outbufs, d->line, c->form);
		d->encoded |= 1u << c->form;
	}
	server_count(d->server, COUNT_DELIVERIES);
	conn_queue(d->server, c, d->piece[c->form]);
}

void deliver_user(struct delivery *d, const struct user *u, const struct conn *except)
{
	for (struct conn *c = u->conn; c; c = c->sibling)
		if (c != except)
			deliver_to(d, c);
}

void deliver_channel(struct delivery *d, const struct channel *ch, const struct conn *except)
{
	const struct member *m = ch->members;

	d->server->work += ch->count * (uint64_t)WORK_DELIVERY;
	for (uint32_t i = 0; i < ch->count; i++) {
		if (i + FETCH_AHEAD < ch->count)
			__builtin_prefetch(m[i + FETCH_AHEAD].conn, 1);
		if (d->rank && !(m[i].modes & d->rank))
			continue;
		for (struct conn *c = m[i].conn; c; c = c->sibling)
			if (c != except)
				deliver_to(d, c);
	}
}

void deliver_about(struct delivery *d, const struct channel *ch, const struct user *u,
	const struct conn *except)
{
	d->rank = channel_audience(ch, u);
	deliver_channel(d, ch, except);
	if (d->rank)
		deliver_user(d, u, except);
}

void reach_deliver(const struct reach *to, struct delivery *d)
{
	if (to->channel)
		deliver_channel(d, to->channel, to->except);
	else
		deliver_user(d, to->user, to->except);
}

void deliver_peers(struct delivery *d, const struct user *u)
{
	uint32_t mark = server_mark(d->server), i = 0;
	const struct channel *ch;

	if (u->conn)
		u->conn->mark = mark;
	while ((ch = user_next_channel(u, &i))) {
		uint32_t rank = channel_audience(ch, u);

		d->server->work += ch->count * (uint64_t)WORK_LOOK;
		for (uint32_t k = 0; k < ch->count; k++) {
			struct conn *c = ch->members[k].conn;

			if (!c || c->mark == mark || (rank && !(ch->members[k].modes & rank)))
				continue;
			c->mark = mark; /* the first connection stands for all */
			deliver_user(d, c->user, NULL);
		}
	}
}
