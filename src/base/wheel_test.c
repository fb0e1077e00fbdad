/* wheel_test.c - the wheel against the obvious list: same timers, same expiries. */
#include "base/prng.h"
#include "base/test/test.h"
#include "base/wheel.h"

TEST(an_empty_wheel_never_fires)
{
	struct wheel w;

	wheel_init(&w, 5 * NSEC_SEC, NSEC_USEC);
	assert_true(wheel_next(&w) == NSEC_MAX);
	assert_null(wheel_pop(&w, 100 * NSEC_SEC));
}

TEST(a_timer_fires_once_and_never_early)
{
	struct wheel w;
	struct wheel_timer t;

	wheel_init(&w, 0, NSEC_USEC);
	wheel_timer_init(&t);
	wheel_start(&w, &t, NSEC_SEC);
	assert_null(wheel_pop(&w, NSEC_SEC - 1));
	assert_true(wheel_pop(&w, NSEC_SEC) == &t);
	assert_false(wheel_timer_pending(&t));
	assert_null(wheel_pop(&w, 2 * NSEC_SEC));
}

TEST(a_stopped_timer_does_not_fire)
{
	struct wheel w;
	struct wheel_timer t;

	wheel_init(&w, 0, NSEC_USEC);
	wheel_timer_init(&t);
	wheel_start(&w, &t, NSEC_SEC);
	wheel_stop(&w, &t);
	wheel_stop(&w, &t);
	assert_true(wheel_next(&w) == NSEC_MAX);
	assert_null(wheel_pop(&w, 9 * NSEC_SEC));
}

TEST(an_expiry_in_the_past_fires_at_once)
{
	struct wheel w;
	struct wheel_timer t;

	wheel_init(&w, NSEC_SEC, NSEC_USEC);
	wheel_timer_init(&t);
	wheel_start(&w, &t, 0);
	assert_true(wheel_next(&w) == NSEC_SEC);
	assert_true(wheel_pop(&w, NSEC_SEC) == &t);
}

TEST(a_timer_for_never_does_not_disturb_the_others)
{
	struct wheel w;
	struct wheel_timer never, soon;

	wheel_init(&w, 0, NSEC_USEC);
	wheel_timer_init(&never);
	wheel_timer_init(&soon);
	wheel_start(&w, &never, NSEC_MAX);
	wheel_start(&w, &soon, NSEC_MSEC);
	assert_true(wheel_pop(&w, NSEC_SEC) == &soon);
	assert_null(wheel_pop(&w, 3600 * NSEC_SEC));
}

enum {
	TIMERS = 500,
	STEPS = 4000
};

/* Starts, moves, stops and expires timers at random; a plain array is the reference. */
TEST(random_runs_agree_with_a_plain_array)
{
	static struct wheel w;
	static struct wheel_timer t[TIMERS];
	nsec_t due[TIMERS]; /* -1: not running */
	struct prng p;
	nsec_t now = 77 * NSEC_MSEC;

	prng_seed(&p, 1);
	wheel_init(&w, now, NSEC_USEC);
	for (int i = 0; i < TIMERS; i++) {
		wheel_timer_init(&t[i]);
		due[i] = -1;
	}
	for (int step = 0; step < STEPS; step++) {
		for (int k = 0; k < 10; k++) {
			int i = (int)prng_below(&p, TIMERS);
			nsec_t span = (nsec_t)1 << prng_below(&p, 44);

			if (prng_below(&p, 4) == 0) {
				wheel_stop(&w, &t[i]);
				due[i] = -1;
			} else {
				due[i] = now + (nsec_t)prng_below(&p, (uint64_t)span);
				wheel_start(&w, &t[i], due[i]);
			}
		}
		nsec_t least = NSEC_MAX;

		for (int i = 0; i < TIMERS; i++)
			if (due[i] >= 0 && due[i] < least)
				least = due[i];
		assert_true(wheel_next(&w) <= (least == NSEC_MAX ? least : least + NSEC_USEC));
		now += (nsec_t)prng_below(&p, (uint64_t)1 << prng_below(&p, 40));
		for (struct wheel_timer *x; (x = wheel_pop(&w, now));) {
			int i = (int)(x - t);

			assert_true(due[i] >= 0 && due[i] <= now);
			due[i] = -1;
		}
		for (int i = 0; i < TIMERS; i++)
			assert_true(due[i] < 0 || due[i] > now - NSEC_USEC);
	}
}
