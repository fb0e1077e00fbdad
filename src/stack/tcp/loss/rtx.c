/*
 * rtx.c - the retransmission queue: a list in sequence order, with an AVL tree over it from
 * the first search on, and a list in order of transmission.
 */
#include "stack/tcp/loss/rtx.h"

static struct rtx *rtx_of_node(struct tree_node *n)
{
	return container_of(n, struct rtx, node);
}

void rtx_init(struct rtx_queue *q, struct pool *pool)
{
	tree_init(&q->by_seq);
	list_init(&q->in_order);
	list_init(&q->by_time);
	q->pool = pool;
	q->spare = NULL;
	q->records = 0;
	q->indexed = false;
}

void rtx_clear(struct rtx_queue *q)
{
	while (!rtx_empty(q))
		rtx_remove(q, rtx_head(q));
	if (q->spare)
		pool_put(q->pool, q->spare);
	q->spare = NULL;
}

bool rtx_reserve(struct rtx_queue *q)
{
	if (!q->spare)
		q->spare = pool_take(q->pool);
	return q->spare != NULL;
}

/* Each record goes to the right of the one before it, which is the last of the tree so far. */
static void build_index(struct rtx_queue *q)
{
	struct rtx *last = NULL;

	assert(tree_empty(&q->by_seq));
	for (struct rtx *r = rtx_head(q); r; last = r, r = rtx_next(q, r))
		tree_insert(&q->by_seq, &r->node, last ? &last->node : NULL,
			last ? &last->node.right : &q->by_seq.root);
	q->indexed = true;
}

struct rtx *rtx_find(struct rtx_queue *q, struct seq s)
{
	struct tree_node *n;

	if (!q->indexed)
		build_index(q);
	n = q->by_seq.root;
	while (n) {
		struct rtx *r = rtx_of_node(n);
		if (seq_lt(s, r->start))
			n = n->left;
		else if (seq_ge(s, r->end))
			n = n->right;
		else
			return r;
	}
	return NULL;
}

/* Bytes in r: its length without SYN and FIN. */
static uint32_t payload(const struct rtx *r)
{
	return rtx_len(r) - ((r->flags & RTX_SYN) != 0) - ((r->flags & RTX_FIN) != 0);
}

static uint16_t count_segs(const struct rtx *r)
{
	uint32_t len = payload(r), n = len <= r->mss ? 1 : (len + r->mss - 1) / r->mss;

	assert(n <= UINT16_MAX);
	return (uint16_t)n;
}

/* The share of segs for part of whole bytes: merged records have shorter segments. */
static uint16_t share(uint16_t segs, uint32_t part, uint32_t whole)
{
	uint64_t n = ((uint64_t)segs * part + whole - 1) / whole;

	assert(part > 0 && part < whole);
	return (uint16_t)(n > 0 ? n : 1);
}

/* Enters r, which is in the list directly behind `after`, or alone. */
static void index_after(struct rtx_queue *q, struct rtx *after, struct rtx *r)
{
	struct tree_node *parent = NULL, **at = &q->by_seq.root;

	if (after) {
		parent = &after->node;
		at = &parent->right;
		while (*at) {
			parent = *at;
			at = &parent->left;
		}
	}
	tree_insert(&q->by_seq, &r->node, parent, at);
}

static void link_after(struct rtx_queue *q, struct rtx *after, struct rtx *r)
{
	if (q->indexed)
		index_after(q, after, r);
	list_add(after ? &after->seq_link : &q->in_order, &r->seq_link);
	q->records++;
}

struct rtx *rtx_append(
	struct rtx_queue *q, struct seq start, struct seq end, uint16_t mss, uint8_t flags)
{
	struct rtx *r = q->spare, *tail = rtx_tail(q);

	assert(r && mss > 0 && seq_lt(start, end));
	assert(!tail || seq_eq(tail->end, start));
	q->spare = NULL;
	r->start = start;
	r->end = end;
	r->mss = mss;
	r->flags = flags;
	r->segs = count_segs(r);
	link_after(q, tail, r);
	list_init(&r->time_link);
	list_add_tail(&q->by_time, &r->time_link);
	return r;
}

struct rtx *rtx_split(struct rtx_queue *q, struct rtx *r, uint32_t at)
{
	uint32_t len = rtx_len(r);
	bool regular = r->segs == count_segs(r);
	struct rtx *rest;

