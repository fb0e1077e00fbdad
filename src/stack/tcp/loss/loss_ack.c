/*
 * loss_ack.c - ACK processing in the loss engine (order of steps: loss_priv.h).
 */
#include "stack/tcp/loss/loss_priv.h"

static void begin(struct ack_pass *p, struct tcp_loss *l)
{
	const struct loss_ack *a = p->a;

	assert(l->sacked_out + l->lost_out <= l->packets_out);
	p->prior_una = l->cc.una;
	p->prior_fack = loss_fack(l);
	p->prior_delivered = l->cc.delivered;
	p->reord = l->cc.nxt;
	p->first_sack = p->last_sack = LOSS_NO_TIME;
	p->rs.prior_at = LOSS_NO_TIME;
	p->rs.rtt_us = LOSS_NO_TIME;
	p->rs.prior_in_flight = loss_in_flight(l);
	p->flags |= a->has_data ? ACK_DATA : 0;
	p->flags |= a->win_update ? ACK_WIN_UPDATE : 0;
	p->flags |= a->ece && l->cc.ecn ? ACK_ECE : 0;
}

static void count_delivered(struct tcp_loss *l, const struct ack_pass *p)
{
	uint32_t n = l->cc.delivered - p->prior_delivered;

	if (n == 0)
		return;
	loss_count(l, MIB_TcpExtTCPDelivered, n);
	if (p->flags & ACK_ECE)
		loss_count(l, MIB_TcpExtTCPDeliveredCE, n);
}

static void sack_step(struct tcp_loss *l, struct ack_pass *p)
{
	if (p->a->sacks > 0 && l->sack)
		sack_in(l, p);
	if (p->sack_delivered > 0)
		loss_delivered(l, p->sack_delivered, p->flags & ACK_ECE);
}

/* Translates the decision of the state machine into what loss_next() may return. */
static void set_resend(struct tcp_loss *l, const struct ack_pass *p)
{
	l->resend_wanted = p->resend != RESEND_NONE;
	l->try_new = p->resend == RESEND_NEW;
}

/* A late ACK below SND.UNA: only its SACK blocks are new. */
static void old_ack(struct tcp_loss *l, struct ack_pass *p)
{
	if (p->a->sacks == 0 || !l->sack)
		return;
	sack_step(l, p);
	ca_on_ack(l, p);
	count_delivered(l, p);
	set_resend(l, p);
}

static void every_ack(struct tcp_loss *l, const struct ack_pass *p)
{
	if (l->cc.ops->every_ack)
		l->cc.ops->every_ack(&l->cc, p->now);
}

/* An ACK with nothing in flight. */
static void nothing_out(struct tcp_loss *l, struct ack_pass *p)
{
	every_ack(l, p);
	if (p->flags & ACK_DSACK) {
		ca_on_ack(l, p);
		count_delivered(l, p);
	}
	tlp_ack(l, p);
}

static bool dubious(const struct tcp_loss *l, const struct ack_pass *p)
{
	return !(p->flags & ACK_NOT_DUP) || (p->flags & ACK_ALERT) || l->cc.ca_state != CA_OPEN;
}

static void finish(struct tcp_loss *l, struct ack_pass *p, uint32_t prior_lost)
{
	uint32_t delivered = l->cc.delivered - p->prior_delivered;

	if ((p->flags & ACK_SET_TIMER) && !loss_schedule_tlp(l, true, p->now))
		loss_rearm_rto(l, p->now);
	p->out->not_dup = (p->flags & ACK_FORWARD) || !(p->flags & ACK_NOT_DUP);
	count_delivered(l, p);
	p->rs.is_ack_delayed = p->flags & ACK_MAYBE_DELAYED;
	p->rs.losses = l->cc.lost - prior_lost;
	rate_finish(l, &p->rs, delivered, p->now);
	cwnd_after_ack(l, p, delivered);
	set_resend(l, p);
}

void loss_ack(struct tcp_loss *l, const struct loss_ack *a, struct loss_acked *out, nsec_t now)
{
	struct ack_pass p = {.a = a, .out = out, .now = now};
	uint32_t prior_packets = l->packets_out, prior_lost = l->cc.lost;
	bool was_reneged = l->reneged;

	*out = (struct loss_acked){0};
	begin(&p, l);
	if (seq_lt(a->ack, l->cc.una)) {
		old_ack(l, &p);
		return;
	}
	assert(seq_le(a->ack, l->cc.nxt));
	if (seq_gt(a->ack, l->cc.una)) {
		p.flags |= ACK_ADVANCED;
		l->retransmits = 0;
		out->progress = true;
	}
	l->cc.una = a->ack;
	sack_step(l, &p);
	if (prior_packets == 0) {
		nothing_out(l, &p);
		return;
	}
	rtx_ack_cumulative(l, &p);
	rack_adapt(l, &p.rs);
	every_ack(l, &p);
	tlp_ack(l, &p);
	if (dubious(l, &p)) {
		if (!(p.flags & (ACK_ADVANCED | ACK_NOT_DUP | ACK_DSACK)))
			p.dupacks = 1;
		ca_on_ack(l, &p);
	}
	if (was_reneged)
		p.rs.prior_at = LOSS_NO_TIME;
	finish(l, &p, prior_lost);
}
