/*
 * recovery_test.c - loss recovery as a whole, one behaviour per test, with the RFC that requires
 * it.
 */
#include "base/test/test.h"
#include "stack/tcp/test/loss_fixture.h"

#define MS(n) ((nsec_t)(n)*NSEC_MSEC)

TEST(the_initial_window_is_ten_segments_rfc6928)
{
	struct fx f;

	fx_start(&f, 100);
	fx_write(&f, 30);
	assert_int_equal(f.sent, 10);
	assert_int_equal(f.l.packets_out, 10);
	fx_stop(&f);
}

TEST(slow_start_opens_by_what_is_acknowledged_rfc5681)
{
	struct fx f;

	fx_start(&f, 100);
	fx_write(&f, 100);
	fx_wait(&f, MS(100));
	fx_ack(&f, 2001, 0);
	assert_int_equal(f.l.cc.cwnd, 12);
	assert_int_equal(f.sent, 4);
	fx_ack(&f, 10001, 0);
	assert_int_equal(f.l.cc.cwnd, 20);
	fx_stop(&f);
}

TEST(an_unused_window_does_not_grow_rfc7661)
{
	struct fx f;

	fx_start(&f, 100);
	fx_write(&f, 4);
	fx_wait(&f, MS(100));
	fx_ack(&f, 4001, 0);
	assert_int_equal(f.l.cc.cwnd, 10);
	fx_stop(&f);
}

TEST(three_sacked_segments_start_recovery_and_prr_keeps_the_pace_rfc6937)
{
	struct fx f;

	fx_start(&f, 100);
	fx_write(&f, 10);
	fx_wait(&f, MS(110));
	fx_ack(&f, 1, 1, 1001, 2001);
	assert_int_equal(f.l.cc.ca_state, CA_DISORDER);
	fx_ack(&f, 1, 1, 1001, 3001);
	assert_int_equal(f.resends, 0);
	fx_ack(&f, 1, 1, 1001, 4001);
	assert_int_equal(f.l.cc.ca_state, CA_RECOVERY);
	assert_int_equal(f.resends, 1);
	assert_int_equal(f.resent[0], 1);
	assert_int_equal(f.l.cc.cwnd, 7);
	assert_int_equal(f.l.cc.ssthresh, 7);
	fx_write(&f, 7);
	for (uint32_t end = 5001; end <= 10001; end += 1000) {
		fx_wait(&f, MS(5));
		fx_ack(&f, 1, 1, 1001, end);
		assert_int_equal(f.sent, 1);
	}
	fx_wait(&f, MS(20));
	fx_ack(&f, 10001, 0);
	assert_int_equal(f.l.cc.ca_state, CA_OPEN);
	assert_int_equal(f.l.cc.cwnd, 7);
	assert_int_equal(fx_count(&f, MIB_TcpExtTCPSackRecovery), 1);
	assert_int_equal(fx_count(&f, MIB_TcpExtTCPFastRetrans), 1);
	fx_stop(&f);
}

TEST(without_sack_three_duplicate_acks_do_the_same_rfc6582)
{
	struct fx f;

	fx_start(&f, 100);
	f.l.sack = false;
	fx_write(&f, 4);
	fx_wait(&f, MS(100));
	fx_ack(&f, 1, 0);
	fx_ack(&f, 1, 0);
	assert_int_equal(f.resends, 0);
	fx_ack(&f, 1, 0);
	assert_int_equal(f.resends, 1);
	assert_int_equal(f.resent[0], 1);
	assert_int_equal(fx_count(&f, MIB_TcpExtTCPRenoRecovery), 1);
	fx_ack(&f, 4001, 0);
	assert_int_equal(f.l.packets_out, 0);
	fx_stop(&f);
}

TEST(the_first_two_duplicate_acks_let_new_data_out_rfc3042)
{
	struct fx f;

	fx_start(&f, 100);
	f.l.sack = false;
	fx_write(&f, 15);
	fx_wait(&f, MS(110));
	fx_ack(&f, 1, 0);
	assert_int_equal(f.sent, 1);
	fx_ack(&f, 1, 0);
	assert_int_equal(f.sent, 1);
	fx_ack(&f, 3001, 0);
	assert_int_equal(f.sent, 2);
	assert_int_equal(f.l.cc.cwnd, 11);
	assert_int_equal(f.l.cc.ca_state, CA_OPEN);
	fx_stop(&f);
}

