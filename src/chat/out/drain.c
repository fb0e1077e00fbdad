/* drain.c - going out of service: drain.h. */
#include "chat/out/drain.h"

#include "chat/cluster.h"
#include "chat/out/conn_table.h"

#include <stdio.h>

enum {
	WHY_MAX = 200,
};

#define DRAIN_STEP (50 * NSEC_MSEC)

/* Names a server that is there: any of them shows the same network. */
static void print_why(const struct server *s, char why[WHY_MAX])
{
	struct cluster_node other;

	snprintf(why, WHY_MAX, "Server is going out of service, connect again");
	for (uint32_t i = 0; cluster_other(s, i, &other); i++)
		if (other.up)
			snprintf(why, WHY_MAX, "Server is going out of service, connect to %s",
				other.name);
}

/* The next connection that is there, in the order of their places; NULL: none. */
static struct conn *next(struct server *s)
{
	while (s->drain.slot < s->slots.count) {
		struct conn *c = s->slots.at[s->drain.slot++].conn;

		if (c && !(c->flags & CONN_LEAVING))
			return c;
	}
	s->drain.slot = 0; /* again: one could not leave, out of memory */
	return NULL;
}

void drain_begin(struct server *s, uint32_t rate)
{
	assert(rate > 0 && rate <= DRAIN_RATE_MAX);
	LOG(s->log, INFO, "drain.begun", log_int("connections", s->conn_count),
		log_int("rate", rate));
	s->drain.rate = rate;
	s->drain.since = s->now;
	s->drain.sent = 0;
	wheel_start(&s->wheel, &s->drain.timer, s->now);
}

bool drain_begun(const struct server *s)
{
	return s->drain.rate > 0;
}

void drain_step(struct server *s)
{
	uint64_t due = (uint64_t)((s->now - s->drain.since) / NSEC_MSEC) * s->drain.rate / 1000 + 1;
	struct conn *c = NULL;
	char why[WHY_MAX];

	print_why(s, why);
	while (s->drain.sent < due && (c = next(s))) {
		conn_leave(s, c, why);
		s->drain.sent++;
	}
	if (s->conn_count)
		wheel_start(&s->wheel, &s->drain.timer, s->now + DRAIN_STEP);
	else
		LOG(s->log, INFO, "drain.done");
}
