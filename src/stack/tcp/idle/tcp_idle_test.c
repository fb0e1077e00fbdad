/*
 * tcp_idle_test.c - hibernation: idle connections become small, without any visible effect.
 */
#include "base/test/test.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/test/two_hosts.h"

#include <errno.h>
#include <linux/tcp.h>

static void on_moved(void *ctx, void *owner, struct tcp_conn *c)
{
	*(struct tcp_conn **)owner = c;
}

static void hibernate(struct pair *p, struct pair_conn *pc, nsec_t quiet)
{
	for (int i = 0; i < 2; i++) {
		tcp_set_events(p->host[i].s, &(struct tcp_events){.moved = on_moved});
		tcp_set_quiet(p->host[i].s, quiet);
		tcp_idle_schedule(p->host[i].s, pc->c[i]);
	}
}

/* The connections belong to pc. */
static void open_pair(struct pair *p, struct pair_conn *pc, uint16_t port)
{
	pair_connect(p, pc, port);
	for (int i = 0; i < 2; i++)
		pc->c[i]->owner = &pc->c[i];
}

static void close_pair(struct pair *p, struct pair_conn *pc)
{
	for (int i = 0; i < 2; i++)
		tcp_close(p->host[i].s, pc->c[i], true);
	tcp_close(p->host[1].s, pc->l, true);
	pair_run(p, NSEC_SEC);
}

static void say(struct pair *p, struct pair_conn *pc, int from, size_t n)
{
	static const uint8_t text[4096];
	static uint8_t room[4096];
	struct tcp_read r = {.to = room, .n = sizeof(room)};

	assert_int_equal(tcp_send(p->host[from].s, pc->c[from], text, n, 0), n);
	pair_run(p, NSEC_SEC);
	size_t got = tcp_read(p->host[!from].s, pc->c[!from], &r);
	assert_int_equal(got, n);
	tcp_read_done(p->host[!from].s, pc->c[!from], got);
	pair_run(p, NSEC_SEC);
}

static bool both_idle(const struct pair_conn *pc)
{
	return tcp_is_idle(pc->c[0]) && tcp_is_idle(pc->c[1]);
}

TEST(a_quiet_connection_becomes_one_small_record)
{
	for (int v6 = 0; v6 < 2; v6++) {
		struct pair *p = pair_new(3, v6);
		struct pair_conn pc;
		struct tcp_memory m;

		open_pair(p, &pc, 80);
		hibernate(p, &pc, TCP_QUIET);
		pair_run(p, NSEC_SEC);
		assert_true(both_idle(&pc));
		tcp_memory(p->host[0].s, &m);
		assert_int_equal(m.idle, 1);
		assert_int_equal(m.awake, 0);
		assert_in_range(m.idle_bytes, 1, v6 ? 128 : 96);
		say(p, &pc, 0, 64);
		say(p, &pc, 1, 64);
		assert_true(both_idle(&pc));
		tcp_memory(p->host[0].s, &m);
		assert_in_range(m.idle_bytes, 1, v6 ? 160 : 120);
		for (int i = 0; i < 1000; i++)
			say(p, &pc, i * 7 % 5 < 2, (size_t)(1 + i * 37 % 900));
		assert_true(both_idle(&pc));
		for (int i = 0; i < 2; i++) {
			tcp_memory(p->host[i].s, &m);
			assert_in_range(m.idle_bytes, 1, v6 ? 192 : 152);
		}
		close_pair(p, &pc);
		pair_free(p);
	}
}

TEST(an_active_or_unread_connection_does_not_hibernate)
{
	struct pair *p = pair_new(4, false);
	struct pair_conn pc;

	open_pair(p, &pc, 80);
	hibernate(p, &pc, TCP_QUIET);
	assert_int_equal(tcp_send(p->host[0].s, pc.c[0], "x", 1, 0), 1);
	pair_run(p, NSEC_SEC);
	assert_true(tcp_is_idle(pc.c[0]));
	assert_false(tcp_is_idle(pc.c[1])); /* the byte is queued there */
	for (int i = 0; i < 20; i++) {
		tcp_read_done(p->host[1].s, pc.c[1], 0);
		pair_run(p, TCP_QUIET / 2);
		assert_false(tcp_is_idle(pc.c[1]));
	}
	close_pair(p, &pc);
	pair_free(p);
}

/* TCP_INFO and every option, of both ends. */
struct told {
	uint8_t info[400];
	int64_t opt[TCPO_COUNT];
	uint32_t mem[9];
};