TEST(rack_waits_a_quarter_of_the_round_trip_for_reordering_rfc8985)
{
	struct fx f;

	fx_start(&f, 100);
	fx_write(&f, 4);
	fx_wait(&f, MS(100));
	fx_ack(&f, 1, 1, 3001, 4001);
	assert_int_equal(f.resends, 0);
	assert_int_equal(f.l.timer, LOSS_TIMER_REO);
	fx_wait(&f, MS(10));
	assert_int_equal(f.resends, 0);
	fx_wait(&f, MS(20));
	assert_int_equal(f.resends, 1);
	assert_int_equal(f.resent[0], 1);
	assert_int_equal(f.l.lost_out, 3);
	fx_stop(&f);
}

TEST(a_lost_tail_is_probed_after_two_round_trips_rfc8985_7)
{
	struct fx f;

	fx_start(&f, 100);
	fx_write(&f, 4);
	assert_int_equal(f.l.timer, LOSS_TIMER_TLP);
	fx_wait(&f, MS(198));
	assert_int_equal(f.resends, 0);
	fx_wait(&f, MS(8));
	assert_int_equal(f.resends, 1);
	assert_int_equal(f.resent[0], 3001);
	assert_int_equal(f.l.retrans_out, 0);
	assert_int_equal(fx_count(&f, MIB_TcpExtTCPLossProbes), 1);
	fx_stop(&f);
}

TEST(a_probe_that_repaired_a_loss_slows_the_sender_once)
{
	struct fx f;

	fx_start(&f, 100);
	fx_write(&f, 10);
	fx_wait(&f, MS(100));
	fx_ack(&f, 9001, 0);
	fx_wait(&f, MS(310));
	assert_int_equal(fx_count(&f, MIB_TcpExtTCPLossProbes), 1);
	fx_ack(&f, 10001, 0);
	fx_write(&f, 1);
	fx_wait(&f, MS(100));
	fx_ack(&f, 11001, 0);
	assert_int_equal(fx_count(&f, MIB_TcpExtTCPLossProbeRecovery), 1);
	assert_true(f.l.cc.ssthresh < 19);
	assert_int_equal(f.l.cc.ca_state, CA_OPEN);
	fx_stop(&f);
}

TEST(a_timeout_resends_the_head_and_backs_off_rfc6298_5)
{
	struct fx f;
	nsec_t first;

	fx_start(&f, 100);
	f.sysctl.tcp_early_retrans = 0;
	fx_write(&f, 4);
	first = f.l.timer_at;
	assert_int_equal(first, MS(300));
	fx_wait(&f, first);
	assert_int_equal(f.resends, 1);
	assert_int_equal(f.l.cc.cwnd, 1);
	assert_int_equal(f.l.cc.ca_state, CA_LOSS);
	assert_int_equal(f.l.timer_at - f.now, MS(600));
	fx_wait(&f, MS(600));
	assert_int_equal(f.resends, 1);
	assert_int_equal(f.l.timer_at - f.now, MS(1200));
	assert_int_equal(f.l.total_rto, 2);
	fx_wait(&f, MS(100));
	fx_ack(&f, 1001, 0);
	assert_int_equal(f.resent_segs, 2);
	fx_stop(&f);
}

TEST(the_fin_is_resent_with_data_that_leaves_it_room)
{
	for (uint32_t text = 999; text <= 1000; text++) {
		struct fx f;
		struct loss_send s = {.mss = FX_MSS};

		fx_start(&f, 100);
		f.sysctl.tcp_early_retrans = 0;
		s.start = f.l.cc.nxt;
		s.end = seq_add(s.start, text);
		assert_true(loss_reserve(&f.l));
		loss_sent(&f.l, &s, f.now);
		s = (struct loss_send){s.end, seq_add(s.end, 1), FX_MSS, RTX_FIN};
		assert_true(loss_reserve(&f.l));
		loss_sent(&f.l, &s, f.now);
		assert_int_equal(f.l.packets_out, 2);
		fx_wait(&f, MS(300));
		assert_int_equal(f.resends, 1);
		assert_int_equal(f.l.packets_out, text == 999 ? 1 : 2);
		fx_stop(&f);
	}
}