	assert(at > 0 && at < len);
	rest = pool_take(q->pool);
	if (!rest)
		return NULL;
	*rest = *r;
	rest->start = seq_add(r->start, at);
	r->end = rest->start;
	r->flags &= (uint8_t) ~(RTX_EOR | RTX_FIN);
	rest->flags &= (uint8_t)~RTX_SYN;
	r->segs = regular ? count_segs(r) : share(rest->segs, at, len);
	rest->segs = regular ? count_segs(rest) : share(rest->segs, len - at, len);
	link_after(q, r, rest);
	list_init(&rest->time_link);
	if (!list_empty(&r->time_link))
		list_add(&r->time_link, &rest->time_link);
	return rest;
}

bool rtx_can_merge_next(const struct rtx_queue *q, const struct rtx *r)
{
	const struct rtx *next = rtx_next(q, r);

	return next && !((r->flags | next->flags) & RTX_SYN) && !(r->flags & RTX_EOR) &&
	       (uint32_t)r->segs + next->segs <= UINT16_MAX;
}

void rtx_merge_next(struct rtx_queue *q, struct rtx *r)
{
	struct rtx *next = rtx_next(q, r);

	assert(rtx_can_merge_next(q, r) && seq_eq(r->end, next->start));
	r->end = next->end;
	r->flags |= next->flags & (RTX_EVER_RETRANS | RTX_EOR | RTX_FIN);
	r->segs = (uint16_t)(r->segs + next->segs);
	rtx_remove(q, next);
}

void rtx_trim(struct rtx_queue *q, struct rtx *r, uint32_t n)
{
	uint32_t len = rtx_len(r);
	bool regular = r->segs == count_segs(r);

	assert(n > 0 && n < len && r == rtx_head(q));
	r->start = seq_add(r->start, n);
	r->flags &= (uint8_t)~RTX_SYN;
	r->segs = regular ? count_segs(r) : share(r->segs, len - n, len);
}

void rtx_set_mss(struct rtx *r, uint16_t mss)
{
	assert(mss > 0);
	r->mss = mss;
	r->segs = count_segs(r);
}

void rtx_remove(struct rtx_queue *q, struct rtx *r)
{
	assert(q->records > 0);
	if (q->indexed)
		tree_remove(&q->by_seq, &r->node);
	list_del(&r->seq_link);
	list_del(&r->time_link);
	if (--q->records == 0)
		q->indexed = false;
	pool_put(q->pool, r);
}

void rtx_newest(struct rtx_queue *q, struct rtx *r)
{
	list_del(&r->time_link);
	list_add_tail(&q->by_time, &r->time_link);
}

/* Inserts r, which is not in the list, by time; not before *from (NULL: the front), which it
 * advances. */
static void link_by_time(struct rtx_queue *q, struct rtx *r, struct rtx **from)
{
	struct list *pos = q->by_time.next;

	if (*from && (*from)->sent_at <= r->sent_at)
		pos = &(*from)->time_link;
	while (pos != &q->by_time && rtx_of_time(pos)->sent_at <= r->sent_at)
		pos = pos->next;
	list_add_tail(pos, &r->time_link);
	*from = r;
}

void rtx_restore_time(struct rtx_queue *q)
{
	struct rtx *from = NULL;

	for (struct rtx *r = rtx_head(q); r; r = rtx_next(q, r)) {
		if (list_empty(&r->time_link) && !(r->flags & RTX_SACKED))
			link_by_time(q, r, &from);
	}
}

void rtx_invariants(const struct rtx_queue *q)
{
	struct tree_node *n = q->indexed ? tree_first(&q->by_seq) : NULL;
	uint32_t records = 0;
	nsec_t last = 0;
	struct list *pos;

	for (struct rtx *r = rtx_head(q); r; r = rtx_next(q, r)) {
		struct rtx *prev = rtx_prev(q, r);
		assert(!q->indexed || n == &r->node);
		assert(!prev || seq_eq(prev->end, r->start));
		assert(seq_lt(r->start, r->end) && r->segs > 0);
		n = n ? tree_next(n) : NULL;
		records++;
	}
	assert(!n && records == q->records && (q->indexed || tree_empty(&q->by_seq)));
	list_for_each(pos, &q->by_time) {
		assert(rtx_of_time(pos)->sent_at >= last);
		last = rtx_of_time(pos)->sent_at;
	}
}
