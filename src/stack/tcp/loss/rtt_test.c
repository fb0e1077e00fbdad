/*
 * rtt_test.c - the estimator, the timeout and the window minimum, and pacing's departure times.
 */
#include "stack/tcp/loss/rtt.h"

#include "base/prng.h"
#include "base/test/test.h"
#include "stack/tcp/cc/pace.h"

static const struct seq una0 = {0}, nxt0 = {1000};

TEST(before_any_sample_the_timeout_is_a_second_rfc6298_2_1)
{
	struct tcp_rtt r;

	rtt_init(&r, 200000, 120000000);
	assert_int_equal(r.rto_us, 1000000);
	assert_int_equal(rtt_min(&r), UINT32_MAX);
}

TEST(the_first_sample_gives_three_round_trips_or_200_ms_more_rfc6298_2_2)
{
	struct tcp_rtt r;

	rtt_init(&r, 200000, 120000000);
	rtt_sample(&r, 100000, una0, nxt0);
	rtt_set_rto(&r);
	assert_int_equal(r.srtt_us, 800000);
	assert_int_equal(r.rttvar_us, 200000);
	assert_int_equal(r.rto_us, 300000);
	rtt_init(&r, 200000, 120000000);
	rtt_sample(&r, 10000, una0, nxt0);
	rtt_set_rto(&r);
	assert_int_equal(r.rto_us, 210000);
}

TEST(a_steady_rtt_converges_to_itself)
{
	struct tcp_rtt r;

	rtt_init(&r, 200000, 120000000);
	rtt_sample(&r, 500000, una0, nxt0);
	for (uint32_t i = 1; i < 200; i++)
		rtt_sample(&r, 50000, seq_of(i * 1000), seq_of(i * 1000 + 500));
	rtt_set_rto(&r);
	assert_in_range(r.srtt_us, 50000 * 8, 50000 * 8 + 64);
	assert_in_range(r.rto_us, 250000, 251000);
}

TEST(the_timeout_doubles_to_its_maximum_and_a_sample_ends_that_rfc6298_5_5)
{
	struct tcp_rtt r;

	rtt_init(&r, 200000, 120000000);
	rtt_sample(&r, 100000, una0, nxt0);
	rtt_set_rto(&r);
	for (uint32_t i = 1; i <= 8; i++) {
		rtt_back_off(&r);
		assert_int_equal(r.rto_us, 300000u << i);
	}
	rtt_back_off(&r);
	assert_int_equal(r.rto_us, 120000000);
	assert_int_equal(r.backoff, 9);
	rtt_set_rto(&r);
	assert_int_equal(r.rto_us, 300000);
	assert_int_equal(r.backoff, 0);
}

TEST(a_doubling_is_reverted_rfc6069)
{
	struct tcp_rtt r;

	rtt_init(&r, 200000, 120000000);
	rtt_sample(&r, 100000, una0, nxt0);
	rtt_set_rto(&r);
	rtt_revert(&r);
	assert_int_equal(r.rto_us, 300000);
	rtt_back_off(&r);
	rtt_back_off(&r);
	rtt_revert(&r);
	assert_int_equal(r.rto_us, 600000);
	assert_int_equal(r.backoff, 1);
}

TEST(timers_are_rounded_up_to_whole_milliseconds)
{
	assert_int_equal(rtt_ticks(0), 0);
	assert_int_equal(rtt_ticks(1), NSEC_MSEC);
	assert_int_equal(rtt_ticks(1000), NSEC_MSEC);
	assert_int_equal(rtt_ticks(1001), 2 * NSEC_MSEC);
}

/* The three candidates are an approximation: never below the true minimum of the window, and exact
 * while the smallest has not expired. */
TEST(the_window_minimum_is_never_below_the_truth_and_forgets_in_time)
{
	static uint32_t past[2000];
	struct min_filter f;
	struct prng rng;
	const nsec_t window = 100;

	prng_seed(&rng, 3);
	min_filter_reset(&f, 0, UINT32_MAX);
	for (int t = 0; t < 2000; t++) {
		uint32_t got, truth = UINT32_MAX, longer = UINT32_MAX;
		past[t] = 1000 + (uint32_t)prng_below(&rng, 1000) + (t > 1000 ? 5000 : 0);
		got = min_filter_update(&f, window, t, past[t]);
		for (int i = t; i >= 0 && i >= t - 2 * (int)window; i--) {
			if (i >= t - (int)window)
				truth = u32_min(truth, past[i]);
			longer = u32_min(longer, past[i]);
		}
		assert_true(got >= longer);
		if (t < 100)
			assert_int_equal(got, truth);
		if (t > 1300)
			assert_true(got >= 6000);
	}
}

TEST(ten_segments_leave_at_once_then_the_rate_holds)
{
	struct tcp_pace p;
	nsec_t now = 5;

	pace_init(&p);
	for (int i = 0; i < 10; i++) {
		assert_true(pace_ready(&p, now));
		pace_charge(&p, 1000, 1, 1000000, now);
	}
	assert_true(pace_ready(&p, now));
	pace_charge(&p, 1000, 1, 1000000, now);
	assert_false(pace_ready(&p, now));
	assert_int_equal(p.next, now + NSEC_MSEC);
	/* Half a millisecond late: half of that is compensated, no more. */
	now = p.next + 10 * NSEC_MSEC;
	pace_charge(&p, 1000, 1, 1000000, now);
	assert_int_equal(p.next, now + NSEC_MSEC / 2);
}

TEST(the_rate_is_a_window_a_round_trip_times_the_ratio)
{
	/* 10 segments of 1000 bytes in 100 ms, 200 %: 200,000 bytes per second */
	assert_int_equal(pace_rate(10, 1000, 100000 * 8, 200), 200000);
	assert_int_equal(pace_burst(200000, 1000, 2, 65535), 2000);
	assert_int_equal(pace_burst(10240000, 1000, 2, 65535), 10000);
	assert_int_equal(pace_burst(UINT64_MAX, 1000, 2, 65535), 65535);
}
