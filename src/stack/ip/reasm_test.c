/* reasm_test.c - reassembly, against an oracle with one flag per byte. */
#include "stack/ip/reasm.h"

#include <stdlib.h>

#include "base/prng.h"
#include "base/test/test.h"

static const struct siphash_key key = {1, 2};
static const struct reasm_limits limits = {.high = 4 << 20, .time = 30 * NSEC_SEC};
static const uint8_t head[20] = {0x45};
static uint8_t bytes[REASM_PAYLOAD_MAX];

static int setup(void **state)
{
	struct reasm *r = malloc(sizeof(*r));
	struct prng rnd;

	assert_non_null(r);
	prng_seed(&rnd, 5);
	prng_fill(&rnd, bytes, sizeof(bytes));
	reasm_init(r, &key);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct reasm *r = *state;

	reasm_free(r);
	free(r);
	return 0;
}

static struct reasm_frag frag(uint32_t id, uint32_t off, uint32_t len, bool more)
{
	struct reasm_frag f = {.off = (uint16_t)off,
		.len = (uint16_t)len,
		.more = more,
		.head = head,
		.head_len = sizeof(head),
		.data = bytes + off};

	f.key.id = id;
	f.key.addr = (struct ip_pair){ip_addr_from_v4(1), ip_addr_from_v4(2)};
	return f;
}

static enum reasm_result add(struct reasm *r, struct reasm_frag f)
{
	return reasm_add(r, &f, &limits, 0).result;
}

/* Adds the last fragment, and returns the packet that it completes. */
static struct reasm_packet completed(struct reasm *r, struct reasm_frag f)
{
	struct reasm_result_of got = reasm_add(r, &f, &limits, 0);

	assert_int_equal(got.result, REASM_DONE);
	return reasm_take(r, got.whole);
}

static void holds_nothing(struct reasm *r)
{
	assert_int_equal(r->used, 0);
	assert_int_equal(r->datagrams.live, 0);
	assert_int_equal(r->pieces.live, 0);
	assert_true(reasm_next(r) == NSEC_MAX);
}

