/*
 * loss_fuzz_test.c - the loss engine over a path that loses, duplicates, delays and reorders,
 * against a simple receiver with SACK and D-SACK: a bit per segment. After each step the counters
 * agree with the records; in the end all data has arrived.
 */
#include "base/test/test.h"
#include "stack/tcp/test/loss_fixture.h"

enum {
	TOTAL = 600,
	IN_NET = 8192
};

/* A segment or an ACK in flight. */
struct item {
	nsec_t at;
	bool is_ack;
	uint32_t seg; /* index of the segment */
	struct loss_ack ack;
};

struct world {
	struct fx f;
	struct prng rng;
	bool have[TOTAL];
	uint32_t next; /* receiver's next expected segment */
	struct item net[IN_NET];
	uint32_t in_net;
	uint32_t written;
	/* per thousand */
	uint32_t loss, dup, reorder;
	uint32_t recent[LOSS_SACK_BLOCKS]; /* segments that arrived out of order, newest first */
};

static bool chance(struct world *w, uint32_t per_thousand)
{
	return prng_below(&w->rng, 1000) < per_thousand;
}

static void put(struct world *w, struct item it)
{
	uint32_t copies = 1 + chance(w, w->dup);

	for (uint32_t i = 0; i < copies; i++) {
		if (chance(w, w->loss))
			continue;
		it.at = w->f.now + 20 * NSEC_MSEC + (nsec_t)prng_below(&w->rng, 500) * NSEC_USEC;
		if (chance(w, w->reorder))
			it.at += (nsec_t)prng_below(&w->rng, 30) * NSEC_MSEC;
		assert_true(w->in_net < IN_NET);
		w->net[w->in_net++] = it;
	}
}

static void send_range(struct world *w, struct seq start, uint32_t segs)
{
	for (uint32_t i = 0; i < segs; i++)
		put(w, (struct item){.seg = (start.v - 1) / FX_MSS + i});
}

static struct seq seq_of_seg(uint32_t seg)
{
	return seq_of(1 + seg * FX_MSS);
}

/* The range of received segments around seg. */
static struct seq_range run_around(const struct world *w, uint32_t seg)
{
	uint32_t from = seg, to = seg + 1;

	while (from > w->next && w->have[from - 1])
		from--;
	while (to < TOTAL && w->have[to])
		to++;
	return (struct seq_range){seq_of_seg(from), seq_of_seg(to)};
}

static void remember(struct world *w, uint32_t seg)
{
	for (uint32_t i = LOSS_SACK_BLOCKS - 1; i > 0; i--)
		w->recent[i] = w->recent[i - 1];
	w->recent[0] = seg;
}

static bool listed(const struct loss_ack *a, struct seq_range r)
{
	for (uint32_t i = 0; i < a->sacks; i++) {
		if (seq_eq(a->sack[i].start, r.start))
			return true;
	}
	return false;
}

/* Segment seg arrives: RFC 5681 immediate ACK, RFC 2018 blocks, RFC 2883 duplicate. */
static void receive(struct world *w, uint32_t seg)
{
	struct loss_ack a = {.max_window = 1 << 24};

	if (w->have[seg])
		a.sack[a.sacks++] = (struct seq_range){seq_of_seg(seg), seq_of_seg(seg + 1)};
	else if (seg != w->next)
		remember(w, seg);
	w->have[seg] = true;
	while (w->next < TOTAL && w->have[w->next])
		w->next++;
	a.ack = seq_of_seg(w->next);
	for (uint32_t i = 0; i < LOSS_SACK_BLOCKS && a.sacks < 3; i++) {
		if (w->recent[i] > w->next && w->have[w->recent[i]]) {
			struct seq_range r = run_around(w, w->recent[i]);
			if (!listed(&a, r))
				a.sack[a.sacks++] = r;
		}
	}
	if (!w->f.l.sack)
		a.sacks = 0;
	put(w, (struct item){.is_ack = true, .ack = a});
}

static void transmit(struct world *w)
{
	struct fx *f = &w->f;
	bool again = true;

	while (again) {
		struct loss_flush how = {0};
		struct rtx *r;
		uint32_t n;

		while ((r = loss_next(&f->l, seq_add(f->l.cc.una, f->wnd), f->now))) {
			send_range(w, r->start, r->segs);
			loss_resent(&f->l, r, f->now);
		}
		n = u32_min(u32_min(TOTAL - w->written, loss_quota(&f->l)), 60);
		if (n > 0) {
			struct loss_send s = {.start = f->l.cc.nxt,
				.end = seq_add(f->l.cc.nxt, n * FX_MSS),
				.mss = FX_MSS};
			assert_true(loss_reserve(&f->l));
			send_range(w, s.start, n);
			loss_sent(&f->l, &s, f->now);
			w->written += n;
		}
		how.sent = n;
		how.cwnd_limited = w->written < TOTAL;
		again = loss_flushed(&f->l, &how, f->now);
	}
	loss_invariants(&f->l);
}

