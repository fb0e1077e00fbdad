/*
 * tcp_reasm.c - the out-of-order queue, and its reports: SACK blocks (RFC 2018; the newest first)
 * and duplicates (RFC 2883). Segments lie in a balanced tree by sequence number and never overlap,
 * so that a peer can neither make it slow nor have bytes held twice.
 */
#include "stack/tcp/tcp_reasm.h"
#include "stack/tcp/tcp_ackgen.h"
#include "stack/tcp/tcp_ecn.h"
#include "stack/tcp/tcp_mem.h"
#include "stack/tcp/tcp_rcvbuf.h"
#include "stack/tcp/tcp_rcvwnd.h"

static struct tcp_ofo *ofo_of(struct tree_node *n)
{
	return n ? container_of(n, struct tcp_ofo, node) : NULL;
}

static void ofo_remove(struct stack *s, struct tcp_conn *c, struct tcp_ofo *o)
{
	struct tcp_rcvq *q = &c->active->rcv.q;
	uint32_t n;

	tree_remove(&q->ofo, &o->node);
	assert(q->ofo_count > 0);
	q->ofo_count--;
	if (o->p) {
		n = tcp_pkt_truesize(o->p->seq_len);
		assert(q->truesize >= n);
		q->truesize -= n;
		tcp_mem_release(s, n);
		pkt_free(o->p);
	}
	pool_put(&s->tcp->ofos, o);
}

void tcp_ofo_free(struct stack *s, struct tcp_conn *c)
{
	struct tree_node *n;

	while ((n = tree_first(&c->active->rcv.q.ofo)))
		ofo_remove(s, c, ofo_of(n));
}

/* Frees what lies farthest ahead first, until enough is free. It has been reported to the peer, so
 * the SACK blocks are dropped too. */
static void ofo_prune(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;
	struct tree_node *n;

	if (tree_empty(&b->rcv.q.ofo))
		return;
	stack_count(s, MIB_TcpExtOfoPruned);
	while (b->rcv.q.truesize > c->rcvbuf && (n = tree_last(&b->rcv.q.ofo)))
		ofo_remove(s, c, ofo_of(n));
	b->ack.n_sacks = 0;
}

void tcp_prune(struct stack *s, struct tcp_conn *c)
{
	stack_count(s, MIB_TcpExtPruneCalled);
	ofo_prune(s, c);
	if (c->active->rcv.q.truesize > c->rcvbuf)
		stack_count(s, MIB_TcpExtRcvPruned);
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

/* The last stretch that begins at or before s, or NULL. */
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

/* Cuts [*start, *end) by what is queued already. False: nothing new is left. */
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
		ofo_remove(s, c, next);
		next = after;
	}
	return seq_lt(*start, *end);
}

static bool refuse(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	struct tcp_rcvq *q = &c->active->rcv.q;

	if (q->truesize > c->rcvbuf)
		tcp_prune(s, c);
	if (q->truesize <= c->rcvbuf && q->ofo_count < TCP_OFO_MAX && !tcp_mem_full(s))
		return false;
	stack_count(s, MIB_TcpExtTCPOFODrop);
	return true;
}

/* The segment becomes a stretch [start, end) of the tree. */
static bool keep(struct tcp_in *in, struct tcp_conn *c, struct seq start, struct seq end)
{
	struct stack *s = in->s;
	struct tcp_active *b = c->active;
	struct tcp_ofo *o = pool_get(&s->tcp->ofos);

	assert(seq_gt(start, c->rcv_nxt) && seq_lt(start, end));
	if (!o) {
		stack_count(s, MIB_TcpExtTCPOFODrop);
		return false;
	}
	o->fin = (in->seg.flags & SEG_FIN) && seq_eq(end, in->end);
	o->start = start;
	o->end = end;
	uint32_t want = seq_span(end, start) - o->fin;

	if (want > 0) {
		tcp_strip(in->p, &in->seg, start);
		o->p = in->p;
		in->p = NULL;
		uint32_t n = tcp_pkt_truesize(o->p->seq_len);

		b->rcv.q.truesize += n;
		tcp_mem_charge(s, n);
		if (pkt_total(o->p) > want) { /* the tail is there already */
			if (o->p->ext_len)
				o->p->ext_len = want;
			else
				o->p->len = want;
		}
		assert(pkt_total(o->p) == want);
	}
	link_in(&b->rcv.q.ofo, o);
	b->rcv.q.ofo_count++;
	return true;
}

bool tcp_ofo_add(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	bool sack = c->agreed & TCPA_SACK, kept;
	struct seq start = in->seg.seq, end = in->end;

	tcp_ecn_ce_in(in, c);
	if (refuse(in, c))
		return false;
	tcp_measure_mss(in, c);
	tcp_ack_schedule(c);
	stack_count(s, MIB_TcpExtTCPOFOQueue);
	c->active->stats.rcv_ooopack++;
	kept = cut(in, c, &start, &end);
	if (sack && (kept || !seq_eq(start, end)))
		sack_new(c, in->seg.seq, in->end);
	if (kept)
		kept = keep(in, c, start, end);
	if (kept && sack) /* without SACK a steady window makes duplicate ACKs of what we say */
		tcp_win_grow(s, c, in->seg.len);
	if (c->owner)
		tcp_rcvbuf_grow(s, c, c->active->rcv.space);
	return kept;
}

/* rcv_nxt has moved: what now is in sequence goes to the receive queue. */
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
			if (p) { /* its memory is counted already: it only changes hands */
				o->p = NULL;
				if (p->ext_len) {
					p->ext += old;
					p->ext_len -= old;
				} else {
					pkt_pull(p, old);
				}
				assert(pkt_total(p) == seq_span(o->end, c->rcv_nxt) - o->fin);
				p->seq = c->rcv_nxt.v;
				b->stats.bytes_received += pkt_total(p);
				pkt_queue_add(&b->rcv.q.queue, p);
			}
			c->rcv_nxt = o->end;
			fin = o->fin;
		}
		ofo_remove(s, c, o);
		if (fin) {
			tcp_fin_in(s, c);
			return;
		}
	}
}
