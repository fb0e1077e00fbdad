/*
 * tcp_acceptable_test.c - acceptability of segments: the edges of the window, PAWS (RFC 7323
 * section 5), the limits on challenge ACKs (RFC 5961 section 7), damaged and signed segments,
 * memory pressure, and the counters of header prediction.
 */
#include "base/test/test.h"
#include "stack/tcp/test/scripted_peer.h"

/* A window of `win` bytes, whole segments, that does not grow. */
static void with_window(struct peer *p, int64_t win)
{
	peer_listen(p, 8);
	assert_int_equal(tcp_set_opt(p->s, p->l, TCPO_RCVBUF, 4 * win), 0);
	assert_int_equal(tcp_set_opt(p->s, p->l, TCPO_WINDOW_CLAMP, win), 0);
	peer_in(p, SEG_SYN, 0, 0, 0);
	assert_int_equal(p->out[0].win, win);
	peer_in(p, SEG_ACK, 1, 1, 0);
	p->c = tcp_accept(p->s, p->l, p);
}

/* --- the window, 3.10.7.4 first --- */

PEER_TEST(data_that_fills_the_window_exactly_is_taken_rfc9293_3_10_7_4)
{
	with_window(p, 2920);
	peer_in(p, SEG_ACK, 1, 1, 1460);
	peer_in(p, SEG_ACK, 1461, 1, 1460);
	assert_int_equal(peer_read(p, 4000), 2920);
}

PEER_TEST(data_beyond_the_edge_is_dropped_while_data_is_unread)
{
	with_window(p, 1460);
	peer_in(p, SEG_ACK, 1, 1, 1000);
	peer_in(p, SEG_ACK, 1001, 1, p->out[0].win + 1u);
	peer_sent(p, SEG_ACK, 1, 1001);
	assert_int_equal(peer_count(p, MIB_TcpExtBeyondWindow), 1);
	assert_int_equal(peer_read(p, 4000), 1000);
}

PEER_TEST(data_beyond_the_edge_is_taken_while_none_is_unread)
{
	with_window(p, 1460);
	peer_in(p, SEG_ACK, 1, 1, 1600);
	assert_int_equal(peer_count(p, MIB_TcpExtBeyondWindow), 0);
	assert_int_equal(peer_read(p, 4000), 1600);
}

PEER_TEST(a_fin_right_beyond_the_edge_is_taken)
{
	uint32_t win;

	with_window(p, 1460);
	peer_in(p, SEG_ACK, 1, 1, 1000);
	win = p->out[0].win;
	peer_in(p, SEG_ACK | SEG_FIN, 1001, 1, win);
	assert_int_equal(peer_state(p), TCPS_CLOSE_WAIT);
	assert_int_equal(peer_count(p, MIB_TcpExtBeyondWindow), 0);
	assert_int_equal(peer_read(p, 4000), 1000 + win);
}

PEER_TEST(data_that_begins_beyond_the_edge_is_dropped_rfc9293_3_10_7_4)
{
	with_window(p, 2920);
	peer_in(p, SEG_ACK, 2922, 1, 10);
	peer_sent(p, SEG_ACK, 1, 1);
	assert_int_equal(peer_count(p, MIB_TcpExtBeyondWindow), 1);
}

PEER_TEST(an_rst_or_syn_beyond_the_window_is_not_counted_as_data)
{
	peer_to(p, TCPS_ESTABLISHED);
	peer_in(p, SEG_RST, 1000000, 0, 0);
	peer_in(p, SEG_SYN, 1000000, 0, 0);
	assert_int_equal(peer_count(p, MIB_TcpExtBeyondWindow), 0);
}

PEER_TEST(a_pure_ack_out_of_window_is_answered_at_a_limit)
{
	peer_to(p, TCPS_ESTABLISHED);
	peer_in(p, SEG_ACK, 1000000, 1, 0);
	peer_sent(p, SEG_ACK, 1, 1);
	peer_in(p, SEG_ACK, 1000000, 1, 0);
	peer_silent(p);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPACKSkippedSeq), 1);
	peer_in(p, SEG_ACK, 1000000, 1, 10); /* data has no limit */
	peer_sent(p, SEG_ACK, 1, 1);
	peer_wait(p, 501 * NSEC_MSEC);
	peer_in(p, SEG_ACK, 1000000, 1, 0);
	peer_sent(p, SEG_ACK, 1, 1);
}

