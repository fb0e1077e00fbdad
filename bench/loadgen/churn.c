/*
 * churn.c - connect, register, JOIN, PART, QUIT, over and over in as many slots as --concurrency:
 *
 *     step   0 registering -> 1 JOIN sent -> 2 JOIN seen -> 3 PART sent (after 366) -> 4 QUIT sent
 *
 * Each slot sees its own JOIN and PART exactly once, and nothing of channels that it is not in.
 */
#include "loadgen/report.h"

enum step {
	STEP_REGISTER,
	STEP_JOINING,
	STEP_JOINED,
	STEP_PARTING,
	STEP_QUITTING
};

struct churn {
	nsec_t until;
	uint32_t open;
	struct hist *cycle;
	uint64_t cycles;
};

static uint32_t channel_of(const struct worker *w, const struct conn *c)
{
	return c->member.index % w->o->channels;
}

/* True if the line's first argument is the channel of this connection. */
static bool right_channel(const struct worker *w, const struct conn *c, const struct line_cut *l)
{
	char name[32];
	const char *arg = l->args, *end = l->line + l->len;

	check_target(&w->check.shape, channel_of(w, c), 0, name, sizeof(name));
	if (arg < end && *arg == ':')
		arg++;
	size_t n = strlen(name);
	return (size_t)(end - arg) >= n && memcmp(arg, name, n) == 0 &&
	       (arg + n == end || arg[n] == ' ');
}

static bool own(const struct worker *w, const struct conn *c, const struct line_cut *l)
{
	char nick[NICK_LEN + 1];

	check_nick(&w->check.shape, c->member.index, nick);
	return l->len > NICK_LEN + 1 && memcmp(l->line + 1, nick, NICK_LEN) == 0 &&
	       l->line[NICK_LEN + 1] == '!';
}

static void membership(struct worker *w, struct conn *c, const struct line_cut *l)
{
	bool join = line_is(l, "JOIN");

	if (!right_channel(w, c, l)) {
		check_violate(&w->check, V_MISROUTED, c->member.index, l->line, l->len);
		return;
	}
	if (!own(w, c, l))
		return;
	if (c->step != (join ? STEP_JOINING : STEP_PARTING)) {
		check_violate(&w->check, V_DOUBLED, c->member.index, l->line, l->len);
		return;
	}
	c->step++;
	if (!join)
		conn_sendf(w, c, "QUIT\r\n");
}

static void churn_line(struct worker *w, struct conn *c, const struct line_cut *l)
{
	if (line_is(l, "JOIN") || line_is(l, "PART")) {
		membership(w, c, l);
	} else if (line_is(l, "366") && c->step == STEP_JOINED) {
		c->step = STEP_PARTING;
		conn_sendf(w, c, "PART #b%u\r\n", channel_of(w, c));
	} else if (c->state == CONN_READY && c->step == STEP_REGISTER) {
		c->step = STEP_JOINING;
		conn_sendf(w, c, "JOIN #b%u\r\n", channel_of(w, c));
	}
}

static void churn_closed(struct worker *w, struct conn *c)
{
	struct churn *h = w->mode_data;
	nsec_t now = clock_now();

	if (c->step != STEP_QUITTING) {
		worker_fail(w, "connection %u closed at step %u: %s", c->member.index, c->step,
			w->last_error);
		return;
	}
	hist_add(h->cycle, now - c->since);
	h->cycles++;
	w->progress = now;
	conn_close(w, c);
	c->step = STEP_REGISTER;
	if (now < h->until)
		conn_open(w, c);
	else
		h->open--;
}

bool run_churn(struct worker *w, struct report *r)
{
	struct churn h = {.cycle = w->check.latency};
	struct meter m;

	w->mode_data = &h;
	w->on_line = churn_line;
	w->on_closed = churn_closed;
	r->rss_start = report_rss(r);
	worker_tally(w);
	meter_begin(&m, r);
	nsec_t start = w->progress = clock_now();
	h.until = start + (nsec_t)(w->o->duration * 1e9);
	for (uint32_t i = 0; i < w->conn_count; i++, h.open++)
		if (!conn_open(w, &w->conns[i]))
			return false;
	while (h.open > 0)
		if (!worker_turn(w, 100 * NSEC_MSEC) ||
			worker_stalled(w, "slots still open", h.open, w->conn_count))
			return false;
	worker_tally(w);
	w->shared->tally[w->id].cycles = h.cycles;
	meter_end(&m, r, &r->rounds[0]);
	r->churn_wall = r->rounds[0].wall;
	r->churn_cpu = r->rounds[0].server_cpu;
	r->round_count = 1;
	r->rss_closed = report_rss(r);
	return true;
}