TEST(f_rto_detects_a_spurious_timeout_and_restores_the_window_rfc5682)
{
	struct fx f;

	fx_start(&f, 100);
	f.sysctl.tcp_early_retrans = 0;
	fx_write(&f, 20);
	fx_wait(&f, MS(300));
	assert_int_equal(f.l.cc.ca_state, CA_LOSS);
	fx_ack(&f, 1001, 0); /* of the original, late: F-RTO sends new data */
	assert_int_equal(f.resends, 0);
	assert_true(f.sent > 0);
	fx_ack(&f, 2001, 0); /* not retransmitted: spurious */
	assert_int_equal(f.l.cc.ca_state, CA_OPEN);
	assert_true(f.l.cc.cwnd >= 10);
	assert_int_equal(f.l.cc.ssthresh, CC_SSTHRESH_INFINITE);
	assert_int_equal(f.l.lost_out, 0);
	assert_int_equal(fx_count(&f, MIB_TcpExtTCPSpuriousRTOs), 1);
	assert_int_equal(fx_count(&f, MIB_TcpExtTCPLossUndo), 1);
	fx_stop(&f);
}

TEST(duplicates_of_every_resend_undo_the_reduction_rfc3708)
{
	struct fx f;

	fx_start(&f, 100);
	fx_write(&f, 10);
	fx_wait(&f, MS(100));
	fx_ack(&f, 1, 1, 1001, 4001);
	assert_int_equal(f.l.cc.ca_state, CA_RECOVERY);
	assert_int_equal(f.resends, 1);
	fx_wait(&f, MS(5));
	fx_ack(&f, 4001, 0); /* the original */
	fx_wait(&f, MS(100));
	fx_ack(&f, 4001, 1, 1, 1001); /* the retransmission */
	assert_int_equal(fx_count(&f, MIB_TcpExtTCPDSACKUndo), 1);
	assert_int_equal(fx_count(&f, MIB_TcpExtTCPDSACKRecv), 1);
	assert_int_equal(f.l.cc.ca_state, CA_OPEN);
	assert_true(f.l.cc.cwnd >= 10);
	fx_stop(&f);
}

/* A record that is resent is limited by the program if it is so then, not when it first left. */
TEST(a_resent_record_forgets_that_the_program_was_slow)
{
	struct fx f;

	fx_start(&f, 100);
	f.sysctl.tcp_early_retrans = 0;
	f.l.cc.app_limited = 1;
	fx_write(&f, 1);
	f.l.cc.app_limited = 0;
	fx_wait(&f, MS(300));
	assert_int_equal(f.resends, 1);
	fx_wait(&f, MS(100));
	fx_ack(&f, 1001, 0);
	assert_false(f.l.rate_app_limited);
	fx_stop(&f);
}

TEST(an_echo_older_than_the_resend_undoes_the_reduction_rfc3522)
{
	struct fx f;
	struct loss_ack a;

	fx_start(&f, 100);
	fx_wait(&f, MS(1000));
	fx_write(&f, 10);
	fx_wait(&f, MS(110));
	fx_ack(&f, 1, 1, 1001, 4001);
	assert_int_equal(f.resends, 1);
	fx_wait(&f, MS(5));
	a = (struct loss_ack){
		.ack = seq_of(10001), .has_ts = true, .tsecr = 1000, .max_window = 1 << 20};
	fx_ack_full(&f, &a);
	assert_int_equal(fx_count(&f, MIB_TcpExtTCPFullUndo), 1);
	assert_int_equal(f.l.cc.ca_state, CA_OPEN);
	assert_true(f.l.cc.cwnd >= 10);
	fx_stop(&f);
}

/* The timeout was not needed, and is undone; what later deliveries prove to be lost, is. */
TEST(after_an_undo_records_are_examined_again_rfc8985)
{
	struct fx f;
	struct loss_ack a = {.ack = seq_of(1001),
		.has_ts = true,
		.tsecr = 1000,
		.max_window = 1 << 20,
		.sacks = 1,
		.sack = {{seq_of(9001), seq_of(10001)}}};

	fx_start(&f, 100);
	fx_wait(&f, MS(1000));
	for (int i = 0; i < 10; i++)
		fx_write(&f, 1);
	fx_wait(&f, MS(110));
	fx_ack(&f, 1, 1, 9001, 10001);
	while (f.l.cc.ca_state != CA_LOSS)
		fx_wait(&f, MS(5));
	assert_int_equal(f.l.lost_out, 9);
	fx_wait(&f, MS(1));
	fx_ack_full(&f, &a);
	assert_int_equal(fx_count(&f, MIB_TcpExtTCPLossUndo), 1);
	assert_true(f.l.lost_out > 0);
	fx_stop(&f);
}

