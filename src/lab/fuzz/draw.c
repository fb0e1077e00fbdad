/* draw.c - a plan from a seed: draw.h. */
#include "lab/fuzz/draw.h"

#include "base/prng.h"
#include "lab/fuzz/knob.h"

enum {
	MILLION = 1000000,
	PERCENT = 10000, /* in millionths */
	CONNS_USUAL = 3,
	ACTIONS = 5,        /* of a writer or a reader, at most */
	BULK_MOST = 60000,  /* bytes of a long send() */
	LINGER_MOST = 60,   /* seconds */
	UNFRAGMENTED = 240, /* bytes of a datagram that the smallest MTU carries whole */
};

struct draw {
	struct plan *p;
	struct prng prng;
	bool fast_open; /* all hosts do it */
};

static int64_t below(struct draw *d, int64_t n)
{
	return (int64_t)prng_below(&d->prng, (uint64_t)n);
}

static int64_t between(struct draw *d, int64_t low, int64_t high)
{
	return low + below(d, high - low + 1);
}

static bool one_in(struct draw *d, int64_t n)
{
	return below(d, n) == 0;
}

/* Each power of two below n is equally likely: small values are not rare. */
static int64_t small(struct draw *d, int64_t n)
{
	int64_t most = (int64_t)1 << below(d, 63);

	while (most > n)
		most >>= below(d, 8) + 1;
	return below(d, most > 0 ? most : 1);
}

static void add(struct draw *d, struct row r)
{
	plan_add(d->p, r);
}

/* --- the network ------------------------------------------------------------------------------ */

static void draw_net(struct draw *d)
{
	int64_t shape = one_in(d, 3) ? between(d, NET_ROUTER, NET_SWITCH) : NET_PAIR;
	int64_t hosts = shape == NET_SWITCH ? between(d, 2, PLAN_HOSTS) : 2;
	int64_t v6 = shape != NET_NAT && one_in(d, 4);

	add(d, (struct row){ROW_NET, {shape, hosts, v6}});
}

static void draw_rate(struct draw *d, int64_t link)
{
	static const int64_t bits[] = {64000, 256000, 1000000, 10000000, 100000000, 1000000000};
	int64_t limit = one_in(d, 3) ? between(d, 3, 30) : 1000;

	add(d, (struct row){
		       ROW_RATE, {link, bits[below(d, ARRAY_SIZE(bits))], limit, one_in(d, 4)}});
}

/* Most impairments are mild: a connection must survive them. */
static int64_t draw_share(struct draw *d)
{
	return one_in(d, 4) ? between(d, PERCENT, 30 * PERCENT) : between(d, 1, 3 * PERCENT);
}

/* Two flipped bits of a packet may cancel out in its checksum: only one link may corrupt, one bit
 * each. */
static bool may_corrupt(struct draw *d, int kind)
{
	return kind != ROW_CORRUPT || !plan_find(d->p, ROW_CORRUPT);
}

static void draw_link(struct draw *d, int64_t link)
{
	static const int64_t mtus[] = {9000, 1492, 1400, 1280, 576, 296};

	if (one_in(d, 2)) {
		int64_t time = one_in(d, 6) ? small(d, NSEC_SEC) : below(d, 100 * NSEC_MSEC);

		add(d, (struct row){ROW_DELAY,
			       {link, time + NSEC_USEC, one_in(d, 3) ? below(d, time + 1) : 0}});
	}
	if (one_in(d, 4))
		draw_rate(d, link);
	if (one_in(d, 6))
		add(d, (struct row){ROW_MTU, {link, mtus[below(d, ARRAY_SIZE(mtus))]}});
	if (one_in(d, 3))
		add(d, (struct row){ROW_LOSS, {link, draw_share(d)}});
	for (int kind = ROW_DUPLICATE; kind <= ROW_REORDER; kind++)
		if (one_in(d, 7) && may_corrupt(d, kind))
			add(d, (struct row){(uint8_t)kind, {link, draw_share(d)}});
	if (one_in(d, 16))
		add(d, (struct row){ROW_BURSTS,
			       {link, between(d, 1, 5 * PERCENT), between(d, PERCENT, MILLION)}});
	while (one_in(d, 4))
		add(d, (struct row){ROW_DROP, {link, between(d, 1, 40)}});
}

