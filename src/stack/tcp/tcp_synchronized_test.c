/*
 * tcp_synchronized_test.c - RST, SYN, ACK, data, FIN and the urgent flag in each synchronized
 * state: RFC 9293 3.10.7.4 in its order, with the stricter rules of RFC 5961. TIME-WAIT's own are
 * in tcp_timewait_test.c.
 */
#include "base/test/test.h"
#include "stack/tcp/test/scripted_peer.h"

#include <errno.h>

/* The next sequence number of either side in a state, including the FIN. */
static uint32_t my_next(uint8_t s)
{
	return s == TCPS_CLOSE_WAIT || s == TCPS_LAST_ACK || s == TCPS_CLOSING ? 2 : 1;
}

static uint32_t its_next(uint8_t s)
{
	return s == TCPS_ESTABLISHED || s == TCPS_CLOSE_WAIT ? 1 : 2;
}

/* --- second: RST --- */

static void the_exact_rst_ends(struct peer *p, uint8_t s, int err)
{
	peer_to(p, s);
	peer_in(p, SEG_RST, my_next(s), 0, 0);
	peer_silent(p);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
	assert_int_equal(peer_error(p), err);
	assert_int_equal(peer_count(p, MIB_TcpCurrEstab), 0);
	assert_int_equal(
		peer_count(p, MIB_TcpEstabResets), s == TCPS_ESTABLISHED || s == TCPS_CLOSE_WAIT);
}

PEER_TEST(in_established_the_exact_rst_ends_it_rfc9293_3_10_7_4)
{
	the_exact_rst_ends(p, TCPS_ESTABLISHED, ECONNRESET);
}

PEER_TEST(in_fin_wait_1_the_exact_rst_ends_it_rfc9293_3_10_7_4)
{
	the_exact_rst_ends(p, TCPS_FIN_WAIT_1, ECONNRESET);
}

PEER_TEST(in_fin_wait_2_the_exact_rst_ends_it_rfc9293_3_10_7_4)
{
	the_exact_rst_ends(p, TCPS_FIN_WAIT_2, ECONNRESET);
}

PEER_TEST(in_close_wait_the_exact_rst_ends_it_as_a_broken_pipe_rfc9293_3_10_7_4)
{
	the_exact_rst_ends(p, TCPS_CLOSE_WAIT, EPIPE);
}

PEER_TEST(in_closing_the_exact_rst_ends_it_rfc9293_3_10_7_4)
{
	the_exact_rst_ends(p, TCPS_CLOSING, ECONNRESET);
}

PEER_TEST(in_last_ack_the_exact_rst_ends_it_rfc9293_3_10_7_4)
{
	the_exact_rst_ends(p, TCPS_LAST_ACK, ECONNRESET);
}

/* The peer's RST has the sequence number of its FIN: as in Linux, that is exact as well. */
TEST(a_rst_with_the_number_of_the_fin_ends_close_wait_closing_and_last_ack)
{
	static const uint8_t states[] = {TCPS_CLOSE_WAIT, TCPS_CLOSING, TCPS_LAST_ACK};
	struct peer *p;

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		p = peer_new();
		peer_to(p, states[i]);
		peer_in(p, SEG_RST, 1, 0, 0);
		assert_int_equal(peer_state(p), TCPS_CLOSED);
		peer_free(p);
	}
}

static const uint8_t synchronized[] = {TCPS_ESTABLISHED, TCPS_FIN_WAIT_1, TCPS_FIN_WAIT_2,
	TCPS_CLOSE_WAIT, TCPS_CLOSING, TCPS_LAST_ACK};

/* In each state one segment arrives, which does not change it. See checks the answer. */
struct probe {
	uint16_t flags;
	uint32_t seq, ack,
		len; /* relative to the next number; ack: relative to all that was sent */
};

static void each_state(const struct probe *x, void (*see)(struct peer *p, uint8_t s))
{
	for (size_t i = 0; i < ARRAY_SIZE(synchronized); i++) {
		struct peer *p = peer_new();
		uint8_t s = synchronized[i];

		peer_to(p, s);
		peer_wait(p, NSEC_SEC / 10); /* a delayed ACK of the FIN was sent */
		peer_in(p, x->flags, my_next(s) + x->seq, its_next(s) + x->ack, x->len);
		see(p, s);
		assert_int_equal(peer_state(p), s);
		peer_free(p);
	}
}

static void is_silent(struct peer *p, uint8_t s)
{
	peer_silent(p);
}

static void is_acked(struct peer *p, uint8_t s)
{
	peer_sent(p, SEG_ACK, its_next(s), my_next(s));
}

