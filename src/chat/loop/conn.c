/*
 * conn.c - connection lifecycle: share of a turn, flood limit, departure.
 */
#include "chat/conn.h"

#include "chat/cmd/cmd_sasl.h"
#include "chat/cmd/command.h"
#include "chat/cmd/presence.h"
#include "chat/history/multiline.h"
#include "chat/loop/dispatch.h"
#include "chat/model/conn_limit.h"
#include "chat/out/conn_table.h"
#include "chat/out/conn_time.h"
#include "chat/out/reply_barrier.h"
#include "chat/out/reply_stream.h"

#include <errno.h>
#include <stdlib.h>

/* Whether the next line may be executed now; if not, the timer will resume. */
static bool may_go_on(struct server *s, struct conn *c)
{
	int64_t rate = s->config->limits.flood_rate;
	nsec_t ahead = rate ? s->config->limits.flood_burst * (NSEC_SEC / rate) : 0;

	if (rate == 0 || c->flood - s->now < ahead)
		return true;
	server_count(s, COUNT_SLOWED);
	c->flags |= CONN_SLOWED;
	conn_time_start(s, c, c->flood - ahead + NSEC_MSEC);
	return false;
}

/* Refuses a line that is too long or contains a NUL. */
static void refuse_line(struct server *s, struct conn *c, enum line_kind kind)
{
	struct request q = {.server = s, .conn = c, .user = c->user};

	if (kind == LINE_NO_MEMORY) {
		conn_out_of_memory(s, c);
		return;
	}
	reply_begin(&q);
	if (kind == LINE_NUL) {
		server_count(s, COUNT_LINE_NUL);
		reply_note(&q, &(struct reply_note){"FAIL", "*", "INVALID_LINE", NULL,
				       "A line must not contain NUL"});
	} else {
		server_count(s, COUNT_LINE_TOO_LONG);
		reply(&q, ERR_INPUTTOOLONG, ":Input line was too long");
	}
	conn_charge(s, c, 1);
}

/* The replies to earlier lines fill the queue: later lines wait until the client has read. Resumed
 * by the socket (conn_event), by a commit (reply_barrier.c), or in the next turn. */
static bool wait_for_queue(struct server *s, struct conn *c)
{
	if (!conn_output_full(c))
		return false;
	if (!(c->flags & CONN_BLOCKED) && !c->barrier)
		server_ready(s, c);
	return true;
}

/* Executes the whole lines of the input, as many as this turn allows; keeps the remainder. */
static void run_lines(struct server *s, struct conn *c, struct span in)
{
	struct span line;
	int budget = LINES_PER_TURN;

	while (!(c->flags & (CONN_LEAVING | CONN_CHECKING)) && !c->streams &&
		!wait_for_queue(s, c)) {
		enum line_kind kind;

		if (budget-- == 0 || s->work >= s->share_end) {
			server_ready(s, c);
			break;
		}
		if (!may_go_on(s, c))
			break;
		kind = line_next(&c->in, &in, &line);
		if (kind == LINE_NONE)
			break;
		if (kind == LINE_OK)
			command_line(s, c, line);
		else
			refuse_line(s, c, kind);
	}
	if (!line_keep(&c->in, in))
		conn_out_of_memory(s, c);
}

/* The first bytes of a client that expects TLS and would wait forever for a reply. */
static bool is_tls_hello(const struct conn *c, struct span in)
{
	return !c->user && !c->in.data && in.p[0] == 0x16;
}

static void end_of_stream(struct server *s, struct conn *c, ssize_t got)
{
	const struct net_ops *ops = s->net->ops;
	const char *why;

	c->flags &= (uint16_t)~CONN_READABLE;
	if (got == -EAGAIN || got == -EINTR)
		return;
	why = ops->why ? ops->why(s->net, c->handle) : NULL;
	if (!why)
		why = got == 0 ? "Connection closed" : strerror((int)-got);
	conn_leave(s, c, why);
}

/* First the remainder of a reply; then input, if the socket may have any and nothing older is
 * pending; then lines. */
void conn_run(struct server *s, struct conn *c)
{
	struct span in = {s->read, 0};
	ssize_t got;

	s->share_end = s->work + CONN_WORK_MAX;
	if ((c->flags & CONN_LEAVING) || !reply_streams_run(s, c) ||
		(c->flags & (CONN_SLOWED | CONN_CHECKING)) || wait_for_queue(s, c))
		return;
	if ((c->flags & CONN_READABLE) && !line_waiting(&c->in)) {
		got = s->net->ops->recv(s->net, c->handle, s->read, READ_MAX);
		if (got <= 0) {
			end_of_stream(s, c, got);
			return;
		}
		in.n = (size_t)got;
		s->counters[COUNT_BYTES_IN] += in.n;
		c->heard = s->now;
		c->flags &= (uint16_t)~CONN_PINGED;
		if (got < READ_MAX && !(c->flags & CONN_GONE))
			c->flags &= (uint16_t)~CONN_READABLE;
	}
	if (in.n && is_tls_hello(c, in))
		conn_cut(s, c, COUNT_NOT_IRC, "This port does not speak TLS");
	run_lines(s, c, in);
	if ((c->flags & CONN_READABLE) && !(c->flags & (CONN_SLOWED | CONN_CHECKING)) &&
		!c->streams && !conn_output_full(c))
		server_ready(s, c);
}

void conn_event(struct server *s, struct conn *c, uint32_t ready)
{
	if (ready & NET_GONE)
		c->flags |= CONN_GONE;
	if (ready & (NET_IN | NET_GONE))
		c->flags |= CONN_READABLE;
	if ((ready & NET_OUT) && (c->flags & CONN_BLOCKED)) {
		c->flags &= (uint16_t)~CONN_BLOCKED;
		conn_dirty(s, c);
		if (conn_waits(c))
			server_ready(s, c);
	}
	if (!(c->flags & CONN_READABLE) || (c->flags & CONN_READY))
		return; /* a connection waiting for a turn keeps its place */
	if (server_turn_spent(s))
		server_ready(s, c);
	else
		conn_run(s, c);
}

/* The last line may exceed the queue's limit, but is sent only if the client still reads. */
static void say_goodbye(struct server *s, struct conn *c, const char *why)
{
	struct line_out o = {0};
	char host[HOST_BYTES_MAX];
	struct piece p;

	conn_host(c, host);
	line_add_all(&o, "ERROR :Closing Link: ", host, " (", why, ")", NULL);
	p = line_encode(&s->outbufs, &o, c->form);
	if (!p.len || !sendq_put(&c->out, p))
		return;
	s->queued += p.len;
	conn_dirty(s, c);
}

void conn_depart(struct server *s, struct conn *c, const char *why)
{
	presence_leave(s, c, why);
	barrier_drop(c);
	reply_streams_free(c);
	multiline_free(c->multiline);
	sasl_free(c);
	line_free(&c->in);
	wheel_stop(&s->wheel, &c->timer);
	say_goodbye(s, c, why);
}

void conn_free(struct server *s, struct conn *c)
{
	struct conn_slot *slot = &s->slots.at[c->slot];

	s->queued -= c->out.bytes;
	s->listeners[c->listener].conns--;
	sendq_clear(&c->out, &s->outbufs);
	conn_limit_leave(s, c);
	if (c->handle >= 0)
		s->net->ops->close(s->net, c->handle);
	slot->conn = NULL;
	slot->generation = (slot->generation + 1) % GENERATIONS;
	slot->next_free = s->free_slot;
	s->free_slot = c->slot;
	s->conn_count--;
	free(c);
}
