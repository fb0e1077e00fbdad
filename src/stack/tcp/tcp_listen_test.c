/*
 * tcp_listen_test.c - listeners: the accept queue's limit, refusal, cookies, request sockets.
 */
#include "base/test/test.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_demux.h"
#include "stack/tcp/tcp_plain.h"
#include "stack/tcp/test/two_hosts.h"

#include <errno.h>

static struct tcp_conn *listen_on(struct pair *p, uint16_t port, int backlog)
{
	struct tcp_end e = {p->host[1].addr, port, 0};
	struct tcp_conn *l = tcp_new(p->host[1].s, &p->host[1], false);

	assert_int_equal(tcp_bind(p->host[1].s, l, &e), 0);
	assert_int_equal(tcp_listen(p->host[1].s, l, backlog), 0);
	return l;
}

static struct tcp_conn *dial(struct pair *p, uint16_t port)
{
	struct tcp_end e = {p->host[1].addr, port, 0};
	struct tcp_conn *c = tcp_new(p->host[0].s, &p->host[0], false);

	assert_int_equal(tcp_connect(p->host[0].s, c, &e), 0);
	return c;
}

static uint8_t state_of(const struct tcp_conn *c)
{
	struct tcp_status f;

	tcp_get_status(c, &f);
	return f.state;
}

static uint64_t counted(struct pair *p, enum mib which)
{
	return mib_get(stack_mib(p->host[1].s), which);
}

static void drop(struct pair *p, int host, struct tcp_conn *c)
{
	tcp_close(p->host[host].s, c, true);
}

/* A connection that cannot be created, or not with its options, is not created; the peer
 * retries. */
TEST(test_a_child_for_which_there_is_no_memory_is_counted)
{
	for (int options = 0; options < 2; options++) {
		struct pair *p = pair_new(1, false);
		struct tcp_conn *l = listen_on(p, 80, 2), *c;
		struct tcp_state *t = p->host[1].s->tcp;
		struct pool *pool = options ? &t->extras : &t->conns;

		assert_int_equal(tcp_set_opt(p->host[1].s, l, TCPO_USER_TIMEOUT, 60000), 0);
		pool->max = pool->live;
		c = dial(p, 80);
		pair_run(p, 50 * NSEC_MSEC);
		assert_int_equal(counted(p, MIB_TcpExtListenDrops), 1);
		assert_int_equal(counted(p, MIB_TcpExtListenOverflows), 0);
		pool->max = 0;
		pair_run(p, 5 * NSEC_SEC);
		assert_int_equal(state_of(c), TCPS_ESTABLISHED);
		assert_int_equal(counted(p, MIB_TcpPassiveOpens), 1);
		drop(p, 0, c);
		drop(p, 1, l);
		pair_run(p, NSEC_SEC);
		pair_free(p);
	}
}

/* Linux's "greater than": a backlog of 2 holds 3 (listen(2), include/net/sock.h). */
TEST(test_backlog_of_two_holds_three)
{
	struct pair *p = pair_new(1, false);
	struct tcp_conn *l = listen_on(p, 80, 2), *c[6];
	int up = 0;

	for (int i = 0; i < 6; i++) {
		c[i] = dial(p, 80);
		pair_run(p, 50 * NSEC_MSEC);
	}
	for (int i = 0; i < 6; i++)
		up += state_of(c[i]) == TCPS_ESTABLISHED;
	assert_int_equal(up, 3);
	assert_int_equal(state_of(c[5]), TCPS_SYN_SENT);
	assert_true(counted(p, MIB_TcpExtListenOverflows) >= 3);
	assert_int_equal(counted(p, MIB_TcpExtListenOverflows), counted(p, MIB_TcpExtListenDrops));
	for (int i = 0; i < 6; i++)
		drop(p, 0, c[i]);
	drop(p, 1, l);
	pair_run(p, NSEC_SEC);
	pair_free(p);
}

/* RFC 9293 3.10.7.1: without a listener, a SYN is answered with RST. */
TEST(test_connection_to_a_closed_port_is_refused)
{
	struct pair *p = pair_new(2, false);
	struct tcp_conn *c = dial(p, 81);

	pair_run(p, NSEC_SEC);
	assert_int_equal(state_of(c), TCPS_CLOSED);
	assert_int_equal(tcp_take_error(c), ECONNREFUSED);
	drop(p, 0, c);
	pair_run(p, NSEC_SEC);
	pair_free(p);
}

