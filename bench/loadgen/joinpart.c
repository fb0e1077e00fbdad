/*
 * joinpart.c - members come and go: each channel's senders JOIN and PART --messages times while the
 * others stay and watch. A member that stays must see of each of them JOIN, PART, JOIN, PART, ...
 * each once. A sender continues when all have seen its last step and its own reply has arrived.
 */
#include <stdlib.h>

#include "loadgen/report.h"

struct mover {
	struct conn *conn;
	uint32_t steps;    /* JOINs and PARTs sent; odd: is in the channel */
	uint32_t watchers; /* that have seen the last one */
	bool replied;
	nsec_t at;
};

struct joinpart {
	struct mover *movers; /* groups x senders */
	uint32_t stay, goal, running;
	uint64_t seen;
};

static void step(struct worker *w, struct mover *v)
{
	struct conn *c = v->conn;

	v->watchers = 0;
	v->replied = false;
	v->at = clock_now();
	conn_sendf(w, c, "%s #b%u\r\n", v->steps % 2 == 0 ? "JOIN" : "PART", c->member.group);
	v->steps++;
}

static void go_on(struct worker *w, struct joinpart *j, struct mover *v)
{
	if (!v->replied || v->watchers < j->stay)
		return;
	w->progress = clock_now();
	if (v->steps < j->goal)
		step(w, v);
	else
		j->running--;
}

/* The mover whose nick starts the line, if it belongs to group; NULL if not. */
static struct mover *mover_of(struct worker *w, const struct line_cut *l, uint32_t group)
{
	struct joinpart *j = w->mode_data;
	uint32_t flow = l->len > NICK_LEN + 1 ? check_flow_of(&w->check.shape, l->line + 1, group)
					      : UINT32_MAX;

	return flow == UINT32_MAX ? NULL : &j->movers[flow];
}

static bool right_channel(const struct worker *w, const struct conn *c, const struct line_cut *l)
{
	char name[32];
	const char *arg = l->args, *end = l->line + l->len;

	check_target(&w->check.shape, c->member.group, 0, name, sizeof(name));
	if (arg < end && *arg == ':')
		arg++;
	size_t n = strlen(name);
	return (size_t)(end - arg) >= n && memcmp(arg, name, n) == 0 &&
	       (arg + n == end || arg[n] == ' ');
}

/* A permanent member sees a JOIN or PART: it must be the next of that mover. */
static void watch(struct worker *w, struct conn *c, const struct line_cut *l, struct mover *v)
{
	struct joinpart *j = w->mode_data;
	uint64_t *seen = &c->seen[v->conn->member.slot];
	bool join = line_is(l, "JOIN");

	if (*seen >= v->steps || join != (*seen % 2 == 0)) {
		check_violate(&w->check, *seen >= v->steps ? V_DOUBLED : V_LOST, c->member.index,
			l->line, l->len);
		return;
	}
	(*seen)++;
	j->seen++;
	w->check.delivered++;
	hist_add(w->check.latency, clock_now() - v->at);
	v->watchers++;
	go_on(w, j, v);
}

static void joinpart_line(struct worker *w, struct conn *c, const struct line_cut *l)
{
	const struct shape *s = &w->check.shape;
	bool join = line_is(l, "JOIN"), part = line_is(l, "PART");

	if (c->member.group == UINT32_MAX)
		return;
	if (line_is(l, "366") && c->member.slot < s->senders) {
		struct mover *v = &((struct joinpart *)w->mode_data)
					   ->movers[c->member.group * s->senders + c->member.slot];
		v->replied = true;
		go_on(w, w->mode_data, v);
	}
	if (!join && !part)
		return;
	struct mover *v = mover_of(w, l, c->member.group);
	if (!v || !right_channel(w, c, l)) {
		check_violate(&w->check, V_MISROUTED, c->member.index, l->line, l->len);
	} else if (c->member.slot >= s->senders) {
		watch(w, c, l, v);
	} else if (v->conn == c && part) {
		v->replied = true;
		go_on(w, w->mode_data, v);
	}
}

static bool joinpart_init(struct worker *w, struct joinpart *j)
{
	const struct shape *s = &w->check.shape;

	memset(j, 0, sizeof(*j));
	j->movers = calloc(check_flows(s), sizeof(*j->movers));
	j->stay = s->members - s->senders;
	j->goal = w->o->messages * 2;
	for (uint32_t f = 0; j->movers && f < check_flows(s); f++)
		j->movers[f].conn = &w->conns[f / s->senders * s->members + f % s->senders];
	for (uint32_t i = 0; i < w->conn_count; i++) {
		w->conns[i].seen = calloc(s->senders, sizeof(uint64_t));
		if (!w->conns[i].seen)
			return false;
	}
	return j->movers != NULL;
}

static bool move_all(struct worker *w, struct joinpart *j)
{
	uint32_t flows = check_flows(&w->check.shape);

	w->progress = clock_now();
	j->running = flows;
	for (uint32_t f = 0; f < flows; f++)
		step(w, &j->movers[f]);
	while (j->running > 0)
		if (!worker_turn(w, 100 * NSEC_MSEC) ||
			worker_stalled(w, "movers still at work", j->running, flows))
			return false;
	return true;
}

bool run_joinpart(struct worker *w, struct report *r)
{
	struct joinpart j;
	struct meter m;

	if (!joinpart_init(w, &j)) {
		worker_fail(w, "out of memory");
		free(j.movers);
		return false;
	}
	w->mode_data = &j;
	w->on_line = joinpart_line;
	worker_tally(w);
	meter_begin(&m, r);
	bool ok = move_all(w, &j);
	worker_tally(w);
	meter_end(&m, r, &r->rounds[0]);
	r->round_count = 1;
	ok = ok && setup_sync(w);
	free(j.movers);
	return ok;
}
