/*
 * cubic_test.c - CUBIC against its formula in floating point, HyStart, HyStart++ and Reno.
 */
#include "base/test/test.h"
#include "stack/tcp/cc/cc.h"

#include <math.h>

static struct mib_table mib;

static struct cc window(const struct cc_ops *ops, uint32_t cwnd)
{
	struct cc c = {
		.ops = ops,
		.cwnd = cwnd,
		.ssthresh = CC_SSTHRESH_INFINITE,
		.cwnd_clamp = UINT32_MAX,
		.pacing_rate = UINT64_MAX,
		.mss = 1000,
		.cwnd_limited = true,
		.mib = &mib,
	};

	memset(&mib, 0, sizeof(mib));
	ops->init(&c, 0);
	return c;
}

/* One round trip of rtt with an ACK for every second segment, spread evenly. Returns its end. */
static nsec_t round_trip(struct cc *c, nsec_t now, nsec_t rtt)
{
	uint32_t acks = u32_max(c->cwnd / 2, 1);

	for (uint32_t i = 1; i <= acks; i++) {
		nsec_t t = now + rtt * i / acks;
		c->una = seq_add(c->una, 2000);
		c->nxt = seq_add(c->una, c->cwnd * 1000);
		if (c->ops->acked)
			c->ops->acked(c, rtt / NSEC_USEC, t);
		c->ops->grow(c, 2, t);
	}
	return now + rtt;
}

TEST(a_reduction_is_to_seven_tenths_rfc9438_4_6)
{
	struct cc c = window(&cc_cubic, 100);

	assert_int_equal(c.ops->ssthresh(&c, 0), 70);
	c.cwnd = 2;
	assert_int_equal(c.ops->ssthresh(&c, 0), 2);
}

/* W(t) = 0.4 (t - K)^3 + W_max, K = cbrt(0.3 W_max / 0.4); the integers look one RTT ahead. */
TEST(the_window_follows_the_cubic_curve_rfc9438_4_2)
{
	const double rtt = 0.1, w_max = 1000, k = cbrt(w_max * 0.3 / 0.4);
	struct cc c = window(&cc_cubic, (uint32_t)w_max);
	nsec_t start = NSEC_SEC, now = start;
	double worst = 0;

	now = start;
	c.ssthresh = c.cwnd = c.ops->ssthresh(&c, now);
	while (now < start + 14 * NSEC_SEC) {
		double t, want;
		now = round_trip(&c, now, (nsec_t)(rtt * 1e9));
		t = (double)(now - start) / 1e9;
		want = 0.4 * pow(t - k, 3) + w_max;
		if (fabs(c.cwnd - want) / want > worst)
			worst = fabs(c.cwnd - want) / want;
	}
	assert_true(worst < 0.02);
	assert_true(c.cwnd > w_max);
}

/* With a short RTT the curve is slower than Reno: the window grows as Reno's would. */
TEST(it_is_not_slower_than_reno_rfc9438_4_3)
{
	struct cc c = window(&cc_cubic, 20);
	nsec_t now = NSEC_SEC, rtt = 5 * NSEC_MSEC;
	uint32_t begin;

	c.ssthresh = c.cwnd = c.ops->ssthresh(&c, now);
	begin = c.cwnd;
	for (int i = 0; i < 40; i++)
		now = round_trip(&c, now, rtt);
	/* alpha = 3 (1 - beta) / (1 + beta) = 0.53 segments per round trip: 21, minus the cost of
	 * delayed evaluation */
	assert_in_range(c.cwnd - begin, 16, 23);
}

/* The second word of the algorithm's state: the window before the last reduction. */
static uint32_t w_max(const struct cc *c)
{
	return ((const uint32_t *)c->priv)[1];
}

TEST(a_second_loss_below_the_old_maximum_gives_way_rfc9438_4_7)
{
	struct cc c = window(&cc_cubic, 100);

	c.cwnd = c.ops->ssthresh(&c, 0);
	c.cwnd = 80;
	c.ops->ssthresh(&c, 0);
	assert_int_equal(w_max(&c), 80 * (1024 + 717) / 2048);
}

TEST(idle_time_does_not_count_on_the_curve)
{
	struct cc c = window(&cc_cubic, 100);
	nsec_t now = NSEC_SEC;
	uint32_t before;

	c.ssthresh = c.cwnd = c.ops->ssthresh(&c, now);
	for (int i = 0; i < 10; i++)
		now = round_trip(&c, now, 100 * NSEC_MSEC);
	before = c.cwnd;
	c.last_send = now;
	now += 60 * NSEC_SEC;
	c.ops->event(&c, CC_EVENT_TX_START, now);
	now = round_trip(&c, now, 100 * NSEC_MSEC);
	assert_in_range(c.cwnd, before, before + 5);
}

TEST(a_timeout_forgets_the_curve)
{
	struct cc c = window(&cc_cubic, 100);

	c.ops->ssthresh(&c, 0);
	c.ops->state(&c, CA_LOSS, 0);
	assert_int_equal(w_max(&c), 0);
}

