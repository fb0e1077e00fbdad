/*
 * tcp_unsynchronized_test.c - SYN, RST, ACK, FIN and data in each state before ESTABLISHED: RFC
 * 9293 3.10.7.1 (CLOSED), 3.10.7.2 (LISTEN), 3.10.7.3 (SYN-SENT), and 3.10.7.4 for SYN-RECEIVED,
 * which is a request socket of a listener, and a connection after crossing SYNs.
 */
#include "base/test/test.h"
#include "stack/tcp/test/scripted_peer.h"

#include <errno.h>

/* --- CLOSED --- */

PEER_TEST(in_closed_a_rst_is_dropped_rfc9293_3_10_7_1)
{
	peer_in(p, SEG_RST, 1, 0, 0);
	peer_silent(p);
	peer_in(p, SEG_RST | SEG_ACK, 1, 1, 0);
	peer_silent(p);
}

PEER_TEST(in_closed_an_ack_gets_a_rst_with_its_number_rfc9293_3_10_7_1)
{
	peer_in(p, SEG_ACK, 1, 777, 10);
	peer_sent(p, SEG_RST, 777, 0);
}

PEER_TEST(in_closed_a_syn_gets_a_rst_that_acknowledges_it_rfc9293_3_10_7_1)
{
	peer_in(p, SEG_SYN, 0, 0, 10);
	peer_sent(p, SEG_RST | SEG_ACK, 0, 11);
	peer_in(p, SEG_FIN, 5, 0, 10);
	peer_sent(p, SEG_RST | SEG_ACK, 0, 16);
}

/* --- LISTEN --- */

PEER_TEST(in_listen_a_rst_is_dropped_rfc9293_3_10_7_2)
{
	peer_to(p, TCPS_LISTEN);
	peer_in(p, SEG_RST, 1, 0, 0);
	peer_silent(p);
	peer_in(p, SEG_RST | SEG_SYN, 1, 0, 0);
	peer_silent(p);
}

PEER_TEST(in_listen_an_ack_gets_a_rst_rfc9293_3_10_7_2)
{
	peer_to(p, TCPS_LISTEN);
	peer_in(p, SEG_ACK, 1, 777, 0);
	peer_sent(p, SEG_RST, 777, 0);
	peer_in(p, SEG_SYN | SEG_ACK, 1, 778, 0);
	peer_sent(p, SEG_RST, 778, 0);
}

PEER_TEST(in_listen_a_syn_gets_a_syn_ack_rfc9293_3_10_7_2)
{
	peer_to(p, TCPS_LISTEN);
	peer_in(p, SEG_SYN, 0, 0, 0);
	peer_sent(p, SEG_SYN | SEG_ACK, 0, 1);
	assert_int_equal(peer_state(p), TCPS_SYN_RCVD);
}

/* "This could happen, but is unlikely to": data, FIN, no flags at all; and SYN with FIN, as
 * Linux. */
PEER_TEST(in_listen_anything_else_is_dropped_rfc9293_3_10_7_2)
{
	static const uint16_t flags[] = {0, SEG_PSH, SEG_URG, SEG_FIN, SEG_SYN | SEG_FIN};

	peer_to(p, TCPS_LISTEN);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		peer_in(p, flags[i], 1, 0, 5);
		peer_silent(p);
		assert_int_equal(peer_state(p), TCPS_CLOSED);
	}
}

/* --- SYN-SENT --- */

PEER_TEST(in_syn_sent_an_ack_of_what_was_not_sent_gets_a_rst_rfc9293_3_10_7_3)
{
	peer_to(p, TCPS_SYN_SENT);
	peer_in(p, SEG_ACK, 1, 2, 0);
	peer_sent(p, SEG_RST, 2, 0);
	peer_in(p, SEG_SYN | SEG_ACK, 0, 0, 0);
	peer_sent(p, SEG_RST, 0, 0);
	assert_int_equal(peer_state(p), TCPS_SYN_SENT);
}

PEER_TEST(in_syn_sent_a_rst_with_a_wrong_ack_is_dropped_rfc9293_3_10_7_3)
{
	peer_to(p, TCPS_SYN_SENT);
	peer_in(p, SEG_RST | SEG_ACK, 1, 2, 0);
	peer_silent(p);
	assert_int_equal(peer_state(p), TCPS_SYN_SENT);
}

PEER_TEST(in_syn_sent_a_rst_with_the_right_ack_refuses_rfc9293_3_10_7_3)
{
	peer_to(p, TCPS_SYN_SENT);
	peer_in(p, SEG_RST | SEG_ACK, 0, 1, 0);
	peer_silent(p);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
	assert_int_equal(peer_error(p), ECONNREFUSED);
	assert_int_equal(peer_count(p, MIB_TcpAttemptFails), 1);
}

PEER_TEST(in_syn_sent_a_rst_without_ack_is_dropped_rfc9293_3_10_7_3)
{
	peer_to(p, TCPS_SYN_SENT);
	peer_in(p, SEG_RST, 0, 0, 0);
	peer_silent(p);
	assert_int_equal(peer_state(p), TCPS_SYN_SENT);
}

