/*
 * rate.c - delivery rate (draft-cheng-iccrg-delivery-rate-estimation): each record stores the
 * amount delivered by the time it was sent; when it is delivered itself, the difference divided by
 * the time taken, on the slower of the two sides, is one sample.
 *
 *     sending    |<-- first_tx ............ sent_at -->|
 *     ACKs       |<-- delivered_at ............. now -->|     rate = delivered / the longer one
 */
#include "stack/tcp/loss/loss_priv.h"

void rate_sent(struct tcp_loss *l, struct rtx *r, nsec_t now)
{
	/* After idling the ACK clock restarts here. */
	if (l->packets_out == 0)
		l->first_tx = l->cc.delivered_at = now;
	r->rate = (struct rtx_rate){
		.first_tx = l->first_tx,
		.delivered_at = l->cc.delivered_at,
		.delivered = l->cc.delivered,
	};
	r->flags &= (uint8_t)~RTX_APP_LIMITED;
	if (l->cc.app_limited != 0)
		r->flags |= RTX_APP_LIMITED;
}

void rate_delivered(struct tcp_loss *l, struct rtx *r, struct rate_sample *rs, nsec_t now)
{
	if (r->rate.delivered_at == LOSS_NO_TIME)
		return;
	if (rs->prior_at == LOSS_NO_TIME ||
		sent_after(r->sent_at, l->first_tx, r->end, rs->last_end)) {
		rs->prior_at = r->rate.delivered_at;
		rs->prior_delivered = r->rate.delivered;
		rs->is_app_limited = r->flags & RTX_APP_LIMITED;
		rs->last_end = r->end;
		l->first_tx = r->sent_at;
		rs->snd_interval_us = loss_us(r->sent_at - r->rate.first_tx);
	}
	/* A record is counted once when sacked. */
	if (r->flags & RTX_SACKED)
		r->rate.delivered_at = LOSS_NO_TIME;
}

void rate_finish(struct tcp_loss *l, struct rate_sample *rs, uint32_t delivered, nsec_t now)
{
	struct cc *c = &l->cc;

	if (c->app_limited != 0 && (int32_t)(c->delivered - c->app_limited) > 0)
		c->app_limited = 0;
	if (delivered > 0)
		c->delivered_at = now;
	rs->acked_sacked = delivered;
	rs->delivered = -1;
	rs->interval_us = -1;
	if (rs->prior_at == LOSS_NO_TIME || l->reneged)
		return;
	rs->delivered = (int32_t)(c->delivered - rs->prior_delivered);
	assert(rs->delivered >= 0);
	rs->rcv_interval_us = loss_us(now - rs->prior_at);
	rs->interval_us = u32_max(rs->snd_interval_us, rs->rcv_interval_us);
	/* Shorter than the RTT: an artefact of retransmissions and reneging. */
	if (rs->interval_us < rtt_min(&l->rtt)) {
		rs->interval_us = -1;
		return;
	}
	if (!rs->is_app_limited ||
		(uint64_t)rs->delivered * (uint64_t)l->rate_interval_us >=
			(uint64_t)l->rate_delivered * (uint64_t)rs->interval_us) {
		l->rate_delivered = (uint32_t)rs->delivered;
		l->rate_interval_us = rs->interval_us;
		l->rate_app_limited = rs->is_app_limited;
	}
}

void loss_app_limited(struct tcp_loss *l)
{
	uint32_t in_flight = loss_in_flight(l), pipe = l->cc.delivered + in_flight;

	if (in_flight < l->cc.cwnd && l->lost_out <= l->retrans_out)
		l->cc.app_limited = pipe > 0 ? pipe : 1;
}
