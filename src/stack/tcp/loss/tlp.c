/*
 * tlp.c - tail loss probe (RFC 8985 section 7): when ACKs stop coming, one more segment is sent,
 * so that a lost tail is found by SACK instead of by a timeout.
 *
 *     flight 1 2 3 4(lost)   ACK 3   ... two round trips ... probe: 4 again (or 5, if there is one)
 *     ACK 5 (beyond the end at the time of the probe): the probe repaired a loss, slow down once
 *     D-SACK of 4, or a second ACK for the same: both arrived, nothing was lost
 */
#include "stack/tcp/loss/loss_priv.h"

enum loss_probe loss_tlp(
	struct tcp_loss *l, bool can_send_new, struct seq wnd_end, struct rtx **r, nsec_t now)
{
	struct rtx *tail = rtx_tail(&l->queue);

	*r = NULL;
	if (l->tlp_pending || !tail) {
		loss_probe_failed(l, NULL, now);
		return PROBE_NONE;
	}
	l->tlp_resent = false;
	if (can_send_new)
		return PROBE_NEW;
	if (tail->segs > 1 && rtx_len(tail) > (uint32_t)(tail->segs - 1) * tail->mss)
		tail = loss_split(l, tail, (uint32_t)(tail->segs - 1) * tail->mss);
	*r = tail ? loss_fit(l, tail, 1, wnd_end) : NULL;
	if (*r)
		return PROBE_RESEND;
	loss_probe_failed(l, NULL, now);
	return PROBE_NONE;
}

void loss_probe_sent(struct tcp_loss *l, struct rtx *r, nsec_t now)
{
	assert(!l->tlp_pending);
	if (r) {
		/* Not counted as in flight twice: it may well replace a lost one. */
		l->tlp_resent = true;
		loss_count_attempt(l, r);
		if (loss_in_flight(l) == 0)
			loss_event(l, CC_EVENT_TX_START, now);
		l->cc.last_send = now;
		rate_sent(l, r, now);
		r->sent_at = now;
		if (!(r->flags & (RTX_SACKED | RTX_LOST)))
			rtx_newest(&l->queue, r);
	}
	l->tlp_high = l->cc.nxt;
	l->tlp_pending = true;
	loss_count(l, MIB_TcpExtTCPLossProbes, 1);
	l->timer = LOSS_TIMER_NONE; /* the timeout restarts from here */
	loss_rearm_rto(l, now);
}

void loss_probe_failed(struct tcp_loss *l, struct rtx *refused, nsec_t now)
{
	if (refused)
		loss_resend_refused(l, refused, now);
	loss_rearm_rto(l, now);
}

void tlp_ack(struct tcp_loss *l, struct ack_pass *p)
{
	struct seq ack = p->a->ack;

	if (!l->tlp_pending || seq_lt(ack, l->tlp_high))
		return;
	if (!l->tlp_resent || (p->flags & ACK_DSACK_TLP)) {
		l->tlp_pending = false;
	} else if (seq_gt(ack, l->tlp_high)) {
		prr_begin(l, p->now);
		loss_set_state(l, CA_CWR, p->now);
		prr_end(l, p->now);
		ca_try_keep_open(l, p->now);
		loss_count(l, MIB_TcpExtTCPLossProbeRecovery, 1);
	} else if (!(p->flags & (ACK_ADVANCED | ACK_NOT_DUP | ACK_DATA_SACKED))) {
		l->tlp_pending = false;
	}
}
