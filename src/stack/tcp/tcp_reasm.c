/*
 * tcp_reasm.c - the out-of-order queue, and its reports: SACK blocks (RFC 2018; the newest first)
 * and duplicates (RFC 2883). Segments are in a balanced tree by sequence number and never overlap,
 * so that a peer can neither make it slow nor have bytes stored twice. Under memory pressure
 * contiguous segments are collapsed, and the last ones are dropped.
 */
#include "stack/tcp/tcp_reasm.h"
#include "stack/tcp/tcp_ackgen.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_ecn.h"
#include "stack/tcp/tcp_rcvbuf.h"
#include "stack/tcp/tcp_rcvmem.h"
#include "stack/tcp/tcp_rcvwnd.h"

static struct tcp_ofo *ofo_of(struct tree_node *n)
{
	return n ? container_of(n, struct tcp_ofo, node) : NULL;
}

static void ofo_remove(struct stack *s, struct tcp_conn *c, struct tcp_ofo *o)
{
	struct tcp_rcvq *q = &c->active->rcv.q;

	tree_remove(&q->ofo, &o->node);
	assert(q->ofo_count > 0);
	q->ofo_count--;
	if (o->p) {
		tcp_rcv_uncharge(s, c, o->p);
		pkt_free(o->p);
	}
	pool_put(&s->tcp->ofos, o);
}

/* The same for data that is discarded. */
static void ofo_drop(struct stack *s, struct tcp_conn *c, struct tcp_ofo *o)
{
	tcp_drop(c, o->segs);
	ofo_remove(s, c, o);
}

void tcp_ofo_free(struct stack *s, struct tcp_conn *c)
{
	struct tree_node *n;

	while ((n = tree_first(&c->active->rcv.q.ofo)))
		ofo_remove(s, c, ofo_of(n));
}

/* --- reports --- */

static bool sack_extend(struct tcp_sack *a, struct seq start, struct seq end)
{
	if (seq_gt(start, a->right) || seq_gt(a->left, end))
		return false;
	a->left = seq_min(a->left, start);
	a->right = seq_max(a->right, end);
	return true;
}

void tcp_dsack_set(struct stack *s, struct tcp_conn *c, struct tcp_sack r, bool ofo)
{
	struct tcp_active *b = c->active;

	assert(seq_le(r.left, r.right));
	if (!(c->agreed & TCPA_SACK) || !s->sysctl.tcp_dsack)
		return;
	if (ofo && b->ack.has_dsack) {
		sack_extend(&b->ack.dsack, r.left, r.right);
		return;
	}
	stack_count(s,
		seq_lt(r.left, c->rcv_nxt) ? MIB_TcpExtTCPDSACKOldSent : MIB_TcpExtTCPDSACKOfoSent);
	b->ack.dsack = r;
	b->ack.has_dsack = true;
}

static void sack_drop(struct tcp_active *b, uint8_t i)
{
	assert(i < b->ack.n_sacks);
	memmove(&b->ack.sacks[i], &b->ack.sacks[i + 1],
		(b->ack.n_sacks - i - 1u) * sizeof(b->ack.sacks[0]));
	b->ack.n_sacks--;
}

/* The first block may have grown into others. */
static void sack_coalesce(struct tcp_active *b)
{
	for (uint8_t i = 1; i < b->ack.n_sacks;)
		if (sack_extend(&b->ack.sacks[0], b->ack.sacks[i].left, b->ack.sacks[i].right))
			sack_drop(b, i);
		else
			i++;
}

static void sack_new(struct tcp_conn *c, struct seq start, struct seq end)
{
	struct tcp_active *b = c->active;
	struct tcp_sack found = {start, end};

	assert(b->ack.n_sacks <= TCP_SACKS);
	for (uint8_t i = 0; i < b->ack.n_sacks; i++)
		if (sack_extend(&b->ack.sacks[i], start, end)) {
			found = b->ack.sacks[i];
			sack_drop(b, i);
			break;
		}
	if (b->ack.n_sacks == TCP_SACKS)
		b->ack.n_sacks--;
	memmove(&b->ack.sacks[1], &b->ack.sacks[0], b->ack.n_sacks * sizeof(b->ack.sacks[0]));
	b->ack.sacks[0] = found;
	b->ack.n_sacks++;
	sack_coalesce(b);
}

