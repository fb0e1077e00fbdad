/*
 * tcp_ackgen.c - ACK generation (RFC 9293 3.8.6.3, RFC 5681 4.2, and Linux's heuristics):
 *
 *     quick     the first segments of a stream, and after loss: at once
 *     pingpong  the program answers received data: the ACK waits up to 40 ms to be piggybacked
 *     else      every second full segment at once, others after `ato`: 40 ms or the gap seen
 */
#include "stack/tcp/tcp_ackgen.h"
#include "stack/tcp/tcp_conn.h"
#include "stack/tcp/tcp_ecn.h"
#include "stack/tcp/tcp_rcvwnd.h"
#include "stack/tcp/tcp_timer.h"

bool tcp_pingpong(const struct stack *s, const struct tcp_conn *c)
{
	return c->pingpong >= s->sysctl.tcp_pingpong_thresh;
}

void tcp_pingpong_enter(const struct stack *s, struct tcp_conn *c)
{
	c->pingpong = (uint8_t)s->sysctl.tcp_pingpong_thresh;
}

void tcp_pingpong_learn(const struct stack *s, struct tcp_conn *c)
{
	if (ms_of(s->now) - c->lrcv_ms < c->ato_ms && c->pingpong < UINT8_MAX)
		c->pingpong++;
}

static bool quick_mode(const struct stack *s, const struct tcp_conn *c)
{
	return c->quick > 0 && !tcp_pingpong(s, c);
}

void tcp_ack_mark(struct tcp_conn *c, uint8_t bits)
{
	c->active->ack.bits |= bits;
}

void tcp_ack_forget(struct tcp_conn *c)
{
	c->active->ack.bits = 0;
}

void tcp_ack_schedule(struct tcp_conn *c)
{
	tcp_ack_mark(c, ACKP_SCHED);
}

void tcp_ack_now(struct stack *s, struct tcp_conn *c)
{
	c->active->ack.bits |= ACKP_SEND;
	tcp_dirty_mark(s, c);
}

static void quickack_more(struct tcp_conn *c, uint32_t max)
{
	uint32_t n = c->rcv_mss ? c->rcv_wnd / (2u * c->rcv_mss) : 2;

	n = u32_min(n ? n : 2, max);
	if (n > c->quick)
		c->quick = (uint8_t)n;
}

void tcp_quickack_enter(struct tcp_conn *c, uint32_t max)
{
	quickack_more(c, max);
	c->pingpong = 0;
	c->ato_ms = TCP_ATO_MIN_MS;
}

static void ack_timer(struct stack *s, struct tcp_conn *c, nsec_t when)
{
	struct tcp_active *b = c->active;

	assert(when >= s->now);
	b->ack.bits |= ACKP_SCHED | ACKP_TIMER;
	b->ack.delack_at = when;
	tcp_timers_delack(s, c);
}

void tcp_ack_delay_for(struct stack *s, struct tcp_conn *c, uint32_t ms)
{
	ack_timer(s, c, s->now + ms * NSEC_MSEC);
}

void tcp_delayed_ack(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;
	uint32_t ato = c->ato_ms;
	nsec_t when;

	if (ato > TCP_ATO_MIN_MS) {
		uint32_t max = 500, srtt = b->loss.rtt.srtt_us;

		if (tcp_pingpong(s, c) || (b->ack.bits & ACKP_PUSHED))
			max = TCP_DELACK_MAX_MS;
		if (srtt)
			max = u32_min(max, u32_max((srtt >> 3) / 1000, TCP_ATO_MIN_MS));
		ato = u32_min(ato, max);
	}
	/* With no time known yet, until a kernel's next tick: the program may still answer within
	 * it. */
	ato = u32_max(u32_min(ato, TCP_DELACK_MAX_MS), 1);
	when = s->now + ato * NSEC_MSEC;
	if (b->ack.bits & ACKP_TIMER) {
		if (b->ack.delack_at <= s->now + (ato >> 2) * NSEC_MSEC) {
			tcp_ack_now(s, c);
			return;
		}
		if (b->ack.delack_at < when)
			when = b->ack.delack_at;
	}
	ack_timer(s, c, when);
}

/* Out-of-order segments come in trains: after the third duplicate ACK some are suppressed. */
static void compress(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;
	uint32_t rtt = b->rcv.rtt_us ? b->rcv.rtt_us : UINT32_MAX, srtt = b->loss.rtt.srtt_us;
	nsec_t delay;

	if (!(c->agreed & TCPA_SACK) || b->ack.compressed >= s->sysctl.tcp_comp_sack_nr) {
		tcp_ack_now(s, c);
		return;
	}
	if (!seq_eq(b->ack.compress_nxt, c->rcv_nxt)) {
		b->ack.compress_nxt = c->rcv_nxt;
		b->ack.dups = 0;
	}
	if (b->ack.dups < 3) {
		b->ack.dups++;
		tcp_ack_now(s, c);
		return;
	}
	b->ack.compressed++;
	if (b->ack.compress_at)
		return;
	if (srtt && srtt < rtt)
		rtt = srtt;
	delay = (nsec_t)rtt * 125 / 20;
	if (delay > s->sysctl.tcp_comp_sack_delay_ns)
		delay = s->sysctl.tcp_comp_sack_delay_ns;
	b->ack.compress_at = s->now + delay;
	tcp_timers_delack(s, c);
}