/* RFC 4987 3.6: with tcp_syncookies 2 every SYN is answered without a record, its options kept in
 * the timestamp. */
TEST(test_cookies_always_carry_a_connection_with_data)
{
	struct pair *p = pair_new(3, false);
	struct tcp_conn *l, *c, *a;
	char buf[8];
	struct tcp_read r = {.to = buf, .n = sizeof(buf)};

	stack_sysctl(p->host[1].s)->tcp_syncookies = 2;
	l = listen_on(p, 80, 5);
	c = dial(p, 80);
	pair_run(p, 100 * NSEC_MSEC);
	a = tcp_accept(p->host[1].s, l, &p->host[1]);
	assert_non_null(a);
	assert_int_equal(counted(p, MIB_TcpExtSyncookiesSent), 1);
	assert_int_equal(counted(p, MIB_TcpExtSyncookiesRecv), 1);
	assert_int_equal(tcp_send(p->host[0].s, c, "hello", 5, 0), 5);
	pair_run(p, 100 * NSEC_MSEC);
	assert_int_equal(tcp_read(p->host[1].s, a, &r), 5);
	assert_memory_equal(buf, "hello", 5);
	drop(p, 0, c);
	drop(p, 1, a);
	drop(p, 1, l);
	pair_run(p, NSEC_SEC);
	pair_free(p);
}

static bool lose_final_acks(struct pair *p, int from, struct pkt *pkt)
{
	return from == 0 && !(pkt->data[20 + 13] & 2); /* all but SYNs */
}

/* tcp_synack_retries 5: 1, 3, 7, 15, 31 s, the record is gone by 64 s. */
TEST(test_syn_ack_is_repeated_five_times)
{
	struct pair *p = pair_new(4, false);
	struct tcp_conn *l = listen_on(p, 80, 5), *c = dial(p, 80);

	p->tamper = lose_final_acks;
	pair_run(p, 70 * NSEC_SEC);
	assert_int_equal(counted(p, MIB_TcpRetransSegs), 5);
	drop(p, 0, c);
	drop(p, 1, l);
	p->tamper = NULL;
	pair_run(p, NSEC_SEC);
	pair_free(p);
}

/* Its address was removed, so it cannot be repeated: Linux drops the request at once
 * (reqsk_timer_handler() in net/ipv4/inet_connection_sock.c). */
TEST(test_syn_ack_from_a_removed_address_is_not_repeated)
{
	struct pair *p = pair_new(4, false);
	struct tcp_conn *l = listen_on(p, 80, 5), *c = dial(p, 80);

	p->tamper = lose_final_acks;
	pair_run(p, 500 * NSEC_MSEC);
	assert_int_equal(l->listen->qlen, 1);
	assert_int_equal(stack_addr_del(p->host[1].s, &p->host[1].dev, &p->host[1].addr), 0);
	pair_run(p, NSEC_SEC);
	assert_int_equal(counted(p, MIB_TcpRetransSegs), 0);
	assert_int_equal(l->listen->qlen, 0);
	drop(p, 0, c);
	drop(p, 1, l);
	p->tamper = NULL;
	pair_run(p, NSEC_SEC);
	pair_free(p);
}

/* RFC 9293 3.5: both sides send a SYN at once, both reach ESTABLISHED. */
TEST(test_simultaneous_open)
{
	struct pair *p = pair_new(5, false);
	struct tcp_conn *c[2];

	for (int i = 0; i < 2; i++) {
		struct tcp_end me = {p->host[i].addr, 1000, 0}, to = {p->host[!i].addr, 1000, 0};

		c[i] = tcp_new(p->host[i].s, &p->host[i], false);
		assert_int_equal(tcp_bind(p->host[i].s, c[i], &me), 0);
		assert_int_equal(tcp_connect(p->host[i].s, c[i], &to), 0);
	}
	pair_run(p, NSEC_SEC);
	assert_int_equal(state_of(c[0]), TCPS_ESTABLISHED);
	assert_int_equal(state_of(c[1]), TCPS_ESTABLISHED);
	drop(p, 0, c[0]);
	drop(p, 1, c[1]);
	pair_run(p, NSEC_SEC);
	pair_free(p);
}

