/*
 * tcp_close_test.c - shutdown, close and abort from every state (RFC 9293 3.10.4, 3.10.5), unread
 * data (RFC 2525 2.17), orphans and their limit.
 */
#include "base/test/test.h"
#include "stack/tcp/test/scripted_peer.h"

#include <stdlib.h>

/* --- CLOSE call, 3.10.4 --- */

static void close_leads(struct peer *p, uint8_t from, uint8_t to)
{
	peer_to(p, from);
	peer_wait(p, NSEC_SEC / 10);
	peer_close(p, false);
	assert_int_equal(peer_state(p), to);
}

PEER_TEST(in_syn_sent_close_is_silent_rfc9293_3_10_4)
{
	close_leads(p, TCPS_SYN_SENT, TCPS_CLOSED);
	peer_silent(p);
	assert_int_equal(peer_count(p, MIB_TcpAttemptFails), 0);
}

PEER_TEST(in_established_close_sends_a_fin_rfc9293_3_10_4)
{
	close_leads(p, TCPS_ESTABLISHED, TCPS_FIN_WAIT_1);
	peer_sent(p, SEG_FIN | SEG_ACK, 1, 1);
}

PEER_TEST(in_close_wait_close_sends_a_fin_rfc9293_3_10_4)
{
	close_leads(p, TCPS_CLOSE_WAIT, TCPS_LAST_ACK);
	peer_sent(p, SEG_FIN | SEG_ACK, 1, 2);
}

TEST(after_the_fin_close_sends_no_second_rfc9293_3_10_4)
{
	static const uint8_t states[] = {
		TCPS_FIN_WAIT_1, TCPS_FIN_WAIT_2, TCPS_CLOSING, TCPS_LAST_ACK, TCPS_TIME_WAIT};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		struct peer *p = peer_new();

		close_leads(p, states[i], states[i]);
		peer_silent(p);
		peer_free(p);
	}
}

PEER_TEST(the_fin_follows_what_is_queued_rfc9293_3_10_4)
{
	p->win = 100;
	peer_to(p, TCPS_ESTABLISHED);
	peer_write(p, 300);
	peer_close(p, false);
	assert_int_equal(peer_state(p), TCPS_FIN_WAIT_1);
	p->win = 65535;
	peer_in(p, SEG_ACK, 1, 101, 0);
	assert_true(p->outs > 0);
	assert_true(p->out[p->outs - 1].flags & SEG_FIN);
	assert_int_equal(p->out[p->outs - 1].seq + p->out[p->outs - 1].len, 301);
}

PEER_TEST(shutdown_twice_is_one_fin_rfc9293_3_10_4)
{
	peer_to(p, TCPS_FIN_WAIT_1);
	peer_shutdown(p);
	peer_silent(p);
}

PEER_TEST(a_shutdown_listener_resets_queued_connections)
{
	peer_to(p, TCPS_SYN_RCVD);
	peer_in(p, SEG_ACK, 1, 1, 0);
	p->outs = 0;
	assert_int_equal(tcp_disconnect(p->s, p->l), 0);
	stack_flush(p->s, p->now);
	peer_sent(p, SEG_RST | SEG_ACK, 1, 1);
	peer_in(p, SEG_SYN, 0, 0, 0);
	assert_int_equal(p->out[0].flags, SEG_RST | SEG_ACK);
}

PEER_TEST(a_closed_listener_forgets_the_syns_it_answered)
{
	peer_to(p, TCPS_SYN_RCVD);
	tcp_close(p->s, p->l, false);
	p->l = NULL;
	peer_wait(p, 10 * NSEC_SEC);
	peer_silent(p);
	peer_in(p, SEG_ACK, 1, 1, 0);
	peer_sent(p, SEG_RST, 1, 0);
}

/* --- unread data: RFC 2525 2.17 --- */

PEER_TEST(unread_data_turns_close_into_a_rst_rfc2525_2_17)
{
	peer_to(p, TCPS_ESTABLISHED);
	peer_in(p, SEG_ACK, 1, 1, 10);
	peer_close(p, false);
	peer_sent(p, SEG_RST | SEG_ACK, 1, 11);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPAbortOnClose), 1);
}

PEER_TEST(data_that_was_read_leaves_close_a_fin_rfc2525_2_17)
{
	peer_to(p, TCPS_ESTABLISHED);
	peer_in(p, SEG_ACK, 1, 1, 10);
	assert_int_equal(peer_read(p, 100), 10);
	peer_close(p, false);
	assert_true(p->out[p->outs - 1].flags & SEG_FIN);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPAbortOnClose), 0);
}

PEER_TEST(an_unread_fin_alone_leaves_close_a_fin_rfc2525_2_17)
{
	close_leads(p, TCPS_CLOSE_WAIT, TCPS_LAST_ACK);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPAbortOnClose), 0);
}

/* --- ABORT call, 3.10.5 (SO_LINGER with 0) --- */

