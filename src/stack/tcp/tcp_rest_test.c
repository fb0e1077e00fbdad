/*
 * tcp_rest_test.c - an idle connection's loss state packed and unpacked: what comes out sends as
 * what went in would have.
 */
#include "stack/tcp/tcp_rest.h"

#include "stack/tcp/loss_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MS(n) ((nsec_t)(n)*NSEC_MSEC)

static void rest_and_wake(struct fx *f)
{
	struct loss_rest rest;
	struct loss_wake w = {
		.env = &f->env, .cc = f->l.cc.ops, .una = f->l.cc.una, .mss = f->l.cc.mss};

	assert_true(loss_can_rest(&f->l));
	loss_rest(&f->l, &rest);
	assert_int_equal(f->pool.live, 0);
	memset(&f->l, 0xa5, sizeof(f->l));
	loss_wake(&f->l, &rest, &w, f->now);
	f->l.sack = true;
}

static void window_rtt_and_timeout_survive(void **state)
{
	struct fx f;
	struct tcp_loss before;

	fx_start(&f, 100);
	fx_write(&f, 20);
	fx_wait(&f, MS(100));
	fx_ack(&f, 10001, 0);
	fx_wait(&f, MS(100));
	fx_ack(&f, 20001, 0);
	before = f.l;
	rest_and_wake(&f);
	assert_int_equal(f.l.cc.cwnd, before.cc.cwnd);
	assert_int_equal(f.l.cc.ssthresh, before.cc.ssthresh);
	assert_int_equal(f.l.rtt.srtt_us, before.rtt.srtt_us);
	assert_int_equal(f.l.rtt.rto_us, before.rtt.rto_us);
	assert_int_equal(rtt_min(&f.l.rtt), rtt_min(&before.rtt));
	assert_int_equal(f.l.cc.delivered, before.cc.delivered);
	assert_int_equal(f.l.cc.last_send, before.cc.last_send);
	fx_write(&f, 50);
	assert_int_equal(f.sent, before.cc.cwnd);
	fx_stop(&f);
}

static void the_threshold_and_the_curve_of_a_loss_survive(void **state)
{
	struct fx f;
	uint32_t ssthresh, w_max;

	fx_start(&f, 100);
	fx_write(&f, 10);
	fx_wait(&f, MS(100));
	fx_ack(&f, 1, 1, 1001, 4001);
	fx_wait(&f, MS(100));
	fx_ack(&f, 10001, 0);
	fx_write(&f, 1);
	fx_wait(&f, MS(100));
	fx_ack(&f, 11001, 0);
	f.l.undo.armed = false; /* as after the time in which an undo could come */
	ssthresh = f.l.cc.ssthresh;
	w_max = f.l.cc.ops->pack(&f.l.cc);
	assert_int_equal(ssthresh, 7);
	rest_and_wake(&f);
	assert_int_equal(f.l.cc.ssthresh, ssthresh);
	assert_int_equal(f.l.cc.ops->pack(&f.l.cc), w_max);
	assert_int_equal(f.l.total_retrans, 1);
	fx_stop(&f);
}

static void with_data_in_flight_there_is_no_rest(void **state)
{
	struct fx f;

	fx_start(&f, 100);
	fx_write(&f, 1);
	assert_false(loss_can_rest(&f.l));
	fx_wait(&f, MS(100));
	fx_ack(&f, 1001, 0);
	assert_true(loss_can_rest(&f.l));
	fx_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(window_rtt_and_timeout_survive),
		cmocka_unit_test(the_threshold_and_the_curve_of_a_loss_survive),
		cmocka_unit_test(with_data_in_flight_there_is_no_rest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