TEST_IN(fragments_in_any_order_make_the_packet, setup, teardown)
{
	static const int order[6][3] = {
		{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	const struct reasm_frag f[] = {
		frag(9, 0, 1480, true), frag(9, 1480, 1480, true), frag(9, 2960, 41, false)};
	struct reasm *r = *state;

	for (int i = 0; i < 6; i++) {
		assert_int_equal(add(r, f[order[i][0]]), REASM_WAIT);
		assert_int_equal(add(r, f[order[i][1]]), REASM_WAIT);
		struct reasm_packet p = completed(r, f[order[i][2]]);
		assert_int_equal(p.len, 3001);
		assert_memory_equal(p.head, head, sizeof(head));
		assert_memory_equal(p.head + p.head_len, bytes, 3001);
		holds_nothing(r);
	}
}

TEST_IN(the_longest_packet_comes_through, setup, teardown)
{
	struct reasm *r = *state;

	assert_int_equal(add(r, frag(1, 0, 32768, true)), REASM_WAIT);
	struct reasm_packet p = completed(r, frag(1, 32768, 32767, false));
	assert_int_equal(p.len, 65535);
	assert_memory_equal(p.head + p.head_len, bytes, 65535);
	assert_int_equal(add(r, frag(1, 65528, 8, false)), REASM_BAD);
	holds_nothing(r);
}

TEST_IN(packets_do_not_mix, setup, teardown)
{
	struct reasm *r = *state;
	struct reasm_frag other = frag(1, 8, 8, false);

	assert_int_equal(add(r, frag(1, 0, 8, true)), REASM_WAIT);
	assert_int_equal(add(r, frag(2, 8, 8, false)), REASM_WAIT);
	other.key.proto = 6;
	assert_int_equal(add(r, other), REASM_WAIT);
	other.key.proto = 0;
	other.key.addr.src = ip_addr_from_v4(3);
	assert_int_equal(add(r, other), REASM_WAIT);
	assert_int_equal(completed(r, frag(1, 8, 8, false)).len, 16);
}

TEST_IN(duplicates_are_ignored_and_overlaps_kill_rfc_5722, setup, teardown)
{
	struct reasm *r = *state;
	struct reasm_frag f = frag(1, 8, 24, true);

	assert_int_equal(add(r, frag(1, 0, 16, true)), REASM_WAIT);
	assert_int_equal(add(r, frag(1, 0, 16, true)), REASM_DUP);
	assert_int_equal(add(r, frag(1, 8, 8, true)), REASM_DUP);
	assert_int_equal(add(r, frag(1, 16, 16, true)), REASM_WAIT);
	assert_int_equal(add(r, frag(1, 8, 16, true)), REASM_DUP); /* covers two neighbours */
	assert_int_equal(add(r, frag(1, 40, 8, true)), REASM_WAIT);
	struct reasm_result_of got = reasm_add(r, &f, &limits, 0);
	assert_int_equal(got.result, REASM_DUP);
	f = frag(1, 24, 16, true);
	got = reasm_add(r, &f, &limits, 0);
	assert_int_equal(got.result, REASM_OVERLAP);
	assert_int_equal(got.dropped, 3);
	holds_nothing(r);
}

TEST_IN(what_contradicts_the_end_kills, setup, teardown)
{
	static const struct {
		uint32_t off, len;
		bool more;
	} row[] = {
		{72, 8, false},    /* another end */
		{56, 8, false},    /* before the bytes already queued */
		{72, 8, true},     /* data after the end */
		{72, 0, false},    /* no bytes */
		{8, 0, true},      /* */
		{65528, 8, false}, /* longer than any packet */
		{65528, 8, true},  /* */
	};
	struct reasm *r = *state;

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct reasm_frag f = frag(1, row[i].off, row[i].len, row[i].more);

		assert_int_equal(add(r, frag(1, 64, 8, false)), REASM_WAIT);
		assert_int_equal(add(r, frag(1, 0, 32, true)), REASM_WAIT);
		struct reasm_result_of got = reasm_add(r, &f, &limits, 0);
		assert_int_equal(got.result, REASM_BAD);
		assert_int_equal(got.dropped, 2);
		holds_nothing(r);
	}
	assert_int_equal(add(r, frag(2, 64, 8, true)), REASM_WAIT);
	assert_int_equal(
		add(r, frag(2, 0, 8, false)), REASM_BAD); /* ends before the bytes already queued */
	holds_nothing(r);
}

TEST_IN(time_gives_up_and_returns_the_first_fragment, setup, teardown)
{
	struct reasm *r = *state;
	struct reasm_packet p;
	uint32_t dropped;

	assert_int_equal(add(r, frag(1, 0, 16, true)), REASM_WAIT);
	assert_int_equal(add(r, frag(1, 16, 16, true)), REASM_WAIT); /* is not quoted */
	assert_int_equal(add(r, frag(2, 32, 16, true)), REASM_WAIT);
	assert_true(reasm_next(r) == limits.time);
	assert_false(reasm_expire(r, limits.time - 1, &p, &dropped));
	assert_true(reasm_expire(r, limits.time, &p, &dropped));
	assert_int_equal(dropped, 2);
	assert_int_equal(p.len, 16);
	assert_memory_equal(p.head + p.head_len, bytes, 16);
	assert_true(reasm_expire(r, limits.time, &p, &dropped));
	assert_int_equal(dropped, 1);
	assert_int_equal(p.len, 0);
	assert_false(reasm_expire(r, limits.time, &p, &dropped));
	holds_nothing(r);
}

TEST_IN(memory_is_bounded, setup, teardown)
{
	const struct reasm_limits small = {.high = 100000, .time = NSEC_SEC};
	struct reasm *r = *state;
	struct reasm_packet p;
	uint32_t dropped, kept = 0;

	for (uint32_t id = 0; id < 1000; id++) {
		struct reasm_frag f = frag(id, 8, 8, true);

		kept += reasm_add(r, &f, &small, id).result == REASM_WAIT;
	}
	assert_in_range(kept, 10, 100000 / REASM_PIECE);
	assert_in_range(r->used, 1, 100000 + REASM_PACKET_MAX);
	while (reasm_expire(r, 2 * NSEC_SEC, &p, &dropped))
		kept -= dropped;
	assert_int_equal(kept, 0);
	holds_nothing(r);
}

TEST_IN(a_stale_datagram_makes_room_when_ids_have_wrapped, setup, teardown)
{
	const struct reasm_limits near = {.high = 1 << 20, .time = NSEC_SEC, .max_dist = 64};
	struct reasm *r = *state;
	struct reasm_frag f = frag(1, 0, 8, true);

	f.rid = 1;
	assert_int_equal(reasm_add(r, &f, &near, 0).result, REASM_WAIT);
	f = frag(1, 8, 8, false);
	f.rid = 66;
	struct reasm_result_of got = reasm_add(r, &f, &near, 0);
	assert_int_equal(got.result, REASM_WAIT); /* the first one is gone */
	assert_int_equal(got.dropped, 1);
	f = frag(1, 0, 8, true);
	f.rid = 130;
	got = reasm_add(r, &f, &near, 0);
	assert_int_equal(got.result, REASM_DONE);
	reasm_take(r, got.whole);
}

TEST_IN(ecn_combines_as_rfc_3168_says, setup, teardown)
{
	static const struct {
		uint8_t a, b, want;
		bool bad;
	} row[] = {{0, 0, 0, 0}, {2, 2, 2, 0}, {2, 3, 3, 0}, {1, 3, 3, 0}, {1, 1, 1, 0},
		{0, 3, 3, 1}, {0, 2, 2, 1}};
	struct reasm *r = *state;

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct reasm_frag f = frag(1, 0, 8, true), g = frag(1, 8, 8, false);

		f.ecn = row[i].a;
		g.ecn = row[i].b;
		assert_int_equal(add(r, f), REASM_WAIT);
		struct reasm_packet p = completed(r, g);
		assert_int_equal(p.ecn, row[i].want);
		assert_int_equal(p.ecn_bad, row[i].bad);
	}
}