TEST(hystart_ends_slow_start_when_the_rtt_has_risen_by_an_eighth)
{
	struct cc c = window(&cc_cubic, 16);
	nsec_t now = NSEC_SEC;

	now = round_trip(&c, now, 200 * NSEC_MSEC);
	assert_int_equal(c.ssthresh, CC_SSTHRESH_INFINITE);
	now = round_trip(&c, now, 204 * NSEC_MSEC); /* not enough: the threshold is 16 ms */
	assert_int_equal(c.ssthresh, CC_SSTHRESH_INFINITE);
	round_trip(&c, now, 230 * NSEC_MSEC);
	assert_true(c.ssthresh < CC_SSTHRESH_INFINITE);
	assert_int_equal(mib_get(&mib, MIB_TcpExtTCPHystartDelayDetect), 1);
	assert_int_equal(mib_get(&mib, MIB_TcpExtTCPHystartDelayCwnd), c.ssthresh);
}

TEST(hystart_ends_slow_start_when_a_train_of_acks_fills_half_an_rtt)
{
	struct cc c = window(&cc_cubic, 16);
	nsec_t now = NSEC_SEC;

	c.nxt = seq_of(100000);
	c.una = seq_of(1);
	for (int i = 0; i < 70 && c.ssthresh == CC_SSTHRESH_INFINITE; i++) {
		now += NSEC_MSEC;
		c.ops->acked(&c, 100000, now);
	}
	assert_int_equal(mib_get(&mib, MIB_TcpExtTCPHystartTrainDetect), 1);
	assert_in_range(now - NSEC_SEC, 50 * NSEC_MSEC, 53 * NSEC_MSEC);
}

/* Shortly after a reduction the queues are as they were: what is measured then ends nothing. */
TEST(hystart_does_not_look_at_the_first_second_of_a_curve)
{
	struct cc c = window(&cc_cubic, 16);
	nsec_t now = NSEC_SEC;

	c.ssthresh = 16;
	c.ops->grow(&c, 1, now); /* the curve begins */
	c.ssthresh = CC_SSTHRESH_INFINITE;
	c.nxt = seq_of(100000);
	c.una = seq_of(1);
	for (int i = 0; i < 900; i++)
		c.ops->acked(&c, 100000, now += NSEC_MSEC);
	assert_int_equal(c.ssthresh, CC_SSTHRESH_INFINITE);
	for (int i = 0; i < 300; i++)
		c.ops->acked(&c, 100000, now += NSEC_MSEC);
	assert_int_equal(mib_get(&mib, MIB_TcpExtTCPHystartTrainDetect), 1);
}

TEST(hystart_pp_goes_on_slowly_for_five_rounds_rfc9406_4_2)
{
	struct cc c = window(&cc_cubic_hspp, 20);
	nsec_t now = NSEC_SEC, rtt = 100 * NSEC_MSEC;
	uint32_t before;
	int rounds = 0;

	for (int i = 0; i < 3; i++)
		now = round_trip(&c, now, rtt);
	assert_int_equal(c.cwnd, 160);
	now = round_trip(&c, now, rtt + 40 * NSEC_MSEC);
	before = c.cwnd;
	while (c.ssthresh == CC_SSTHRESH_INFINITE && rounds < 20) {
		now = round_trip(&c, now, rtt + 40 * NSEC_MSEC);
		rounds++;
	}
	assert_in_range(rounds, 4, 6);
	/* a quarter per round, not doubled: 1.25^5 */
	assert_in_range(c.cwnd, before * 2, before * 4);
}

TEST(hystart_pp_resumes_slow_start_if_the_rtt_falls_again_rfc9406_4_2)
{
	struct cc c = window(&cc_cubic_hspp, 20);
	nsec_t now = NSEC_SEC, rtt = 100 * NSEC_MSEC;
	uint32_t before;

	for (int i = 0; i < 2; i++)
		now = round_trip(&c, now, rtt);
	now = round_trip(&c, now, rtt + 40 * NSEC_MSEC);
	now = round_trip(&c, now, rtt);
	before = c.cwnd;
	round_trip(&c, now, rtt);
	assert_int_equal(c.ssthresh, CC_SSTHRESH_INFINITE);
	assert_true(c.cwnd > before * 19 / 10);
}

TEST(reno_adds_a_segment_a_round_trip_and_halves_rfc5681)
{
	struct cc c = window(&cc_reno, 20);
	nsec_t now = 0;

	c.ssthresh = 20;
	for (int i = 0; i < 10; i++)
		now = round_trip(&c, now, 10 * NSEC_MSEC);
	assert_in_range(c.cwnd, 29, 30);
	assert_int_equal(c.ops->ssthresh(&c, now), c.cwnd / 2);
	c.prior_cwnd = 50;
	assert_int_equal(c.ops->undo(&c, now), 50);
}

TEST(algorithms_are_found_by_their_linux_names)
{
	assert_ptr_equal(cc_find("cubic"), &cc_cubic);
	assert_ptr_equal(cc_find("reno"), &cc_reno);
	assert_ptr_equal(cc_find("bbr"), &cc_bbr);
	assert_null(cc_find("vegas"));
}
