/*
 * tcp_open_test.c - opening: initial sequence numbers, valid destinations, selection among several
 * listeners, the cost of a request socket, and ports still in TIME-WAIT.
 */
#include "base/test/test.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_demux.h"
#include "stack/tcp/tcp_in.h"
#include "stack/tcp/tcp_isn.h"
#include "stack/tcp/test/two_hosts.h"

#include <errno.h>

enum {
	MANY = 300
};

static struct tcp_conn *listen_at(struct pair *p, struct ip_addr at, uint8_t flags)
{
	struct tcp_end e = {at, 80, 0};
	struct tcp_conn *l = tcp_new(p->host[1].s, &p->host[1], false);

	assert_int_equal(tcp_set_bind_flags(p->host[1].s, l, flags), 0);
	assert_int_equal(tcp_bind(p->host[1].s, l, &e), 0);
	assert_int_equal(tcp_listen(p->host[1].s, l, MANY), 0);
	return l;
}

static struct tcp_conn *dial(struct pair *p)
{
	struct tcp_end e = {p->host[1].addr, 80, 0};
	struct tcp_conn *c = tcp_new(p->host[0].s, &p->host[0], false);

	assert_int_equal(tcp_connect(p->host[0].s, c, &e), 0);
	return c;
}

/* Closes both ends; the reader of `c` gets the event. */
static void finish(struct pair *p, struct tcp_conn *const *c, int host, int n)
{
	for (int i = 0; i < n; i++)
		tcp_close(p->host[host].s, c[i], true);
	pair_run(p, NSEC_SEC);
}

static struct tcp_tuple seen_by_server(struct tcp_conn *client)
{
	struct tcp_end l, r;

	tcp_local(client, &l);
	tcp_peer(client, &r);
	return (struct tcp_tuple){r.addr, l.addr, r.port, l.port};
}

TEST(the_isn_is_a_clock_plus_a_keyed_hash_of_the_tuple_rfc6528)
{
	struct pair *p = pair_new(1, false);
	struct stack *s = p->host[0].s, *other = p->host[1].s;
	struct tcp_tuple t = {p->host[0].addr, p->host[1].addr, 50000, 80}, u = t;
	struct seq first = tcp_isn(s, &t);

	u.lport++;
	assert_int_not_equal(tcp_isn(s, &u).v - first.v, 1);
	assert_int_not_equal(tcp_isn(s, &u).v, first.v);
	assert_int_not_equal(tcp_isn(other, &t).v, first.v); /* another key */
	pair_run(p, 64 * NSEC_MSEC);
	stack_at(s, p->now);
	assert_int_equal(tcp_isn(s, &t).v - first.v, 1000000); /* one step per 64 ns */
	pair_free(p);
}

/* RFC 9293 MUST-46. */
TEST(no_connection_is_opened_to_a_group_or_broadcast)
{
	static const char *const no[] = {"224.0.0.1", "255.255.255.255", "10.0.0.255"};
	struct pair *p = pair_new(2, false);
	struct tcp_conn *c = tcp_new(p->host[0].s, &p->host[0], false);

	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		struct tcp_end e = {.port = 80};

		assert_true(ip_addr_parse(&e.addr, no[i]));
		assert_int_equal(tcp_connect(p->host[0].s, c, &e), -ENETUNREACH);
	}
	pair_run(p, NSEC_SEC);
	assert_int_equal(p->host[0].sent, 0);
	finish(p, &c, 0, 1);
	pair_free(p);
}

/* RFC 9293 MUST-57: neither counted as a segment nor answered. */
TEST(a_segment_to_a_group_or_broadcast_is_dropped_silently)
{
	struct pair *p = pair_new(3, false);
	struct stack *s = p->host[1].s;
	struct tcp_conn *l = listen_at(p, (struct ip_addr){0}, 0);
	struct tcp_seg g = {.sport = 50000, .dport = 80, .flags = SEG_SYN, .win = 65535};
	struct ip_rx rx = {.dev = &p->host[1].dev, .addr.src = p->host[0].addr};
	struct pkt *pkt = pkt_new(stack_pkts(s), TCP_HDR_MIN);

	assert_non_null(pkt);
	assert_true(ip_addr_parse(&rx.addr.dst, "10.0.0.255"));
	tcp_emit(&g, &rx.addr, pkt->data);
	pkt->len = TCP_HDR_MIN;
	tcp_input(s, pkt, &rx);
	pair_run(p, NSEC_SEC);
	assert_int_equal(mib_get(stack_mib(s), MIB_TcpInSegs), 0);
	assert_int_equal(p->host[1].sent, 0);
	finish(p, &l, 1, 1);
	pair_free(p);
}