/* ---- the oracle: one flag per byte ---- */

enum {
	ORACLE_BYTES = 6400
};

struct oracle {
	bool have[ORACLE_BYTES];
	uint32_t end, far; /* end: 0 until known */
};

static enum reasm_result oracle_add(struct oracle *o, const struct reasm_frag *f)
{
	uint32_t end = (uint32_t)f->off + f->len, held = 0;

	for (uint32_t i = f->off; i < end; i++)
		held += o->have[i];
	bool bad = f->more ? (o->end != 0 && end > o->end)
			   : (end < o->far || (o->end && end != o->end));

	if (bad || (held > 0 && held < f->len)) {
		memset(o, 0, sizeof(*o));
		return bad ? REASM_BAD : REASM_OVERLAP;
	}
	if (held == f->len)
		return REASM_DUP;
	memset(o->have + f->off, true, f->len);
	o->far = u32_max(o->far, end);
	if (!f->more)
		o->end = end;
	for (uint32_t i = 0; i < o->end; i++)
		if (!o->have[i])
			return REASM_WAIT;
	return o->end == 0 ? REASM_WAIT : REASM_DONE;
}

TEST_IN(random_fragments_agree_with_one_flag_a_byte, setup, teardown)
{
	struct reasm *r = *state;
	static struct oracle o;
	struct prng rnd;
	int done = 0, overlaps = 0;

	prng_seed(&rnd, 11);
	memset(&o, 0, sizeof(o));
	for (int turn = 0; turn < 60000; turn++) {
		uint32_t off = (uint32_t)prng_below(&rnd, 10) * 640;
		uint32_t len =
			prng_below(&rnd, 40) > 0 ? 640 : 8 * (1 + (uint32_t)prng_below(&rnd, 80));
		struct reasm_frag f = frag(
			1, off, len, off + len < ORACLE_BYTES ? prng_below(&rnd, 50) > 0 : false);
		enum reasm_result want = oracle_add(&o, &f);
		struct reasm_result_of got = reasm_add(r, &f, &limits, 0);

		assert_int_equal(got.result, want);
		overlaps += want == REASM_OVERLAP;
		if (want != REASM_DONE)
			continue;
		done++;
		struct reasm_packet p = reasm_take(r, got.whole);
		assert_int_equal(p.len, o.end);
		assert_memory_equal(p.head + p.head_len, bytes, p.len);
		holds_nothing(r);
		memset(&o, 0, sizeof(o));
	}
	assert_true(done > 100 && overlaps > 100);
}