static void is_acked_as_repeated(struct peer *p, uint8_t s)
{
	is_acked(p, s);
	assert_int_equal(peer_count(p, MIB_TcpExtDelayedACKLost), 1);
}

static void is_challenged(struct peer *p, uint8_t s)
{
	is_acked(p, s);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPChallengeACK), 1);
}

PEER_TEST(in_any_state_a_rst_in_the_window_is_challenged_rfc5961_3)
{
	each_state(&(struct probe){.flags = SEG_RST, .seq = 100}, is_challenged);
}

PEER_TEST(in_any_state_a_rst_outside_the_window_is_dropped_rfc5961_3)
{
	each_state(&(struct probe){.flags = SEG_RST, .seq = 100000}, is_silent);
	each_state(&(struct probe){.flags = SEG_RST, .seq = (uint32_t)-100}, is_silent);
}

PEER_TEST(the_data_of_a_rst_that_is_only_challenged_is_not_taken_rfc5961_3)
{
	peer_to(p, TCPS_ESTABLISHED);
	peer_in(p, SEG_RST | SEG_ACK, 2, 1, 10);
	peer_sent(p, SEG_ACK, 1, 1);
	peer_in(p, SEG_ACK, 1, 1, 1);
	assert_int_equal(peer_read(p, 100), 1);
}

PEER_TEST(a_rst_right_of_the_last_sack_block_ends_it_rfc5961_3)
{
	p->o = (struct tcp_opts){.has = TCP_HAS_SACK_OK};
	peer_to(p, TCPS_ESTABLISHED);
	p->o.has = 0;
	peer_in(p, SEG_ACK, 101, 1, 100);
	assert_int_equal(p->out[0].o.sack_count, 1);
	peer_in(p, SEG_RST, 201, 0, 0); /* the sender has lost what is before it */
	assert_int_equal(peer_state(p), TCPS_CLOSED);
}

/* --- fourth: SYN --- */

static void is_challenged_as_a_syn(struct peer *p, uint8_t s)
{
	is_challenged(p, s);
	assert_int_equal(peer_count(p, MIB_TcpExtTCPSYNChallenge), 1);
	assert_int_equal(peer_count(p, MIB_TcpInErrs), s == TCPS_ESTABLISHED);
}

PEER_TEST(in_any_state_a_syn_is_challenged_rfc5961_4)
{
	each_state(&(struct probe){.flags = SEG_SYN}, is_challenged_as_a_syn);
	each_state(&(struct probe){.flags = SEG_SYN, .seq = 1000000}, is_challenged);
	each_state(&(struct probe){.flags = SEG_SYN | SEG_ACK, .seq = (uint32_t)-1}, is_challenged);
}

/* --- fifth: ACK --- */

PEER_TEST(in_any_state_a_segment_without_ack_is_dropped_rfc9293_3_10_7_4)
{
	each_state(&(struct probe){.flags = SEG_PSH, .len = 10}, is_silent);
	each_state(&(struct probe){.flags = SEG_FIN}, is_silent);
}

PEER_TEST(in_any_state_an_ack_of_what_was_not_sent_is_answered_rfc9293_3_10_7_4)
{
	each_state(&(struct probe){.flags = SEG_ACK, .ack = 1, .len = 10}, is_challenged);
}

PEER_TEST(in_any_state_an_ack_far_below_is_challenged_rfc5961_5)
{
	each_state(&(struct probe){.flags = SEG_ACK, .ack = (uint32_t)-70000}, is_challenged);
}

PEER_TEST(in_fin_wait_1_the_ack_of_the_fin_leads_to_fin_wait_2_rfc9293_3_10_7_4)
{
	peer_to(p, TCPS_FIN_WAIT_1);
	peer_in(p, SEG_ACK, 1, 1, 0);
	assert_int_equal(peer_state(p), TCPS_FIN_WAIT_1);
	peer_in(p, SEG_ACK, 1, 2, 0);
	assert_int_equal(peer_state(p), TCPS_FIN_WAIT_2);
	peer_silent(p);
}

PEER_TEST(in_closing_the_ack_of_the_fin_leads_to_time_wait_rfc9293_3_10_7_4)
{
	peer_to(p, TCPS_CLOSING);
	peer_in(p, SEG_ACK, 2, 1, 0);
	assert_int_equal(peer_state(p), TCPS_CLOSING);
	peer_in(p, SEG_ACK, 2, 2, 0);
	assert_int_equal(peer_state(p), TCPS_TIME_WAIT);
}