/* --- challenge ACKs, RFC 5961 section 7 --- */

PEER_TEST(challenge_acks_of_a_connection_are_half_a_second_apart_rfc5961_7)
{
	peer_to(p, TCPS_ESTABLISHED);
	peer_in(p, SEG_RST, 100, 0, 0);
	assert_int_equal(p->outs, 1);
	peer_wait(p, 400 * NSEC_MSEC);
	peer_in(p, SEG_RST, 100, 0, 0);
	peer_silent(p);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPACKSkippedChallenge), 1);
	peer_wait(p, 101 * NSEC_MSEC);
	peer_in(p, SEG_RST, 100, 0, 0);
	assert_int_equal(p->outs, 1);
}

PEER_TEST(challenge_acks_of_the_instance_are_limited_a_second_rfc5961_7)
{
	uint32_t sent = 0;

	stack_sysctl(p->s)->tcp_challenge_ack_limit = 4;
	stack_sysctl(p->s)->tcp_invalid_ratelimit = 0;
	peer_to(p, TCPS_ESTABLISHED);
	for (int i = 0; i < 20; i++) {
		peer_in(p, SEG_RST, 100, 0, 0);
		sent += p->outs;
	}
	assert_in_range(sent, 2, 5); /* half of it up to one and a half: unpredictable */
	peer_wait(p, NSEC_SEC);
	peer_in(p, SEG_RST, 100, 0, 0);
	assert_int_equal(p->outs, 1);
}

/* Resets in the window of p's connection, all at once: returns how many are answered. */
static uint32_t challenged(struct peer *p, uint32_t resets)
{
	uint32_t answers = 0;

	for (uint32_t i = 0; i < resets; i++) {
		peer_in(p, SEG_RST, 100, 0, 0);
		answers += p->outs;
	}
	return answers;
}

/* Two connections; forged resets for one (forged: how many), then real ones for the other. */
static uint32_t heard_beside_a_victim(uint32_t forged, int32_t ratelimit)
{
	struct peer *p = peer_new();
	uint32_t heard;

	stack_sysctl(p->s)->tcp_invalid_ratelimit = ratelimit;
	peer_to(p, TCPS_ESTABLISHED);
	challenged(p, forged);
	p->port++;
	peer_in(p, SEG_SYN, 0, 0, 0);
	peer_in(p, SEG_ACK, 1, 1, 0);
	heard = challenged(p, 300);
	peer_free(p);
	return heard;
}

/* CVE-2016-5696: a counter shared by connections reveals one of them to the other. */
PEER_TEST(challenges_of_one_connection_do_not_show_on_another)
{
	assert_int_equal(heard_beside_a_victim(0, 500), 1);
	assert_int_equal(heard_beside_a_victim(300, 500), 1);
	assert_int_equal(heard_beside_a_victim(0, 0), 300);
	assert_int_equal(heard_beside_a_victim(300, 0), 300);
}

PEER_TEST(the_limit_of_the_instance_is_unpredictable)
{
	uint32_t first, others = 0;

	stack_sysctl(p->s)->tcp_challenge_ack_limit = 100;
	stack_sysctl(p->s)->tcp_invalid_ratelimit = 0;
	peer_to(p, TCPS_ESTABLISHED);
	first = challenged(p, 300);
	for (int i = 0; i < 8; i++) {
		peer_wait(p, NSEC_SEC);
		uint32_t n = challenged(p, 300);

		assert_in_range(n, 50, 149);
		others += n != first;
	}
	assert_in_range(others, 4, 8);
}

/* --- PAWS, RFC 7323 section 5 --- */

static void stamped(struct peer *p)
{
	p->o = (struct tcp_opts){.has = TCP_HAS_TS, .tsval = 5000};
	peer_to(p, TCPS_ESTABLISHED);
	peer_in(p, SEG_ACK, 1, 1, 10);
}

PEER_TEST(data_with_an_old_stamp_is_acked_and_dropped_rfc7323_5_3)
{
	stamped(p);
	p->o.tsval = 4000;
	peer_in(p, SEG_ACK, 11, 1, 10);
	assert_int_equal(p->outs, 1);
	assert_int_equal(p->out[0].ack, 11);
	assert_int_equal(p->out[0].o.tsecr, 5000);
	assert_int_equal(peer_count(p, MIB_TcpExtPAWSEstab), 1);
	assert_int_equal(peer_read(p, 100), 10);
}

