/*
 * reply_stream.c - reply streams: those that wait for room, and those that wait for the store.
 *
 *     the socket is full            NET_OUT wakes it           (conn_event)
 *     a commit holds the queue      the release wakes it       (reply_barrier.c)
 *     the turn's share is used up   it is ready in the next    (server_ready)
 *     the store has to answer       its answer wakes it        (reply_stream_wake)
 */
#include "chat/out/reply_stream.h"

#include "chat/out/conn_time.h"
#include "chat/out/flush.h"
#include "chat/out/reply_barrier.h"

#include <stdio.h>
#include <stdlib.h>

void *reply_stream_new(
	struct request *q, size_t size, bool (*step)(struct request *q, struct reply_stream *a))
{
	struct reply_stream *a = calloc(1, size);

	if (!a) {
		conn_out_of_memory(q->server, q->conn);
		return NULL;
	}
	a->step = step;
	return a;
}

static void reply_stream_free(struct reply_stream *a)
{
	if (a->end)
		a->end(a);
	free(a);
}

/* Sends rows until the queue is full or the turn's share used up, or `all` of them; true after the
 * last. */
static bool send_rows(struct request *q, struct reply_stream *a, bool all)
{
	struct server *s = q->server;

	while (!a->waits && (all || !conn_output_full(q->conn)) && q->lines <= ANSWER_LINES_MAX &&
		s->work < s->share_end) {
		s->work += WORK_STEP;
		if (!a->step(q, a))
			return true;
	}
	return false;
}

void reply_stream_start(struct request *q, struct reply_stream *a)
{
	struct reply_stream **at = &q->conn->streams;

	if (!*at && send_rows(q, a, false)) {
		reply_stream_free(a);
		return;
	}
	reply_split(q);
	if (q->split)
		snprintf(a->batch, sizeof(a->batch), "%s", q->batch);
	while (*at)
		at = &(*at)->next;
	*at = a;
	if (!q->conn->streams->waits)
		server_ready(q->server, q->conn);
}

void reply_stream_wake(struct server *s, struct conn *c, struct reply_stream *a)
{
	a->waits = false;
	server_ready(s, c);
}

/* Runs one stream for its share of the turn; true when it is done. */
static bool go_on(struct server *s, struct conn *c, struct reply_stream *a, bool all)
{
	struct request q = {.server = s, .conn = c, .user = c->user, .split = a->batch[0]};
	uint64_t start = s->work;
	bool done;

	snprintf(q.batch, sizeof(q.batch), "%s", a->batch);
	reply_begin(&q);
	done = send_rows(&q, a, all);
	q.split = done && a->last;
	if (done)
		c->streams = a->next;
	reply_end(&q);
	conn_charge_work(s, c, s->work - start);
	return done;
}

bool reply_streams_run(struct server *s, struct conn *c)
{
	while (c->streams && !c->streams->waits && !conn_output_full(c) && s->work < s->share_end) {
		struct reply_stream *a = c->streams;

		c->heard = s->now; /* the queue drains: the client is alive, though we do not read
				      from it */
		c->flags &= (uint16_t)~CONN_PINGED;
		if (!go_on(s, c, a, false))
			break;
		reply_stream_free(a);
	}
	if (c->streams && !c->streams->waits && !(c->flags & CONN_BLOCKED) &&
		!(c->barrier && conn_output_full(c)))
		server_ready(s, c);
	return !c->streams;
}

bool reply_streams_finish(struct server *s, struct conn *c)
{
	while (c->streams && !(c->flags & CONN_LEAVING)) {
		struct reply_stream *a = c->streams;

		s->share_end = s->work + CONN_WORK_MAX;
		if (a->waits)
			return false;
		if (go_on(s, c, a, true))
			reply_stream_free(a);
		conn_flush(s, c);
	}
	return true;
}

void reply_streams_rename(struct conn *c, const char *from, const char *to)
{
	for (struct reply_stream *a = c->streams; a; a = a->next)
		if (strcmp(a->channel, from) == 0)
			snprintf(a->channel, sizeof(a->channel), "%s", to);
}

void reply_streams_free(struct conn *c)
{
	while (c->streams) {
		struct reply_stream *a = c->streams;

		c->streams = a->next;
		reply_stream_free(a);
	}
}
