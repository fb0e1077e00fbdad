/*
 * tcp_rcvbuf.c - the receive buffer: data in sequence is queued by reference (the packet itself is
 * kept), data ahead of it passes to tcp_reasm.c, duplicates are acknowledged again. FIN, urgent
 * data, and the reader's copy.
 *
 *     copied_seq        rcv_nxt                     rcv_nxt + window
 *        | receive queue  | gap | ofo | gap | ofo ...  |
 */
#include "stack/tcp/tcp_rcvbuf.h"
#include "stack/tcp/idle/tcp_idle.h"
#include "stack/tcp/tcp_acceptable.h"
#include "stack/tcp/tcp_ackgen.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_ecn.h"
#include "stack/tcp/tcp_plain.h"
#include "stack/tcp/tcp_predict.h"
#include "stack/tcp/tcp_rcvmem.h"
#include "stack/tcp/tcp_rcvwnd.h"
#include "stack/tcp/tcp_reasm.h"
#include "stack/tcp/tcp_state.h"
#include "stack/tcp/tcp_timewait.h"
#include "stack/tcp/tcp_xmit.h"

void tcp_queue_in_order(struct stack *s, struct tcp_conn *c, struct pkt *p)
{
	tcp_rcv_charge(s, c, p);
	pkt_queue_add(&c->active->rcv.q.queue, p);
}

bool tcp_rcv_join(struct stack *s, struct tcp_conn *c, const struct pkt *p)
{
	struct pkt_queue *q = &c->active->rcv.q.queue;

	return q->first && tcp_coalesce(s, q->last, p);
}

static uint32_t queued_len(const struct pkt *p)
{
	return pkt_total(p);
}

static void unqueue(struct stack *s, struct tcp_conn *c)
{
	struct pkt *p = pkt_queue_take(&c->active->rcv.q.queue);

	tcp_rcv_uncharge(s, c, p);
	pkt_free(p);
}

void tcp_rcv_free(struct stack *s, struct tcp_conn *c)
{
	while (c->active->rcv.q.queue.first)
		unqueue(s, c);
}

/* Reduces p, a whole segment, to its payload from `from` on. Its whole memory stays charged. */
void tcp_strip(struct pkt *p, const struct tcp_seg *g, struct seq from)
{
	uint32_t cut = seq_span(from, seq_add(g->seq, (g->flags & SEG_SYN) != 0));

	assert(cut <= g->len);
	pkt_pull(p, (uint32_t)tcp_emit_len(g));
	if (p->ext_len > 0) {
		p->ext += cut;
		p->ext_len -= cut;
	} else {
		p->len = g->len; /* without link padding */
		pkt_pull(p, cut);
	}
	p->seq = from.v;
}

bool tcp_rcv_full(const struct tcp_conn *c)
{
	const struct tcp_rcvq *q = &c->active->rcv.q;

	return tcp_stack_of(c)->tcp->pressure || q->truesize + (q->truesize >> 3) > c->rcvbuf ||
	       tcp_rcv_window(c) <= c->rcv_mss;
}

void tcp_data_ready(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;
	uint32_t avail = seq_span(c->rcv_nxt, c->copied_seq);

	if (avail == 0 && !tcp_is(c, TCPB_DONE))
		return;
	if (avail >= b->rcv.lowat || tcp_is(c, TCPB_DONE) || tcp_rcv_full(c))
		tcp_notify(s, c, TCP_EVENT_IN);
}

/* An unreachable mark would block the reader for ever: the maximum is half the buffer, or half of
 * what the buffer may grow to, which it does. */
uint32_t tcp_set_rcvlowat(struct stack *s, struct tcp_conn *c, uint32_t n)
{
	bool fixed;
	uint64_t space;

	c = tcp_wake(s, c);
	if (!c)
		return n;
	tcp_plain_end(c);
	fixed = tcp_is(c, TCPB_RCVBUF_LOCK);
	n = u32_max(1, u32_min(n, (fixed ? c->rcvbuf : (uint32_t)s->sysctl.tcp_rmem[2]) >> 1));
	c->active->rcv.lowat = n;
	assert(c->scaling > 0);
	space = ((uint64_t)n << 8) / c->scaling;
	if (!fixed && space > c->rcvbuf) {
		c->rcvbuf = (uint32_t)space;
		c->window_clamp = n;
	}
	tcp_data_ready(s, c);
	return n;
}

