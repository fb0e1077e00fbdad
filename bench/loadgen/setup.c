/*
 * setup.c - the steps before and between measurements: register all connections, join the channels,
 * and make sure that everything sent has been read.
 */
#include <stdio.h>

#include "loadgen/worker.h"

enum {
	JOINING_MAX = 256
};

bool setup_connect(struct worker *w)
{
	uint32_t opened = 0;

	w->progress = clock_now();
	while (w->ready < w->conn_count) {
		while (opened < w->conn_count && w->opening < w->o->concurrency)
			if (!conn_open(w, &w->conns[opened++]))
				return false;
		if (!worker_turn(w, 100 * NSEC_MSEC) ||
			worker_stalled(w, "registered", w->ready, w->conn_count))
			return false;
	}
	return true;
}

/* In joinpart the senders join later. */
static bool joins(const struct worker *w, const struct conn *c)
{
	return c->member.group != UINT32_MAX &&
	       (w->o->mode != MODE_JOINPART || c->member.slot >= w->o->senders);
}

static void join_line(struct worker *w, struct conn *c, const struct line_cut *l)
{
	if (!line_is(l, "366"))
		return;
	w->joined++;
	w->progress = clock_now();
}

/* All members join, at most JOINING_MAX at once; the JOIN lines of others are counted on the
 * way. */
bool setup_join(struct worker *w)
{
	uint32_t sent = 0, members = 0;

	w->on_line = join_line;
	w->progress = clock_now();
	for (uint32_t i = 0; i < w->conn_count; i++)
		members += joins(w, &w->conns[i]);
	for (uint32_t i = 0; i < w->conn_count || w->joined < members;) {
		for (; i < w->conn_count && sent - w->joined < JOINING_MAX; i++) {
			if (!joins(w, &w->conns[i]))
				continue;
			conn_sendf(w, &w->conns[i], "JOIN #b%u\r\n", w->conns[i].member.group);
			sent++;
		}
		if (!worker_turn(w, 100 * NSEC_MSEC) ||
			worker_stalled(w, "joined", w->joined, members))
			return false;
	}
	w->on_line = NULL;
	return true;
}

static void sync_line(struct worker *w, struct conn *c, const struct line_cut *l)
{
	if (!line_is(l, "PONG"))
		return;
	w->synced++;
	w->progress = clock_now();
}

bool setup_sync(struct worker *w)
{
	void (*before)(struct worker *, struct conn *, const struct line_cut *) = w->on_line;

	w->on_line = sync_line;
	w->synced = 0;
	w->progress = clock_now();
	for (uint32_t i = 0; i < w->conn_count; i++)
		conn_sendf(w, &w->conns[i], "PING sync\r\n");
	while (w->synced < w->conn_count)
		if (!worker_turn(w, 100 * NSEC_MSEC) ||
			worker_stalled(w, "PONGs", w->synced, w->conn_count))
			return false;
	w->on_line = before;
	return true;
}
