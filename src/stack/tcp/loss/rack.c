/*
 * rack.c - loss detection. RACK (RFC 8985): a segment that was sent a reordering window before one
 * that has arrived. Without RACK (tcp_recovery bit 0 off): one below tcp_reordering sacked ones
 * (RFC 6675 IsLost). Without SACK: the head, after that many duplicate ACKs and at every partial
 * ACK (RFC 6582).
 */
#include "stack/tcp/loss/loss_priv.h"

void rack_delivered(struct tcp_loss *l, const struct rtx *r, nsec_t now)
{
	uint32_t rtt = loss_us(now - r->sent_at);

	/* RFC 8985 6.2 step 2: an ACK too early for a retransmission is for the original. */
	if (rtt < rtt_min(&l->rtt) && (r->flags & (RTX_RETRANS | RTX_EVER_RETRANS)))
		return;
	l->rack.advanced = true;
	l->rack.rtt_us = rtt;
	if (sent_after(r->sent_at, l->rack.sent_at, r->end, l->rack.end)) {
		l->rack.sent_at = r->sent_at;
		l->rack.end = r->end;
	}
}

void rack_adapt(struct tcp_loss *l, const struct rate_sample *rs)
{
	struct loss_rack *k = &l->rack;

	if ((l->env->sysctl->tcp_recovery & RACK_STATIC_WND) || rs->prior_at == LOSS_NO_TIME)
		return;
	/* One step per round trip. */
	if ((int32_t)(rs->prior_delivered - k->last_delivered) < 0)
		k->dsack_seen = false;
	if (k->dsack_seen) {
		if (k->reo_wnd_steps < UINT8_MAX)
			k->reo_wnd_steps++;
		k->dsack_seen = false;
		k->last_delivered = l->cc.delivered;
		k->reo_wnd_persist = RACK_RECOVERY_THRESH;
	} else if (k->reo_wnd_persist == 0) {
		k->reo_wnd_steps = 1;
	}
}

/* How long after the delivery of a later segment an earlier one may still arrive. */
static uint32_t reo_wnd_us(const struct tcp_loss *l)
{
	uint64_t wnd;

	if (l->reord_seen == 0) {
		if (l->cc.ca_state >= CA_RECOVERY)
			return 0;
		if (l->sacked_out >= l->reordering &&
			!(l->env->sysctl->tcp_recovery & RACK_NO_DUPTHRESH))
			return 0;
	}
	assert(l->rack.reo_wnd_steps > 0);
	wnd = (uint64_t)(rtt_min(&l->rtt) >> 2) * l->rack.reo_wnd_steps;
	return wnd < l->rtt.srtt_us >> 3 ? (uint32_t)wnd : l->rtt.srtt_us >> 3;
}

/* Time until r is considered lost; not positive: now. */
static int64_t time_left_us(const struct tcp_loss *l, const struct rtx *r, uint32_t wnd, nsec_t now)
{
	return (int64_t)l->rack.rtt_us + wnd - (now - r->sent_at) / NSEC_USEC;
}

bool rack_fresh(const struct tcp_loss *l, const struct rtx *r, nsec_t now)
{
	return time_left_us(l, r, 0, now) > 0;
}

/* Marks lost records, in order of transmission; returns the longest time to wait for the others. */
static uint32_t detect(struct tcp_loss *l, nsec_t now)
{
	uint32_t wnd = reo_wnd_us(l);
	int64_t longest = 0;
	struct list *pos, *tmp;

	list_for_each_safe(pos, tmp, &l->queue.by_time) {
		struct rtx *r = rtx_of_time(pos);
		int64_t left;

		assert(!(r->flags & RTX_LOST) || (r->flags & RTX_RETRANS));
		if (!sent_after(l->rack.sent_at, r->sent_at, l->rack.end, r->end))
			break;
		left = time_left_us(l, r, wnd, now);
		if (left <= 0) {
			loss_mark(l, r);
			list_del(&r->time_link);
		} else if (left > longest) {
			longest = left;
		}
	}
	return (uint32_t)longest;
}

bool rack_mark_lost(struct tcp_loss *l, nsec_t now)
{
	uint32_t wait;

	if (!l->rack.advanced)
		return false;
	l->rack.advanced = false;
	wait = detect(l, now);
	if (wait == 0)
		return false;
	wait = u32_min(wait + RTT_TIMER_MIN_US, l->rtt.rto_us);
	loss_set_timer(l, LOSS_TIMER_REO, wait, now);
	return true;
}

void loss_reo(struct tcp_loss *l, nsec_t now)
{
	uint32_t before = loss_in_flight(l), lost = l->cc.lost;

	l->timer = LOSS_TIMER_NONE;
	detect(l, now);
	if (before != loss_in_flight(l)) {
		if (l->cc.ca_state != CA_RECOVERY) {
			ca_enter_recovery(l, false, now);
			if (!l->cc.ops->control)
				prr_update(l, 1, l->cc.lost - lost, false);
		}
		l->resend_wanted = true;
	}
	l->timer = LOSS_TIMER_REO;
	loss_rearm_rto(l, now);
}

void reno_mark_lost(struct tcp_loss *l, bool advanced)
{
	struct rtx *head = rtx_head(&l->queue);
	bool first = l->cc.ca_state < CA_RECOVERY && l->sacked_out >= l->reordering;
	bool partial = l->cc.ca_state == CA_RECOVERY && advanced;

	if (!head || !(first || partial) || (head->flags & RTX_LOST))
		return;
	if (head->segs > 1 && rtx_len(head) > head->mss && !loss_split(l, head, head->mss))
		return;
	loss_mark(l, head);
}

/* RFC 6675 IsLost: at least as many segments above it are sacked as reordering may explain. */
void fack_mark_lost(struct tcp_loss *l, bool entering)
{
	uint32_t above = l->sacked_out;
	struct rtx *r = rtx_head(&l->queue);

	if (!l->sack || !r)
		return;
	if (above < l->reordering) {
		if (entering && !(r->flags & (RTX_LOST | RTX_SACKED)) &&
			(r->segs == 1 || loss_split(l, r, r->mss)))
			loss_mark(l, r);
		return;
	}
	for (; r && above >= l->reordering; r = rtx_next(&l->queue, r)) {
		if (r->flags & RTX_SACKED) {
			assert(above >= r->segs);
			above -= r->segs;
		} else if (!(r->flags & RTX_LOST))
			loss_mark(l, r);
	}
}
