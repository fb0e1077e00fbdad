/*
 * tcp_reasm_test.c - data that arrives out of order, twice, in overlapping pieces, against an
 * oracle with one flag per byte: the data read, the ACKs and the SACK blocks must agree with the
 * flags.
 *
 *     flags    1 1 1 1 1 0 0 1 1 1 0 1 1 0 ...
 *     read     a b c d e|                       up to the first 0: RCV.NXT
 *     SACK              |   [h i j] [l m]       runs after it, the newest first
 */
#include "stack/tcp/test/scripted_peer.h"

#include "base/prng.h"
#include "base/test/test.h"
#include "stack/tcp/tcp_priv.h"

enum {
	BYTES = 60000, /* of one stream */
	AHEAD = 3000,  /* maximum distance of a segment from RCV.NXT */
	LONGEST = 200,
	RUNS = 64,
};

struct oracle {
	bool have[BYTES + 2]; /* by relative number: 1 is the first */
	uint32_t read;        /* next to be read */
	bool crowded;         /* more runs than blocks: some may be dropped */
};

struct run {
	uint32_t from, to; /* `to` is excluded */
};

static uint32_t oracle_next(const struct oracle *o)
{
	uint32_t n = o->read;

	while (n <= BYTES && o->have[n])
		n++;
	return n;
}

/* Runs after the first gap, at most RUNS. */
static uint32_t oracle_runs(const struct oracle *o, struct run *runs)
{
	uint32_t n = 0, end = u32_min(oracle_next(o) + AHEAD + LONGEST, BYTES);

	for (uint32_t i = oracle_next(o); i <= end && n < RUNS; i++)
		if (o->have[i]) {
			runs[n].from = i;
			while (i <= BYTES && o->have[i])
				i++;
			runs[n++].to = i;
		}
	return n;
}

static bool all_there(const struct oracle *o, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		if (!o->have[i])
			return false;
	return true;
}

static struct run block_of(const struct peer *p, const struct tcp_sack *b)
{
	return (struct run){b->left.v - p->mine.v, b->right.v - p->mine.v};
}

/* Every block is correct, none is below RCV.NXT, no two are adjacent. */
static void blocks_are_true(struct peer *p, const struct oracle *o)
{
	const struct tcp_active *b = p->c->active;

	for (uint8_t i = 0; i < b->ack.n_sacks; i++) {
		struct run x = block_of(p, &b->ack.sacks[i]);

		assert_true(x.from < x.to && x.from > oracle_next(o));
		assert_true(all_there(o, x.from, x.to));
		for (uint8_t j = 0; j < i; j++) {
			struct run y = block_of(p, &b->ack.sacks[j]);

			assert_true(x.to < y.from || y.to < x.from);
		}
	}
}

/* Held data is beyond RCV.NXT, in order, and no byte is held twice. */
static void nothing_is_kept_twice(struct peer *p, const struct oracle *o)
{
	struct seq edge = seq_add(p->mine, oracle_next(o));

	for (struct tree_node *n = tree_first(&p->c->active->rcv.q.ofo); n; n = tree_next(n)) {
		const struct tcp_ofo *x = container_of(n, struct tcp_ofo, node);

		assert_true(seq_ge(x->start, edge) && seq_lt(x->start, x->end));
		assert_int_equal(pkt_total(x->p), x->end.v - x->start.v);
		edge = x->end;
	}
}

/* As long as all runs fit into the blocks, each run is a block. */
static void blocks_are_complete(struct peer *p, struct oracle *o)
{
	const struct tcp_active *b = p->c->active;
	struct run runs[RUNS];
	uint32_t n = oracle_runs(o, runs), found = 0;

	if (n == 0)
		o->crowded = false;
	if (n > TCP_SACKS)
		o->crowded = true;
	if (o->crowded)
		return;
	assert_int_equal(b->ack.n_sacks, n);
	for (uint32_t i = 0; i < n; i++)
		for (uint8_t j = 0; j < b->ack.n_sacks; j++) {
			struct run x = block_of(p, &b->ack.sacks[j]);

			found += x.from == runs[i].from && x.to == runs[i].to;
		}
	assert_int_equal(found, n);
}