TEST(a_listener_on_an_address_is_preferred_to_a_wildcard)
{
	struct pair *p = pair_new(4, false);
	struct ip_addr any = ip_addr_from_v4(0);
	struct tcp_conn *l[2] = {listen_at(p, any, TCP_BIND_REUSEPORT),
		listen_at(p, p->host[1].addr, TCP_BIND_REUSEPORT)};
	struct tcp_conn *c = dial(p), *a;

	pair_run(p, NSEC_SEC);
	assert_null(tcp_accept(p->host[1].s, l[0], &p->host[1]));
	a = tcp_accept(p->host[1].s, l[1], &p->host[1]);
	assert_non_null(a);
	finish(p, &c, 0, 1);
	finish(p, &a, 1, 1);
	finish(p, l, 1, 2);
	pair_free(p);
}

/* Each of many connections is found by its 4-tuple, and two listeners share them about evenly. */
TEST(many_connections_are_spread_by_reuseport_and_each_is_found)
{
	struct pair *p = pair_new(5, false);
	struct stack *s = p->host[1].s;
	struct tcp_conn *l[2], *c[MANY], *a[MANY];
	int n = 0, first;

	for (int i = 0; i < 2; i++)
		l[i] = listen_at(p, p->host[1].addr, TCP_BIND_REUSEPORT);
	for (int i = 0; i < MANY; i++)
		c[i] = dial(p);
	pair_run(p, NSEC_SEC);
	while (n < MANY && (a[n] = tcp_accept(s, l[0], &p->host[1])))
		n++;
	first = n;
	while (n < MANY && (a[n] = tcp_accept(s, l[1], &p->host[1])))
		n++;
	assert_int_equal(n, MANY);
	assert_in_range(first, MANY / 3, MANY * 2 / 3);
	for (int i = 0; i < MANY; i++) {
		struct tcp_tuple t = seen_by_server(c[i]);
		struct tcp_key *k = tcp_find(s, &t);

		assert_non_null(k);
		assert_int_equal(k->rport, t.rport);
		t.raddr = t.laddr;
		assert_null(tcp_find(s, &t));
	}
	finish(p, c, 0, MANY);
	finish(p, a, 1, MANY);
	finish(p, l, 1, 2);
	pair_free(p);
}

static bool lose_all_of_client(struct pair *p, int from, struct pkt *pkt)
{
	return from == 0 && p->host[1].sent > 0;
}

/* Until the final ACK a client is a record of a fraction of a connection's size. */
TEST(a_half_open_connection_is_a_small_record)
{
	struct pair *p = pair_new(6, false);
	struct tcp_conn *l = listen_at(p, p->host[1].addr, 0), *c = dial(p);
	struct tcp_tuple t = seen_by_server(c);
	struct tcp_key *k;

	p->tamper = lose_all_of_client;
	pair_run(p, 100 * NSEC_MSEC);
	k = tcp_find(p->host[1].s, &t);
	assert_non_null(k);
	assert_int_equal(k->kind, TCP_KIND_REQ);
	assert_true(
		sizeof(struct tcp_req) * 3 < sizeof(struct tcp_conn) + sizeof(struct tcp_active));
	finish(p, &c, 0, 1);
	finish(p, &l, 1, 1);
	pair_free(p);
}

/* A single port: with tcp_tw_reuse the next connection to the same peer takes it from TIME-WAIT
 * after a second (RFC 6191), and starts above the old numbers. */
TEST(tw_reuse_takes_a_port_from_time_wait)
{
	struct pair *p = pair_new(7, false);
	struct stack *s = p->host[0].s;
	struct tcp_end e = {p->host[1].addr, 80, 0};
	struct tcp_conn *again = tcp_new(s, &p->host[0], false);
	struct pair_conn pc;
	struct tcp_status f;

	stack_sysctl(s)->ip_local_port_range[0] = 40000;
	stack_sysctl(s)->ip_local_port_range[1] = 40000;
	stack_sysctl(s)->tcp_tw_reuse = 0;
	pair_connect(p, &pc, 80);
	tcp_close(s, pc.c[0], false);
	pair_run(p, 100 * NSEC_MSEC);
	tcp_close(p->host[1].s, pc.c[1], false);
	pair_run(p, 5 * NSEC_SEC);
	assert_int_equal(tcp_connect(s, again, &e), -EADDRNOTAVAIL);
	stack_sysctl(s)->tcp_tw_reuse = 1;
	assert_int_equal(tcp_connect(s, again, &e), 0);
	pair_run(p, NSEC_SEC);
	tcp_get_status(again, &f);
	assert_int_equal(f.state, TCPS_ESTABLISHED);
	finish(p, &again, 0, 1);
	pc.c[1] = tcp_accept(p->host[1].s, pc.l, &p->host[1]);
	assert_non_null(pc.c[1]);
	finish(p, &pc.c[1], 1, 1);
	finish(p, &pc.l, 1, 1);
	pair_free(p);
}
