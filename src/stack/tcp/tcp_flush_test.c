/*
 * tcp_flush_test.c - input, timers and calls mark or queue; segments are sent by the flush only,
 * and its queue is bounded.
 */
#include "base/test/test.h"
#include "stack/tcp/tcp_fast_call.h"
#include "stack/tcp/tcp_limits.h"
#include "stack/tcp/tcp_mem.h"
#include "stack/tcp/test/scripted_peer.h"

/* Asserts that nothing was sent before the flush, and that the last segment sent by it has these
 * flags. */
static void leaves_in_the_flush(struct peer *p, uint16_t flags)
{
	peer_silent(p);
	stack_flush(p->s, p->now);
	assert_in_range(p->outs, 1, PEER_OUTS);
	assert_int_equal(p->out[p->outs - 1].flags, flags);
}

TEST(abort_waits_for_the_flush)
{
	static const uint8_t states[] = {
		TCPS_ESTABLISHED, TCPS_FIN_WAIT_1, TCPS_FIN_WAIT_2, TCPS_CLOSE_WAIT};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		struct peer *p = peer_new();

		peer_to(p, states[i]);
		tcp_close(p->s, p->c, true);
		p->c = NULL;
		leaves_in_the_flush(p, SEG_RST | SEG_ACK);
		peer_free(p);
	}
}

PEER_TEST(the_rst_for_unread_data_waits_for_the_flush)
{
	peer_to(p, TCPS_ESTABLISHED);
	peer_in(p, SEG_ACK | SEG_PSH, 1, 1, 100);
	p->outs = 0;
	tcp_close(p->s, p->c, false);
	p->c = NULL;
	leaves_in_the_flush(p, SEG_RST | SEG_ACK);
}

PEER_TEST(the_rst_of_linger2_waits_for_the_flush)
{
	peer_to(p, TCPS_FIN_WAIT_2);
	assert_int_equal(tcp_set_opt(p->s, p->c, TCPO_LINGER2, -1), 0);
	tcp_close(p->s, p->c, false);
	p->c = NULL;
	leaves_in_the_flush(p, SEG_RST | SEG_ACK);
}

PEER_TEST(an_orphan_too_many_sends_data_fin_and_rst_in_the_flush)
{
	static const uint8_t data[100];

	stack_sysctl(p->s)->tcp_max_orphans = 0;
	peer_to(p, TCPS_ESTABLISHED);
	assert_int_equal(tcp_send(p->s, p->c, data, sizeof(data), 0), sizeof(data));
	tcp_close(p->s, p->c, false);
	p->c = NULL;
	leaves_in_the_flush(p, SEG_RST | SEG_ACK);
	assert_int_equal(p->out[0].len, sizeof(data));
	assert_true(p->out[0].flags & SEG_FIN);
	assert_int_equal(p->outs, 2);
	assert_int_equal(peer_state(p), TCPS_CLOSED);
}

PEER_TEST(the_rst_of_a_disconnect_waits_and_precedes_the_next_syn)
{
	struct tcp_end to = {p->there, 50001, 0};

	peer_to(p, TCPS_ESTABLISHED);
	assert_int_equal(tcp_disconnect(p->s, p->c), 0);
	assert_int_equal(tcp_connect(p->s, p->c, &to), 0);
	leaves_in_the_flush(p, SEG_SYN);
	assert_int_equal(p->out[0].flags, SEG_RST | SEG_ACK);
	assert_int_equal(p->outs, 2);
}

PEER_TEST(queued_connections_are_reset_in_the_flush)
{
	peer_to(p, TCPS_SYN_RCVD);
	peer_in(p, SEG_ACK, 1, 1, 0);
	assert_int_equal(tcp_disconnect(p->s, p->l), 0);
	leaves_in_the_flush(p, SEG_RST | SEG_ACK);
}

PEER_TEST(only_a_full_record_is_sent_within_the_call)
{
	static const uint8_t data[1 << 17];

	peer_to(p, TCPS_ESTABLISHED);
	assert_int_equal(tcp_send(p->s, p->c, data, 1460, 0), 1460);
	peer_silent(p);
	assert_true(tcp_send(p->s, p->c, data, sizeof(data), 0) > 1460);
	assert_true(p->outs > 0);
}