/* RFC 2018 section 4: the first block contains the newest segment. RFC 2883: a duplicate is
 * reported before all others. */
static void newest_is_first(struct peer *p, const struct oracle *o, struct run g, bool old)
{
	struct run x;

	if (!old && g.from > oracle_next(o)) {
		assert_in_range(p->c->active->ack.n_sacks, 1, TCP_SACKS);
		x = block_of(p, &p->c->active->ack.sacks[0]);
		assert_true(x.from <= g.from && g.to <= x.to);
	}
	if (old) {
		assert_int_equal(p->outs, 1);
		x = block_of(p, &p->out[0].o.sack[0]);
		assert_true(p->out[0].o.sack_count > 0 && x.from == g.from && x.to == g.to);
	}
}

static void read_some(struct peer *p, struct oracle *o, size_t n)
{
	uint8_t to[5000];
	struct tcp_read r = {.to = to, .n = n};
	size_t got = tcp_read(p->s, p->c, &r);

	tcp_read_done(p->s, p->c, got);
	assert_int_equal(got, size_min(n, oracle_next(o) - o->read));
	for (size_t i = 0; i < got; i++)
		assert_int_equal(to[i], 'a' + (o->read + i - 1) % 26);
	o->read += (uint32_t)got;
}

/* A segment near RCV.NXT: mostly ahead, sometimes the missing one, sometimes old. */
static struct run draw(const struct oracle *o, struct prng *rnd)
{
	uint32_t next = oracle_next(o), back = u32_min(next - 1, 300), from, len;

	len = 1 + (uint32_t)prng_below(rnd, LONGEST);
	from = next - back + (uint32_t)prng_below(rnd, AHEAD + back);
	if (prng_below(rnd, 6) == 0)
		from = next;
	len = from > BYTES ? 0 : u32_min(len, BYTES + 1 - from);
	return (struct run){from, from + len};
}

static void one_stream(uint64_t seed)
{
	static struct oracle o;
	struct peer *p = peer_new();
	struct prng rnd;

	prng_seed(&rnd, seed);
	o = (struct oracle){.read = 1};
	p->o = (struct tcp_opts){.has = TCP_HAS_SACK_OK};
	stack_sysctl(p->s)->tcp_comp_sack_nr = 0; /* each duplicate is answered at once */
	peer_listen(p, 8);
	assert_int_equal(tcp_set_opt(p->s, p->l, TCPO_RCVBUF, 8 << 20), 0);
	peer_in(p, SEG_SYN, 0, 0, 0);
	p->o.has = 0;
	peer_in(p, SEG_ACK, 1, 1, 0);
	p->c = tcp_accept(p->s, p->l, p);
	while (o.read <= BYTES) {
		struct run g = draw(&o, &rnd);
		bool old;

		if (g.from == g.to)
			continue;
		old = all_there(&o, g.from, g.to);
		for (uint32_t i = g.from; i < g.to; i++)
			o.have[i] = true;
		peer_in(p, SEG_ACK, g.from, 1, g.to - g.from);
		assert_int_equal(p->c->rcv_nxt.v - p->mine.v, oracle_next(&o));
		blocks_are_true(p, &o);
		nothing_is_kept_twice(p, &o);
		blocks_are_complete(p, &o);
		newest_is_first(p, &o, g, old);
		if (prng_below(&rnd, 3) == 0)
			read_some(p, &o, 1 + prng_below(&rnd, 4000));
	}
	peer_free(p);
}

TEST(data_in_any_order_is_read_in_order_and_reported_correctly_rfc2018_rfc2883)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
		one_stream(seed);
}