void tcp_ack_decide(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;
	int32_t got = seq_diff(c->rcv_nxt, c->rcv_wup);

	if (!(b->ack.bits & ACKP_SCHED) || (b->ack.bits & ACKP_SEND))
		return;
	if ((got > c->rcv_mss && (seq_span(c->rcv_nxt, c->copied_seq) < b->rcv.lowat ||
					 tcp_win_select(s, c) >= c->rcv_wnd)) ||
		quick_mode(s, c) || (b->ack.bits & ACKP_NOW)) {
		tcp_ack_now(s, c);
		return;
	}
	if (tree_empty(&b->rcv.q.ofo))
		tcp_delayed_ack(s, c);
	else
		compress(s, c);
}

void tcp_delack_fire(struct stack *s, struct stack_timer *t)
{
	struct tcp_active *b = container_of(t, struct tcp_active, timers.delack);
	struct tcp_conn *c = b->conn;

	if (tcp_in_state(c, TCPM(TCPS_CLOSED) | TCPM(TCPS_LISTEN)))
		return;
	if (tcp_timers_delack_at(b) > s->now) { /* it was moved, or stopped */
		tcp_timers_delack(s, c);
		return;
	}
	if (b->ack.compress_at && b->ack.compress_at <= s->now) {
		b->ack.compress_at = 0;
		if (b->ack.compressed) {
			b->ack.compressed--; /* the one that is sent does not count */
			mib_add(&s->mib, MIB_TcpExtTCPAckCompressed, b->ack.compressed);
			b->ack.compressed = 0;
			tcp_ack_now(s, c);
		}
	}
	if (!(b->ack.bits & ACKP_TIMER))
		return;
	if (b->ack.delack_at > s->now) {
		tcp_timers_delack(s, c);
		return;
	}
	b->ack.bits &= (uint8_t)~ACKP_TIMER;
	if (!(b->ack.bits & ACKP_SCHED))
		return;
	if (!tcp_pingpong(s, c)) {
		c->ato_ms = (uint16_t)u32_min(c->ato_ms * 2u, b->loss.rtt.rto_us / 1000);
	} else {
		c->pingpong = 0;
		c->ato_ms = TCP_ATO_MIN_MS;
	}
	stack_count(s, MIB_TcpExtDelayedACKs);
	tcp_ack_now(s, c);
}

/* A segment with an ACK has left. */
void tcp_ack_sent(struct stack *s, struct tcp_conn *c)
{
	struct tcp_active *b = c->active;

	if (b->ack.compressed) {
		mib_add(&s->mib, MIB_TcpExtTCPAckCompressed, b->ack.compressed);
		b->ack.compressed = 0;
	}
	b->ack.compress_at = 0;
	if (c->quick) {
		uint8_t n = (b->ack.bits & ACKP_SCHED) ? 1 : 0;

		if (n >= c->quick) {
			c->quick = 0;
			c->ato_ms = TCP_ATO_MIN_MS;
		} else {
			c->quick = (uint8_t)(c->quick - n);
		}
	}
	b->ack.bits = 0;
	tcp_timers_delack(s, c);
}

/* New data arrived: learns the timing of the sender and the size of its segments, and detects
 * repetitions. */
void tcp_data_event(struct stack *s, struct tcp_conn *c, const struct tcp_arrival *a)
{
	uint32_t now = ms_of(s->now), gap = now - c->lrcv_ms;
	uint32_t rto = c->active->loss.rtt.rto_us / 1000;

	tcp_ack_schedule(c);
	tcp_measure_mss(c, a);
	tcp_rcv_rtt(s, c);
	if (!c->ato_ms) {
		quickack_more(c, TCP_MAX_QUICKACKS);
		c->ato_ms = TCP_ATO_MIN_MS;
	} else if (gap <= TCP_ATO_MIN_MS / 2) {
		c->ato_ms = (uint16_t)((c->ato_ms >> 1) + TCP_ATO_MIN_MS / 2);
	} else if (gap < c->ato_ms) {
		c->ato_ms = (uint16_t)u32_min((c->ato_ms >> 1) + gap, rto);
	} else if (gap > rto) {
		quickack_more(c, TCP_MAX_QUICKACKS);
	}
	c->lrcv_ms = now;
	c->active->rcv.flow = a->flow;
	tcp_ecn_ce_in(s, c, a->tos);
	if (a->len >= 128)
		tcp_win_grow(s, c, a);
}
