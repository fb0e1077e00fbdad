/* bbr_test.c - BBR's state transitions over a modelled bottleneck, and its parts. */
#include "base/test/test.h"
#include "stack/tcp/cc/bbr.h"

enum {
	PATH_MSS = 1000
};

/* A bottleneck of `rate` bytes per second after a delay: one segment per step, ACKed in order. */
struct path {
	struct cc c;
	struct prng prng;
	struct mib_table mib;
	nsec_t now, free_at; /* the bottleneck's queue is empty from then on */
	nsec_t min_rtt;
	uint64_t rate;
	struct {
		nsec_t sent, acked;
		uint32_t delivered;
		nsec_t delivered_at;
	} out[8192];
	uint32_t head, tail; /* in flight: [head, tail) */
	nsec_t next_send;
	uint8_t seen; /* bit set of modes */
};

static void path_start(struct path *p, uint64_t rate, nsec_t min_rtt)
{
	memset(p, 0, sizeof(*p));
	prng_seed(&p->prng, 5);
	p->now = p->free_at = p->next_send = NSEC_SEC;
	p->rate = rate;
	p->min_rtt = min_rtt;
	p->c = (struct cc){
		.ops = &cc_bbr,
		.cwnd = 10,
		.cwnd_clamp = UINT32_MAX,
		.pacing_rate = UINT64_MAX,
		.max_pacing_rate = UINT64_MAX,
		.mss = PATH_MSS,
		.srtt_us = (uint32_t)(min_rtt / NSEC_USEC) * 8,
		.min_rtt_us = (uint32_t)(min_rtt / NSEC_USEC),
		.delivered_at = p->now,
		.mib = &p->mib,
		.prng = &p->prng,
	};
	cc_bbr.init(&p->c, p->now);
}

static void path_send(struct path *p)
{
	nsec_t start = p->free_at > p->now ? p->free_at : p->now;

	p->free_at = start + (nsec_t)((uint64_t)PATH_MSS * NSEC_SEC / p->rate);
	p->out[p->tail % 8192].sent = p->now;
	p->out[p->tail % 8192].acked = p->free_at + p->min_rtt;
	p->out[p->tail % 8192].delivered = p->c.delivered;
	p->out[p->tail % 8192].delivered_at = p->c.delivered_at;
	p->tail++;
	p->c.in_flight = p->tail - p->head;
	p->next_send = p->now + (nsec_t)((uint64_t)PATH_MSS * NSEC_SEC / p->c.pacing_rate);
}

static void path_ack(struct path *p)
{
	uint32_t i = p->head % 8192;
	struct rate_sample rs = {
		.prior_at = p->out[i].delivered_at,
		.prior_delivered = p->out[i].delivered,
		.prior_in_flight = p->c.in_flight,
		.rtt_us = (p->out[i].acked - p->out[i].sent) / NSEC_USEC,
		.acked_sacked = 1,
	};

	p->head++;
	p->c.delivered++;
	p->c.delivered_at = p->now;
	p->c.in_flight = p->tail - p->head;
	rs.delivered = (int32_t)(p->c.delivered - rs.prior_delivered);
	rs.interval_us = (p->now - rs.prior_at) / NSEC_USEC;
	cc_bbr.control(&p->c, &rs, p->now);
	p->seen |= (uint8_t)(1u << bbr_of(&p->c)->mode);
}

static void path_run(struct path *p, nsec_t span)
{
	nsec_t end = p->now + span;

	while (p->now < end) {
		bool may_send = p->c.in_flight < p->c.cwnd;
		nsec_t ack = p->head < p->tail ? p->out[p->head % 8192].acked : NSEC_MAX;

		if (may_send && p->next_send <= ack) {
			p->now = p->next_send > p->now ? p->next_send : p->now;
			path_send(p);
		} else {
			p->now = ack;
			path_ack(p);
		}
	}
}

TEST(it_finds_the_bandwidth_and_drains_its_queue)
{
	static struct path p;
	struct bbr *b = bbr_of(&p.c);
	uint64_t rate;

	path_start(&p, 1250000, 40 * NSEC_MSEC); /* 10 Mbit/s */
	assert_int_equal(b->mode, BBR_STARTUP);
	path_run(&p, 5 * NSEC_SEC);
	assert_true(b->full_bw_reached);
	assert_int_equal(b->mode, BBR_PROBE_BW);
	assert_true(p.seen & 1 << BBR_DRAIN);
	rate = bbr_rate(&p.c, bbr_bw(b), BBR_UNIT);
	assert_in_range(rate, 1250000 * 95 / 100, 1250000 * 105 / 100);
	/* 50 segments fill the path; twice that is the bound */
	assert_in_range(p.c.cwnd, 90, 130);
	assert_in_range(b->min_rtt_us, 40000, 42000);
}

TEST(it_measures_the_rtt_again_every_ten_seconds_with_four_segments_in_flight)
{
	static struct path p;
	struct bbr *b = bbr_of(&p.c);
	nsec_t entered = 0, left = 0;

	path_start(&p, 1250000, 40 * NSEC_MSEC);
	path_run(&p, 2 * NSEC_SEC);
	while (p.now < 40 * NSEC_SEC && left == 0) {
		path_run(&p, NSEC_MSEC);
		if (b->mode == BBR_PROBE_RTT) {
			assert_true(p.c.cwnd <= BBR_MIN_CWND);
			entered = entered ? entered : p.now;
		} else if (entered) {
			left = p.now;
		}
	}
	assert_true(entered > 0 && left > 0);
	assert_in_range(left - entered, 200 * NSEC_MSEC, 500 * NSEC_MSEC);
	assert_int_equal(b->mode, BBR_PROBE_BW);
	assert_true(p.c.cwnd > 50);
}