PEER_TEST(in_syn_sent_a_syn_ack_establishes_rfc9293_3_10_7_3)
{
	peer_to(p, TCPS_SYN_SENT);
	peer_in(p, SEG_SYN | SEG_ACK, 0, 1, 0);
	peer_sent(p, SEG_ACK, 1, 1);
	assert_int_equal(peer_state(p), TCPS_ESTABLISHED);
	assert_int_equal(peer_count(p, MIB_TcpCurrEstab), 1);
}

PEER_TEST(in_syn_sent_a_syn_leads_to_syn_received_rfc9293_3_10_7_3)
{
	peer_to(p, TCPS_SYN_SENT);
	peer_in(p, SEG_SYN, 0, 0, 0);
	peer_sent(p, SEG_SYN | SEG_ACK, 0, 1);
	assert_int_equal(peer_state(p), TCPS_SYN_RCVD);
}

PEER_TEST(in_syn_sent_data_and_fin_without_syn_are_dropped_rfc9293_3_10_7_3)
{
	peer_to(p, TCPS_SYN_SENT);
	peer_in(p, SEG_ACK, 1, 1, 10);
	peer_silent(p);
	peer_in(p, SEG_FIN, 1, 0, 10);
	peer_silent(p);
	assert_int_equal(peer_state(p), TCPS_SYN_SENT);
}

/* RFC 7323 5.2, R4 for SYN-SENT: the echo of a timestamp that no SYN of ours had. */
PEER_TEST(in_syn_sent_a_syn_ack_that_echoes_another_stamp_gets_a_rst_rfc7323_5)
{
	peer_to(p, TCPS_SYN_SENT);
	p->o = (struct tcp_opts){.has = TCP_HAS_TS, .tsval = 1, .tsecr = 1};
	peer_in(p, SEG_SYN | SEG_ACK, 0, 1, 0);
	peer_sent(p, SEG_RST, 1, 0);
	assert_int_equal(peer_count(p, MIB_TcpExtPAWSActive), 1);
	assert_int_equal(peer_state(p), TCPS_SYN_SENT);
}

/* --- SYN-RECEIVED of a listener --- */

PEER_TEST(in_syn_received_a_rst_returns_to_listen_rfc9293_3_10_7_4)
{
	peer_to(p, TCPS_SYN_RCVD);
	peer_in(p, SEG_RST, 1, 0, 0);
	peer_silent(p);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
	assert_int_equal(peer_count(p, MIB_TcpExtEmbryonicRsts), 1);
	peer_in(p, SEG_SYN, 0, 0, 0);
	peer_sent(p, SEG_SYN | SEG_ACK, 0, 1);
}

PEER_TEST(in_syn_received_a_rst_outside_the_window_is_dropped_rfc9293_3_10_7_4)
{
	peer_to(p, TCPS_SYN_RCVD);
	peer_in(p, SEG_RST, 100000, 0, 0);
	peer_silent(p);
	assert_int_equal(peer_state(p), TCPS_SYN_RCVD);
}

PEER_TEST(in_syn_received_the_same_syn_gets_the_same_syn_ack_rfc9293_3_10_7_4)
{
	peer_to(p, TCPS_SYN_RCVD);
	peer_in(p, SEG_SYN, 0, 0, 0);
	peer_sent(p, SEG_SYN | SEG_ACK, 0, 1);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPSynRetrans), 1);
	peer_in(p, SEG_SYN, 0, 0, 0); /* within tcp_invalid_ratelimit */
	peer_silent(p);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPACKSkippedSynRecv), 1);
}

PEER_TEST(in_syn_received_another_syn_in_the_window_ends_it_rfc9293_3_10_7_4)
{
	peer_to(p, TCPS_SYN_RCVD);
	peer_in(p, SEG_SYN, 100, 0, 0);
	assert_int_equal(p->outs, 1);
	assert_int_equal(p->out[0].flags, SEG_RST | SEG_ACK);
	assert_int_equal(p->out[0].ack, 101);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
}

PEER_TEST(in_syn_received_a_wrong_ack_gets_a_rst_rfc9293_3_10_7_4)
{
	peer_to(p, TCPS_SYN_RCVD);
	peer_in(p, SEG_ACK, 1, 2, 0);
	peer_sent(p, SEG_RST, 2, 0);
	assert_int_equal(peer_state(p), TCPS_SYN_RCVD);
}

PEER_TEST(in_syn_received_data_outside_the_window_gets_an_ack_rfc9293_3_10_7_4)
{
	peer_to(p, TCPS_SYN_RCVD);
	peer_in(p, SEG_ACK, 100000, 1, 10);
	peer_sent(p, SEG_ACK, 1, 1);
	assert_int_equal(peer_state(p), TCPS_SYN_RCVD);
}

PEER_TEST(in_syn_received_data_without_ack_is_dropped_rfc9293_3_10_7_4)
{
	peer_to(p, TCPS_SYN_RCVD);
	peer_in(p, SEG_PSH, 1, 0, 10);
	peer_silent(p);
	assert_int_equal(peer_state(p), TCPS_SYN_RCVD);
}