TEST(ece_reduces_the_window_once_a_round_trip_rfc3168_6_1_2)
{
	struct fx f;
	struct loss_ack a = {.ece = true, .max_window = 1 << 20};

	fx_start(&f, 100);
	f.l.cc.ecn = true;
	fx_write(&f, 10);
	fx_wait(&f, MS(100));
	for (uint32_t ack = 1001; ack <= 5001; ack += 1000) {
		a.ack = seq_of(ack);
		fx_ack_full(&f, &a);
		assert_int_equal(f.l.cc.ca_state, CA_CWR);
		assert_int_equal(f.l.cc.ssthresh, 7);
	}
	assert_true(f.l.cwr_pending);
	fx_stop(&f);
}

TEST(after_reneging_everything_is_resent_rfc2018_8)
{
	struct fx f;

	fx_start(&f, 100);
	fx_write(&f, 10);
	fx_wait(&f, MS(100));
	fx_ack(&f, 1, 1, 1001, 3001);
	fx_ack(&f, 1001, 0);
	assert_int_equal(f.l.timer, LOSS_TIMER_RTO);
	fx_wait(&f, MS(60));
	assert_int_equal(fx_count(&f, MIB_TcpExtTCPSACKReneging), 1);
	assert_int_equal(f.l.sacked_out, 0);
	assert_int_equal(f.resent[0], 1001);
	fx_stop(&f);
}

TEST(the_window_restarts_after_idling_rfc5681_4_1)
{
	struct fx f;

	fx_start(&f, 100);
	f.sysctl.tcp_slow_start_after_idle = 1;
	fx_write(&f, 10);
	fx_wait(&f, MS(100));
	fx_ack(&f, 10001, 0);
	assert_int_equal(f.l.cc.cwnd, 20);
	fx_wait(&f, MS(1000));
	loss_idle_restart(&f.l, f.now);
	assert_int_equal(f.l.cc.cwnd, 10);
	fx_stop(&f);
}

/* BBR's ACKs do not open the window, and leave no other trace of its having been full. */
TEST(a_window_that_was_full_a_moment_ago_is_no_unused_one_rfc7661)
{
	struct fx f;
	uint32_t cwnd;

	fx_start(&f, 100);
	f.sysctl.tcp_slow_start_after_idle = 1;
	fx_write(&f, 10);
	fx_wait(&f, MS(100));
	fx_ack(&f, 10001, 0);
	loss_set_cc(&f.l, cc_find("bbr"), f.now);
	fx_wait(&f, MS(1000));
	fx_write(&f, f.l.cc.cwnd);
	assert_int_equal(f.l.packets_out, f.l.cc.cwnd);
	fx_wait(&f, MS(100));
	fx_ack(&f, f.l.cc.nxt.v, 0);
	loss_set_cc(&f.l, &cc_cubic, f.now);
	cwnd = f.l.cc.cwnd;
	fx_write(&f, 1);
	assert_int_equal(f.l.cc.cwnd, cwnd);
	fx_stop(&f);
}

TEST(with_rack_off_segments_below_three_sacked_ones_are_lost_rfc6675)
{
	struct fx f;

	fx_start(&f, 100);
	f.sysctl.tcp_recovery = 0;
	fx_write(&f, 10);
	fx_wait(&f, MS(100));
	fx_ack(&f, 1, 1, 2001, 4001);
	assert_int_equal(f.resends, 0);
	fx_ack(&f, 1, 2, 6001, 7001, 2001, 4001);
	assert_int_equal(f.l.cc.ca_state, CA_RECOVERY);
	assert_int_equal(f.l.lost_out, 2);
	assert_int_equal(f.resent[0], 1);
	fx_stop(&f);
}

static void send_probe(struct fx *f)
{
	struct seq_range probe = {f->l.cc.nxt, seq_add(f->l.cc.nxt, 1400)};
	struct loss_send s = {.start = probe.start, .end = probe.end, .mss = 1400};

	assert_true(loss_reserve(&f->l));
	loss_sent(&f->l, &s, f->now);
	loss_mtu_probe(&f->l, probe, 1040, 1440);
}

TEST(the_loss_of_an_mtu_probe_is_not_congestion_rfc4821_3)
{
	struct fx f;

	fx_start(&f, 100);
	send_probe(&f);
	assert_int_equal(f.l.cc.cwnd, 9);
	fx_write(&f, 4);
	fx_wait(&f, MS(100));
	fx_ack(&f, 1, 1, 1401, 5401);
	assert_int_equal(f.out.mtu, LOSS_MTU_LOST);
	assert_int_equal(f.l.cc.cwnd, 10);
	assert_int_equal(f.l.cc.ssthresh, CC_SSTHRESH_INFINITE);
	assert_int_equal(f.resent[0], 1);
	assert_int_equal(f.resent_segs, 2);
	fx_stop(&f);
}