PEER_TEST(in_last_ack_the_ack_of_the_fin_ends_it_rfc9293_3_10_7_4)
{
	peer_to(p, TCPS_LAST_ACK);
	peer_in(p, SEG_ACK, 2, 1, 0);
	assert_int_equal(peer_state(p), TCPS_LAST_ACK);
	peer_in(p, SEG_ACK, 2, 2, 0);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
	peer_silent(p);
	assert_int_equal(peer_error(p), 0);
}

/* --- sixth: URG --- */

static uint8_t urgent_of(struct peer *p)
{
	struct tcp_status f;

	tcp_get_status(p->c, &f);
	return f.urgent;
}

static void the_urgent_byte_is_told(struct peer *p, uint8_t s)
{
	struct tcp_status f;

	peer_to(p, s);
	p->events = 0;
	p->urg = 3;
	peer_in(p, SEG_ACK | SEG_URG, 1, 1, 5); /* abcde: c is urgent */
	tcp_get_status(p->c, &f);
	assert_int_equal(f.urgent, TCP_URGENT_HERE);
	assert_int_equal(f.urgent_byte, 'c');
	assert_true(p->events & TCP_EVENT_PRI);
	assert_int_equal(peer_read(p, 100), 2); /* up to the mark */
	tcp_urgent_read(p->c);
	assert_int_equal(peer_read(p, 100), 2); /* after it */
}

PEER_TEST(in_established_the_urgent_byte_is_reported_rfc9293_3_10_7_4)
{
	the_urgent_byte_is_told(p, TCPS_ESTABLISHED);
}

PEER_TEST(in_fin_wait_1_the_urgent_byte_is_reported_rfc9293_3_10_7_4)
{
	the_urgent_byte_is_told(p, TCPS_FIN_WAIT_1);
}

PEER_TEST(in_fin_wait_2_the_urgent_byte_is_reported_rfc9293_3_10_7_4)
{
	the_urgent_byte_is_told(p, TCPS_FIN_WAIT_2);
}

PEER_TEST(the_urgent_pointer_may_come_before_its_byte_rfc9293_3_8_5)
{
	peer_to(p, TCPS_ESTABLISHED);
	p->urg = 30;
	peer_in(p, SEG_ACK | SEG_URG, 1, 1, 5);
	assert_int_equal(urgent_of(p), TCP_URGENT_COMING);
	p->urg = 0;
	peer_in(p, SEG_ACK, 6, 1, 25);
	assert_int_equal(urgent_of(p), TCP_URGENT_HERE);
}

/* RFC 6093: two interpretations of the pointer; tcp_stdurg selects that of RFC 1122, for what is
 * received. */
PEER_TEST(tcp_stdurg_reads_the_pointer_as_the_last_byte_rfc6093)
{
	struct tcp_status f;

	stack_sysctl(p->s)->tcp_stdurg = 1;
	peer_to(p, TCPS_ESTABLISHED);
	p->urg = 3;
	peer_in(p, SEG_ACK | SEG_URG, 1, 1, 5);
	tcp_get_status(p->c, &f);
	assert_int_equal(f.urgent_byte, 'd');
}

PEER_TEST(an_urgent_pointer_below_what_was_read_is_ignored_rfc9293_3_8_5)
{
	peer_to(p, TCPS_ESTABLISHED);
	peer_in(p, SEG_ACK, 1, 1, 10);
	assert_int_equal(peer_read(p, 100), 10);
	p->urg = 3;
	peer_in(p, SEG_ACK | SEG_URG, 5, 1, 10); /* byte 7 */
	assert_int_equal(urgent_of(p), TCP_URGENT_NONE);
}

/* --- seventh: data --- */

static void text_is_taken(struct peer *p, uint8_t s)
{
	peer_to(p, s);
	peer_in(p, SEG_ACK | SEG_PSH, 1, its_next(s), 10);
	peer_wait(p, NSEC_SEC / 10);
	assert_int_equal(peer_read(p, 100), 10);
	assert_int_equal(peer_state(p), s);
}

PEER_TEST(in_established_data_is_taken_rfc9293_3_10_7_4)
{
	text_is_taken(p, TCPS_ESTABLISHED);
}

PEER_TEST(in_fin_wait_2_data_is_taken_rfc9293_3_10_7_4)
{
	text_is_taken(p, TCPS_FIN_WAIT_2);
}

PEER_TEST(in_fin_wait_1_data_is_taken_rfc9293_3_10_7_4)
{
	peer_to(p, TCPS_FIN_WAIT_1);
	peer_in(p, SEG_ACK | SEG_PSH, 1, 1, 10);
	assert_int_equal(peer_read(p, 100), 10);
	assert_int_equal(peer_state(p), TCPS_FIN_WAIT_1);
}