PEER_TEST(in_syn_received_an_ack_with_data_establishes_and_keeps_it_rfc9293_3_10_7_4)
{
	peer_to(p, TCPS_SYN_RCVD);
	peer_in(p, SEG_ACK | SEG_PSH, 1, 1, 10);
	assert_int_equal(peer_state(p), TCPS_ESTABLISHED);
	p->c = tcp_accept(p->s, p->l, p);
	assert_int_equal(peer_read(p, 100), 10);
}

PEER_TEST(in_syn_received_a_fin_with_the_ack_leads_to_close_wait_rfc9293_3_10_7_4)
{
	peer_to(p, TCPS_SYN_RCVD);
	peer_in(p, SEG_ACK | SEG_FIN, 1, 1, 0);
	assert_int_equal(peer_state(p), TCPS_CLOSE_WAIT);
	peer_wait(p, NSEC_SEC);
	peer_sent(p, SEG_ACK, 1, 2);
}

/* As in Linux since 6.15. */
PEER_TEST(in_syn_received_a_false_echo_is_refused_rfc7323_5)
{
	uint32_t stamp;

	peer_to(p, TCPS_LISTEN);
	p->o = (struct tcp_opts){.has = TCP_HAS_TS, .tsval = 1000};
	peer_in(p, SEG_SYN, 0, 0, 0);
	stamp = p->out[0].o.tsval;
	p->o.tsval++;
	for (int way = -1; way <= 1; way += 2) {
		p->o.tsecr = stamp + (uint32_t)way;
		peer_in(p, SEG_ACK, 1, 1, 0);
		assert_int_equal(peer_state(p), TCPS_SYN_RCVD);
	}
	assert_int_equal(peer_count(p, MIB_TcpExtTSEcrRejected), 2);
	p->o.tsecr = stamp;
	peer_in(p, SEG_ACK, 1, 1, 0);
	assert_int_equal(peer_state(p), TCPS_ESTABLISHED);
}

PEER_TEST(in_syn_received_an_echo_of_any_repeated_syn_ack_is_good_rfc7323_5)
{
	uint32_t stamp;

	peer_to(p, TCPS_LISTEN);
	p->o = (struct tcp_opts){.has = TCP_HAS_TS, .tsval = 1000};
	peer_in(p, SEG_SYN, 0, 0, 0);
	stamp = p->out[0].o.tsval;
	peer_wait(p, 4 * NSEC_SEC);
	assert_int_equal(p->outs, 2);
	assert_int_equal(p->out[1].o.tsval, stamp + 3000);
	p->o.tsecr = p->out[1].o.tsval;
	peer_in(p, SEG_ACK, 1, 1, 0);
	assert_int_equal(peer_state(p), TCPS_ESTABLISHED);
}

PEER_TEST(in_syn_received_an_old_stamp_is_refused_rfc7323_5_3)
{
	peer_to(p, TCPS_LISTEN);
	p->o = (struct tcp_opts){.has = TCP_HAS_TS, .tsval = 1000};
	peer_in(p, SEG_SYN, 0, 0, 0);
	p->o.tsecr = p->out[0].o.tsval;
	p->o.tsval = 900;
	peer_in(p, SEG_ACK, 1, 1, 0);
	assert_int_equal(peer_state(p), TCPS_SYN_RCVD);
	assert_int_equal(peer_count(p, MIB_TcpExtPAWSEstab), 1);
}

/* --- SYN-RECEIVED after crossing SYNs --- */

static void cross(struct peer *p)
{
	peer_to(p, TCPS_SYN_SENT);
	peer_in(p, SEG_SYN, 0, 0, 0);
	assert_int_equal(peer_state(p), TCPS_SYN_RCVD);
}

PEER_TEST(after_crossing_syns_the_syn_ack_establishes_rfc9293_3_5)
{
	cross(p);
	peer_in(p, SEG_SYN | SEG_ACK, 0, 1, 0);
	assert_int_equal(peer_state(p), TCPS_ESTABLISHED);
}

PEER_TEST(after_crossing_syns_a_rst_refuses_rfc9293_3_10_7_4)
{
	cross(p);
	peer_in(p, SEG_RST, 1, 0, 0);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
	assert_int_equal(peer_error(p), ECONNRESET);
}

PEER_TEST(after_crossing_syns_a_wrong_ack_gets_a_rst_rfc9293_3_10_7_4)
{
	cross(p);
	peer_in(p, SEG_ACK, 1, 5, 0);
	peer_sent(p, SEG_RST, 5, 0);
	assert_int_equal(peer_state(p), TCPS_SYN_RCVD);
}

PEER_TEST(after_crossing_syns_close_leads_to_fin_wait_1_rfc9293_3_10_4)
{
	cross(p);
	peer_close(p, false);
	peer_sent(p, SEG_FIN | SEG_ACK, 1, 1);
	assert_int_equal(peer_state(p), TCPS_FIN_WAIT_1);
}