TEST(an_mtu_probe_that_arrives_keeps_the_window_in_bytes)
{
	struct fx f;

	fx_start(&f, 100);
	f.l.cc.cwnd = 101;
	send_probe(&f);
	fx_wait(&f, MS(100));
	fx_ack(&f, 1401, 0);
	assert_int_equal(f.out.mtu, LOSS_MTU_ARRIVED);
	assert_int_equal(f.l.cc.cwnd, 100 * 1040 / 1440);
	fx_stop(&f);
}

/* A congestion control that records the samples passed to it. */
static struct rate_sample shown;

static void look(struct cc *c, const struct rate_sample *rs, nsec_t now)
{
	shown = *rs;
}

TEST(only_the_ack_of_a_lone_small_segment_may_have_been_delayed_rfc1122)
{
	struct fx f;
	struct cc_ops ops = *cc_find("reno");

	ops.control = look;
	fx_start(&f, 100);
	f.l.cc.ops = &ops;
	f.l.cc.mss = FX_MSS + 1; /* segments of the fixture are then not full-sized */
	fx_write(&f, 1);
	fx_wait(&f, MS(140));
	fx_ack(&f, 1001, 0);
	assert_true(shown.is_ack_delayed);
	fx_write(&f, 2);
	fx_wait(&f, MS(100));
	fx_ack(&f, 3001, 0);
	assert_false(shown.is_ack_delayed);
	fx_stop(&f);
}

TEST(an_ack_brings_the_pace_up_to_the_window)
{
	struct fx f;
	uint64_t before;

	fx_start(&f, 100);
	fx_write(&f, 200);
	fx_wait(&f, MS(100));
	before = f.l.cc.pacing_rate;
	fx_ack(&f, 10001, 0);
	assert_int_equal(f.l.cc.cwnd, 20);
	assert_in_range(f.l.cc.pacing_rate, before * 19 / 10, before * 21 / 10);
	fx_stop(&f);
}

TEST(the_window_stays_within_its_clamp)
{
	struct fx f;

	fx_start(&f, 100);
	f.l.cc.ops = cc_find("reno");
	f.l.cc.cwnd_clamp = 15;
	fx_write(&f, 200);
	fx_wait(&f, MS(100));
	fx_ack(&f, 10001, 0);
	assert_int_equal(f.l.cc.cwnd, 15); /* slow start would make it 20 */
	f.l.cc.ssthresh = 10;
	for (uint32_t ack = 25001; ack <= 70001; ack += 15000) {
		fx_wait(&f, MS(100));
		fx_ack(&f, ack, 0);
		assert_int_equal(f.l.cc.cwnd, 15);
	}
	fx_stop(&f);
}

/* loss_connect() by its definition. */
static void connect_by_definition(struct tcp_loss *l, struct seq una, nsec_t now)
{
	struct tcp_loss was;

	loss_free(l);
	was = *l;
	loss_init(l, was.env, una, now);
	loss_recall(l, &was);
}

/* Parameters were changed since socket(), and time has passed; a socket that has not sent yet, one
 * whose SYN was lost, and one that was connected. */
TEST(an_active_open_begins_like_a_new_engine_that_remembers)
{
	for (int kind = 0; kind < 3; kind++) {
		struct tcp_loss before, got;
		struct fx f;

		fx_start(&f, 100);
		if (kind < 2)
			loss_init(&f.l, &f.env, seq_of(0), f.now);
		if (kind == 1) {
			struct loss_send syn = {.end = seq_of(1), .mss = FX_MSS, .flags = RTX_SYN};

			assert_true(loss_reserve(&f.l));
			loss_sent(&f.l, &syn, f.now);
			loss_rto(&f.l, true, f.now + NSEC_SEC);
		}
		loss_free(&f.l);
		f.l.cc.paced = true;
		f.l.cc.max_pacing_rate = 100000;
		f.sysctl.tcp_rto_min_us = 77000;
		f.sysctl.tcp_rto_max_ms = 5000;
		before = f.l;
		loss_connect(&f.l, seq_of(555), 3 * NSEC_SEC);
		assert_true(f.l.fresh);
		got = f.l;
		f.l = before;
		connect_by_definition(&f.l, seq_of(555), 3 * NSEC_SEC);
		assert_memory_equal(&got, &f.l, sizeof(got));
		fx_stop(&f);
	}
}
