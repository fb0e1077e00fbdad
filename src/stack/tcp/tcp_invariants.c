/*
 * tcp_invariants.c - connection invariants, checked between entry points: cheap ones always, those
 * that walk queues or check timers in tests only (stack_config.checked).
 */
#include "stack/tcp/tcp_invariants.h"
#include "stack/tcp/tcp_plain.h"
#include "stack/tcp/tcp_rcvwnd.h"
#include "stack/tcp/tcp_sndbuf.h"
#include "stack/tcp/tcp_timer.h"

void tcp_conn_invariants(const struct tcp_conn *c)
{
	const struct tcp_active *b = c->active;

	assert(c->key.kind == TCP_KIND_CONN && b && b->conn == c);
	if (tcp_in_state(c, TCPM(TCPS_CLOSED) | TCPM(TCPS_LISTEN))) {
		assert((c->key.state == TCPS_LISTEN) == (c->listen != NULL));
		assert(!stack_timer_runs(&b->timers.rtx) && !stack_timer_runs(&b->timers.delack));
		assert(!stack_timer_runs(&b->timers.life) && !stack_timer_runs(&b->timers.pace));
		return;
	}
	assert(seq_le(c->snd_una, c->snd_nxt) && seq_le(c->snd_nxt, c->write_seq));
	assert(seq_le(c->copied_seq, c->rcv_nxt) && seq_le(c->rcv_wup, c->rcv_nxt));
	assert(seq_eq(b->loss.cc.nxt, c->snd_nxt) || c->key.state == TCPS_SYN_RCVD);
	assert(!b->snd.q.unsent || seq_gt(b->snd.q.unsent->end, c->snd_nxt));
	assert(b->loss.packets_out > 0 || seq_eq(c->snd_una, c->snd_nxt) ||
		c->key.state == TCPS_SYN_RCVD);
	assert(tree_empty(&b->rcv.q.ofo) || b->rcv.q.ofo_count > 0);
	assert(b->ack.n_sacks <= TCP_SACKS);
}

/* Data in sequence: without gaps, nothing beyond what was acknowledged, nothing after a FIN. */
static void check_in_order(const struct tcp_conn *c)
{
	struct seq last = seq_sub(c->rcv_nxt, c->active->rcv.fin_rcvd);

	for (const struct pkt *p = c->active->rcv.q.queue.first; p; p = p->next) {
		struct seq end = seq_add(seq_of(p->seq), pkt_total(p));

		assert(seq_le(end, last));
		/* an empty one is a FIN, whose number is not a byte */
		assert(!p->next || pkt_total(p) == 0 || pkt_total(p->next) == 0 ||
			seq_eq(seq_of(p->next->seq), end));
	}
}

/* Data out of order: beyond RCV.NXT, in order, no byte twice. */
static void check_early(const struct tcp_conn *c)
{
	const struct tcp_rcvq *q = &c->active->rcv.q;
	struct seq last = c->rcv_nxt;
	uint32_t count = 0;

	for (struct tree_node *n = tree_first(&q->ofo); n; n = tree_next(n)) {
		const struct tcp_ofo *o = container_of(n, const struct tcp_ofo, node);

		assert(count == 0 ? seq_gt(o->start, last) : seq_ge(o->start, last));
		assert(seq_lt(o->start, o->end) || o->fin);
		last = o->end;
		count++;
	}
	assert(count == q->ofo_count);
}

/* The charges of both receive queues, to the byte; together with those of the send queue and the
 * reserve, whole pages. */
static void check_sums(const struct tcp_conn *c)
{
	const struct tcp_rcvq *q = &c->active->rcv.q;
	uint32_t sum = 0;

	for (const struct pkt *p = q->queue.first; p; p = p->next)
		sum += p->truesize;
	for (struct tree_node *n = tree_first(&q->ofo); n; n = tree_next(n)) {
		const struct tcp_ofo *o = container_of(n, const struct tcp_ofo, node);

		sum += o->p->truesize;
	}
	assert(sum == q->truesize);
	sum += c->active->snd.q.truesize + c->active->reserved;
	assert(sum % TCP_PAGE == 0);
}

/* The send queue: pieces and records without gaps, up to the last byte written. */
static void check_unacked(const struct tcp_conn *c)
{
	const struct tcp_sndq *q = &c->active->snd.q;
	uint32_t sum = 0;

	for (const struct tcp_piece *p = q->first; p && p->next; p = p->next)
		assert(seq_eq(seq_add(p->start, p->len), p->next->start));
	for (const struct tcp_rec *r = q->rec; r; r = r->next) {
		assert(seq_lt(r->start, r->end));
		assert(seq_eq(r->end, r->next ? r->next->start : c->write_seq));
		sum += r->truesize;
	}
	assert(sum == q->truesize);
	assert(!q->first || seq_le(q->first->start, seq_max(c->snd_una, seq_add(c->iss, 1))));
}

static bool runs_by(const struct stack_timer *t, nsec_t when)
{
	return stack_timer_runs(t) && t->t.when <= when;
}

/* A connection with pending work has a deadline, whatever failed before: data to be sent or
 * acknowledged makes progress even if no segment ever arrives. A program waiting for room waits for
 * an ACK. */
static void check_deadline(const struct tcp_conn *c)
{
	const struct tcp_active *b = c->active;
	bool unacked = !seq_eq(c->snd_una, c->write_seq);
	bool opening = c->key.state == TCPS_SYN_SENT && !tcp_is(c, TCPB_DEFER_CONNECT);
	nsec_t rtx = tcp_timers_rtx_at(b), delack = tcp_timers_delack_at(b);
	bool again = !list_empty(&b->dirty) || rtx < NSEC_MAX || stack_timer_runs(&b->timers.pace);

	assert(again || !(opening || unacked) || b->hs.fastopen_rsk);
	assert(again || !(b->ack.bits & ACKP_SCHED) || delack < NSEC_MAX);
	assert(rtx == NSEC_MAX || runs_by(&b->timers.rtx, rtx) || !list_empty(&b->dirty));
	assert(delack == NSEC_MAX || runs_by(&b->timers.delack, delack));
	assert(!tcp_is(c, TCPB_ORPHAN) || c->key.state != TCPS_FIN_WAIT_2 ||
		stack_timer_runs(&b->timers.life));
	assert(unacked || !tcp_is(c, TCPB_NOSPACE) || !tcp_snd_writable(tcp_stack_of(c), c));
}

void tcp_queue_invariants(const struct tcp_conn *c)
{
	if (tcp_in_state(c, TCPM(TCPS_CLOSED) | TCPM(TCPS_LISTEN)))
		return;
	assert(!c->plain || tcp_is_plain(c));
	check_in_order(c);
	check_early(c);
	check_sums(c);
	check_unacked(c);
	check_deadline(c);
	loss_invariants(&c->active->loss);
}