static void after_a_fin_text_is_ignored(struct peer *p, uint8_t s)
{
	peer_to(p, s);
	peer_in(p, SEG_ACK | SEG_PSH, 2, its_next(s) - (s != TCPS_CLOSE_WAIT), 10);
	assert_int_equal(peer_state(p), s);
	assert_int_equal(peer_read(p, 100), 0);
}

PEER_TEST(in_close_wait_data_is_ignored_rfc9293_3_10_7_4)
{
	after_a_fin_text_is_ignored(p, TCPS_CLOSE_WAIT);
}

PEER_TEST(in_closing_data_is_ignored_rfc9293_3_10_7_4)
{
	after_a_fin_text_is_ignored(p, TCPS_CLOSING);
}

PEER_TEST(in_last_ack_data_is_ignored_rfc9293_3_10_7_4)
{
	after_a_fin_text_is_ignored(p, TCPS_LAST_ACK);
}

PEER_TEST(in_any_state_data_beyond_the_window_gets_an_ack_rfc9293_3_10_7_4)
{
	each_state(&(struct probe){.flags = SEG_ACK, .seq = 1000000, .len = 10}, is_acked);
}

PEER_TEST(in_any_state_old_data_gets_an_ack_rfc9293_3_10_7_4)
{
	each_state(&(struct probe){.flags = SEG_ACK, .seq = (uint32_t)-100, .len = 10},
		is_acked_as_repeated);
}

/* --- eighth: FIN --- */

static void a_fin_leads(struct peer *p, uint8_t from, uint8_t to)
{
	peer_to(p, from);
	peer_in(p, SEG_FIN | SEG_ACK, 1, from == TCPS_FIN_WAIT_2 ? 2 : 1, 0);
	assert_int_equal(peer_state(p), to);
	if (p->outs == 0)
		peer_wait(p, NSEC_SEC / 10);
	peer_sent(p, SEG_ACK, its_next(from), 2);
	assert_int_equal(peer_read(p, 10), 0);
}

PEER_TEST(in_established_a_fin_leads_to_close_wait_rfc9293_3_10_7_4)
{
	a_fin_leads(p, TCPS_ESTABLISHED, TCPS_CLOSE_WAIT);
}

PEER_TEST(in_fin_wait_1_a_fin_leads_to_closing_rfc9293_3_10_7_4)
{
	a_fin_leads(p, TCPS_FIN_WAIT_1, TCPS_CLOSING);
}

PEER_TEST(in_fin_wait_2_a_fin_leads_to_time_wait_rfc9293_3_10_7_4)
{
	a_fin_leads(p, TCPS_FIN_WAIT_2, TCPS_TIME_WAIT);
}

PEER_TEST(in_fin_wait_1_a_fin_and_its_ack_lead_to_time_wait_rfc9293_3_10_7_4)
{
	peer_to(p, TCPS_FIN_WAIT_1);
	peer_in(p, SEG_FIN | SEG_ACK, 1, 2, 0);
	peer_sent(p, SEG_ACK, 2, 2);
	assert_int_equal(peer_state(p), TCPS_TIME_WAIT);
}

static void a_fin_again_is_acked_again(struct peer *p, uint8_t s)
{
	peer_to(p, s);
	peer_wait(p, NSEC_SEC / 10);
	peer_in(p, SEG_FIN | SEG_ACK, 1, 1, 0);
	peer_sent(p, SEG_ACK, its_next(s), 2);
	assert_int_equal(peer_state(p), s);
}

PEER_TEST(in_close_wait_a_fin_again_is_acked_again_rfc9293_3_10_7_4)
{
	a_fin_again_is_acked_again(p, TCPS_CLOSE_WAIT);
}

PEER_TEST(in_closing_a_fin_again_is_acked_again_rfc9293_3_10_7_4)
{
	a_fin_again_is_acked_again(p, TCPS_CLOSING);
}

PEER_TEST(in_last_ack_a_fin_again_is_acked_again_rfc9293_3_10_7_4)
{
	a_fin_again_is_acked_again(p, TCPS_LAST_ACK);
}

PEER_TEST(a_fin_behind_a_gap_waits_for_the_data_before_it_rfc9293_3_10_7_4)
{
	peer_to(p, TCPS_ESTABLISHED);
	peer_in(p, SEG_FIN | SEG_ACK, 11, 1, 10);
	peer_sent(p, SEG_ACK, 1, 1);
	assert_int_equal(peer_state(p), TCPS_ESTABLISHED);
	peer_in(p, SEG_ACK, 1, 1, 10);
	peer_sent(p, SEG_ACK, 1, 22);
	assert_int_equal(peer_state(p), TCPS_CLOSE_WAIT);
	assert_int_equal(peer_read(p, 100), 20);
}