void tcp_sacks_forget(struct tcp_conn *c)
{
	c->active->ack.n_sacks = 0;
	c->active->ack.has_dsack = false;
}

void tcp_sack_clean(struct tcp_conn *c)
{
	struct tcp_active *b = c->active;

	if (tree_empty(&b->rcv.q.ofo)) {
		b->ack.n_sacks = 0;
		return;
	}
	for (uint8_t i = 0; i < b->ack.n_sacks;)
		if (!seq_lt(c->rcv_nxt, b->ack.sacks[i].left))
			sack_drop(b, i);
		else
			i++;
}

/* --- the queue --- */

/* The last range that starts at or before s, or NULL. */
static struct tcp_ofo *at_or_before(const struct tree *t, struct seq s)
{
	struct tree_node *n = t->root;
	struct tcp_ofo *best = NULL;

	while (n) {
		struct tcp_ofo *o = ofo_of(n);

		if (seq_le(o->start, s)) {
			best = o;
			n = n->right;
		} else {
			n = n->left;
		}
	}
	return best;
}

static void link_in(struct tree *t, struct tcp_ofo *o)
{
	struct tree_node **at = &t->root, *parent = NULL;

	while (*at) {
		parent = *at;
		at = seq_lt(o->start, ofo_of(*at)->start) ? &parent->left : &parent->right;
	}
	tree_insert(t, &o->node, parent, at);
}

/* Removes from [*start, *end) what is already queued. False: nothing new is left. */
static bool cut(struct tcp_in *in, struct tcp_conn *c, struct seq *start, struct seq *end)
{
	struct stack *s = in->s;
	struct tcp_rcvq *q = &c->active->rcv.q;
	struct tcp_ofo *o = at_or_before(&q->ofo, *start), *next;

	assert(seq_lt(*start, *end));
	if (o && seq_lt(*start, o->end)) {
		if (seq_le(*end, o->end)) {
			stack_count(s, MIB_TcpExtTCPOFOMerge);
			tcp_dsack_set(s, c, (struct tcp_sack){*start, *end}, false);
			tcp_drop(c, 1);
			return false;
		}
		tcp_dsack_set(s, c, (struct tcp_sack){*start, o->end}, false);
		*start = o->end;
	}
	next = ofo_of(o ? tree_next(&o->node) : tree_first(&q->ofo));
	while (next && seq_lt(next->start, *end)) {
		struct tcp_ofo *after = ofo_of(tree_next(&next->node));

		if (seq_gt(next->end, *end)) {
			tcp_dsack_set(s, c, (struct tcp_sack){next->start, *end}, true);
			*end = next->start;
			break;
		}
		stack_count(s, MIB_TcpExtTCPOFOMerge);
		tcp_dsack_set(s, c, (struct tcp_sack){next->start, next->end}, true);
		ofo_drop(s, c, next);
		next = after;
	}
	return seq_lt(*start, *end);
}

/* Adds the segment to the tree as range [start, end). */
static bool keep(struct tcp_in *in, struct tcp_conn *c, struct seq start, struct seq end)
{
	struct stack *s = in->s;
	struct tcp_ofo *o = pool_get(&s->tcp->ofos);
	uint32_t want;

	assert(seq_gt(start, c->rcv_nxt) && seq_lt(start, end));
	if (!o) {
		stack_count(s, MIB_TcpExtTCPOFODrop);
		tcp_drop(c, 1);
		return false;
	}
	o->segs = 1;
	o->fin = (in->seg.flags & SEG_FIN) && seq_eq(end, in->end);
	o->start = start;
	o->end = end;
	o->p = in->p;
	in->p = NULL;
	tcp_drop_front(o->p, seq_span(start, in->seg.seq));
	want = seq_span(end, start) - o->fin;
	if (o->p->ext_len > want) /* the tail is already there */
		o->p->ext_len = want;
	else if (o->p->ext_len == 0)
		o->p->len = u32_min(o->p->len, want);
	assert(pkt_total(o->p) == want);
	tcp_rcv_charge(s, c, o->p);
	link_in(&c->active->rcv.q.ofo, o);
	c->active->rcv.q.ofo_count++;
	return true;
}

