/*
 * tcp_syncookie_test.c - SYN cookies (RFC 4987 3.6): when they are sent, what they encode, how long
 * they are valid, and that they cannot be forged.
 */
#include "base/test/test.h"
#include "stack/tcp/test/scripted_peer.h"

static int begin(void **state)
{
	struct peer *p = peer_new();

	stack_sysctl(p->s)->tcp_syncookies = 2; /* always: no need to fill a queue */
	*state = p;
	return 0;
}

static void syn_with(struct peer *p, struct tcp_opts o)
{
	peer_listen(p, 8);
	p->o = o;
	peer_in(p, SEG_SYN, 0, 0, 0);
	assert_int_equal(p->outs, 1);
	assert_int_equal(p->out[0].flags, SEG_SYN | SEG_ACK);
	p->o = (struct tcp_opts){
		.has = o.has & TCP_HAS_TS, .tsval = o.tsval + 1, .tsecr = p->out[0].o.tsval};
}

static bool accepted(struct peer *p)
{
	p->c = tcp_accept(p->s, p->l, p);
	return p->c != NULL;
}

TEST_IN(a_cookie_keeps_no_record_rfc4987_3_6, begin, peer_end)
{
	struct peer *p = *state;

	syn_with(p, (struct tcp_opts){.has = TCP_HAS_MSS, .mss = 1460});
	assert_int_equal(peer_state(p), TCPS_CLOSED);
	assert_int_equal(peer_count(p, MIB_TcpExtSyncookiesSent), 1);
	peer_wait(p, 70 * NSEC_SEC); /* and no SYN-ACK is retransmitted */
	peer_silent(p);
}

TEST_IN(the_ack_that_brings_the_cookie_establishes_rfc4987_3_6, begin, peer_end)
{
	struct peer *p = *state;

	syn_with(p, (struct tcp_opts){.has = TCP_HAS_MSS, .mss = 1460});
	peer_in(p, SEG_ACK, 1, 1, 0);
	peer_silent(p);
	assert_int_equal(peer_state(p), TCPS_ESTABLISHED);
	assert_true(accepted(p));
	assert_int_equal(peer_count(p, MIB_TcpExtSyncookiesRecv), 1);
}

TEST_IN(data_may_come_with_the_cookie, begin, peer_end)
{
	struct peer *p = *state;

	syn_with(p, (struct tcp_opts){.has = TCP_HAS_MSS, .mss = 1460});
	peer_in(p, SEG_ACK | SEG_PSH, 1, 1, 10);
	assert_true(accepted(p));
	assert_int_equal(peer_read(p, 100), 10);
}

TEST_IN(a_number_that_is_no_cookie_gets_a_rst_rfc4987_3_6, begin, peer_end)
{
	struct peer *p = *state;

	syn_with(p, (struct tcp_opts){.has = TCP_HAS_MSS, .mss = 1460});
	peer_in(p, SEG_ACK, 1, 100, 0);
	peer_sent(p, SEG_RST, 100, 0);
	assert_int_equal(peer_count(p, MIB_TcpExtSyncookiesFailed), 1);
	assert_false(accepted(p));
}

/* 4 of 2^24 numbers are cookies in any one minute. */
TEST_IN(a_cookie_cannot_be_guessed, begin, peer_end)
{
	struct peer *p = *state;

	syn_with(p, (struct tcp_opts){.has = TCP_HAS_MSS, .mss = 1460});
	for (uint32_t i = 0; i < 20000; i++)
		peer_in(p, SEG_ACK, 1, 1 + 997 * (i + 1), 0);
	assert_int_equal(peer_count(p, MIB_TcpExtSyncookiesFailed), 20000);
	assert_int_equal(peer_count(p, MIB_TcpExtSyncookiesRecv), 0);
}

TEST_IN(a_cookie_is_of_its_port_and_of_the_peers_number, begin, peer_end)
{
	struct peer *p = *state;

	syn_with(p, (struct tcp_opts){.has = TCP_HAS_MSS, .mss = 1460});
	p->port++;
	peer_in(p, SEG_ACK, 1, 1, 0);
	p->port--;
	peer_in(p, SEG_ACK, 100, 1, 0);
	assert_false(accepted(p));
	assert_int_equal(peer_count(p, MIB_TcpExtSyncookiesFailed), 2);
}

TEST_IN(a_cookie_is_good_for_two_minutes, begin, peer_end)
{
	struct peer *p = *state;
	struct peer_out first;

	p->now = 10 * NSEC_SEC;
	syn_with(p, (struct tcp_opts){.has = TCP_HAS_MSS, .mss = 1460});
	first = p->out[0];
	peer_wait(p, 105 * NSEC_SEC); /* 1:55 on the clock of minutes */
	peer_in(p, SEG_ACK, 1, 1, 0);
	assert_true(accepted(p));
	peer_close(p, true);
	peer_wait(p, 10 * NSEC_SEC);
	assert_int_equal(first.seq, 0);
	peer_in(p, SEG_ACK, 1, 1, 0); /* 2:05 */
	assert_false(accepted(p));
	assert_int_equal(peer_count(p, MIB_TcpExtSyncookiesFailed), 1);
}