/* A socket that connects to itself is simultaneous open with one end. */
TEST(test_self_connect)
{
	struct pair *p = pair_new(6, false);
	struct tcp_end me = {p->host[0].addr, 1000, 0};
	struct tcp_conn *c = tcp_new(p->host[0].s, &p->host[0], false);
	char buf[4];
	struct tcp_read r = {.to = buf, .n = sizeof(buf)};

	assert_int_equal(tcp_bind(p->host[0].s, c, &me), 0);
	assert_int_equal(tcp_connect(p->host[0].s, c, &me), 0);
	pair_run(p, NSEC_SEC);
	assert_int_equal(state_of(c), TCPS_ESTABLISHED);
	assert_int_equal(tcp_send(p->host[0].s, c, "me", 2, 0), 2);
	pair_run(p, NSEC_SEC);
	assert_int_equal(tcp_read(p->host[0].s, c, &r), 2);
	drop(p, 0, c);
	pair_run(p, NSEC_SEC);
	pair_free(p);
}

/* RFC 2525 2.17: close with unread data resets. */
TEST(test_close_with_unread_data_sends_rst)
{
	struct pair *p = pair_new(7, false);
	struct pair_conn pc;

	pair_connect(p, &pc, 80);
	tcp_send(p->host[0].s, pc.c[0], "lost", 4, 0);
	pair_run(p, 100 * NSEC_MSEC);
	tcp_close(p->host[1].s, pc.c[1], false);
	pair_run(p, 100 * NSEC_MSEC);
	assert_int_equal(counted(p, MIB_TcpExtTCPAbortOnClose), 1);
	assert_int_equal(tcp_take_error(pc.c[0]), ECONNRESET);
	drop(p, 0, pc.c[0]);
	drop(p, 1, pc.l);
	pair_run(p, NSEC_SEC);
	pair_free(p);
}

static bool cut_cable(struct pair *p, int from, struct pkt *pkt)
{
	return true;
}

/* RFC 9293 3.8.4: 3 probes a second apart after 2 s of silence, then ETIMEDOUT. */
TEST(test_keepalive_finds_a_dead_peer)
{
	struct pair *p = pair_new(8, false);
	struct pair_conn pc;
	struct stack *s = p->host[0].s;

	pair_connect(p, &pc, 80);
	assert_int_equal(tcp_set_opt(s, pc.c[0], TCPO_KEEPIDLE, 2), 0);
	assert_int_equal(tcp_set_opt(s, pc.c[0], TCPO_KEEPINTVL, 1), 0);
	assert_int_equal(tcp_set_opt(s, pc.c[0], TCPO_KEEPCNT, 3), 0);
	assert_int_equal(tcp_set_opt(s, pc.c[0], TCPO_KEEPALIVE, 1), 0);
	p->tamper = cut_cable;
	pair_run(p, 4 * NSEC_SEC);
	assert_int_equal(state_of(pc.c[0]), TCPS_ESTABLISHED);
	pair_run(p, 2 * NSEC_SEC);
	assert_int_equal(state_of(pc.c[0]), TCPS_CLOSED);
	assert_int_equal(tcp_take_error(pc.c[0]), ETIMEDOUT);
	p->tamper = NULL;
	drop(p, 0, pc.c[0]);
	drop(p, 1, pc.c[1]);
	drop(p, 1, pc.l);
	pair_run(p, NSEC_SEC);
	pair_free(p);
}

/* SO_BINDTODEVICE: segments received on another interface are not for it. */
TEST(test_a_listener_bound_to_a_device_receives_only_from_it)
{
	struct pair *p = pair_new(9, false);
	struct stack *s = p->host[1].s;
	struct tcp_conn *l = listen_on(p, 80, 2);
	const struct tcp_tuple t = {
		.laddr = p->host[1].addr, .raddr = p->host[0].addr, .lport = 80, .rport = 40000};

	assert_ptr_equal(tcp_find_listener(s, &t, 7), l);
	assert_true(tcp_extra(s, l));
	l->extra->ifindex = 7;
	assert_ptr_equal(tcp_find_listener(s, &t, 7), l);
	assert_null(tcp_find_listener(s, &t, 8));
	drop(p, 1, l);
	pair_run(p, NSEC_SEC);
	pair_free(p);
}

/* Unacknowledged data, a pending ACK, keepalive: the connection ends, and no work is left for it,
 * although its owner still holds it. */