/* Appends the segment to the memory of the range that ends where it starts, if there is room and
 * none of it is held already. */
static bool join(struct tcp_in *in, struct tcp_conn *c)
{
	struct tcp_ofo *o = at_or_before(&c->active->rcv.q.ofo, in->seg.seq), *next;

	if (!o || o->fin || !seq_eq(o->end, in->seg.seq))
		return false;
	next = ofo_of(tree_next(&o->node));
	if ((next && seq_lt(next->start, in->end)) || !tcp_coalesce(in->s, o->p, in->p))
		return false;
	o->end = in->end;
	o->segs++;
	o->fin = in->seg.flags & SEG_FIN;
	return true;
}

static bool no_room(struct tcp_in *in, struct tcp_conn *c)
{
	if (c->active->rcv.q.ofo_count < TCP_OFO_MAX && tcp_rcv_room(in, c))
		return false;
	stack_count(in->s, MIB_TcpExtTCPOFODrop);
	tcp_drop(c, 1);
	tcp_notify(in->s, c, TCP_EVENT_IN);
	return true;
}

bool tcp_ofo_add(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	bool sack = c->agreed & TCPA_SACK, kept, joined;
	struct seq start = in->seg.seq, end = in->end;
	struct tcp_arrival a = tcp_arrival_of(in);

	tcp_ecn_ce_in(s, c, a.tos);
	if (no_room(in, c))
		return false;
	tcp_measure_mss(c, &a);
	c->active->rcv.predict = false;
	tcp_ack_schedule(c);
	stack_count(s, MIB_TcpExtTCPOFOQueue);
	c->active->stats.rcv_ooopack++;
	tcp_strip(in->p, &in->seg, start);
	joined = join(in, c);
	kept = joined || cut(in, c, &start, &end);
	if (sack && (kept || !seq_eq(start, end)))
		sack_new(c, in->seg.seq, in->end);
	if (kept && sack) /* without SACK, a constant window makes our ACKs duplicate ACKs */
		tcp_win_grow(s, c, &a);
	if (kept && !joined)
		kept = keep(in, c, start, end);
	if (c->owner)
		tcp_rcvbuf_grow(s, c, c->active->rcv.space);
	return kept;
}

/* Moves a packet that is now in sequence to the receive queue; it is already charged. */
static void in_order(struct stack *s, struct tcp_conn *c, struct pkt *p, bool joins)
{
	if (joins && tcp_rcv_join(s, c, p)) {
		tcp_rcv_uncharge(s, c, p);
		pkt_free(p);
	} else {
		pkt_queue_add(&c->active->rcv.q.queue, p);
	}
}

/* rcv_nxt has advanced: moves data that is now in sequence to the receive queue. */
void tcp_ofo_drain(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;
	struct tcp_ofo *o;
	bool fin = false;

	while ((o = ofo_of(tree_first(&b->rcv.q.ofo))) && !seq_gt(o->start, c->rcv_nxt)) {
		struct pkt *p = o->p;
		uint32_t old = seq_span(c->rcv_nxt, o->start);

		if (old > 0)
			tcp_dsack_set(s, c,
				(struct tcp_sack){o->start, seq_min(c->rcv_nxt, o->end)}, true);
		if (seq_gt(o->end, c->rcv_nxt)) {
			o->p = NULL;
			tcp_drop_front(p, old);
			assert(pkt_total(p) == seq_span(o->end, c->rcv_nxt) - o->fin);
			tcp_rcv_advance(c, o->end, pkt_total(p));
			in_order(s, c, p, old == 0);
			fin = o->fin;
		} else {
			tcp_drop(c, o->segs);
		}
		ofo_remove(s, c, o);
		if (fin) {
			tcp_fin_in(s, c);
			return;
		}
	}
}