static void ask(struct pair *p, int i, struct tcp_conn *c, struct told *t)
{
	memset(t, 0, sizeof(*t));
	tcp_info(p->host[i].s, c, t->info, sizeof(t->info));
}

static void ask_others(struct pair *p, int i, struct tcp_conn *c, struct told *t)
{
	for (int o = 0; o < TCPO_COUNT; o++)
		tcp_get_opt(p->host[i].s, c, (enum tcp_opt_name)o, &t->opt[o]);
	tcp_meminfo(p->host[i].s, c, t->mem);
}

TEST(status_and_options_are_the_same_after_hibernation)
{
	struct pair *p = pair_new(5, false);
	struct pair_conn pc;
	struct told before[2], after[2];

	open_pair(p, &pc, 80);
	p->loss = 500;
	for (int i = 0; i < 30; i++)
		say(p, &pc, i & 1, 1 + (size_t)i * 130);
	pair_run(p, NSEC_SEC);
	hibernate(p, &pc, TCP_QUIET);
	for (int i = 0; i < 2; i++) {
		ask(p, i, pc.c[i], &before[i]);
		ask_others(p, i, pc.c[i], &before[i]);
		assert_true(tcp_hibernate(p->host[i].s, pc.c[i]));
		assert_true(tcp_is_idle(pc.c[i]));
		ask(p, i, pc.c[i], &after[i]);
		ask_others(p, i, pc.c[i], &after[i]);
		assert_memory_equal(&before[i], &after[i], sizeof(before[i]));
	}
	close_pair(p, &pc);
	pair_free(p);
}

static bool listen_in(struct pair *p, int from, struct pkt *pkt)
{
	uint64_t *h = p->arg;
	uint8_t bytes[2048];
	uint32_t n = pkt_total(pkt);

	assert(n <= sizeof(bytes));
	pkt_bytes(pkt, bytes);
	*h = (*h ^ (uint64_t)p->now ^ (uint64_t)from) * 1099511628211u;
	for (uint32_t i = 0; i < n; i++)
		*h = (*h ^ bytes[i]) * 1099511628211u;
	return false;
}

/* An exchange with pauses of all lengths over a bad link: returns a hash of everything on the
 * wire. */
static uint64_t talk(uint64_t seed, bool rest)
{
	static const uint8_t text[8192];
	static uint8_t room[65536];
	struct pair *p = pair_new(seed, seed & 1);
	struct pair_conn pc;
	struct prng r;
	uint64_t h = 1;
	size_t rested = 0;

	prng_seed(&r, seed);
	open_pair(p, &pc, 80);
	if (rest)
		hibernate(p, &pc, 0);
	p->arg = &h;
	p->tamper = listen_in;
	p->loss = p->dup = p->reorder = 300;
	for (int i = 0; i < 400; i++) {
		int who = (int)prng_below(&r, 2);
		struct tcp_read take = {.to = room, .n = prng_below(&r, sizeof(room))};

		switch (prng_below(&r, 8)) {
		case 0: tcp_set_opt(p->host[who].s, pc.c[who], TCPO_NODELAY, i & 1); break;
		case 1: tcp_set_opt(p->host[who].s, pc.c[who], TCPO_KEEPALIVE, i & 1); break;
		case 2: tcp_set_opt(p->host[who].s, pc.c[who], TCPO_KEEPIDLE, 1 + i % 9); break;
		case 3:
		case 4:
			tcp_read_done(p->host[who].s, pc.c[who],
				tcp_read(p->host[who].s, pc.c[who], &take));
			break;
		default: tcp_send(p->host[who].s, pc.c[who], text, prng_below(&r, sizeof(text)), 0);
		}
		pair_run(p, (nsec_t)prng_below(&r, 1ull << prng_below(&r, 37)));
		rested += (size_t)tcp_is_idle(pc.c[0]) + (size_t)tcp_is_idle(pc.c[1]);
	}
	assert_true(rest ? rested > 50 : rested == 0);
	p->tamper = NULL;
	close_pair(p, &pc);
	pair_free(p);
	return h;
}

TEST(hibernation_cannot_be_seen_on_the_wire)
{
	for (uint64_t seed = 1; seed <= 40; seed++)
		assert_int_equal(talk(seed, true), talk(seed, false));
}