TEST(test_a_connection_that_ended_has_no_timers)
{
	struct pair *p = pair_new(10, false);
	struct pair_conn pc;
	struct stack *s = p->host[0].s;

	pair_connect(p, &pc, 80);
	pair_say(p, &pc, 1, 40000); /* beyond the initial quick ACKs */
	assert_int_equal(tcp_set_opt(s, pc.c[0], TCPO_KEEPALIVE, 1), 0);
	tcp_send(s, pc.c[0], "lost", 4, 0);
	p->tamper = cut_cable;
	pair_run(p, 20 * NSEC_MSEC);
	assert_true(stack_next(s) < p->now + NSEC_SEC);
	p->tamper = NULL;
	drop(p, 1, pc.c[1]);
	pair_run(p, 10 * NSEC_MSEC);
	assert_int_equal(state_of(pc.c[0]), TCPS_CLOSED);
	assert_int_equal(stack_next(s), NSEC_MAX);
	drop(p, 0, pc.c[0]);
	drop(p, 1, pc.l);
	pair_run(p, NSEC_SEC);
	pair_free(p);
}

static int64_t option(struct pair *p, struct tcp_conn *c, enum tcp_opt_name o)
{
	int64_t v = -1;

	assert_int_equal(tcp_get_opt(p->host[1].s, c, o, &v), 0);
	return v;
}

/* A listener with keepalive and three connections that it accepted. */
struct family {
	struct pair *p;
	struct tcp_conn *l, *peer[3], *c[3];
};

static void family_add(struct family *f, int i)
{
	f->peer[i] = dial(f->p, 80);
	pair_run(f->p, 50 * NSEC_MSEC);
	f->c[i] = tcp_accept(f->p->host[1].s, f->l, &f->p->host[1]);
	assert_non_null(f->c[i]);
}

static void family_new(struct family *f)
{
	f->p = pair_new(11, false);
	f->l = listen_on(f->p, 80, 4);
	assert_int_equal(tcp_set_opt(f->p->host[1].s, f->l, TCPO_KEEPIDLE, 60), 0);
	for (int i = 0; i < 2; i++)
		family_add(f, i);
}

static void family_free(struct family *f)
{
	for (int i = 0; i < 3; i++) {
		drop(f->p, 0, f->peer[i]);
		drop(f->p, 1, f->c[i]);
	}
	drop(f->p, 1, f->l);
	pair_run(f->p, NSEC_SEC);
	assert_int_equal(f->p->host[1].s->tcp->extras.live, 0);
	pair_free(f->p);
}

/* Accepted connections share one record of options; one that sets an option gets its own copy, and
 * what the listener sets later applies to later connections. */
TEST(test_accepted_connections_share_the_options_of_their_listener)
{
	struct family f;
	struct stack *s;

	family_new(&f);
	s = f.p->host[1].s;
	assert_int_equal(s->tcp->extras.live, 2);
	assert_ptr_equal(f.c[0]->extra, f.c[1]->extra);
	assert_int_equal(tcp_set_opt(s, f.c[0], TCPO_KEEPIDLE, 70), 0);
	assert_int_equal(s->tcp->extras.live, 3);
	assert_int_equal(option(f.p, f.c[0], TCPO_KEEPIDLE), 70);
	assert_int_equal(option(f.p, f.c[1], TCPO_KEEPIDLE), 60);
	assert_int_equal(tcp_set_opt(s, f.l, TCPO_KEEPIDLE, 80), 0);
	family_add(&f, 2);
	assert_int_equal(option(f.p, f.c[1], TCPO_KEEPIDLE), 60);
	assert_int_equal(option(f.p, f.c[2], TCPO_KEEPIDLE), 80);
	family_free(&f);
}

/* Only timers read the options of keepalive and timeouts: such a connection takes the fast paths.
 * One with another option does not. */
TEST(test_a_connection_with_timeouts_is_plain)
{
	struct family f;
	struct stack *s;

	family_new(&f);
	family_add(&f, 2);
	s = f.p->host[1].s;
	assert_int_equal(tcp_set_opt(s, f.c[0], TCPO_USER_TIMEOUT, 75000), 0);
	assert_int_equal(tcp_set_opt(s, f.c[1], TCPO_NOTSENT_LOWAT, 5000), 0);
	assert_true(tcp_is_plain(f.c[0]));
	assert_false(tcp_is_plain(f.c[1]));
	assert_true(tcp_is_plain(f.c[2]));
	family_free(&f);
}