PEER_TEST(a_stamp_that_did_not_move_is_good_rfc7323_5_3)
{
	stamped(p);
	peer_in(p, SEG_ACK, 11, 1, 10);
	assert_int_equal(peer_read(p, 100), 20);
}

PEER_TEST(a_stamp_is_old_for_24_days_only_rfc7323_5_5)
{
	stamped(p);
	p->o.tsval = 4000;
	peer_wait(p, 24ll * 24 * 3600 * NSEC_SEC - NSEC_SEC);
	peer_in(p, SEG_ACK, 11, 1, 10);
	assert_int_equal(peer_count(p, MIB_TcpExtPAWSEstab), 1);
	peer_wait(p, 2 * NSEC_SEC);
	peer_in(p, SEG_ACK, 11, 1, 10);
	assert_int_equal(peer_read(p, 100), 20);
}

PEER_TEST(a_rst_is_taken_whatever_its_stamp_rfc7323_5_2)
{
	stamped(p);
	p->o.tsval = 4000;
	peer_in(p, SEG_RST, 11, 0, 0);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
}

PEER_TEST(an_old_pure_ack_from_below_the_window_is_not_answered)
{
	stamped(p);
	p->o.tsval = 4000;
	peer_in(p, SEG_ACK, 1, 1, 0);
	peer_silent(p);
	assert_int_equal(peer_count(p, MIB_TcpExtPAWSOldAck), 1);
	assert_int_equal(peer_count(p, MIB_TcpExtPAWSEstab), 0);
}

/* Slightly reordered: not answered. */
PEER_TEST(a_reordered_pure_ack_is_not_an_old_duplicate)
{
	stamped(p);
	peer_in(p, SEG_ACK, 11, 1, 0);
	p->o.tsval = 4950;
	peer_in(p, SEG_ACK, 11, 1, 0);
	peer_silent(p);
	assert_int_equal(peer_count(p, MIB_TcpExtPAWSEstab), 0);
	p->o.tsval = 1000; /* longer ago than 1.2 RTO */
	peer_in(p, SEG_ACK, 11, 1, 0);
	assert_int_equal(peer_count(p, MIB_TcpExtPAWSEstab), 1);
}

PEER_TEST(a_stamp_beyond_what_was_acknowledged_is_not_kept_rfc7323_4_3)
{
	stamped(p);
	peer_wait(p, NSEC_SEC);
	p->o.tsval = 6000;
	peer_in(p, SEG_ACK, 21, 1, 10); /* out of order */
	assert_int_equal(p->out[0].o.tsecr, 5000);
	p->o.tsval = 6001;
	peer_in(p, SEG_ACK, 11, 1, 10);
	assert_int_equal(p->out[0].o.tsecr, 6001);
}

/* --- signed segments, RFC 2385 --- */

PEER_TEST(a_signature_without_a_key_is_dropped_silently_rfc2385)
{
	static const uint8_t sum[TCP_MD5_LEN];

	peer_to(p, TCPS_ESTABLISHED);
	p->o = (struct tcp_opts){.has = TCP_HAS_MD5, .md5 = sum};
	peer_in(p, SEG_ACK, 1, 1, 10);
	peer_silent(p);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPMD5Unexpected), 1);
	assert_int_equal(peer_read(p, 100), 0);
}

/* --- memory --- */

PEER_TEST(above_the_second_mark_of_tcp_mem_memory_is_under_pressure)
{
	peer_to(p, TCPS_ESTABLISHED);
	stack_sysctl(p->s)->tcp_mem[0] = 1;
	stack_sysctl(p->s)->tcp_mem[1] = 2;
	for (uint32_t i = 0; i < 12; i++)
		peer_in(p, SEG_ACK, 1 + i * 1000, 1, 1000);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPMemoryPressures), 1);
	peer_wait(p, 250 * NSEC_MSEC);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPMemoryPressuresChrono), 0);
	while (peer_read(p, 4000) > 0)
		;
	assert_int_equal(peer_count(p, MIB_TcpExtTCPMemoryPressuresChrono), 250);
}

