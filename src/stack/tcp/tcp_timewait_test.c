/*
 * tcp_timewait_test.c - TIME-WAIT and the end of FIN-WAIT-2: their duration, answers to old
 * duplicates, reuse by a new SYN (RFC 6191), and RST (RFC 1337).
 */
#include "base/test/test.h"
#include "stack/tcp/tcp_watch.h"
#include "stack/tcp/test/scripted_peer.h"

/* With timestamps: the peer's clock is at val, the echo is the last one seen. */
static void stamped_time_wait(struct peer *p, uint32_t val)
{
	p->o = (struct tcp_opts){.has = TCP_HAS_TS, .tsval = val};
	peer_to(p, TCPS_TIME_WAIT);
}

/* --- duration --- */

PEER_TEST(time_wait_lasts_sixty_seconds_rfc9293_3_6_1)
{
	peer_to(p, TCPS_TIME_WAIT);
	assert_int_equal(peer_count(p, MIB_TcpExtTW), 1);
	peer_wait(p, 59900 * NSEC_MSEC);
	assert_int_equal(peer_state(p), TCPS_TIME_WAIT);
	peer_wait(p, 200 * NSEC_MSEC);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
}

/* However far the RTO has backed off: 3.5 RTO only applies to FIN-WAIT-2. */
PEER_TEST(time_wait_lasts_sixty_seconds_whatever_the_rto)
{
	peer_to(p, TCPS_FIN_WAIT_1);
	peer_wait(p, 40 * NSEC_SEC); /* the FIN is retransmitted: the RTO grows beyond 17 s */
	peer_in(p, SEG_FIN | SEG_ACK, 1, 2, 0);
	assert_int_equal(peer_state(p), TCPS_TIME_WAIT);
	peer_wait(p, 60100 * NSEC_MSEC);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
}

PEER_TEST(tcp_fin_timeout_is_of_fin_wait_2_alone)
{
	stack_sysctl(p->s)->tcp_fin_timeout = 5;
	peer_to(p, TCPS_TIME_WAIT);
	peer_wait(p, 59 * NSEC_SEC);
	assert_int_equal(peer_state(p), TCPS_TIME_WAIT);
}

PEER_TEST(an_orphan_in_fin_wait_2_lives_for_tcp_fin_timeout)
{
	stack_sysctl(p->s)->tcp_fin_timeout = 10;
	peer_to(p, TCPS_FIN_WAIT_2);
	peer_close(p, false);
	peer_silent(p);
	peer_wait(p, 9900 * NSEC_MSEC);
	assert_int_equal(peer_state(p), TCPS_FIN_WAIT_2);
	peer_wait(p, 200 * NSEC_MSEC);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
}

static void listed_in_fin_wait_2(const struct tcp_row *row, void *arg)
{
	*(bool *)arg |= row->state == TCPS_FIN_WAIT_2 && row->timer == 3;
}

PEER_TEST(an_orphan_in_fin_wait_2_is_listed_as_such)
{
	bool listed = false;

	peer_to(p, TCPS_FIN_WAIT_2);
	peer_close(p, false);
	tcp_each(p->s, listed_in_fin_wait_2, &listed);
	assert_true(listed);
}

PEER_TEST(an_orphan_whose_time_is_longer_than_time_wait_lives_as_long)
{
	stack_sysctl(p->s)->tcp_fin_timeout = 100;
	peer_to(p, TCPS_FIN_WAIT_2);
	peer_close(p, false);
	peer_wait(p, 99 * NSEC_SEC);
	assert_int_equal(peer_state(p), TCPS_FIN_WAIT_2);
	peer_wait(p, 2 * NSEC_SEC);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
}

struct changes {
	struct tcp_end local, peer; /* of the last connection */
	int connections;
};

static void changed(void *arg, const struct tcp_end *local, const struct tcp_end *peer)
{
	struct changes *n = arg;

	n->connections += local && peer->port;
	if (local && peer->port) {
		n->local = *local;
		n->peer = *peer;
	}
}

PEER_TEST(a_watcher_sees_which_connection_changes)
{
	struct changes n = {0};
	struct tcp_row row;

	tcp_watch_changes(p->s, (struct tcp_watcher){changed, &n});
	peer_to(p, TCPS_FIN_WAIT_2);
	assert_true(n.connections > 0);
	assert_true(tcp_row_of(p->s, &n.local, &n.peer, &row));
	assert_int_equal(row.state, TCPS_FIN_WAIT_2);
	n.connections = 0;
	peer_close(p, true);
	assert_true(n.connections > 0);
	assert_false(tcp_row_of(p->s, &n.local, &n.peer, &row));
}