static void fire(struct world *w)
{
	struct fx *f = &w->f;
	struct rtx *r;

	switch (f->l.timer) {
	case LOSS_TIMER_RTO: loss_rto(&f->l, false, f->now); break;
	case LOSS_TIMER_REO: loss_reo(&f->l, f->now); break;
	case LOSS_TIMER_TLP:
		if (loss_tlp(&f->l, false, seq_add(f->l.cc.nxt, 65535), &r, f->now) ==
			PROBE_RESEND) {
			send_range(w, r->start, r->segs);
			loss_probe_sent(&f->l, r, f->now);
		}
		break;
	case LOSS_TIMER_NONE:
	case LOSS_TIMERS: fail(); break;
	}
	loss_invariants(&f->l);
	transmit(w);
}

/* Index of the earliest item, or in_net. */
static uint32_t earliest(const struct world *w)
{
	uint32_t best = w->in_net;

	for (uint32_t i = 0; i < w->in_net; i++) {
		if (best == w->in_net || w->net[i].at < w->net[best].at)
			best = i;
	}
	return best;
}

static void step(struct world *w)
{
	struct fx *f = &w->f;
	uint32_t i = earliest(w);
	struct item it;

	if (i == w->in_net || (f->l.timer != LOSS_TIMER_NONE && f->l.timer_at <= w->net[i].at)) {
		assert_int_not_equal(f->l.timer, LOSS_TIMER_NONE);
		f->now = f->l.timer_at > f->now ? f->l.timer_at : f->now;
		fire(w);
		return;
	}
	it = w->net[i];
	w->net[i] = w->net[--w->in_net];
	f->now = it.at > f->now ? it.at : f->now;
	if (!it.is_ack) {
		receive(w, it.seg);
		return;
	}
	it.ack.more_to_send = w->written < TOTAL;
	loss_ack(&f->l, &it.ack, &f->out, f->now);
	loss_invariants(&f->l);
	transmit(w);
}

static void run(uint64_t seed, bool sack, const struct cc_ops *cc)
{
	static struct world w;
	uint32_t steps = 0;

	memset(&w, 0, sizeof(w));
	fx_start(&w.f, 40);
	w.f.l.sack = sack;
	loss_set_cc(&w.f.l, cc, w.f.now);
	w.f.l.cc.paced = false;
	prng_seed(&w.rng, seed);
	w.loss = (uint32_t)prng_below(&w.rng, 200);
	w.dup = (uint32_t)prng_below(&w.rng, 100);
	w.reorder = (uint32_t)prng_below(&w.rng, 300);
	w.f.sysctl.tcp_recovery = prng_below(&w.rng, 4) > 0;
	transmit(&w);
	while (w.f.l.cc.una.v != seq_of_seg(TOTAL).v) {
		step(&w);
		assert_true(++steps < 200000);
	}
	assert_int_equal(w.f.l.packets_out, 0);
	assert_int_equal(w.f.l.sacked_out | w.f.l.lost_out | w.f.l.retrans_out, 0);
	fx_stop(&w.f);
	assert_int_equal(w.f.pool.live, 0);
}

TEST(everything_arrives_over_a_bad_path_with_sack)
{
	for (uint64_t seed = 1; seed <= 150; seed++)
		run(seed, true, &cc_cubic);
}

TEST(everything_arrives_over_a_bad_path_without_sack)
{
	for (uint64_t seed = 1; seed <= 60; seed++)
		run(seed, false, &cc_reno);
}

TEST(everything_arrives_over_a_bad_path_with_bbr)
{
	for (uint64_t seed = 1; seed <= 40; seed++)
		run(seed, true, &cc_bbr);
}

/* Random SACK blocks, ACKs anywhere in the window, timers at any time: no invariant may break. */
TEST(a_hostile_receiver_cannot_break_the_counters)
{
	static struct world w;

	for (uint64_t seed = 1; seed <= 60; seed++) {
		memset(&w, 0, sizeof(w));
		fx_start(&w.f, 40);
		prng_seed(&w.rng, seed);
		for (int i = 0; i < 400; i++) {
			struct loss_ack a = {.max_window = 1 << 20};
			struct fx *f = &w.f;
			uint32_t span = f->l.cc.nxt.v - f->l.cc.una.v;

			fx_write(f, (uint32_t)prng_below(&w.rng, 20));
			a.ack = seq_of(
				f->l.cc.una.v +
				(uint32_t)(chance(&w, 300) ? prng_below(&w.rng, span + 1) : 0));
			if (chance(&w, 50))
				a.ack = seq_sub(a.ack, (uint32_t)prng_below(&w.rng, 5000));
			a.sacks = (uint8_t)prng_below(&w.rng, 5);
			for (uint32_t k = 0; k < a.sacks; k++) {
				a.sack[k].start = seq_of(f->l.cc.una.v - 3000 +
							 (uint32_t)prng_below(&w.rng, span + 6000));
				a.sack[k].end = seq_add(
					a.sack[k].start, (uint32_t)prng_below(&w.rng, 9000));
			}
			a.has_ts = chance(&w, 200);
			a.tsecr = (uint32_t)prng_below(&w.rng, 5000);
			a.has_data = chance(&w, 100);
			fx_ack_full(f, &a);
			fx_wait(f, (nsec_t)prng_below(&w.rng, 50) * NSEC_MSEC);
		}
		fx_stop(&w.f);
		assert_int_equal(w.f.pool.live, 0);
	}
}