static int64_t draw_knob(struct draw *d, const struct knob *k)
{
	if (one_in(d, 4))
		return k->low;
	if (one_in(d, 4))
		return k->high;
	return one_in(d, 2) ? between(d, k->low, k->high) : k->low + small(d, k->high - k->low + 1);
}

static void draw_parameters(struct draw *d)
{
	while (!one_in(d, 3)) {
		int64_t which = below(d, knob_sysctls);

		if (knob_sysctl(which)->kills && !one_in(d, 3))
			continue;
		add(d, (struct row){ROW_SYSCTL, {below(d, plan_hosts(d->p)), which,
							draw_knob(d, knob_sysctl(which))}});
	}
}

/* Fast Open at every host, with cookies or without: data in a SYN is rare otherwise. */
static void draw_fast_open(struct draw *d)
{
	static const int64_t how[] = {0x3, 0x403, 0x407, 0x603, 0x607};
	int64_t value = how[below(d, ARRAY_SIZE(how))], which = 0;

	while (strcmp(knob_sysctl(which)->name, "net.ipv4.tcp_fastopen") != 0)
		which++;
	for (int64_t host = 0; host < plan_ends(d->p); host++)
		add(d, (struct row){ROW_SYSCTL, {host, which, value}});
	d->fast_open = true;
}

/* --- connections ------------------------------------------------------------------------------ */

static int64_t draw_bytes(struct draw *d)
{
	if (one_in(d, 8))
		return between(d, 10000, BULK_MOST);
	return one_in(d, 2) ? between(d, 1, 100) : small(d, 8000);
}

static int64_t draw_pause(struct draw *d)
{
	if (one_in(d, 12))
		return between(d, 1, 200) * NSEC_SEC;
	return one_in(d, 2) ? small(d, NSEC_SEC) : between(d, 1, 3000) * NSEC_MSEC;
}

/* The end that a program makes of it, at once; to an action of SO_LINGER belong seconds. */
static void draw_quit(struct draw *d, uint8_t kind, int64_t id, int64_t end)
{
	static const int64_t acts[] = {ACT_QUIT, ACT_ABORT, ACT_LINGER};
	int64_t act = acts[below(d, ARRAY_SIZE(acts))];

	add(d, (struct row){kind,
		       {id, end, act, act == ACT_LINGER ? between(d, 1, LINGER_MOST) : 0, 0}});
}

static void draw_write(struct draw *d, int64_t id, int64_t end)
{
	int64_t n = below(d, ACTIONS);

	for (int64_t i = 0; i < n; i++) {
		struct row r = {ROW_WRITE, {id, end, ACT_SEND, draw_bytes(d)}};

		if (one_in(d, 4))
			r.arg[ACT_DO] = ACT_PAUSE, r.arg[ACT_N] = draw_pause(d);
		else if (one_in(d, 12))
			r.arg[ACT_DO] = ACT_URGENT, r.arg[ACT_N] = 0;
		else if (i == 0 && end == 0 && one_in(d, d->fast_open ? 2 : 32))
			r.arg[ACT_FLAGS] = ACT_FASTOPEN;
		else if (one_in(d, 8))
			r.arg[ACT_FLAGS] = ACT_MORE;
		add(d, r);
	}
	if (one_in(d, 12))
		draw_quit(d, ROW_WRITE, id, end);
}

static void draw_read(struct draw *d, int64_t id, int64_t end)
{
	int64_t n = one_in(d, 2) ? 0 : below(d, ACTIONS);

	for (int64_t i = 0; i < n; i++) {
		struct row r = {ROW_READ, {id, end, ACT_RECV, draw_bytes(d)}};

		if (one_in(d, 2))
			r.arg[ACT_DO] = ACT_PAUSE, r.arg[ACT_N] = draw_pause(d);
		else if (one_in(d, 12))
			r.arg[ACT_DO] = ACT_URGENT, r.arg[ACT_N] = 0;
		else if (one_in(d, 4))
			r.arg[ACT_FLAGS] = one_in(d, 2) ? ACT_PEEK : ACT_WAITALL;
		add(d, r);
	}
	if (one_in(d, 20))
		draw_quit(d, ROW_READ, id, end);
}