PEER_TEST(an_owned_connection_stays_in_fin_wait_2_for_ever_rfc9293_3_3_2)
{
	peer_to(p, TCPS_FIN_WAIT_2);
	peer_wait(p, 24 * 3600 * NSEC_SEC);
	assert_int_equal(peer_state(p), TCPS_FIN_WAIT_2);
}

PEER_TEST(a_short_fin_wait_2_counts_as_killed)
{
	peer_to(p, TCPS_ESTABLISHED);
	assert_int_equal(tcp_set_opt(p->s, p->c, TCPO_LINGER2, 4), 0);
	peer_close(p, false);
	peer_in(p, SEG_ACK, 1, 2, 0);
	assert_int_equal(peer_state(p), TCPS_FIN_WAIT_2);
	assert_int_equal(peer_count(p, MIB_TcpExtTWKilled), 1);
	assert_int_equal(peer_count(p, MIB_TcpExtTW), 0);
}

PEER_TEST(too_many_time_waits_are_not_kept)
{
	stack_sysctl(p->s)->tcp_max_tw_buckets = 0;
	peer_to(p, TCPS_FIN_WAIT_2);
	peer_in(p, SEG_FIN | SEG_ACK, 1, 2, 0);
	peer_sent(p, SEG_ACK, 2, 2);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPTimeWaitOverflow), 1);
}

/* --- FIN-WAIT-2 as a record --- */

static void orphan_in_fin_wait_2(struct peer *p)
{
	peer_to(p, TCPS_FIN_WAIT_2);
	peer_close(p, false);
}

PEER_TEST(in_an_orphans_fin_wait_2_a_fin_leads_to_time_wait_rfc9293_3_10_7_4)
{
	orphan_in_fin_wait_2(p);
	peer_wait(p, 50 * NSEC_SEC);
	peer_in(p, SEG_FIN | SEG_ACK, 1, 2, 0);
	peer_sent(p, SEG_ACK, 2, 2);
	assert_int_equal(peer_state(p), TCPS_TIME_WAIT);
	peer_wait(p, 59 * NSEC_SEC); /* its full time again */
	assert_int_equal(peer_state(p), TCPS_TIME_WAIT);
	peer_wait(p, 2 * NSEC_SEC);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
}

PEER_TEST(in_an_orphans_fin_wait_2_data_gets_a_rst_rfc9293_3_6_1)
{
	orphan_in_fin_wait_2(p);
	peer_in(p, SEG_ACK, 1, 2, 10);
	peer_sent(p, SEG_RST, 2, 0);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
}

PEER_TEST(in_an_orphans_fin_wait_2_a_fin_with_data_gets_a_rst_rfc9293_3_6_1)
{
	orphan_in_fin_wait_2(p);
	peer_in(p, SEG_FIN | SEG_ACK, 1, 2, 10);
	peer_sent(p, SEG_RST, 2, 0);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
}

PEER_TEST(in_an_orphans_fin_wait_2_a_rst_ends_it_rfc9293_3_10_7_4)
{
	orphan_in_fin_wait_2(p);
	peer_in(p, SEG_RST, 1, 0, 0);
	peer_silent(p);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
}

PEER_TEST(in_an_orphans_fin_wait_2_a_pure_ack_changes_nothing_rfc9293_3_10_7_4)
{
	orphan_in_fin_wait_2(p);
	peer_in(p, SEG_ACK, 1, 2, 0);
	peer_silent(p);
	assert_int_equal(peer_state(p), TCPS_FIN_WAIT_2);
}

PEER_TEST(in_an_orphans_fin_wait_2_what_is_outside_is_acked_rfc9293_3_10_7_4)
{
	orphan_in_fin_wait_2(p);
	peer_in(p, SEG_ACK, 1000000, 2, 0);
	peer_sent(p, SEG_ACK, 2, 1);
	peer_in(p, SEG_ACK, 1000000, 2, 0);
	peer_silent(p);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPACKSkippedFinWait2), 1);
	peer_wait(p, NSEC_SEC);
	peer_in(p, SEG_ACK, (uint32_t)-100, 2, 10);
	peer_sent(p, SEG_ACK, 2, 1);
	assert_int_equal(peer_state(p), TCPS_FIN_WAIT_2);
}