TEST(under_pressure_the_window_does_not_grow)
{
	uint32_t after[2];

	for (int pressed = 0; pressed < 2; pressed++) {
		struct peer *p = peer_new();

		p->o = (struct tcp_opts){.has = TCP_HAS_WSCALE, .wscale = 7};
		peer_to(p, TCPS_ESTABLISHED);
		if (pressed) {
			stack_sysctl(p->s)->tcp_mem[0] = 0;
			stack_sysctl(p->s)->tcp_mem[1] = 0;
		}
		for (uint32_t i = 0; i < 20; i++) {
			peer_in(p, SEG_ACK, 1 + i * 1460, 1, 1460);
			if (i > 0) /* one is always unread */
				assert_int_equal(peer_read(p, 1460), 1460);
		}
		peer_in(p, SEG_ACK | SEG_PSH, 1 + 20 * 1460, 1, 10);
		if (p->outs == 0)
			peer_wait(p, NSEC_SEC);
		after[pressed] = p->out[0].win;
		peer_free(p);
	}
	assert_true(after[1] < after[0]);
}

/* The window is not shrunk when the buffer becomes smaller, and the contents of a full one cannot
 * be collapsed. */
PEER_TEST(a_full_buffer_is_pruned_and_counted)
{
	peer_to(p, TCPS_ESTABLISHED);
	assert_int_equal(tcp_set_opt(p->s, p->c, TCPO_RCVBUF, 4608), 0);
	for (uint32_t i = 0; i < 10; i++)
		peer_in(p, SEG_ACK, 1 + i * 1460, 1, 1460);
	assert_true(peer_count(p, MIB_TcpExtPruneCalled) > 0);
	assert_int_equal(peer_count(p, MIB_TcpExtRcvPruned), peer_count(p, MIB_TcpExtTCPRcvQDrop));
	assert_true(peer_count(p, MIB_TcpExtRcvPruned) > 0);
}

/* A block of 3776 bytes can be allocated, the one for the remainder cannot: the packet whose first
 * bytes were moved keeps the others. */
PEER_TEST(data_left_uncollapsed_for_lack_of_memory_stays_in_order)
{
	uint32_t at = 1461, got = 0;
	size_t n;

	peer_to(p, TCPS_ESTABLISHED);
	assert_int_equal(tcp_set_opt(p->s, p->c, TCPO_RCVBUF, 40000), 0);
	peer_in(p, SEG_ACK, 1, 1, 1460);
	stack_pkts(p->s)->large.max = stack_pkts(p->s)->large.live;
	for (; at < 20000 && peer_count(p, MIB_TcpExtTCPRcvCollapsed) == 0; at += 90)
		peer_in(p, SEG_ACK, at, 1, 90);
	assert_true(peer_count(p, MIB_TcpExtTCPRcvCollapsed) > 0);
	stack_pkts(p->s)->large.max = 0;
	while ((n = peer_read(p, 4000)) > 0)
		got += (uint32_t)n;
	assert_int_equal(got, at - 1);
}

/* --- classification of plain segments --- */

PEER_TEST(a_pure_ack_is_predicted_if_it_only_moves_on)
{
	peer_to(p, TCPS_ESTABLISHED);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPPureAcks), 1);
	peer_write(p, 100);
	peer_in(p, SEG_ACK, 1, 101, 0);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPHPAcks), 1);
	peer_write(p, 100);
	p->win--;
	peer_in(p, SEG_ACK, 1, 201, 0);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPHPAcks), 1);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPPureAcks), 2);
}

PEER_TEST(data_is_predicted_if_its_memory_is_charged_already)
{
	peer_to(p, TCPS_ESTABLISHED);
	peer_in(p, SEG_ACK, 1, 1, 100); /* allocates a page */
	assert_int_equal(peer_count(p, MIB_TcpExtTCPHPHits), 0);
	peer_in(p, SEG_ACK, 101, 1, 100);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPHPHits), 1);
	peer_in(p, SEG_ACK, 301, 1, 100); /* not the next */
	peer_in(p, SEG_ACK, 201, 1, 100); /* fills a gap */
	assert_int_equal(peer_count(p, MIB_TcpExtTCPHPHits), 1);
}