TEST(it_follows_a_path_that_became_faster)
{
	static struct path p;

	path_start(&p, 625000, 40 * NSEC_MSEC);
	path_run(&p, 4 * NSEC_SEC);
	p.rate = 1250000;
	path_run(&p, 6 * NSEC_SEC);
	assert_true(bbr_rate(&p.c, bbr_bw(bbr_of(&p.c)), BBR_UNIT) > 1100000);
}

TEST(it_follows_a_path_that_became_slower_within_ten_rounds)
{
	static struct path p;

	path_start(&p, 1250000, 40 * NSEC_MSEC);
	path_run(&p, 4 * NSEC_SEC);
	p.rate = 625000;
	path_run(&p, 6 * NSEC_SEC);
	assert_true(bbr_rate(&p.c, bbr_bw(bbr_of(&p.c)), BBR_UNIT) < 700000);
}

TEST(recovery_conserves_packets_and_restores_the_window)
{
	static struct path p;
	uint32_t before;
	struct rate_sample rs = {.acked_sacked = 1, .losses = 1, .delivered = -1, .rtt_us = -1};

	path_start(&p, 1250000, 40 * NSEC_MSEC);
	path_run(&p, 5 * NSEC_SEC);
	before = p.c.cwnd;
	cc_bbr.ssthresh(&p.c, p.now);
	p.c.ca_state = CA_RECOVERY;
	cc_bbr.control(&p.c, &rs, p.now);
	assert_int_equal(p.c.cwnd, p.c.in_flight + 1);
	p.c.ca_state = CA_OPEN;
	rs.losses = 0;
	cc_bbr.control(&p.c, &rs, p.now);
	assert_true(p.c.cwnd >= before);
}

TEST(the_maximum_filter_forgets_after_its_window)
{
	struct bbr_max m = {0};

	assert_int_equal(bbr_max_update(&m, 10, 1, 100), 100);
	for (uint32_t r = 2; r <= 11; r++)
		assert_int_equal(bbr_max_update(&m, 10, r, 50), 100);
	assert_int_equal(bbr_max_update(&m, 10, 12, 50), 50);
	assert_int_equal(bbr_max_update(&m, 10, 13, 70), 70);
}

/* Twice five rounds, one slot after the other. */
TEST(the_aggregation_estimate_expires_after_ten_rounds)
{
	static struct path p;
	struct bbr *b = bbr_of(&p.c);

	path_start(&p, 1250000, 40 * NSEC_MSEC);
	path_run(&p, 4 * NSEC_SEC);
	b->extra_acked[0] = b->extra_acked[1] = 500;
	path_run(&p, 200 * NSEC_MSEC);
	assert_true(b->extra_acked[0] == 500 || b->extra_acked[1] == 500);
	path_run(&p, 600 * NSEC_MSEC);
	assert_true(b->extra_acked[0] < 100 && b->extra_acked[1] < 100);
}

/* A phase that does not drain lasts at least a round trip, a cruising one hardly longer. */
TEST(a_phase_of_the_cycle_lasts_a_round_trip)
{
	static struct path p;
	struct bbr *b = bbr_of(&p.c);
	uint32_t phases = 0, gain;
	nsec_t since;
	uint8_t phase;

	path_start(&p, 1250000, 40 * NSEC_MSEC);
	path_run(&p, 4 * NSEC_SEC);
	for (phase = b->cycle, gain = b->pacing_gain, since = 0; p.now < 7 * NSEC_SEC;) {
		path_run(&p, NSEC_MSEC);
		if (b->cycle == phase)
			continue;
		if (since && gain >= BBR_UNIT)
			assert_in_range(p.now - since, 39 * NSEC_MSEC,
				gain == BBR_UNIT ? 60 * NSEC_MSEC : 200 * NSEC_MSEC);
		phases++;
		phase = b->cycle;
		gain = b->pacing_gain;
		since = p.now;
	}
	assert_true(phases > 2 * BBR_CYCLE);
}

/* A loss ends the probing phase, but not before its round trip is over. */
TEST(a_loss_within_a_round_trip_does_not_end_the_probe_for_bandwidth)
{
	static struct path p;
	struct bbr *b = bbr_of(&p.c);
	struct rate_sample rs = {.losses = 1, .delivered = 1, .acked_sacked = 1, .rtt_us = -1};
	uint8_t phase;

	path_start(&p, 1250000, 40 * NSEC_MSEC);
	path_run(&p, 4 * NSEC_SEC);
	while (b->pacing_gain <= BBR_UNIT)
		path_run(&p, NSEC_MSEC);
	phase = b->cycle;
	rs.prior_delivered = p.c.delivered - 1;
	rs.interval_us = 1000;
	cc_bbr.control(&p.c, &rs, p.now);
	assert_int_equal(b->cycle, phase);
	path_run(&p, 40 * NSEC_MSEC);
	rs.prior_delivered = p.c.delivered - 1;
	cc_bbr.control(&p.c, &rs, p.now);
	assert_int_not_equal(b->cycle, phase);
}
