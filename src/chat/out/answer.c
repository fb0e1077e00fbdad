/*
 * answer.c - answers over turns: who waits for what.
 *
 *     the socket is full            NET_OUT wakes it           (conn_event)
 *     a commit holds the queue      the release wakes it       (hold.c)
 *     the turn's share is used up   it is ready in the next    (server_ready)
 *     the store has to answer       what it answers wakes it   (answer_wake)
 */
#include "chat/out/answer.h"

#include "chat/out/conn_time.h"
#include "chat/out/hold.h"

#include <stdio.h>
#include <stdlib.h>

void *answer_new(struct request *q, size_t size, bool (*step)(struct request *q, struct answer *a))
{
	struct answer *a = calloc(1, size);

	if (!a) {
		conn_cut(q->server, q->conn, COUNT_NO_MEMORY, "Out of memory");
		return NULL;
	}
	a->step = step;
	return a;
}

static void answer_free(struct answer *a)
{
	if (a->end)
		a->end(a);
	free(a);
}

/* Rows until the queue is full or the turn's share used up; true: there are no more. */
static bool give(struct request *q, struct answer *a)
{
	struct server *s = q->server;

	while (!a->waits && !answer_full(q->conn) && q->lines <= ANSWER_LINES_MAX &&
		s->work < s->share_end) {
		s->work += WORK_STEP;
		if (!a->step(q, a))
			return true;
	}
	return false;
}

void answer_start(struct request *q, struct answer *a)
{
	struct answer **at = &q->conn->answers;

	if (!*at && give(q, a)) {
		answer_free(a);
		return;
	}
	reply_split(q);
	if (q->split)
		snprintf(a->batch, sizeof(a->batch), "%s", q->batch);
	while (*at)
		at = &(*at)->next;
	*at = a;
	if (!q->conn->answers->waits)
		server_ready(q->server, q->conn);
}

void answer_wake(struct server *s, struct conn *c, struct answer *a)
{
	a->waits = false;
	server_ready(s, c);
}

/* Its turn's share of one answer; true when it is done. */
static bool go_on(struct server *s, struct conn *c, struct answer *a)
{
	struct request q = {.server = s, .conn = c, .user = c->user, .split = a->batch[0]};
	uint64_t start = s->work;
	bool done;

	snprintf(q.batch, sizeof(q.batch), "%s", a->batch);
	reply_begin(&q);
	done = give(&q, a);
	q.split = done && a->last;
	if (done)
		c->answers = a->next;
	reply_end(&q);
	conn_charge_work(s, c, s->work - start);
	return done;
}

bool answers_run(struct server *s, struct conn *c)
{
	while (c->answers && !c->answers->waits && !answer_full(c) && s->work < s->share_end) {
		struct answer *a = c->answers;

		c->heard = s->now; /* the queue drains: it reads, and we do not listen */
		c->flags &= (uint16_t)~CONN_PINGED;
		if (!go_on(s, c, a))
			break;
		answer_free(a);
	}
	if (c->answers && !c->answers->waits && !(c->flags & CONN_BLOCKED) &&
		!(c->hold && answer_full(c)))
		server_ready(s, c);
	return !c->answers;
}

void answers_rename(struct conn *c, const char *from, const char *to)
{
	for (struct answer *a = c->answers; a; a = a->next)
		if (strcmp(a->channel, from) == 0)
			snprintf(a->channel, sizeof(a->channel), "%s", to);
}

void answers_free(struct conn *c)
{
	while (c->answers) {
		struct answer *a = c->answers;

		c->answers = a->next;
		answer_free(a);
	}
}