/* Timestamps and SACK, an empty send buffer, and a window of `win` bytes. */
static void plain_with_window(struct peer *p, uint16_t win)
{
	p->o = (struct tcp_opts){.has = TCP_HAS_TS | TCP_HAS_SACK_OK, .tsval = 1};
	peer_to(p, TCPS_ESTABLISHED);
	p->o.has = TCP_HAS_TS;
	peer_in(p, SEG_ACK, 1, 1, 1);
	p->win = win;
	peer_in(p, SEG_ACK, 2, 1, 0);
	peer_wait(p, NSEC_SEC); /* the delayed ACK */
}

PEER_TEST(a_little_write_is_cut_to_the_window_and_its_bytes_stay)
{
	uint8_t text[90];
	struct tcp_memory before, after;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i + 1);
	plain_with_window(p, 40);
	tcp_memory(p->s, &before);
	assert_true(tcp_fast_send(p->s, p->c, text, sizeof(text)));
	peer_wait(p, 0);
	peer_silent(p);
	peer_wait(p, NSEC_SEC); /* the probe of a window that is too small */
	assert_int_equal(p->out[0].len, 40);
	p->win = 30;
	peer_in(p, SEG_ACK, 2, 41, 0); /* the first part goes, */
	peer_wait(p, NSEC_SEC);
	assert_int_equal(p->out[0].len, 30);
	p->win = 1000;
	peer_in(p, SEG_ACK, 2, 71, 0); /* and the second; the bytes of the third are still there */
	assert_int_equal(p->out[0].len, 20);
	assert_memory_equal(p->data, text, sizeof(text));
	peer_in(p, SEG_ACK, 2, 91, 0);
	tcp_memory(p->s, &after);
	assert_int_equal(after.records, before.records);
	assert_int_equal(after.queued, before.queued);
}

PEER_TEST(a_little_write_that_the_program_adds_to_is_one_record)
{
	uint8_t text[120];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i + 1);
	plain_with_window(p, 1000);
	assert_true(tcp_fast_send(p->s, p->c, text, 20));
	assert_false(tcp_fast_send(p->s, p->c, text + 20, 100));
	assert_int_equal(tcp_send(p->s, p->c, text + 20, 100, 0), 100);
	peer_wait(p, 0);
	assert_int_equal(p->outs, 1);
	assert_int_equal(p->out[0].len, 120);
	assert_memory_equal(p->data, text, sizeof(text));
	peer_in(p, SEG_ACK, 2, 61, 0); /* an ACK behind the little bytes, inside the record */
	peer_wait(p, 10 * NSEC_SEC);   /* it is sent again */
	assert_int_equal(p->out[0].seq, 61);
	peer_in(p, SEG_ACK, 2, 121, 0);
	assert_memory_equal(p->data, text, sizeof(text));
}

/* Runs the timers due at the end of span; asserts that nothing is sent. */
static void timers_only(struct peer *p, nsec_t span)
{
	p->outs = 0;
	p->now += span;
	stack_timers(p->s, p->now);
}

PEER_TEST(the_rst_of_a_dead_keepalive_waits_for_the_flush)
{
	peer_to(p, TCPS_ESTABLISHED);
	assert_int_equal(tcp_set_opt(p->s, p->c, TCPO_KEEPIDLE, 1), 0);
	assert_int_equal(tcp_set_opt(p->s, p->c, TCPO_KEEPINTVL, 1), 0);
	assert_int_equal(tcp_set_opt(p->s, p->c, TCPO_KEEPCNT, 1), 0);
	assert_int_equal(tcp_set_opt(p->s, p->c, TCPO_KEEPALIVE, 1), 0);
	timers_only(p, NSEC_SEC);
	leaves_in_the_flush(p, SEG_ACK);
	timers_only(p, NSEC_SEC);
	leaves_in_the_flush(p, SEG_RST | SEG_ACK);
}

PEER_TEST(the_last_ack_waits_for_the_flush)
{
	peer_to(p, TCPS_FIN_WAIT_2);
	p->hold = true;
	peer_in(p, SEG_FIN | SEG_ACK, 1, 2, 0);
	assert_int_equal(peer_state(p), TCPS_TIME_WAIT);
	leaves_in_the_flush(p, SEG_ACK);
}

PEER_TEST(replies_without_a_connection_are_bounded_and_counted)
{
	p->hold = true;
	for (uint32_t i = 0; i < TCP_REPLIES_MAX + 3; i++)
		peer_in(p, SEG_ACK, i, 1, 0);
	peer_silent(p);
	assert_int_equal(peer_count(p, MIB_IpOutDiscards), 3);
	assert_int_equal(peer_count(p, MIB_TcpOutRsts), TCP_REPLIES_MAX);
	p->dev.flags = 0; /* more than the fixture keeps */
	stack_flush(p->s, p->now);
}