static void abort_is(const uint8_t *states, size_t n, uint32_t rsts)
{
	for (size_t i = 0; i < n; i++) {
		struct peer *p = peer_new();

		peer_to(p, states[i]);
		peer_close(p, true);
		assert_int_equal(p->outs, rsts);
		if (rsts > 0)
			assert_int_equal(p->out[0].flags, SEG_RST | SEG_ACK);
		assert_int_equal(peer_state(p), TCPS_CLOSED);
		peer_free(p);
	}
}

PEER_TEST(abort_sends_a_rst_while_the_peer_may_send_or_wait_rfc9293_3_10_5)
{
	static const uint8_t states[] = {
		TCPS_ESTABLISHED, TCPS_FIN_WAIT_1, TCPS_FIN_WAIT_2, TCPS_CLOSE_WAIT};

	abort_is(states, ARRAY_SIZE(states), 1);
}

/* 3.10.5: "respond with OK and delete the TCB". */
PEER_TEST(abort_is_silent_when_both_have_sent_their_fin_rfc9293_3_10_5)
{
	static const uint8_t states[] = {TCPS_CLOSING, TCPS_LAST_ACK};

	abort_is(states, ARRAY_SIZE(states), 0);
}

PEER_TEST(in_syn_sent_abort_is_silent_rfc9293_3_10_5)
{
	peer_to(p, TCPS_SYN_SENT);
	peer_close(p, true);
	peer_silent(p);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
}

/* --- data after the read side is closed --- */

PEER_TEST(data_for_a_closed_connection_gets_a_rst_rfc9293_3_6_1)
{
	peer_to(p, TCPS_ESTABLISHED);
	peer_close(p, false);
	peer_in(p, SEG_ACK, 1, 1, 10);
	peer_sent(p, SEG_RST, 1, 0);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPAbortOnData), 1);
}

PEER_TEST(data_with_the_ack_of_an_orphans_fin_gets_a_rst_rfc9293_3_6_1)
{
	peer_to(p, TCPS_ESTABLISHED);
	peer_close(p, false);
	peer_in(p, SEG_ACK, 1, 2, 10);
	peer_sent(p, SEG_RST, 2, 0);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
}

PEER_TEST(data_for_a_half_closed_connection_is_taken_rfc9293_3_6)
{
	peer_to(p, TCPS_ESTABLISHED);
	peer_shutdown(p);
	peer_in(p, SEG_ACK, 1, 1, 10);
	assert_int_equal(peer_state(p), TCPS_FIN_WAIT_1);
	assert_int_equal(peer_read(p, 100), 10);
}

/* --- the FIN is lost --- */

TEST(a_fin_is_repeated_until_it_is_acked_rfc9293_3_8_1)
{
	static const uint8_t states[] = {TCPS_FIN_WAIT_1, TCPS_CLOSING, TCPS_LAST_ACK};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		struct peer *p = peer_new();

		peer_to(p, states[i]);
		peer_wait(p, 10 * NSEC_SEC);
		assert_true(p->outs >= 3);
		for (uint32_t j = 0; j < p->outs; j++)
			assert_true(p->out[j].flags & SEG_FIN || p->out[j].len == 0);
		assert_true(p->out[p->outs - 1].flags & SEG_FIN);
		peer_free(p);
	}
}

PEER_TEST(an_unacknowledged_orphan_is_given_up)
{
	stack_sysctl(p->s)->tcp_orphan_retries = 1;
	peer_to(p, TCPS_ESTABLISHED);
	peer_close(p, false);
	peer_wait(p, 60 * NSEC_SEC);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPAbortOnTimeout), 1);
}

PEER_TEST(an_orphan_too_many_is_reset)
{
	stack_sysctl(p->s)->tcp_max_orphans = 0;
	peer_to(p, TCPS_ESTABLISHED);
	peer_close(p, false);
	assert_true(p->outs > 0);
	assert_true(p->out[p->outs - 1].flags & SEG_RST);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPAbortOnMemory), 1);
}

PEER_TEST(a_negative_linger2_resets_instead_of_fin_wait_2)
{
	peer_to(p, TCPS_FIN_WAIT_2);
	assert_int_equal(tcp_set_opt(p->s, p->c, TCPO_LINGER2, -1), 0);
	peer_close(p, false);
	assert_int_equal(p->out[0].flags, SEG_RST | SEG_ACK);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPAbortOnLinger), 1);
}

TEST(an_instance_that_ends_before_it_has_sent_a_reset_frees_what_was_queued)
{
	struct peer *p = peer_new();

	peer_to(p, TCPS_ESTABLISHED);
	peer_in(p, SEG_ACK, 101, 1, 100); /* out of order: stays in its packet */
	assert_int_equal(stack_pkts(p->s)->small.live, 1);
	tcp_close(p->s, p->c, true);
	assert_true(stack_dirty(p->s));
	stack_free(p->s); /* asserts that no packet is in use */
	free(p);
}