PEER_TEST(in_an_orphans_fin_wait_2_nothing_outside_ends_it_rfc9293_3_10_7_4)
{
	orphan_in_fin_wait_2(p);
	peer_in(p, SEG_RST, 1000000, 0, 0);
	peer_silent(p);
	peer_wait(p, NSEC_SEC);
	peer_in(p, SEG_ACK, 1000000, 2, 10);
	peer_sent(p, SEG_ACK, 2, 1);
	assert_int_equal(peer_state(p), TCPS_FIN_WAIT_2);
}

PEER_TEST(in_an_orphans_fin_wait_2_an_old_syn_is_acked_rfc9293_3_10_7_4)
{
	orphan_in_fin_wait_2(p);
	peer_in(p, SEG_SYN, 0, 0, 0);
	peer_sent(p, SEG_ACK, 2, 1);
	assert_int_equal(peer_state(p), TCPS_FIN_WAIT_2);
}

PEER_TEST(in_an_orphans_fin_wait_2_a_syn_within_the_window_gets_a_rst)
{
	orphan_in_fin_wait_2(p);
	peer_in(p, SEG_SYN, 100, 0, 0);
	assert_int_equal(p->out[0].flags, SEG_RST | SEG_ACK);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
}

/* --- segments in TIME-WAIT --- */

PEER_TEST(in_time_wait_a_fin_again_is_acked_and_restarts_it_rfc9293_3_10_7_4)
{
	peer_to(p, TCPS_TIME_WAIT);
	peer_wait(p, 50 * NSEC_SEC);
	peer_in(p, SEG_FIN | SEG_ACK, 1, 2, 0);
	peer_sent(p, SEG_ACK, 2, 2);
	peer_wait(p, 59 * NSEC_SEC);
	assert_int_equal(peer_state(p), TCPS_TIME_WAIT);
}

PEER_TEST(in_time_wait_a_fresh_pure_ack_is_silently_taken)
{
	peer_to(p, TCPS_TIME_WAIT);
	peer_in(p, SEG_ACK, 2, 2, 0);
	peer_silent(p);
	assert_int_equal(peer_state(p), TCPS_TIME_WAIT);
}

PEER_TEST(in_time_wait_an_old_duplicate_is_acked_at_a_limit_rfc9293_3_10_7_4)
{
	peer_to(p, TCPS_TIME_WAIT);
	for (int i = 0; i < 3; i++)
		peer_in(p, SEG_ACK, 1, 2, 0);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPACKSkippedTimeWait), 2);
	peer_wait(p, NSEC_SEC);
	peer_in(p, SEG_ACK, 1, 2, 0);
	peer_sent(p, SEG_ACK, 2, 2);
}

PEER_TEST(in_time_wait_data_with_an_old_stamp_is_acked_and_counted_rfc7323_5)
{
	stamped_time_wait(p, 1000);
	p->o.tsval = 500;
	peer_in(p, SEG_ACK, 2, 2, 10);
	assert_int_equal(p->outs, 1);
	assert_int_equal(p->out[0].flags, SEG_ACK);
	assert_int_equal(p->out[0].o.tsecr, 1000);
	assert_int_equal(peer_count(p, MIB_TcpExtPAWSTimewait), 1);
}

PEER_TEST(in_time_wait_a_rst_ends_it_unless_told_not_to_rfc1337)
{
	peer_to(p, TCPS_TIME_WAIT);
	peer_in(p, SEG_RST, 3, 0, 0); /* not exact */
	peer_silent(p);
	assert_int_equal(peer_state(p), TCPS_TIME_WAIT);
	stack_sysctl(p->s)->tcp_rfc1337 = 1;
	peer_in(p, SEG_RST, 2, 0, 0);
	peer_silent(p);
	assert_int_equal(peer_state(p), TCPS_TIME_WAIT);
	stack_sysctl(p->s)->tcp_rfc1337 = 0;
	peer_in(p, SEG_RST, 2, 0, 0);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
}

PEER_TEST(with_rfc1337_a_rst_does_not_lengthen_it_either_rfc1337)
{
	stack_sysctl(p->s)->tcp_rfc1337 = 1;
	peer_to(p, TCPS_TIME_WAIT);
	peer_wait(p, 59 * NSEC_SEC);
	peer_in(p, SEG_RST, 2, 0, 0);
	peer_wait(p, 2 * NSEC_SEC);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
}