static void out_of_window(struct tcp_conn *c)
{
	tcp_drop(c, 1);
	tcp_quickack_enter(c, TCP_MAX_QUICKACKS);
	tcp_ack_schedule(c);
}

void tcp_rcv_advance(struct tcp_conn *c, struct seq to, uint32_t n)
{
	assert(seq_le(c->rcv_nxt, to) && seq_span(to, c->rcv_nxt) - n <= 1);
	c->rcv_nxt = to;
	c->active->stats.bytes_received += n;
}

/* Data that starts at or before rcv_nxt and ends after it, or an empty FIN in its place. */
static void in_sequence(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	struct tcp_active *b = c->active;
	struct tcp_arrival a = tcp_arrival_of(in);
	bool fin = in->seg.flags & SEG_FIN;
	uint32_t len = seq_span(in->end, c->rcv_nxt) - (fin ? 1 : 0);
	struct seq from = c->rcv_nxt;

	assert(seq_le(in->seg.seq, c->rcv_nxt) && seq_gt(in->end, c->rcv_nxt));
	if (!in->predicted && !tcp_rcv_room(in, c)) {
		tcp_ack_mark(c, ACKP_NOMEM | ACKP_NOW | ACKP_SCHED);
		tcp_notify(s, c, TCP_EVENT_IN);
		/* An empty queue always takes one segment, or no reader could ever continue; a bare
		 * FIN takes no room. */
		if (b->rcv.q.queue.first && in->seg.len > 0) {
			stack_count(s, MIB_TcpExtTCPRcvQDrop);
			tcp_drop(c, 1);
			return;
		}
	}
	tcp_rcv_advance(c, in->end, len);
	tcp_strip(in->p, &in->seg, from);
	if (!seq_eq(in->seg.seq, from) || !tcp_rcv_join(s, c, in->p)) {
		tcp_queue_in_order(s, c, in->p);
		in->p = NULL;
	}
	if (in->seg.len > 0)
		tcp_data_event(s, c, &a);
	if (fin)
		tcp_fin_in(s, c);
	if (c->key.state == TCPS_CLOSED && !c->owner)
		return;
	if (!tree_empty(&b->rcv.q.ofo)) {
		tcp_ofo_drain(s, c);
		if (tree_empty(&b->rcv.q.ofo))
			tcp_ack_mark(c, ACKP_NOW);
	}
	tcp_sack_clean(c);
	if (!in->predicted)
		tcp_predict_check(c);
	if (len > 0)
		tcp_data_ready(s, c);
}

void tcp_data_in(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	struct seq edge = seq_add(c->rcv_nxt, tcp_rcv_window(c));

	if (seq_eq(in->seg.seq, in->end))
		return;
	tcp_ecn_cwr_in(in, c);
	c->active->ack.has_dsack = false;
	if (!seq_gt(in->end, c->rcv_nxt)) {
		stack_count(s, MIB_TcpExtDelayedACKLost);
		tcp_spurious_in(in, c);
		tcp_dsack_set(s, c, (struct tcp_sack){in->seg.seq, in->end}, false);
		out_of_window(c);
		return;
	}
	if (!seq_lt(in->seg.seq, edge) && in->seg.len > 0) {
		if (seq_eq(in->seg.seq, c->rcv_nxt))
			stack_count(s, MIB_TcpExtTCPZeroWindowDrop);
		out_of_window(c);
		return;
	}
	if (seq_gt(in->seg.seq, c->rcv_nxt)) {
		tcp_ofo_add(in, c);
		return;
	}
	if (seq_lt(in->seg.seq, c->rcv_nxt)) {
		tcp_dsack_set(s, c, (struct tcp_sack){in->seg.seq, c->rcv_nxt}, false);
		if (tcp_rcv_window(c) == 0) {
			stack_count(s, MIB_TcpExtTCPZeroWindowDrop);
			out_of_window(c);
			return;
		}
	}
	in_sequence(in, c);
}