static void draw_options(struct draw *d, int64_t id, int64_t end)
{
	while (one_in(d, 2)) {
		int64_t which = below(d, knob_options);

		if (knob_option(which)->kills && !one_in(d, 3))
			continue;
		add(d, (struct row){
			       ROW_OPTION, {id, end, which, draw_knob(d, knob_option(which))}});
	}
}

/* Two hosts, of which the first can reach the second. */
static void draw_ends(struct draw *d, int64_t *client, int64_t *server)
{
	int64_t ends = plan_ends(d->p);

	*client = plan_net(d->p, NET_SHAPE) == NET_NAT ? 0 : below(d, ends);
	*server = (*client + 1 + below(d, ends - 1)) % ends;
}

static void draw_flow(struct draw *d, int64_t id)
{
	int64_t from, to, bytes = one_in(d, 4) ? small(d, 60000) : below(d, 1473);
	int64_t gap = one_in(d, 2) ? small(d, NSEC_MSEC) : draw_pause(d);

	draw_ends(d, &from, &to);
	if (plan_find(d->p, ROW_CORRUPT)) /* each fragment may have a bit turned: may_corrupt() */
		bytes = below(d, UNFRAGMENTED);
	add(d, (struct row){
		       ROW_UDP, {id, from, to, small(d, 2 * NSEC_SEC),
					between(d, 1, PLAN_DATAGRAMS), bytes, gap, below(d, 4)}});
}

static void draw_conn(struct draw *d, int64_t id)
{
	int64_t client, server;
	int64_t at = one_in(d, 2) ? 0 : small(d, 2 * NSEC_SEC);

	draw_ends(d, &client, &server);
	add(d, (struct row){ROW_CONN,
		       {id, client, server, at, below(d, 2), one_in(d, 20) ? below(d, 3) : 128}});
	for (int64_t end = 0; end < 2; end++) {
		if (one_in(d, 2))
			add(d, (struct row){ROW_WAIT, {id, end, below(d, WAIT_HOWS)}});
		draw_options(d, id, end);
		draw_write(d, id, end);
		draw_read(d, id, end);
	}
}

/* --- faults ----------------------------------------------------------------------------------- */

static int64_t draw_span(struct draw *d)
{
	return one_in(d, 3) ? between(d, 1, 300) * NSEC_SEC : 1 + small(d, 10 * NSEC_SEC);
}

static void draw_fault(struct draw *d)
{
	int64_t link = below(d, plan_links(d->p)), host = below(d, plan_hosts(d->p));
	int64_t at = small(d, 3 * NSEC_SEC), span = draw_span(d);

	switch (below(d, 11)) {
	case 0:
	case 1: add(d, (struct row){ROW_CUT, {link, at, span, below(d, 3)}}); break;
	case 2: add(d, (struct row){ROW_SWALLOW, {link, at, span, between(d, 200, 1400)}}); break;
	case 3: add(d, (struct row){ROW_STORM, {link, at, span, between(d, 1, MILLION)}}); break;
	case 4:
	case 5: add(d, (struct row){ROW_FREEZE, {host, at, span}}); break;
	case 6: add(d, (struct row){ROW_POWER, {host, at, span}}); break;
	case 7: add(d, (struct row){ROW_CRASH, {host, at}}); break;
	case 8:
	case 9: add(d, (struct row){ROW_ADDRESS, {host, at, span}}); break;
	case 10:
		if (plan_net(d->p, NET_SHAPE) == NET_NAT)
			add(d, (struct row){ROW_FORGET, {link, at}});
		break;
	}
}

void draw_plan(struct plan *p, uint64_t seed)
{
	struct draw d = {.p = p};
	int64_t conns;

	*p = (struct plan){.seed = seed};
	prng_seed(&d.prng, seed);
	draw_net(&d);
	for (int64_t i = 0; i < plan_links(p); i++)
		draw_link(&d, i);
	draw_parameters(&d);
	if (one_in(&d, 6))
		draw_fast_open(&d);
	while (one_in(&d, 4))
		draw_fault(&d);
	conns = one_in(&d, 10) ? between(&d, 1, PLAN_CONNS) : between(&d, 1, CONNS_USUAL);
	for (int64_t i = 0; i < conns; i++)
		draw_conn(&d, i);
	for (int64_t i = 0; i < PLAN_FLOWS && one_in(&d, 4); i++)
		draw_flow(&d, i);
	plan_tidy(p);
}