PEER_TEST(the_ack_of_time_wait_has_the_window_and_the_clock_of_the_connection)
{
	struct peer_out fin;

	p->o = (struct tcp_opts){.has = TCP_HAS_TS | TCP_HAS_WSCALE, .wscale = 7, .tsval = 1000};
	peer_to(p, TCPS_FIN_WAIT_2);
	peer_in(p, SEG_FIN | SEG_ACK, 1, 2, 0);
	fin = p->out[0];
	assert_true(fin.win > 0);
	peer_wait(p, NSEC_SEC);
	peer_in(p, SEG_FIN | SEG_ACK, 1, 2, 0);
	assert_int_equal(p->out[0].win, fin.win);
	assert_int_equal(p->out[0].o.tsval, fin.o.tsval + 1000);
	assert_int_equal(p->out[0].o.tsecr, 1000);
}

PEER_TEST(in_time_wait_a_newer_stamp_is_kept_and_its_ack_restarts_it)
{
	stamped_time_wait(p, 1000);
	peer_wait(p, 50 * NSEC_SEC);
	p->o.tsval = 2000;
	peer_in(p, SEG_ACK, 2, 2, 0);
	peer_wait(p, 50 * NSEC_SEC);
	assert_int_equal(peer_state(p), TCPS_TIME_WAIT);
	p->o.tsval = 1500;
	peer_in(p, SEG_ACK, 2, 2, 10);
	assert_int_equal(p->out[0].o.tsecr, 2000);
	assert_int_equal(peer_count(p, MIB_TcpExtPAWSTimewait), 1);
}

PEER_TEST(the_stamp_of_the_fin_that_begins_time_wait_is_kept_rfc7323_4_3)
{
	p->o = (struct tcp_opts){.has = TCP_HAS_TS, .tsval = 1000};
	orphan_in_fin_wait_2(p);
	p->o.tsval = 3000;
	peer_in(p, SEG_FIN | SEG_ACK, 1, 2, 0);
	assert_int_equal(p->out[0].o.tsecr, 3000);
}

/* --- new connections --- */

PEER_TEST(in_time_wait_a_syn_with_a_higher_number_starts_over_rfc6191)
{
	struct seq old;

	peer_to(p, TCPS_TIME_WAIT);
	old = p->its;
	peer_in(p, SEG_SYN, 100, 0, 0);
	assert_int_equal(p->outs, 1);
	assert_int_equal(p->out[0].flags, SEG_SYN | SEG_ACK);
	assert_int_equal(p->its.v - old.v, 65535 + 2 + 2); /* beyond all numbers of the old one */
	assert_int_equal(peer_state(p), TCPS_SYN_RCVD);
	assert_int_equal(peer_count(p, MIB_TcpExtTWRecycled), 0);
}

PEER_TEST(in_time_wait_a_syn_with_a_newer_stamp_starts_over_rfc6191)
{
	stamped_time_wait(p, 1000);
	p->o.tsval = 1001;
	peer_in(p, SEG_SYN, (uint32_t)-5000, 0, 0);
	assert_int_equal(p->out[0].flags, SEG_SYN | SEG_ACK);
	assert_int_equal(peer_state(p), TCPS_SYN_RCVD);
}

PEER_TEST(in_time_wait_a_syn_that_is_not_newer_is_acked_rfc6191)
{
	stamped_time_wait(p, 1000);
	peer_in(p, SEG_SYN, (uint32_t)-5000, 0, 0); /* the same stamp */
	assert_int_equal(p->out[0].flags, SEG_ACK);
	assert_int_equal(peer_state(p), TCPS_TIME_WAIT);
}

PEER_TEST(in_time_wait_a_syn_with_an_old_stamp_is_acked_rfc7323_5)
{
	stamped_time_wait(p, 1000);
	p->o.tsval = 500;
	peer_in(p, SEG_SYN, 100, 0, 0);
	assert_int_equal(p->out[0].flags, SEG_ACK);
	assert_int_equal(peer_state(p), TCPS_TIME_WAIT);
}

PEER_TEST(in_time_wait_a_syn_with_ack_does_not_start_over_rfc9293_3_10_7_4)
{
	peer_to(p, TCPS_TIME_WAIT);
	peer_in(p, SEG_SYN | SEG_ACK, 100, 2, 0);
	peer_sent(p, SEG_ACK, 2, 2);
	assert_int_equal(peer_state(p), TCPS_TIME_WAIT);
}

PEER_TEST(in_time_wait_with_no_listener_a_newer_syn_gets_a_rst)
{
	peer_to(p, TCPS_TIME_WAIT);
	tcp_close(p->s, p->l, false);
	p->l = NULL;
	peer_in(p, SEG_SYN, 100, 0, 0);
	assert_int_equal(p->out[0].flags, SEG_RST | SEG_ACK);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
}