/* Eighth: FIN, in sequence. After our own FIN it is acknowledged at once, with the SACK blocks of
 * before, as Linux does. */
void tcp_fin_in(struct stack *s, struct tcp_conn *c)
{
	bool over = false;

	tcp_ack_schedule(c);
	c->shut |= TCP_SHUT_RD;
	tcp_mark(c, TCPB_DONE, true);
	c->active->rcv.fin_rcvd = true;
	switch (c->key.state) {
	case TCPS_SYN_RCVD:
	case TCPS_ESTABLISHED:
		tcp_set_state(s, c, TCPS_CLOSE_WAIT);
		tcp_pingpong_enter(s, c);
		break;
	case TCPS_FIN_WAIT_1:
		tcp_queue_ack(s, c, c->rcv_nxt);
		tcp_ack_sent(s, c);
		tcp_set_state(s, c, TCPS_CLOSING);
		break;
	case TCPS_FIN_WAIT_2:
		tcp_ack_now(s, c);
		tcp_time_wait(s, c, TCPS_TIME_WAIT, TCP_TIMEWAIT_S * NSEC_SEC);
		over = true;
		break;
	default: break;
	}
	tcp_ofo_free(s, c);
	tcp_sacks_forget(c);
	if (!over)
		tcp_notify(s, c, 0);
}

/* --- urgent data (RFC 9293 3.8.5, RFC 6093; one byte, as Linux) --- */

static void urg_pointer(struct tcp_in *in, struct tcp_conn *c)
{
	struct stack *s = in->s;
	struct tcp_active *b = c->active;
	uint32_t ptr = in->seg.urg;
	struct seq at;

	if (ptr && !s->sysctl.tcp_stdurg)
		ptr--;
	at = seq_add(in->seg.seq, ptr);
	if (seq_gt(c->copied_seq, at) || seq_lt(at, c->rcv_nxt))
		return;
	if (b->rcv.urg && !seq_gt(at, b->rcv.urg_seq))
		return;
	if (c->owner && s->tcp->ev.urgent)
		s->tcp->ev.urgent(s->tcp->ev.ctx, c->owner);
	/* an unread urgent byte is skipped when a second one follows directly after the data
	 * read */
	if (b->rcv.urg && seq_eq(b->rcv.urg_seq, c->copied_seq) && !tcp_is(c, TCPB_OOBINLINE) &&
		!seq_eq(c->copied_seq, c->rcv_nxt)) {
		struct tcp_read skip = {.n = 1, .to = NULL};

		b->rcv.urg = TCP_URGENT_NONE;
		tcp_read(s, c, &skip);
	}
	b->rcv.urg = TCP_URGENT_COMING;
	b->rcv.urg_seq = at;
	b->rcv.predict = false;
}

void tcp_urg_in(struct tcp_in *in, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;

	if (in->seg.flags & SEG_URG)
		urg_pointer(in, c);
	if (b->rcv.urg != TCP_URGENT_COMING ||
		!seq_within(b->rcv.urg_seq, in->seg.seq, in->seg.len))
		return;
	uint32_t at = seq_span(b->rcv.urg_seq, in->seg.seq);

	assert(at < in->seg.len);
	b->rcv.urg = TCP_URGENT_HERE;
	b->rcv.urg_byte = in->seg.data[at];
	tcp_notify(in->s, c, TCP_EVENT_IN | TCP_EVENT_PRI);
}

void tcp_urgent_read(struct tcp_conn *c)
{
	if (!tcp_is_idle(c) && c->active->rcv.urg == TCP_URGENT_HERE)
		c->active->rcv.urg = TCP_URGENT_READ;
}

/* --- the reader --- */

/* Bytes that may be read from `at` on; 0 with *hop set: the urgent byte must be skipped. */
static uint32_t until_urgent(const struct tcp_conn *c, struct seq at, size_t got, bool *hop)
{
	const struct tcp_active *b = c->active;
	int32_t d = seq_diff(b->rcv.urg_seq, at);

	*hop = false;
	if (!b->rcv.urg || d < 0)
		return UINT32_MAX;
	if (d > 0)
		return (uint32_t)d;
	if (got > 0)
		return 0;
	if (tcp_is(c, TCPB_OOBINLINE))
		return UINT32_MAX;
	*hop = true;
	return 0;
}

