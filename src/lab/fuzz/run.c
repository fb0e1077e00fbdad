/*
 * run.c - one run of a plan: run.h.
 *
 *     until all programs are over, or nothing can happen     oracle_instant() at every instant
 *     until TIME-WAIT and orphans are gone                   then oracle_end(), oracle_memory()
 */
#include "lab/fuzz/run.h"

#include "lab/fuzz/oracle.h"
#include "lab/world/need.h"
#include "socket/instance.h"

#include <malloc.h>

enum {
	LEAK_TRIES = 64, /* malloc() keeps some memory cached, more with each of the first runs */
};

/* Time limits: within this long after the last fault and the last pause everything must be sent and
 * every program over, two hours of keepalive included; then this long until nothing is left of
 * closed connections. */
#define WORK_SPAN    (3600 * NSEC_SEC)
#define PROGRAM_SPAN (8 * 3600 * NSEC_SEC)
#define CLOSED_SPAN  (3 * 3600 * NSEC_SEC)

static nsec_t pauses(const struct plan *p)
{
	nsec_t sum = 0;

	for (uint32_t i = 0; i < p->rows; i++) {
		const struct row *r = &p->row[i];

		if ((r->kind == ROW_WRITE || r->kind == ROW_READ) && r->arg[ACT_DO] == ACT_PAUSE)
			sum += r->arg[ACT_N];
	}
	return sum;
}

/* Runs until `until`, as long as no property fails and `go` holds. */
static void go_on(struct run *r, struct oracle *o, nsec_t until, bool programs)
{
	struct world *w = &r->net.world;

	while (!r->failure.property[0] && world_next(w) <= until && !w->stuck) {
		if (programs && program_over(r))
			return;
		if (r->dialogue)
			r->dialogue->end = world_next(w) - WORLD_START;
		world_run(w, world_next(w), NULL);
		oracle_instant(o, r);
	}
	if (w->stuck)
		fuzz_fail(r, "time", "time does not pass: a million turns at one instant");
}

/* The randomly lost packets, as indices into the packets of a link. */
static void find_losses(const struct run *r, const struct trace *t, struct run_result *result)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct trace_event *e = &t->event[i];

		if (e->kind != TRACE_DROP || strcmp(e->text, "loss") != 0)
			continue;
		for (int l = 0; l < plan_links(r->net.plan); l++)
			for (uint64_t k = 0; k < r->net.seen[l] && k < NET_SEEN; k++)
				if (r->net.ids[l][k] == e->id &&
					result->losses < ARRAY_SIZE(result->loss))
					result->loss[result->losses++] =
						(struct run_loss){l, (int64_t)k + 1};
	}
}

static void live(struct run *r, struct oracle *o)
{
	nsec_t calm = r->net.healed + pauses(r->net.plan);

	go_on(r, o, calm + WORK_SPAN, true);
	oracle_work(o, r);
	go_on(r, o, calm + PROGRAM_SPAN, true);
	oracle_end(o, r);
	program_end(r);
	go_on(r, o, r->net.world.now + CLOSED_SPAN, false);
	oracle_closed(o, r);
}

static struct failure failure(const char *property, const char *text)
{
	struct failure f = {{0}, {0}};

	snprintf(f.property, sizeof(f.property), "%s", property);
	snprintf(f.text, sizeof(f.text), "%s", text);
	return f;
}

static void record(struct run *r, int host, const struct packet *p, bool inbound)
{
	struct dialogue *d = r->dialogue;

	if (d && !r->failure.property[0])
		dialogue_packet(
			&d->host[host], r->net.world.now - WORLD_START, inbound, p->bytes, p->len);
}

static void arrives(void *run, int host, const struct packet *p)
{
	if (p) {
		record(run, host, p, true);
		datagram_arrives(run, host, p);
	}
	oracle_arrives(run, host, p);
}

static void sends(void *run, int host, const struct packet *p)
{
	record(run, host, p, false);
}

static void add_counters(struct net *n, struct run_result *result)
{
	for (int i = 0; i < plan_hosts(n->plan); i++) {
		struct burble *b = host_instance(n->host[i]);

		for (size_t c = 0; b && c < MIB_COUNT; c++)
			result->count[c] += stack_mib(burble_stack(b))->count[c];
	}
}

static void run_once(const struct plan *p, const struct net_options *options,
	struct dialogue *dialogue, struct run_result *result)
{
	struct run *r = need(calloc(1, sizeof(*r)));
	struct oracle *o = need(calloc(1, sizeof(*o)));

	*result = (struct run_result){0};
	r->oracle = o;
	r->arrives = arrives;
	r->sends = sends;
	r->dialogue = dialogue;
	net_init(&r->net, p, options);
	program_init(r);
	live(r, o);
	result->packets = r->net.world.packets;
	result->sent = r->net.world.sent;
	add_counters(&r->net, result);
	if (options->trace)
		find_losses(r, options->trace, result);
	net_free(&r->net);
	result->failure = r->failure;
	result->hash = r->hash;
	free(o);
	free(r);
}

/* Growth of the bytes in use, including malloc()'s per-thread cache. */
static size_t growth(size_t before)
{
	size_t after = mallinfo2().uordblks;

	return after > before ? after - before : 0;
}

void run_recorded(const struct plan *p, struct dialogue *into, struct run_result *result)
{
	run_once(p, &(struct net_options){0}, into, result);
}

void run_plan(const struct plan *p, const struct net_options *o, struct run_result *result)
{
	size_t before, grown = 0;
	int tries = 0;

	do {
		before = mallinfo2().uordblks;
		run_once(p, o, NULL, result);
		grown = o->trace || o->slow_path ? 0 : growth(before);
	} while (grown > 0 && !result->failure.property[0] && ++tries < LEAK_TRIES);
	if (grown > 0 && !result->failure.property[0])
		result->failure =
			failure("memory", "each run of the plan leaves bytes that are not freed");
}
