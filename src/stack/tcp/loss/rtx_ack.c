/*
 * rtx_ack.c - cumulative ACKs: removes acknowledged records from the retransmission queue and
 * takes RTT samples from them.
 */
#include "stack/tcp/loss/loss_priv.h"

/* The results of the walk over acknowledged records. */
struct cleaned {
	nsec_t first, last; /* send times of the first and last one that was never retransmitted */
	uint32_t segs;
	bool whole; /* the last record was acknowledged to its end */
};

static void account(
	struct tcp_loss *l, struct ack_pass *p, struct rtx *r, struct cleaned *c, uint32_t segs)
{
	if (r->flags & RTX_EVER_RETRANS) {
		p->flags |= ACK_RETRANS_ACKED;
	} else if (!(r->flags & RTX_SACKED)) {
		c->last = r->sent_at;
		if (c->first == LOSS_NO_TIME)
			c->first = r->sent_at;
		p->reord = seq_min(p->reord, r->start);
		if (seq_le(r->end, l->high))
			p->flags |= ACK_ORIG_DELIVERED;
	}
	if (!(r->flags & RTX_SACKED) && l->sack) {
		loss_delivered(l, segs, p->flags & ACK_ECE);
		if (!undo_spurious_resend(r, p->a))
			rack_delivered(l, r, p->now);
	}
	c->segs += segs;
	rate_delivered(l, r, &p->rs, p->now);
	if (r->flags & RTX_SYN) {
		p->flags |= ACK_SYN_ACKED;
		l->undo.retrans_at = LOSS_NO_TIME;
	} else {
		p->flags |= ACK_DATA_ACKED;
	}
}

/* r is partially acknowledged: removes whole segments. False: less than one. */
static bool trim(struct tcp_loss *l, struct ack_pass *p, struct rtx *r, struct cleaned *c)
{
	uint32_t n = seq_span(l->cc.una, r->start);
	int32_t before = r->segs, gone;
	uint8_t flags = r->flags;

	assert(seq_gt(r->end, l->cc.una));
	if (r->segs == 1 || !seq_gt(l->cc.una, r->start))
		return false;
	rtx_trim(&l->queue, r, n);
	gone = before - r->segs;
	if (gone <= 0)
		return false;
	loss_adjust(l, flags, -gone);
	r->start = seq_sub(r->start, n); /* as before, for the counters */
	account(l, p, r, c, (uint32_t)gone);
	r->start = seq_add(r->start, n);
	c->whole = false;
	return true;
}

static struct cleaned take_off(struct tcp_loss *l, struct ack_pass *p)
{
	struct cleaned c = {.first = LOSS_NO_TIME, .last = LOSS_NO_TIME, .whole = true};
	struct rtx *r;

	while ((r = rtx_head(&l->queue))) {
		if (seq_gt(r->end, l->cc.una)) {
			trim(l, p, r, &c);
			break;
		}
		account(l, p, r, &c, r->segs);
		loss_remove(l, r);
	}
	if (r && (r->flags & RTX_SACKED))
		p->flags |= ACK_RENEGING;
	return c;
}

/* Receivers delay the ACK of a lone small segment. */
static bool maybe_delayed(const struct tcp_loss *l, const struct ack_pass *p,
	const struct cleaned *c, uint32_t prior_sacked)
{
	return c->segs == 1 && c->whole && prior_sacked == 0 &&
	       seq_span(l->cc.una, p->prior_una) < l->cc.mss &&
	       p->rs.prior_delivered + 1 == l->cc.delivered &&
	       !(p->flags & (ACK_ALERT | ACK_SYN_ACKED));
}

void rtt_update_min(struct tcp_loss *l, int64_t rtt_us, bool delayed, nsec_t now)
{
	nsec_t window = (nsec_t)l->env->sysctl->tcp_min_rtt_wlen * NSEC_SEC;

	if (delayed && rtt_us > rtt_min(&l->rtt))
		return;
	l->cc.min_rtt_us =
		min_filter_update(&l->rtt.min, window, now, rtt_us > 0 ? (uint32_t)rtt_us : 1000);
}

/* RTT of the echoed timestamp, at least one tick of its clock. */
static int64_t echo_rtt_us(const struct loss_ack *a, nsec_t now)
{
	uint32_t ms = loss_ts(now) - a->tsecr;

	if (ms > INT32_MAX / 1000)
		return LOSS_NO_TIME;
	return (int64_t)(ms > 0 ? ms : 1) * 1000;
}

/* Takes the best RTT available (RFC 6298 section 3, Karn; RFC 7323 section 4). True if there is
 * one. */
static bool update_rtt(struct tcp_loss *l, struct ack_pass *p, int64_t seq_us, int64_t ca_us)
{
	if (seq_us < 0 && p->first_sack != LOSS_NO_TIME)
		seq_us = loss_us(p->now - p->first_sack);
	if (seq_us < 0 && p->a->has_ts && p->a->tsecr != 0 && (p->flags & ACK_ACKED))
		seq_us = ca_us = echo_rtt_us(p->a, p->now);
	p->rs.rtt_us = ca_us;
	if (seq_us < 0)
		return false;
	rtt_update_min(l, ca_us, p->flags & ACK_MAYBE_DELAYED, p->now);
	loss_rtt(l, seq_us);
	return true;
}

static void after_progress(struct tcp_loss *l, struct ack_pass *p, const struct cleaned *c)
{
	p->flags |= ACK_SET_TIMER;
	if (l->mtu_next > 0 && seq_le(l->mtu_probe.end, l->cc.una)) {
		cwnd_mtu_arrived(l, p->now);
		p->out->mtu = LOSS_MTU_ARRIVED;
	}
	if (!l->sack) {
		reno_acked(l, c->segs, p->flags & ACK_ECE);
		/* Without SACK it is unknown which transmission arrived. */
		if (p->flags & ACK_RETRANS_ACKED)
			p->flags &= ~(uint32_t)ACK_ORIG_DELIVERED;
	} else if (seq_lt(p->reord, p->prior_fack)) {
		sack_check_reordering(l, p->reord, false);
	}
}

void rtx_ack_cumulative(struct tcp_loss *l, struct ack_pass *p)
{
	uint32_t prior_sacked = l->sacked_out;
	const struct rtx *head;
	int64_t seq_us = LOSS_NO_TIME, ca_us = LOSS_NO_TIME;
	struct cleaned c;
	bool sampled;

	c = take_off(l, p);
	if (c.first != LOSS_NO_TIME && !(p->flags & ACK_RETRANS_ACKED)) {
		seq_us = loss_us(p->now - c.first);
		ca_us = loss_us(p->now - c.last);
		if (maybe_delayed(l, p, &c, prior_sacked))
			p->flags |= ACK_MAYBE_DELAYED;
	}
	if (p->first_sack != LOSS_NO_TIME)
		ca_us = loss_us(p->now - p->last_sack);
	sampled = update_rtt(l, p, seq_us, ca_us);
	head = rtx_head(&l->queue);
	if (p->flags & ACK_ACKED)
		after_progress(l, p, &c);
	else if (head && sampled && p->first_sack != LOSS_NO_TIME && p->first_sack < head->sent_at)
		/* Only if the sample is older than the head's last transmission: otherwise the
		 * timeout would be postponed repeatedly during recovery. */
		p->flags |= ACK_SET_TIMER;
	if (l->cc.ops->acked)
		l->cc.ops->acked(&l->cc, p->rs.rtt_us, p->now);
}
