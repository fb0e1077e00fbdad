/*
 * loss_plain.c - fast path of an ACK: whole records, each sent once, while nothing is lost, sacked
 * or retransmitted. The steps are those of loss_ack(), in the same order, without those that have
 * nothing to do: SACK, undo, F-RTO, tail loss probe, state machine.
 */
#include "stack/tcp/loss/loss_priv.h"

bool loss_is_plain(const struct tcp_loss *l)
{
	return l->established && l->sack && l->cc.ca_state == CA_OPEN && !l->cc.ecn &&
	       !l->cc.paced && !l->cc.ops->control && !l->cc.ops->every_ack && l->mtu_next == 0 &&
	       !l->reneged && !l->resend_wanted && !l->try_new &&
	       (l->sacked_out | l->lost_out | l->retrans_out) == 0;
}

bool loss_ack_is_plain(const struct tcp_loss *l, struct seq ack)
{
	const uint8_t usual = RTX_EOR | RTX_FIN | RTX_APP_LIMITED;
	const struct rtx *r = rtx_head(&l->queue);

	if (l->tlp_pending || !r || !seq_eq(r->start, l->cc.una)) /* an ACK ended inside it */
		return false;
	for (; r && seq_lt(r->end, ack); r = rtx_next(&l->queue, r))
		if (r->flags & ~usual)
			return false;
	return r && seq_eq(r->end, ack) && !(r->flags & ~usual);
}

/* Results of removing the acknowledged records. */
struct taken {
	nsec_t first, last; /* send times */
	uint32_t segs;
};

static struct taken take_off(struct tcp_loss *l, struct rate_sample *rs, nsec_t now)
{
	struct rtx *r = rtx_head(&l->queue);
	struct taken t = {.first = r->sent_at};

	for (; r && seq_le(r->end, l->cc.una); r = rtx_head(&l->queue)) {
		t.last = r->sent_at;
		t.segs += r->segs;
		loss_delivered(l, r->segs, false);
		rack_delivered(l, r, now);
		rate_delivered(l, r, rs, now);
		loss_remove(l, r);
	}
	return t;
}

void loss_ack_plain(struct tcp_loss *l, struct seq ack, nsec_t now)
{
	struct rate_sample rs = {.prior_at = LOSS_NO_TIME};
	uint32_t before = l->cc.delivered, bytes = seq_span(ack, l->cc.una);
	struct taken t;
	int64_t us; /* since the last of them was sent */
	bool delayed;

	assert(l->packets_out > 0 && bytes > 0);
	l->retransmits = 0;
	l->cc.una = ack;
	t = take_off(l, &rs, now);
	us = loss_us(now - t.last);
	delayed = t.segs == 1 && bytes < l->cc.mss && rs.prior_delivered + 1 == l->cc.delivered;
	rtt_update_min(l, us, delayed, now);
	loss_rtt(l, loss_us(now - t.first));
	if (l->cc.ops->acked)
		l->cc.ops->acked(&l->cc, us, now);
	rack_adapt(l, &rs);
	if (!loss_schedule_tlp(l, true, now))
		loss_rearm_rto(l, now);
	loss_count(l, MIB_TcpExtTCPDelivered, l->cc.delivered - before);
	rate_finish(l, &rs, l->cc.delivered - before, now);
	cwnd_opened(l, t.segs, now);
	assert(!l->resend_wanted && !l->try_new);
}

/* It has advanced, over data or a FIN: what loss_ack() would report of it. */
bool loss_ack_early(struct tcp_loss *l, struct seq ack, struct loss_acked *out, nsec_t now)
{
	if (!loss_is_plain(l) || !loss_ack_is_plain(l, ack))
		return false;
	loss_ack_plain(l, ack, now);
	*out = (struct loss_acked){.progress = true, .not_dup = true};
	return true;
}