TEST_IN(without_an_overflow_of_late_no_cookie_is_looked_at, begin, peer_end)
{
	struct peer *p = *state;

	peer_listen(p, 8);
	peer_in(p, SEG_ACK, 1, 100, 0);
	peer_sent(p, SEG_RST, 100, 0);
	assert_int_equal(peer_count(p, MIB_TcpExtSyncookiesFailed), 0);
}

TEST_IN(with_cookies_off_none_is_given_or_taken, begin, peer_end)
{
	struct peer *p = *state;

	syn_with(p, (struct tcp_opts){.has = TCP_HAS_MSS, .mss = 1460});
	stack_sysctl(p->s)->tcp_syncookies = 0;
	peer_in(p, SEG_ACK, 1, 1, 0);
	peer_sent(p, SEG_RST, 1, 0);
	peer_in(p, SEG_SYN, 0, 0, 0);
	assert_int_equal(peer_state(p), TCPS_SYN_RCVD);
	assert_int_equal(peer_count(p, MIB_TcpExtSyncookiesSent), 1);
}

/* The MSS stored in a cookie: the next lower of four. */
TEST_IN(the_mss_is_one_of_four, begin, peer_end)
{
	static const uint16_t says[] = {100, 536, 1000, 1300, 1439, 1440, 1459, 1460, 9000};
	static const uint16_t means[] = {536, 536, 536, 1300, 1300, 1440, 1440, 1460, 1460};

	for (size_t i = 0; i < ARRAY_SIZE(says); i++) {
		struct peer *p = peer_new();

		stack_sysctl(p->s)->tcp_syncookies = 2;
		syn_with(p, (struct tcp_opts){.has = TCP_HAS_MSS, .mss = says[i]});
		peer_in(p, SEG_ACK, 1, 1, 0);
		assert_true(accepted(p));
		peer_write(p, 2000);
		assert_int_equal(p->out[0].len, means[i]);
		peer_free(p);
	}
}

TEST_IN(without_a_timestamp_options_are_lost, begin, peer_end)
{
	struct peer *p = *state;

	syn_with(p, (struct tcp_opts){.has = TCP_HAS_MSS | TCP_HAS_WSCALE | TCP_HAS_SACK_OK,
			    .mss = 1460,
			    .wscale = 7});
	assert_false(p->out[0].o.has & (TCP_HAS_WSCALE | TCP_HAS_SACK_OK));
	p->win = 100;
	peer_in(p, SEG_ACK, 1, 1, 0);
	assert_true(accepted(p));
	peer_write(p, 2000);
	assert_int_equal(p->out[0].len, 100); /* not scaled */
	peer_in(p, SEG_ACK, 101, 1, 10);
	assert_false(p->out[0].o.has & TCP_HAS_SACK);
}

TEST_IN(a_timestamp_carries_scale_and_sack, begin, peer_end)
{
	struct peer *p = *state;

	syn_with(p, (struct tcp_opts){
			    .has = TCP_HAS_MSS | TCP_HAS_WSCALE | TCP_HAS_SACK_OK | TCP_HAS_TS,
			    .mss = 1460,
			    .wscale = 7,
			    .tsval = 1});
	p->win = 100;
	peer_in(p, SEG_ACK, 1, 1, 0);
	assert_true(accepted(p));
	peer_write(p, 4000);
	assert_int_equal(p->out[0].len, 1448); /* 100 << 7 is large enough */
	peer_in(p, SEG_ACK, 101, 1, 10);
	assert_int_equal(p->out[0].o.sack_count, 1);
}

TEST_IN(cookies_are_given_when_the_queue_of_requests_is_full, begin, peer_end)
{
	struct peer *p = *state;

	stack_sysctl(p->s)->tcp_syncookies = 1;
	peer_listen(p, 1);
	for (int i = 0; i < 4; i++) {
		p->port = (uint16_t)(50000 + i);
		peer_in(p, SEG_SYN, 0, 0, 0);
		assert_int_equal(p->out[0].flags, SEG_SYN | SEG_ACK);
	}
	assert_int_equal(peer_count(p, MIB_TcpExtSyncookiesSent), 2); /* a backlog of 1 holds 2 */
	assert_int_equal(peer_count(p, MIB_TcpExtTCPReqQFullDoCookies), 2);
	peer_in(p, SEG_ACK, 1, 1, 0);
	assert_true(accepted(p));
}
