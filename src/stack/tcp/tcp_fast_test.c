/*
 * tcp_fast_test.c - fast paths take the ordinary segments and calls of a plain connection. That
 * they have no other effect than the general path is for src/socket/fast_path_test.c, which cannot
 * see which of the two was taken.
 */
#include "base/test/test.h"
#include "stack/stack_priv.h"
#include "stack/tcp/tcp_fast_call.h"
#include "stack/tcp/tcp_fast_in.h"
#include "stack/tcp/tcp_fast_out.h"
#include "stack/tcp/tcp_prefetch.h"
#include "stack/tcp/test/two_hosts.h"

#include <string.h>

enum {
	LETTER = 100, /* bytes */
};

/* A pair of instances, a connection between them, and the packet that was taken off the wire. */
struct plain {
	struct pair *p;
	struct pair_conn pc;
	uint8_t bytes[PAIR_BYTES];
	uint32_t len;
	bool many; /* so many connections that a batch fetches ahead */
};

static bool take(struct pair *p, int from, struct pkt *pkt)
{
	struct plain *t = p->arg;

	assert_int_equal(t->len, 0);
	t->len = pkt_total(pkt);
	pkt_bytes(pkt, t->bytes);
	return true;
}

static void begin(struct plain *t, bool v6)
{
	*t = (struct plain){.p = pair_new(1, v6)};
	pair_connect(t->p, &t->pc, 80);
	for (int i = 0; i < 2; i++)
		assert_int_equal(tcp_set_opt(t->p->host[i].s, t->pc.c[i], TCPO_NODELAY, 1), 0);
	for (int i = 0; i < 8; i++) /* beyond the quick ACKs of the beginning */
		pair_say(t->p, &t->pc, i % 2, LETTER);
	t->p->arg = t;
	t->p->tamper = take;
}

/* The taken packet reaches host `to`. */
static void arrive(struct plain *t, int to)
{
	struct pair_host *h = &t->p->host[to];
	struct pkt *p = pkt_new(stack_pkts(h->s), t->len);

	assert_non_null(p);
	memcpy(p->data, t->bytes, t->len);
	p->len = t->len;
	t->len = 0;
	for (int stage = 0; stage < IP_PREFETCHES; stage++)
		assert_int_equal(
			tcp_prefetch(h->s, &p, (struct ip_span){0, 1}, 0, (enum ip_prefetch)stage),
			t->many);
	assert_int_equal(p->hash != 0, t->many);
	assert_true(tcp_fast_in(h->s, &h->dev, p));
}

/* LETTER bytes are written, sent and read; unless they are the first that waits for an ACK, writing
 * and sending are for the general path. */
static void letter(struct plain *t, int from, bool first)
{
	static const uint8_t text[LETTER] = {1, 2, 3};
	uint8_t room[LETTER];
	struct stack *s = t->p->host[from].s, *s2 = t->p->host[!from].s;
	struct tcp_conn *c = t->pc.c[from], *c2 = t->pc.c[!from];
	struct tcp_read r = {.to = room, .n = sizeof(room)};
	bool readable;

	assert_true(tcp_fast_ready(c2, &readable));
	assert_false(readable);
	if (first) {
		assert_true(tcp_fast_send(s, c, text, sizeof(text)));
		assert_true(tcp_fast_out(s, c));
	} else {
		assert_int_equal(tcp_send(s, c, text, sizeof(text), 0), LETTER);
		stack_flush(s, t->p->now);
	}
	arrive(t, !from);
	assert_true(tcp_fast_ready(c2, &readable));
	assert_true(readable);
	assert_true(tcp_fast_read(s2, c2, &r));
	assert_int_equal(r.n, LETTER);
	assert_memory_equal(room, text, LETTER);
	assert_true(tcp_fast_out(s2, c2));
	if (t->len > 0) /* an ACK, of the second in a row */
		arrive(t, from);
}

static void two_letters_with_one_read(struct plain *t)
{
	static const uint8_t text[LETTER];
	uint8_t room[2 * LETTER];
	struct tcp_read r = {.to = room, .n = sizeof(room)};

	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			tcp_send(t->p->host[0].s, t->pc.c[0], text, sizeof(text), 0), LETTER);
		stack_flush(t->p->host[0].s, t->p->now);
		arrive(t, 1);
	}
	assert_true(tcp_fast_read(t->p->host[1].s, t->pc.c[1], &r));
	assert_int_equal(r.n, 2 * LETTER);
	stack_flush(t->p->host[1].s, t->p->now);
	arrive(t, 0);
}

static size_t in_use(const struct pkt_pool *p)
{
	return p->small.live + p->large.live;
}

static void letters_and_their_answers(bool v6)
{
	struct plain t;

	begin(&t, v6);
	two_letters_with_one_read(&t);
	for (int i = 0; i < 13; i++)
		letter(&t, i / 2 % 2, i % 2 == 0);
	pair_run(t.p,
		100 * NSEC_MSEC); /* the last answer is acknowledged by a segment without data */
	assert_true(t.len > 0);
	arrive(&t, 0);
	assert_int_equal(t.pc.c[0]->active->loss.packets_out, 0);
	for (int i = 0; i < 2; i++) /* nothing is queued any more */
		assert_int_equal(in_use(stack_pkts(t.p->host[i].s)), 0);
	t.p->tamper = NULL;
	pair_free(t.p);
}

TEST(a_batch_fetches_ahead_once_there_are_many_connections)
{
	struct plain t;
	struct pair_conn more;

	begin(&t, false);
	t.p->tamper = NULL;
	for (uint16_t i = 1; i < TCP_PREFETCH_LEAST; i++)
		pair_connect(t.p, &more, 80 + i);
	t.many = true;
	t.p->tamper = take;
	letter(&t, 0, true);
	t.p->tamper = NULL;
	pair_free(t.p);
}

TEST(ordinary_segments_of_ipv4_take_the_fast_paths)
{
	letters_and_their_answers(false);
}

TEST(ordinary_segments_of_ipv6_take_the_fast_paths)
{
	letters_and_their_answers(true);
}