TEST(keepalive_wakes_an_idle_connection)
{
	struct pair *p = pair_new(6, false);
	struct pair_conn pc;
	uint64_t sent;

	open_pair(p, &pc, 80);
	hibernate(p, &pc, TCP_QUIET);
	tcp_set_opt(p->host[0].s, pc.c[0], TCPO_KEEPALIVE, 1);
	tcp_set_opt(p->host[0].s, pc.c[0], TCPO_KEEPIDLE, 15);
	tcp_set_opt(p->host[0].s, pc.c[0], TCPO_KEEPINTVL, 15);
	pair_run(p, NSEC_SEC);
	assert_true(both_idle(&pc));
	sent = p->host[0].sent;
	pair_run(p, 60 * NSEC_SEC);
	assert_int_equal(p->host[0].sent - sent, 4);
	assert_true(both_idle(&pc));
	close_pair(p, &pc);
	pair_free(p);
}

static void count_moves(void *ctx, void *owner, struct tcp_conn *c)
{
	++*(int *)ctx;
	on_moved(NULL, owner, c);
}

/* Returns how often the connection of host 0 hibernated or woke in the 20 s after it had been used
 * for the last time, with a keepalive time of 15 s started 10 s before; a probe is due 5 s later.
 */
static int moves_until_probe(void)
{
	struct pair *p = pair_new(6, false);
	struct pair_conn pc;
	uint64_t sent;
	int moves = 0;

	open_pair(p, &pc, 80);
	hibernate(p, &pc, TCP_QUIET);
	tcp_set_opt(p->host[0].s, pc.c[0], TCPO_KEEPALIVE, 1);
	tcp_set_opt(p->host[0].s, pc.c[0], TCPO_KEEPIDLE, 15);
	pair_run(p, 10 * NSEC_SEC);
	say(p, &pc, 0, 10);
	tcp_set_events(p->host[0].s, &(struct tcp_events){.moved = count_moves, .ctx = &moves});
	sent = p->host[0].sent;
	pair_run(p, 10 * NSEC_SEC);
	assert_true(both_idle(&pc));
	assert_int_equal(p->host[0].sent, sent);
	pair_run(p, 4 * NSEC_SEC);
	assert_int_equal(p->host[0].sent, sent + 1);
	assert_true(both_idle(&pc));
	tcp_set_events(p->host[0].s, &(struct tcp_events){.moved = on_moved});
	close_pair(p, &pc);
	pair_free(p);
	return moves;
}

TEST(a_keepalive_timer_that_expires_early_does_not_wake_its_connection)
{
	assert_int_equal(moves_until_probe(), 2); /* the probe; it would be 4 */
}

TEST(without_memory_a_segment_for_an_idle_connection_is_dropped_and_counted)
{
	struct pair *p = pair_new(7, false);
	struct stack *s = p->host[1].s;
	struct pair_conn pc;
	uint8_t room[8];

	open_pair(p, &pc, 80);
	hibernate(p, &pc, TCP_QUIET);
	pair_run(p, NSEC_SEC);
	s->tcp->conns.max = s->tcp->conns.live; /* the listener */
	assert_int_equal(tcp_send(p->host[0].s, pc.c[0], "hello", 5, 0), 5);
	pair_run(p, NSEC_SEC);
	assert_true(mib_get(stack_mib(s), MIB_TcpExtPFMemallocDrop) > 1);
	assert_int_equal(tcp_send(s, pc.c[1], "x", 1, 0), 0);
	assert_int_equal(tcp_set_opt(s, pc.c[1], TCPO_NODELAY, 1), -ENOBUFS);
	assert_int_equal(tcp_shutdown(s, pc.c[1], TCP_SHUT_WR), -ENOBUFS);
	assert_int_equal(tcp_disconnect(s, pc.c[1]), -ENOBUFS);
	s->tcp->conns.max = 0;
	pair_run(p, 10 * NSEC_SEC); /* it is retransmitted, and arrives */
	struct tcp_read r = {.to = room, .n = sizeof(room)};
	assert_int_equal(tcp_read(s, pc.c[1], &r), 5);
	tcp_read_done(s, pc.c[1], 5);
	pair_run(p, NSEC_SEC);
	assert_true(both_idle(&pc));
	s->tcp->conns.max = s->tcp->conns.live;
	tcp_close(s, pc.c[1], false); /* freed silently */
	assert_int_equal(mib_get(stack_mib(s), MIB_TcpExtTCPAbortOnMemory), 1);
	assert_int_equal(mib_get(stack_mib(s), MIB_TcpCurrEstab), 0);
	s->tcp->conns.max = 0;
	tcp_close(p->host[0].s, pc.c[0], true);
	tcp_close(s, pc.l, true);
	pair_run(p, NSEC_SEC);
	pair_free(p);
}

