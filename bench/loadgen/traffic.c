/*
 * traffic.c - fanout, private and idle: senders send, every delivery is checked. One sender's lines
 * are kept `window` ahead of the slowest member (closed loop), or are sent by the clock (open loop,
 * --rate), where the time of a line is its due time, so that a late generator does not hide
 * latency.
 *
 *     sent ------------------------------>
 *     | completed: all members have it | in flight, at most `window`   | not yet sent
 */
#include <stdio.h>
#include <stdlib.h>

#include "loadgen/report.h"

enum {
	CHUNK_BYTES = 64 * 1024
};

/* A sender of this process. */
struct talker {
	struct conn *conn;
	uint32_t flow, need; /* need: processes with members of the group */
	uint32_t sent, completed;
	nsec_t offset; /* open loop: due time of its first line, from the start */
};

struct traffic {
	struct talker *talkers;
	uint32_t count;
	uint32_t goal; /* lines each sender has sent at the end of the round */
	uint32_t base; /* lines sent in earlier rounds */
	nsec_t start;
	char *chunk;
};

static bool traffic_init(struct worker *w, struct traffic *t)
{
	const struct shape *s = &w->check.shape;
	uint32_t flows = check_flows(s);

	memset(t, 0, sizeof(*t));
	t->talkers = calloc(flows, sizeof(*t->talkers));
	t->chunk = malloc(CHUNK_BYTES);
	if (!t->talkers || !t->chunk)
		return false;
	for (uint32_t f = 0; f < flows; f++) {
		struct conn *c = conn_of(w, f / s->senders * s->members + f % s->senders);
		if (!c)
			continue;
		struct talker *x = &t->talkers[t->count++];
		x->conn = c;
		x->flow = f;
		x->need = atomic_load(&w->need[f]);
		if (w->o->rate > 0)
			x->offset = (nsec_t)(1e9 / w->o->rate * f / flows);
	}
	return true;
}

/* The due time of line n of the round (open loop). */
static nsec_t due_at(
	const struct worker *w, const struct traffic *t, const struct talker *x, uint32_t n)
{
	return t->start + x->offset + (nsec_t)(1e9 / w->o->rate * n);
}

/* The number of lines x may send now. */
static uint32_t room(
	const struct worker *w, const struct traffic *t, const struct talker *x, nsec_t now)
{
	uint32_t flying = x->sent - x->completed, left = t->goal - x->sent;

	if (w->o->rate <= 0)
		return u32_min(left, w->o->window - flying);
	uint32_t n = 0, most = u32_min(left, w->check.shape.ring - flying);
	while (n < most && due_at(w, t, x, x->sent - t->base + n) <= now)
		n++;
	return n;
}

/* Sends what x may send now, in as few writes as possible. */
static void pump(struct worker *w, struct traffic *t, struct talker *x, nsec_t now)
{
	const struct shape *s = &w->check.shape;
	char target[32];

	while (x->completed < x->sent && check_complete(&w->check, x->flow, x->completed, x->need))
		x->completed++;
	uint32_t n = room(w, t, x, now);
	if (n == 0)
		return;
	check_target(s, x->flow / s->senders, x->flow % s->senders, target, sizeof(target));
	size_t len = 0;
	for (uint32_t i = 0; i < n; i++) {
		nsec_t at = w->o->rate > 0 ? due_at(w, t, x, x->sent - t->base) : now;
		const char *text = check_compose(&w->check, x->flow, x->sent++, at);
		len += (size_t)snprintf(t->chunk + len, CHUNK_BYTES - len, "PRIVMSG %s :%.*s\r\n",
			target, (int)s->text_len, text);
		if (len > CHUNK_BYTES - 512) {
			conn_send(w, x->conn, t->chunk, len);
			len = 0;
		}
	}
	conn_send(w, x->conn, t->chunk, len);
}

/* How long the loop may sleep: until the next line is due. */
static nsec_t pause_of(const struct worker *w, const struct traffic *t, nsec_t now)
{
	nsec_t wait = 100 * NSEC_MSEC;

	for (uint32_t i = 0; w->o->rate > 0 && i < t->count; i++) {
		const struct talker *x = &t->talkers[i];
		if (x->sent >= t->goal)
			continue;
		nsec_t until = due_at(w, t, x, x->sent - t->base) - now;
		if (until < wait)
			wait = until;
	}
	return wait;
}

/* Runs until every member here has every line of the round, or nothing more arrives. */
static bool talk(struct worker *w, struct traffic *t)
{
	uint64_t expected = 0, before = w->check.delivered, last = before;

	for (uint32_t f = 0; f < check_flows(&w->check.shape); f++)
		expected += (uint64_t)w->check.flows[f].here * (t->goal - t->base);
	nsec_t now = clock_now();
	w->progress = t->start = now;
	for (;;) {
		uint32_t unsent = 0;
		for (uint32_t i = 0; i < t->count; i++) {
			pump(w, t, &t->talkers[i], now);
			unsent += t->talkers[i].sent < t->goal;
		}
		if (w->check.delivered - before >= expected && !unsent)
			return true;
		if (!worker_turn(w, pause_of(w, t, now)))
			return false;
		now = clock_now();
		if (w->check.delivered != last)
			w->progress = now;
		last = w->check.delivered;
		if (now - w->progress > (nsec_t)(w->o->stall * 1e9))
			return true; /* missing lines are counted at the end of the run */
	}
}

/* One round between two barriers, measured by process 0. */
static bool run_round(struct worker *w, struct report *r, struct traffic *t)
{
	struct meter m;

	memset(w->check.latency, 0, sizeof(*w->check.latency));
	worker_tally(w);
	if (!worker_barrier(w))
		return false;
	if (w->id == 0)
		meter_begin(&m, r);
	t->goal = t->base + w->o->messages;
	if (!worker_barrier(w) || !talk(w, t))
		return false;
	worker_tally(w);
	if (!worker_barrier(w))
		return false;
	if (w->id == 0)
		meter_end(&m, r, &r->rounds[r->round_count++]);
	t->base = t->goal;
	return worker_barrier(w);
}

static bool run_rounds(struct worker *w, struct report *r, struct traffic *t)
{
	for (uint32_t i = 0; i < w->o->rounds; i++)
		if (!run_round(w, r, t))
			return false;
	if (!setup_sync(w) || !worker_barrier(w))
		return false;
	for (uint32_t i = 0; i < w->conn_count; i++)
		check_end(&w->check, &w->conns[i].member);
	return true;
}

bool run_traffic(struct worker *w, struct report *r)
{
	struct traffic t;

	w->judging = true;
	bool ok = traffic_init(w, &t);
	if (!ok)
		worker_fail(w, "out of memory");
	ok = ok && run_rounds(w, r, &t);
	free(t.talkers);
	free(t.chunk);
	return ok;
}
