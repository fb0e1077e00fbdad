/*
 * tcp_rest.c - packing the loss engine of an idle connection; see tcp_rest.h.
 */
#include "stack/tcp/tcp_rest.h"

#include "stack/tcp/tcp_loss_priv.h"

bool loss_can_rest(const struct tcp_loss *l)
{
	return l->packets_out == 0 && l->established && l->cc.ca_state == CA_OPEN &&
	       !l->undo.armed && !l->cwr_pending && l->reordering <= UINT16_MAX &&
	       l->total_retrans <= UINT16_MAX;
}

void loss_rest(struct tcp_loss *l, struct loss_rest *rest)
{
	assert(loss_can_rest(l));
	*rest = (struct loss_rest){
		.srtt_us = l->rtt.srtt_us,
		.mdev_us = l->rtt.mdev_us,
		.rttvar_us = l->rtt.rttvar_us,
		.min_rtt_us = rtt_min(&l->rtt),
		.cwnd = l->cc.cwnd,
		.ssthresh = l->cc.ssthresh,
		.cc_packed = l->cc.ops->pack ? l->cc.ops->pack(&l->cc) : 0,
		.last_send_ms = loss_ts(l->cc.last_send),
		.delivered = l->cc.delivered,
		.reordering = (uint16_t)l->reordering,
		.total_retrans = (uint16_t)l->total_retrans,
	};
	loss_free(l);
}

void loss_wake(
	struct tcp_loss *l, const struct loss_rest *rest, const struct loss_wake *w, nsec_t now)
{
	loss_init(l, w->env, w->una, now);
	loss_set_mss(l, w->mss);
	l->rtt.srtt_us = l->cc.srtt_us = rest->srtt_us;
	l->rtt.mdev_us = rest->mdev_us;
	l->rtt.mdev_max_us = l->rtt.rto_min_us;
	l->rtt.rttvar_us = rest->rttvar_us;
	l->rtt.seq = w->una;
	rtt_set_rto(&l->rtt);
	if (rest->srtt_us == 0)
		l->rtt.rto_us = u32_min(RTT_RTO_FALLBACK_MS * 1000, l->rtt.rto_max_us);
	l->cc.min_rtt_us = min_filter_reset(&l->rtt.min, now, rest->min_rtt_us);
	l->cc.delivered = rest->delivered;
	l->cc.last_send = now - (nsec_t)(uint32_t)(loss_ts(now) - rest->last_send_ms) * NSEC_MSEC;
	l->cc.cwnd = rest->cwnd;
	l->reordering = rest->reordering;
	l->total_retrans = rest->total_retrans;
	l->established = true;
	loss_set_cc(l, w->cc, now);
	l->cc.ssthresh = rest->ssthresh;
	if (w->cc->unpack)
		w->cc->unpack(&l->cc, rest->cc_packed, now);
	if (!w->cc->control)
		cwnd_update_pacing(l);
}
