/*
 * tcp_ecn.c - explicit congestion notification (RFC 3168), the receiver: CE is echoed as ECE on
 * every ACK until CWR is received. The sender's half is in the loss engine. Fallback: an unanswered
 * SYN with ECN is retransmitted without (RFC 3168 6.1.1.1).
 *
 * DCTCP's sender counts marks, so its receiver echoes each exactly (RFC 8257 3.2):
 *
 *     CE, or not, as the segment before    ECE likewise; ACKs may be delayed
 *     a change                             an ACK of the segments before, with the old value, and
 *                                          one with the new value, at once
 */
#include "stack/tcp/tcp_ecn.h"
#include "stack/tcp/tcp_ackgen.h"
#include "stack/tcp/tcp_xmit.h"

static bool wants_ecn(const struct tcp_conn *c)
{
	return (c->cc->flags & CC_ECN) != 0;
}

static void echo(struct tcp_conn *c, bool ce)
{
	c->ecn = (uint8_t)(ce ? c->ecn | TCPE_DEMAND_CWR : c->ecn & ~TCPE_DEMAND_CWR);
}

static void dctcp_in(struct stack *s, struct tcp_conn *c, bool ce)
{
	struct tcp_active *b = c->active;
	bool was = c->ecn & TCPE_CE;

	if (ce != was) {
		if (b->ack.bits & (ACKP_TIMER | ACKP_SEND)) {
			echo(c, was);
			tcp_queue_ack(s, c, b->rcv.ce_prior);
		}
		tcp_ack_mark(c, ACKP_NOW);
	}
	b->rcv.ce_prior = c->rcv_nxt;
	c->ecn = (uint8_t)(ce ? c->ecn | TCPE_CE : c->ecn & ~TCPE_CE);
	echo(c, ce);
}

void tcp_cc_chosen(struct tcp_conn *c)
{
	c->cc = c->active->loss.cc.ops;
	if (!wants_ecn(c))
		return;
	c->active->rcv.ce_prior = c->rcv_nxt;
	c->ecn &= (uint8_t)~TCPE_CE;
}

uint16_t tcp_ecn_syn_flags(struct stack *s, struct tcp_conn *c)
{
	c->ecn &= (uint8_t)~TCPE_QUEUE_CWR;
	if ((s->sysctl.tcp_ecn != 1 && !wants_ecn(c)) ||
		(c->active->loss.retransmits > 0 && s->sysctl.tcp_ecn_fallback))
		return 0;
	c->ecn |= TCPE_QUEUE_CWR; /* requested */
	return SEG_ECE | SEG_CWR;
}

void tcp_ecn_cwr_in(struct tcp_in *in, struct tcp_conn *c)
{
	if (!(in->seg.flags & SEG_CWR) || !(c->agreed & TCPA_ECN))
		return;
	c->ecn &= (uint8_t)~TCPE_DEMAND_CWR;
	/* the sender is waiting for this with a small window: answer at once */
	if (in->seg.len > 0)
		tcp_ack_mark(c, ACKP_NOW);
}

void tcp_ecn_ce_in(struct stack *s, struct tcp_conn *c, uint8_t tos)
{
	uint8_t codepoint = tos & 3;

	if (!(c->agreed & TCPA_ECN))
		return;
	switch (codepoint) {
	case 0: /* not ECT: a retransmission, if ECT was seen before */
		if (c->ecn & TCPE_SEEN)
			tcp_quickack_enter(c, 2);
		break;
	case 3:
		if (wants_ecn(c))
			dctcp_in(s, c, true);
		if (!(c->ecn & TCPE_DEMAND_CWR)) {
			tcp_quickack_enter(c, 2);
			c->ecn |= TCPE_DEMAND_CWR;
		}
		c->ecn |= TCPE_SEEN;
		break;
	default:
		if (wants_ecn(c))
			dctcp_in(s, c, false);
		c->ecn |= TCPE_SEEN;
		break;
	}
}

uint16_t tcp_ecn_out_flags(struct tcp_conn *c, bool new_data)
{
	return (c->agreed & TCPA_ECN) && (c->ecn & TCPE_DEMAND_CWR) ? SEG_ECE : 0;
}