TEST(dropped_for_lack_of_memory_it_frees_its_keys)
{
	struct pair *p = pair_new(7, false);
	struct stack *s = p->host[1].s;
	struct pair_conn pc;

	open_pair(p, &pc, 80);
	struct tcp_md5_set set = {p->host[0].addr, 32, (const uint8_t *)"secret", 6};
	assert_int_equal(tcp_set_md5(s, pc.c[1], &set), 0);
	hibernate(p, &pc, TCP_QUIET);
	pair_run(p, NSEC_SEC);
	assert_true(both_idle(&pc));
	assert_int_equal(s->tcp->md5_keys.live, 1);
	s->tcp->conns.max = s->tcp->conns.live;
	tcp_close(s, pc.c[1], false);
	assert_int_equal(s->tcp->md5_keys.live, 0);
	s->tcp->conns.max = 0;
	tcp_close(p->host[0].s, pc.c[0], true);
	tcp_close(s, pc.l, true);
	pair_run(p, NSEC_SEC);
	pair_free(p);
}

TEST(idle_connections_with_different_claims_hold_their_port_until_the_last_ends)
{
	struct pair *p = pair_new(9, false);
	struct stack *s = p->host[1].s;
	struct tcp_end here = {p->host[1].addr, 80, 0};
	struct tcp_conn *first, *other;
	struct pair_conn pc;

	open_pair(p, &pc, 80);
	first = pc.c[1];
	first->owner = &first;
	assert_int_equal(
		tcp_connect(p->host[0].s, pc.c[0] = tcp_new(p->host[0].s, &pc.c[0], false), &here),
		0);
	pair_run(p, NSEC_SEC);
	pc.c[1] = tcp_accept(s, pc.l, &pc.c[1]);
	assert_non_null(pc.c[1]);
	hibernate(p, &pc, TCP_QUIET);
	tcp_idle_schedule(s, first);
	pair_run(p, NSEC_SEC);
	assert_true(tcp_is_idle(first) && tcp_is_idle(pc.c[1]));
	assert_int_equal(s->tcp->port_idles.live, 1);
	assert_int_equal(tcp_set_bind_flags(s, first, TCP_BIND_REUSEADDR), 0);
	pair_run(p, NSEC_SEC);
	assert_true(tcp_is_idle(first));
	assert_int_equal(s->tcp->port_idles.live, 2);
	tcp_close(s, pc.l, true);
	other = tcp_new(s, &other, false);
	assert_int_equal(tcp_set_bind_flags(s, other, TCP_BIND_REUSEADDR), 0);
	assert_int_equal(tcp_bind(s, other, &here), -EADDRINUSE);
	tcp_close(s, pc.c[1], true); /* the one that does not share */
	assert_int_equal(s->tcp->port_idles.live, 1);
	pair_run(p, NSEC_SEC);
	assert_int_equal(tcp_bind(s, other, &here), 0);
	assert_int_equal(tcp_set_bind_flags(s, other, 0), 0);
	tcp_close(s, first, true);
	assert_int_equal(s->tcp->port_idles.live, 0);
	tcp_close(s, other, true);
	tcp_close(p->host[0].s, pc.c[0], true);
	pair_run(p, NSEC_SEC);
	pair_free(p);
}

TEST(an_idle_connection_holds_its_port_and_its_place_in_the_table)
{
	struct pair *p = pair_new(8, false);
	struct stack *s = p->host[1].s;
	struct tcp_end here = {p->host[1].addr, 80, 0}, end;
	struct tcp_conn *other;
	struct pair_conn pc;

	open_pair(p, &pc, 80);
	hibernate(p, &pc, TCP_QUIET);
	pair_run(p, NSEC_SEC);
	tcp_close(s, pc.l, true);
	pair_run(p, NSEC_SEC);
	assert_true(both_idle(&pc));
	tcp_local(pc.c[1], &end);
	assert_int_equal(end.port, 80);
	tcp_peer(pc.c[0], &end);
	assert_true(ip_addr_eq(&end.addr, &p->host[1].addr));
	other = tcp_new(s, &other, false);
	assert_int_equal(tcp_bind(s, other, &here), -EADDRINUSE);
	assert_true(tcp_is_idle(pc.c[1]));
	tcp_close(s, pc.c[1], false);
	tcp_close(p->host[0].s, pc.c[0], false);
	pair_run(p, 120 * NSEC_SEC);
	assert_int_equal(tcp_bind(s, other, &here), 0);
	tcp_close(s, other, false);
	pair_run(p, NSEC_SEC);
	pair_free(p);
}
