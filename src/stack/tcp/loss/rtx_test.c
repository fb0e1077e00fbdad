/*
 * rtx_test.c - the retransmission queue against an array of records: same operations, same
 * contents.
 */
#include "stack/tcp/loss/rtx.h"

#include "base/prng.h"
#include "base/test/test.h"

enum {
	MODEL_MAX = 4096
};

struct model {
	struct {
		uint32_t start, end;
		uint8_t flags;
	} r[MODEL_MAX];
	uint32_t n;
};

static void model_insert(struct model *m, uint32_t i, uint32_t start, uint32_t end, uint8_t flags)
{
	assert_true(m->n < MODEL_MAX);
	memmove(&m->r[i + 1], &m->r[i], (m->n - i) * sizeof(m->r[0]));
	m->r[i].start = start;
	m->r[i].end = end;
	m->r[i].flags = flags;
	m->n++;
}

static void model_remove(struct model *m, uint32_t i)
{
	memmove(&m->r[i], &m->r[i + 1], (m->n - i - 1) * sizeof(m->r[0]));
	m->n--;
}

static void same(const struct rtx_queue *q, const struct model *m)
{
	struct rtx *r = rtx_head(q);

	rtx_invariants(q);
	for (uint32_t i = 0; i < m->n; i++, r = rtx_next(q, r)) {
		assert_non_null(r);
		assert_int_equal(r->start.v, m->r[i].start);
		assert_int_equal(r->end.v, m->r[i].end);
		assert_int_equal(r->flags, m->r[i].flags);
	}
	assert_null(r);
}

struct both {
	struct pool pool;
	struct rtx_queue q;
	struct model m;
	struct prng rng;
	uint32_t nxt;
	nsec_t now;
};

static void append(struct both *b)
{
	uint32_t len = 1 + (uint32_t)prng_below(&b->rng, 5000);
	struct rtx *r;

	assert_true(rtx_reserve(&b->q));
	r = rtx_append(&b->q, seq_of(b->nxt), seq_of(b->nxt + len), 1000, 0);
	r->sent_at = b->now++;
	assert_int_equal(r->segs, (len + 999) / 1000);
	model_insert(&b->m, b->m.n, b->nxt, b->nxt + len, 0);
	b->nxt += len;
}

static void split(struct both *b, uint32_t i, struct rtx *r)
{
	uint32_t len = rtx_len(r), at;

	if (len < 2)
		return;
	at = 1 + (uint32_t)prng_below(&b->rng, len - 1);
	assert_non_null(rtx_split(&b->q, r, at));
	model_insert(&b->m, i + 1, b->m.r[i].start + at, b->m.r[i].end, b->m.r[i].flags);
	b->m.r[i].end = b->m.r[i].start + at;
}

static void merge(struct both *b, uint32_t i, struct rtx *r)
{
	uint32_t segs;

	if (!rtx_can_merge_next(&b->q, r))
		return;
	segs = r->segs + rtx_next(&b->q, r)->segs;
	rtx_merge_next(&b->q, r);
	assert_int_equal(r->segs, segs);
	b->m.r[i].end = b->m.r[i + 1].end;
	model_remove(&b->m, i + 1);
}

static void step(struct both *b)
{
	uint32_t i, s;
	struct rtx *r;

	if (b->m.n < 2 || prng_below(&b->rng, 3) == 0) {
		append(b);
		return;
	}
	i = (uint32_t)prng_below(&b->rng, b->m.n);
	s = b->m.r[i].start + (uint32_t)prng_below(&b->rng, b->m.r[i].end - b->m.r[i].start);
	r = rtx_find(&b->q, seq_of(s));
	assert_non_null(r);
	assert_int_equal(r->start.v, b->m.r[i].start);
	switch (prng_below(&b->rng, 4)) {
	case 0: split(b, i, r); break;
	case 1: merge(b, i, r); break;
	case 2:
		r->sent_at = b->now++;
		rtx_newest(&b->q, r);
		break;
	default:
		rtx_remove(&b->q, rtx_head(&b->q));
		model_remove(&b->m, 0);
		break;
	}
}

