/*
 * tcp_fastopen_test.c - Fast Open on the server side (RFC 7413 section 4): cookies, data in a SYN,
 * and the resulting connection.
 */
#include "base/test/test.h"
#include "stack/tcp/test/scripted_peer.h"

#include <errno.h>

enum {
	QUEUE = 4
};

/* A listener that serves Fast Open. */
static int begin(void **state)
{
	struct peer *p = peer_new();

	stack_sysctl(p->s)->tcp_fastopen = 2;
	peer_listen(p, 8);
	assert_int_equal(tcp_set_opt(p->s, p->l, TCPO_FASTOPEN, QUEUE), 0);
	*state = p;
	return 0;
}

static uint8_t cookie[TCP_COOKIE_MAX];

/* A SYN with len bytes of data and n of cookie. */
static void syn_in(struct peer *p, uint8_t n, uint32_t len)
{
	p->o = (struct tcp_opts){.has = TCP_HAS_MSS | TCP_HAS_FASTOPEN,
		.mss = 1460,
		.cookie = cookie,
		.cookie_len = n};
	peer_in(p, SEG_SYN, 0, 0, len);
	p->o = (struct tcp_opts){0};
}

/* Requests a cookie, and discards that connection. */
static void ask(struct peer *p)
{
	syn_in(p, 0, 0);
	assert_int_equal(p->outs, 1);
	assert_int_equal(p->cookie_len, 8);
	memcpy(cookie, p->cookie, p->cookie_len);
	peer_in(p, SEG_RST, 1, 0, 0);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
}

TEST_IN(a_syn_that_asks_gets_a_cookie_rfc7413_4_1_2, begin, peer_end)
{
	struct peer *p = *state;

	ask(p);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPFastOpenCookieReqd), 1);
}

TEST_IN(nobody_else_gets_a_cookie_rfc7413_4_1_2, begin, peer_end)
{
	struct peer *p = *state;

	peer_in(p, SEG_SYN, 0, 0, 0);
	peer_sent(p, SEG_SYN | SEG_ACK, 0, 1);
	assert_int_equal(p->cookie_len, 0);
}

TEST_IN(data_with_the_cookie_is_taken_before_the_handshake_ends_rfc7413_4_2_2, begin, peer_end)
{
	struct peer *p = *state;

	ask(p);
	syn_in(p, 8, 10);
	peer_sent(p, SEG_SYN | SEG_ACK, 0, 11);
	assert_int_equal(peer_state(p), TCPS_SYN_RCVD);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPFastOpenPassive), 1);
	p->c = tcp_accept(p->s, p->l, p);
	assert_non_null(p->c);
	assert_int_equal(peer_read(p, 100), 10);
	peer_write(p, 100); /* and may be answered at once */
	assert_int_equal(p->out[0].len, 100);
	peer_in(p, SEG_ACK, 11, 101, 0);
	assert_int_equal(peer_state(p), TCPS_ESTABLISHED);
}

TEST_IN(data_with_a_wrong_cookie_is_not_taken_rfc7413_4_2_2, begin, peer_end)
{
	struct peer *p = *state;

	ask(p);
	cookie[0] ^= 1;
	syn_in(p, 8, 10);
	peer_sent(p, SEG_SYN | SEG_ACK, 0, 1); /* with a valid cookie for the next time */
	assert_int_equal(p->cookie_len, 8);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPFastOpenPassiveFail), 1);
	assert_null(tcp_accept(p->s, p->l, p));
}

TEST_IN(data_without_a_cookie_is_not_taken_rfc7413_4_2_2, begin, peer_end)
{
	struct peer *p = *state;

	peer_in(p, SEG_SYN, 0, 0, 10);
	peer_sent(p, SEG_SYN | SEG_ACK, 0, 1);
	assert_null(tcp_accept(p->s, p->l, p));
}

/* The peer's cookie is one of the listener's key. */
TEST_IN(a_new_key_of_the_listener_makes_old_cookies_wrong, begin, peer_end)
{
	struct peer *p = *state;
	const uint8_t key[17] = {1};

	ask(p);
	assert_int_equal(tcp_set_fastopen_key(p->s, p->l, key, 15), -EINVAL);
	assert_int_equal(tcp_set_fastopen_key(p->s, p->l, key, 17), -EINVAL);
	assert_int_equal(tcp_set_fastopen_key(p->s, p->l, key, 16), 0);
	syn_in(p, 8, 10);
	assert_int_equal(p->out[0].ack, 1);
}

TEST_IN(a_listener_that_does_not_serve_it_gives_no_cookie, begin, peer_end)
{
	struct peer *p = *state;

	stack_sysctl(p->s)->tcp_fastopen = 1; /* clients only */
	syn_in(p, 0, 0);
	peer_sent(p, SEG_SYN | SEG_ACK, 0, 1);
	assert_int_equal(p->cookie_len, 0);
}

/* RFC 7413 section 5.1: unverified connections are limited. */
TEST_IN(beyond_the_queue_data_waits_for_the_handshake_rfc7413_5_1, begin, peer_end)
{
	struct peer *p = *state;

	ask(p);
	for (uint32_t i = 0; i <= QUEUE; i++) {
		p->port = (uint16_t)(50000 + i);
		syn_in(p, 8, 10);
		assert_int_equal(p->out[0].ack, i < QUEUE ? 11 : 1);
	}
	assert_int_equal(peer_count(p, MIB_TcpExtTCPFastOpenListenOverflow), 1);
}

TEST_IN(the_syn_ack_is_repeated_until_the_handshake_ends_rfc7413_4_2_2, begin, peer_end)
{
	struct peer *p = *state;

	ask(p);
	syn_in(p, 8, 10);
	peer_wait(p, 1500 * NSEC_MSEC);
	peer_sent(p, SEG_SYN | SEG_ACK, 0, 11);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPTimeouts), 1);
	peer_in(p, SEG_ACK, 11, 1, 0);
	peer_wait(p, 10 * NSEC_SEC);
	peer_silent(p);
}

TEST_IN(a_rst_ends_the_child_before_the_handshake_does_rfc9293_3_10_7_4, begin, peer_end)
{
	struct peer *p = *state;

	ask(p);
	syn_in(p, 8, 10);
	peer_in(p, SEG_RST, 11, 0, 0);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
	assert_int_equal(peer_count(p, MIB_TcpAttemptFails),
		3); /* two, and the one that requested the cookie */
}