/* --- memory --- */

/* Ranges without a gap between them. */
struct range {
	struct tcp_ofo *first, *next; /* next: the first after it, or NULL */
	struct seq end;
	uint32_t truesize;
};

static struct range range_from(struct tcp_ofo *o)
{
	struct range r = {.first = o, .end = o->start};

	for (; o && seq_eq(o->start, r.end); o = ofo_of(tree_next(&o->node))) {
		assert(seq_le(r.end, o->end) && o->p);
		r.end = o->end;
		r.truesize += o->p->truesize;
	}
	r.next = o;
	return r;
}

/* Removes the packets of a range from the tree, up to one with a FIN. */
static struct pkt_queue take_range(struct stack *s, struct tcp_conn *c, const struct range *r)
{
	struct pkt_queue q = {NULL, NULL};

	for (struct tcp_ofo *o = r->first, *next; o && o != r->next && !o->fin; o = next) {
		next = ofo_of(tree_next(&o->node));
		pkt_queue_add(&q, o->p);
		o->p = NULL;
		ofo_remove(s, c, o);
	}
	return q;
}

/* Puts p, which is charged, into the tree. */
static void put_back(struct stack *s, struct tcp_conn *c, struct pkt *p)
{
	struct tcp_ofo *o = pool_get(&s->tcp->ofos);

	if (!o) {
		stack_count(s, MIB_TcpExtTCPOFODrop);
		tcp_rcv_uncharge(s, c, p);
		pkt_free(p);
		return;
	}
	assert(pkt_total(p) > 0 && seq_gt(seq_of(p->seq), c->rcv_nxt));
	o->p = p;
	o->segs = 1;
	o->start = seq_of(p->seq);
	o->end = seq_add(o->start, pkt_total(p));
	link_in(&c->active->rcv.q.ofo, o);
	c->active->rcv.q.ofo_count++;
}

static void collapse_range(struct stack *s, struct tcp_conn *c, const struct range *r)
{
	struct seq start = r->first->start;
	struct pkt_queue q = take_range(s, c, r);

	tcp_collapse(s, c, &q, start, r->end);
	for (struct pkt *p; (p = pkt_queue_take(&q));)
		put_back(s, c, p);
}

void tcp_ofo_collapse(struct stack *s, struct tcp_conn *c)
{
	struct tcp_ofo *o = ofo_of(tree_first(&c->active->rcv.q.ofo));
	uint32_t tiny =
		0; /* of single small packets, which are not collapsed, but only up to a bound */

	while (o && tiny <= c->rcvbuf >> 3) {
		struct range r = range_from(o);

		if (r.truesize != o->p->truesize || seq_span(r.end, o->start) >= TCP_PKT_HEAD_MAX)
			collapse_range(s, c, &r);
		else
			tiny += r.truesize;
		o = r.next;
	}
}

bool tcp_ofo_prune(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	struct tcp_active *b = c->active;
	int64_t goal = c->rcvbuf >> 3;
	bool pruned = false;
	struct tcp_ofo *o;

	while ((o = ofo_of(tree_last(&b->rcv.q.ofo))) && !seq_gt(in->seg.seq, o->start)) {
		pruned = true;
		goal -= o->p->truesize;
		ofo_drop(s, c, o);
		if (goal > 0 && !tree_empty(&b->rcv.q.ofo))
			continue;
		if (tcp_can_ingest(c) && !s->tcp->pressure)
			break;
		goal = c->rcvbuf >> 3;
	}
	if (!pruned)
		return false;
	stack_count(s, MIB_TcpExtOfoPruned);
	tcp_sacks_forget(c); /* they describe discarded data */
	return true;
}