TEST(the_queue_agrees_with_an_array_over_the_wrap)
{
	static struct both b;

	memset(&b, 0, sizeof(b));
	pool_init(&b.pool, sizeof(struct rtx), 0);
	rtx_init(&b.q, &b.pool);
	prng_seed(&b.rng, 11);
	b.nxt = UINT32_MAX - 100000;
	for (int i = 0; i < 20000; i++) {
		step(&b);
		if (i % 8 == 0)
			same(&b.q, &b.m);
	}
	rtx_clear(&b.q);
	assert_int_equal(b.pool.live, 0);
	pool_free(&b.pool);
}

/* Two records that are sent after `done` of the others. */
static void append_two(struct rtx_queue *q, uint32_t done)
{
	for (uint32_t at = done; at < done + 2000; at += 1000) {
		assert_true(rtx_reserve(q));
		rtx_append(q, seq_of(at), seq_of(at + 1000), 1000, 0)->sent_at = at;
	}
}

TEST(the_tree_stands_from_the_first_search_until_nothing_is_in_flight)
{
	struct pool pool;
	struct rtx_queue q;

	pool_init(&pool, sizeof(struct rtx), 0);
	rtx_init(&q, &pool);
	append_two(&q, 0);
	assert_true(tree_empty(&q.by_seq));
	assert_int_equal(rtx_find(&q, seq_of(1500))->start.v, 1000);
	append_two(&q, 2000);
	assert_int_equal(rtx_find(&q, seq_of(3999))->start.v, 3000);
	assert_null(rtx_find(&q, seq_of(4000)));
	rtx_invariants(&q);
	while (!rtx_empty(&q))
		rtx_remove(&q, rtx_head(&q));
	append_two(&q, 4000);
	rtx_invariants(&q);
	assert_true(tree_empty(&q.by_seq));
	assert_int_equal(rtx_find(&q, seq_of(4000))->start.v, 4000);
	rtx_clear(&q);
	pool_free(&pool);
}

TEST(an_exhausted_pool_is_detected_before_sending)
{
	struct pool pool;
	struct rtx_queue q;

	pool_init(&pool, sizeof(struct rtx), 2);
	rtx_init(&q, &pool);
	assert_true(rtx_reserve(&q));
	rtx_append(&q, seq_of(1), seq_of(3001), 1000, 0);
	assert_true(rtx_reserve(&q));
	assert_null(rtx_split(&q, rtx_head(&q), 1000));
	assert_int_equal(rtx_len(rtx_head(&q)), 3000);
	rtx_append(&q, seq_of(3001), seq_of(4001), 1000, 0);
	assert_false(rtx_reserve(&q));
	rtx_clear(&q);
	assert_true(rtx_reserve(&q));
	rtx_clear(&q);
	pool_free(&pool);
}

TEST(syn_and_fin_take_sequence_numbers_but_no_segments_of_their_own)
{
	struct pool pool;
	struct rtx_queue q;
	struct rtx *r;

	pool_init(&pool, sizeof(struct rtx), 0);
	rtx_init(&q, &pool);
	rtx_reserve(&q);
	r = rtx_append(&q, seq_of(0), seq_of(1), 1000, RTX_SYN);
	assert_int_equal(r->segs, 1);
	rtx_reserve(&q);
	r = rtx_append(&q, seq_of(1), seq_of(2002), 1000, RTX_FIN);
	assert_int_equal(r->segs, 2);
	assert_false(rtx_can_merge_next(&q, rtx_head(&q)));
	rtx_clear(&q);
	pool_free(&pool);
}

TEST(reverted_marks_restore_the_order_of_transmission)
{
	struct pool pool;
	struct rtx_queue q;
	struct rtx *r[6];

	pool_init(&pool, sizeof(struct rtx), 0);
	rtx_init(&q, &pool);
	for (uint32_t i = 0; i < 6; i++) {
		rtx_reserve(&q);
		r[i] = rtx_append(&q, seq_of(i * 1000), seq_of(i * 1000 + 1000), 1000,
			i == 5 ? RTX_SACKED : 0);
		r[i]->sent_at = i;
	}
	r[0]->sent_at = 10;
	rtx_newest(&q, r[0]);
	list_del(&r[1]->time_link);
	list_del(&r[3]->time_link);
	list_del(&r[5]->time_link);
	rtx_restore_time(&q);
	rtx_invariants(&q);
	assert_ptr_equal(rtx_of_time(q.by_time.next), r[1]);
	assert_ptr_equal(rtx_of_time(q.by_time.prev), r[0]);
	assert_true(list_empty(&r[5]->time_link));
	rtx_clear(&q);
	pool_free(&pool);
}