struct reader {
	struct pkt *p;
	struct seq at;
	size_t got, skip;
	bool hopped;
};

/* Copies from the packet at the cursor. False: nothing more may be read. */
static bool read_some(struct tcp_conn *c, const struct tcp_read *r, struct reader *w)
{
	const uint8_t *from = w->p->ext_len > 0 ? w->p->ext : w->p->data;
	uint32_t off, left, n;
	bool hop;

	if (queued_len(w->p) == 0) {
		w->p = w->p->next;
		return true;
	}
	off = seq_span(w->at, seq_of(w->p->seq));
	assert(off <= queued_len(w->p));
	left = queued_len(w->p) - off;
	if (left == 0) {
		w->p = w->p->next;
		return true;
	}
	n = u32_min(left, until_urgent(c, w->at, w->got, &hop));
	if (hop && !w->hopped) {
		w->at = seq_add(w->at, 1);
		w->hopped = true;
		return true;
	}
	if (hop)
		n = left;
	if (w->skip > 0) {
		n = (uint32_t)size_min(n, w->skip);
		w->skip -= n;
		w->at = seq_add(w->at, n);
		return n > 0;
	}
	n = (uint32_t)size_min(n, r->n - w->got);
	if (n == 0)
		return false;
	if (r->to)
		memcpy((uint8_t *)r->to + w->got, from + off, n);
	w->got += n;
	w->at = seq_add(w->at, n);
	if (n == left)
		w->p = w->p->next;
	return true;
}

/* A bare FIN is read with the data before it. */
static bool was_read(const struct tcp_conn *c, const struct pkt *p)
{
	return queued_len(p) == 0 || seq_le(seq_add(seq_of(p->seq), queued_len(p)), c->copied_seq);
}

size_t tcp_read(struct stack *s, struct tcp_conn *c, const struct tcp_read *r)
{
	struct tcp_active *b = c->active;

	if (tcp_is_idle(c))
		return 0;
	struct reader w = {.p = b->rcv.q.queue.first, .at = c->copied_seq, .skip = r->skip};

	while (w.p && w.got < r->n && read_some(c, r, &w))
		;
	if (r->peek)
		return w.got;
	c->copied_seq = w.at;
	while (b->rcv.q.queue.first && was_read(c, b->rcv.q.queue.first))
		unqueue(s, c);
	if (b->rcv.fin_rcvd && !b->rcv.q.queue.first)
		c->copied_seq = c->rcv_nxt;
	if (b->rcv.urg && seq_gt(c->copied_seq, b->rcv.urg_seq)) {
		b->rcv.urg = TCP_URGENT_NONE;
		tcp_predict_check(c);
	}
	if (w.got > 0)
		tcp_rcv_adjust(s, c);
	return w.got;
}

void tcp_read_done(struct stack *s, struct tcp_conn *c, size_t copied)
{
	struct tcp_active *b = c->active;
	bool due = false;

	if (tcp_is_idle(c))
		return;
	tcp_idle_schedule(s, c);
	if (!tcp_in_state(c, TCPM_SYNCHRONIZED_DATA))
		return;
	if (b->ack.bits & ACKP_SCHED)
		due = seq_diff(c->rcv_nxt, c->rcv_wup) > c->rcv_mss ||
		      (copied > 0 && b->rcv.q.truesize == 0 &&
			      ((b->ack.bits & ACKP_PUSHED2) ||
				      ((b->ack.bits & ACKP_PUSHED) && !tcp_pingpong(s, c))));
	if (copied > 0 && !due && !(c->shut & TCP_SHUT_RD)) {
		uint32_t now = tcp_rcv_window(c);

		if (2 * now <= c->window_clamp) {
			uint32_t win = tcp_win_select(s, c);

			due = win && win >= 2 * now;
		}
	}
	if (due)
		tcp_ack_now(s, c);
}
