/*
 * undo.c - undo of needless window reductions:  every retransmission was reported as a duplicate
 * (D-SACK, RFC 3708), or the acknowledged segment was sent before the first retransmission
 * (timestamps: Eifel, RFC 3522), or F-RTO detects it (RFC 5682).
 */
#include "stack/tcp/loss/loss_priv.h"

void undo_arm(struct tcp_loss *l)
{
	assert(!rtx_empty(&l->queue));
	l->undo.armed = true;
	l->undo.marker = l->cc.una;
	/* Retransmissions of the previous episode may still be reported. */
	l->undo.retrans = l->retrans_out > 0 ? (int32_t)l->retrans_out : -1;
}

static bool echo_before(const struct loss_ack *a, nsec_t when)
{
	return a->has_ts && a->tsecr != 0 && (int32_t)(a->tsecr - loss_ts(when)) < 0;
}

bool undo_packet_delayed(const struct tcp_loss *l, const struct loss_ack *a)
{
	return l->undo.retrans_at >= 0 && echo_before(a, l->undo.retrans_at);
}

bool undo_spurious_resend(const struct rtx *r, const struct loss_ack *a)
{
	return (r->flags & (RTX_RETRANS | RTX_EVER_RETRANS)) && echo_before(a, r->sent_at);
}

static bool may_undo(const struct tcp_loss *l, const struct loss_ack *a)
{
	return l->undo.armed && (l->undo.retrans == 0 || undo_packet_delayed(l, a));
}

static void unmark_lost(struct tcp_loss *l)
{
	for (struct rtx *r = rtx_head(&l->queue); r; r = rtx_next(&l->queue, r))
		r->flags &= (uint8_t)~RTX_LOST;
	l->lost_out = 0;
	l->resend_hint = NULL;
	rtx_restore_time(&l->queue);
}

static void restore(struct tcp_loss *l, bool unmark, nsec_t now)
{
	if (unmark)
		unmark_lost(l);
	if (l->undo.prior_ssthresh > 0) {
		l->cc.cwnd = l->cc.ops->undo(&l->cc, now);
		if (l->undo.prior_ssthresh > l->cc.ssthresh) {
			l->cc.ssthresh = l->undo.prior_ssthresh;
			l->cwr_pending = false;
		}
	}
	assert(l->cc.cwnd > 0);
	l->cwnd_stamp = now;
	l->undo.armed = false;
	l->rack.advanced = true; /* examine everything again */
}

/* Without SACK the state must outlast `high`: later duplicate ACKs would be taken for a new loss
 * (RFC 6582 section 6). */
static bool hold_for_reno(struct tcp_loss *l)
{
	if (l->sack || !seq_eq(l->cc.una, l->high))
		return false;
	if (!loss_any_resent(l))
		l->undo.retrans_at = LOSS_NO_TIME;
	return true;
}

bool undo_try_recovery(struct tcp_loss *l, struct ack_pass *p)
{
	if (may_undo(l, p->a)) {
		restore(l, false, p->now);
		loss_count(l,
			l->cc.ca_state == CA_LOSS ? MIB_TcpExtTCPLossUndo : MIB_TcpExtTCPFullUndo,
			1);
	} else if (l->rack.reo_wnd_persist > 0) {
		l->rack.reo_wnd_persist--;
	}
	if (hold_for_reno(l))
		return true;
	loss_set_state(l, CA_OPEN, p->now);
	l->reneged = false;
	return false;
}

bool undo_try_dsack(struct tcp_loss *l, struct ack_pass *p)
{
	if (!l->undo.armed || l->undo.retrans != 0)
		return false;
	if (l->rack.reo_wnd_persist < RACK_RECOVERY_THRESH)
		l->rack.reo_wnd_persist++;
	restore(l, false, p->now);
	loss_count(l, MIB_TcpExtTCPDSACKUndo, 1);
	return true;
}

bool undo_try_loss(struct tcp_loss *l, struct ack_pass *p, bool frto)
{
	if (!frto && !may_undo(l, p->a))
		return false;
	restore(l, true, p->now);
	loss_count(l, MIB_TcpExtTCPLossUndo, 1);
	if (frto)
		loss_count(l, MIB_TcpExtTCPSpuriousRTOs, 1);
	l->retransmits = 0;
	if (hold_for_reno(l))
		return true;
	if (frto || l->sack) {
		loss_set_state(l, CA_OPEN, p->now);
		l->reneged = false;
	}
	return true;
}

bool undo_try_partial(struct tcp_loss *l, struct ack_pass *p, bool *mark)
{
	if (!l->undo.armed || !undo_packet_delayed(l, p->a)) {
		*mark = seq_gt(loss_fack(l), seq_add(l->cc.una, l->reordering * l->cc.mss));
		return false;
	}
	/* The hole was filled by a late original, not by the retransmission. */
	sack_check_reordering(l, p->prior_una, true);
	if (l->retrans_out > 0)
		return true;
	if (!loss_any_resent(l))
		l->undo.retrans_at = LOSS_NO_TIME;
	restore(l, true, p->now);
	loss_count(l, MIB_TcpExtTCPPartialUndo, 1);
	ca_try_keep_open(l, p->now);
	return false;
}
