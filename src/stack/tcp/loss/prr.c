/*
 * prr.c - proportional rate reduction (RFC 6937bis): during CWR and Recovery the window comes down
 * to ssthresh in proportion to delivered data, without a pause.
 *
 *     in flight > ssthresh   send ssthresh / prior_cwnd segments for each that is delivered
 *     otherwise              send as many as are delivered, and one more for each ACK that moves
 *                            SND.UNA without new losses, up to ssthresh
 */
#include "stack/tcp/loss/loss_priv.h"

uint32_t loss_current_ssthresh(const struct tcp_loss *l)
{
	const struct cc *c = &l->cc;

	if (loss_reducing(l))
		return c->ssthresh;
	return u32_max(c->ssthresh, (c->cwnd >> 1) + (c->cwnd >> 2));
}

void prr_begin(struct tcp_loss *l, nsec_t now)
{
	l->high = l->cc.nxt;
	l->tlp_pending = false;
	l->cc.cwnd_cnt = 0;
	l->cc.prior_cwnd = l->cc.cwnd;
	l->prr_delivered = l->prr_out = 0;
	l->cc.ssthresh = l->cc.ops->ssthresh(&l->cc, now);
	assert(l->cc.ssthresh > 0);
	if (l->cc.ecn)
		l->cwr_pending = true;
}

void prr_update(struct tcp_loss *l, uint32_t delivered, uint32_t lost, bool advanced)
{
	int64_t room = (int64_t)l->cc.ssthresh - loss_in_flight(l), n;

	if (delivered == 0 || l->cc.prior_cwnd == 0)
		return;
	l->prr_delivered += delivered;
	if (room < 0) {
		uint64_t share = (uint64_t)l->cc.ssthresh * l->prr_delivered + l->cc.prior_cwnd - 1;
		n = (int64_t)(share / l->cc.prior_cwnd) - l->prr_out;
	} else {
		n = (int64_t)l->prr_delivered - l->prr_out;
		if (n < delivered)
			n = delivered;
		if (advanced && lost == 0)
			n++;
		if (n > room)
			n = room;
	}
	/* Recovery starts with a retransmission in any case. */
	if (n < (l->prr_out > 0 ? 0 : 1))
		n = l->prr_out > 0 ? 0 : 1;
	l->cc.cwnd = loss_in_flight(l) + (uint32_t)n;
	assert(l->cc.cwnd > 0);
}

void prr_end(struct tcp_loss *l, nsec_t now)
{
	if (l->cc.ops->control)
		return;
	if (l->cc.ssthresh < CC_SSTHRESH_INFINITE && (l->cc.ca_state == CA_CWR || l->undo.armed)) {
		l->cc.cwnd = l->cc.ssthresh;
		l->cwnd_stamp = now;
	}
	loss_event(l, CC_EVENT_COMPLETE_CWR, now);
}

void prr_enter_cwr(struct tcp_loss *l, nsec_t now)
{
	l->undo.prior_ssthresh = 0;
	if (l->cc.ca_state >= CA_CWR)
		return;
	l->undo.armed = false;
	prr_begin(l, now);
	loss_set_state(l, CA_CWR, now);
}

void loss_local_drop(struct tcp_loss *l, nsec_t now)
{
	prr_enter_cwr(l, now);
}
