/*
 * loss_send.c - transmission and retransmission: new runs enter the queue, lost ones are selected
 * to be resent, cut to what both windows allow.
 */
#include "stack/tcp/loss/loss_priv.h"

bool loss_reserve(struct tcp_loss *l)
{
	return rtx_reserve(&l->queue);
}

/* Data is sent at now, unless it is a SYN. */
static void leaving(struct tcp_loss *l, uint8_t flags, nsec_t now)
{
	if (flags & RTX_SYN)
		return;
	if (loss_in_flight(l) == 0)
		loss_event(l, CC_EVENT_TX_START, now);
	l->cc.last_send = now;
}

static void charge(struct tcp_loss *l, uint32_t len, uint32_t segs, nsec_t now)
{
	if (l->cc.paced)
		pace_charge(&l->pace, len, segs, l->cc.pacing_rate, now);
}

void loss_sent(struct tcp_loss *l, const struct loss_send *s, nsec_t now)
{
	uint32_t before = l->packets_out;
	struct rtx *r;

	assert(seq_eq(s->start, l->cc.nxt) && seq_lt(s->start, s->end));
	l->fresh = false;
	leaving(l, s->flags, now);
	r = rtx_append(&l->queue, s->start, s->end, s->mss, s->flags);
	r->sent_at = now;
	rate_sent(l, r, now);
	charge(l, rtx_len(r), r->segs, now);
	l->cc.nxt = s->end;
	l->packets_out += r->segs;
	if (s->flags & RTX_SYN)
		l->undo.retrans_at = now;
	if (!(s->flags & RTX_SYN)) /* a FIN counts */
		loss_count(l, MIB_TcpExtTCPOrigDataSent, r->segs);
	if (before == 0 || l->timer == LOSS_TIMER_TLP)
		loss_rearm_rto(l, now);
}

/* Recounts r in segments of the current size. */
static void recount(struct tcp_loss *l, struct rtx *r)
{
	int32_t before = r->segs;

	rtx_set_mss(r, l->cc.mss);
	loss_adjust(l, r->flags, r->segs - before);
}

/* Merges the records after r while their common payload fits into len bytes: small segments are
 * retransmitted as one, the last of them with the FIN. */
static void collapse(struct tcp_loss *l, struct rtx *r, uint32_t len, struct seq wnd_end)
{
	while (rtx_len(r) < len && rtx_can_merge_next(&l->queue, r)) {
		struct rtx *next = rtx_next(&l->queue, r);
		uint32_t payload = rtx_len(next) - ((next->flags & RTX_FIN) != 0);
		int32_t before = r->segs;

		if (next->segs > 1 || (next->flags & RTX_SACKED) || rtx_len(r) + payload > len ||
			seq_gt(next->end, wnd_end))
			return;
		if (l->resend_hint == next)
			l->resend_hint = r;
		/* The two may have different marks: uncount next, count it again as r. */
		loss_adjust(l, next->flags, -(int32_t)next->segs);
		rtx_merge_next(&l->queue, r);
		loss_adjust(l, r->flags, r->segs - before);
		recount(l, r);
	}
}

static struct rtx *fit(struct tcp_loss *l, struct rtx *r, uint32_t segs, struct seq wnd_end)
{
	uint32_t mss = l->cc.mss, len = mss * u32_min(segs, UINT16_MAX);
	int32_t avail;

	assert(mss > 0 && segs > 0);
	/* An ACK may have ended inside its only segment. */
	loss_trim_head(l, r);
	avail = seq_diff(wnd_end, r->start);
	if (avail <= 0) {
		/* The peer shrank its window: only its first expected byte may exceed it. */
		if (!seq_eq(r->start, l->cc.una))
			return NULL;
		avail = (int32_t)mss;
	}
	if (len > (uint32_t)avail)
		len = (uint32_t)avail >= mss ? (uint32_t)avail / mss * mss : (uint32_t)avail;
	if (rtx_len(r) - ((r->flags & RTX_FIN) != 0) > len) {
		recount(l, r);
		if (!loss_split(l, r, len))
			return NULL;
		return r;
	}
	recount(l, r);
	if (!(r->flags & (RTX_SYN | RTX_FIN)))
		collapse(l, r, u32_min((uint32_t)avail, mss), wnd_end);
	return r;
}

struct rtx *loss_fit(struct tcp_loss *l, struct rtx *r, uint32_t segs, struct seq wnd_end)
{
	uint32_t before = l->packets_out;

	r = fit(l, r, segs, wnd_end);
	/* Without SACK: fewer segments means fewer can have left the network
	 * (tcp_adjust_pcount()). */
	if (!l->sack && l->packets_out < before)
		l->sacked_out -= u32_min(l->sacked_out, before - l->packets_out);
	return r;
}

/* The retransmission after a timeout: one segment, the head. */
static struct rtx *next_head(struct tcp_loss *l, struct seq wnd_end)
{
	struct rtx *head = rtx_head(&l->queue);

	l->resend_head = false;
	l->head_given = true;
	if (!head || (head->flags & RTX_SACKED))
		return NULL;
	if (head->flags & RTX_SYN)
		return head;
	return loss_fit(l, head, 1, wnd_end);
}

struct rtx *loss_next(struct tcp_loss *l, struct seq wnd_end, nsec_t now)
{
	struct rtx *r;
	uint32_t quota;

	if (!l->resend_wanted || l->packets_out == 0)
		return NULL;
	if (l->resend_head)
		return next_head(l, wnd_end);
	quota = loss_quota(l);
	if (l->try_new || quota == 0 || l->retrans_out >= l->lost_out)
		return NULL;
	if (l->cc.paced && !pace_ready(&l->pace, now))
		return NULL;
	r = l->resend_hint ? l->resend_hint : rtx_head(&l->queue);
	while (r && (r->flags & (RTX_LOST | RTX_RETRANS)) != RTX_LOST)
		r = rtx_next(&l->queue, r);
	l->resend_hint = r;
	return r ? loss_fit(l, r, quota, wnd_end) : NULL;
}

void loss_count_attempt(struct tcp_loss *l, struct rtx *r)
{
	loss_count(l, MIB_TcpRetransSegs, r->segs);
	if (r->flags & RTX_SYN)
		loss_count(l, MIB_TcpExtTCPSynRetrans, 1);
	l->total_retrans += r->segs;
	l->bytes_retrans += rtx_len(r);
	r->flags |= RTX_EVER_RETRANS;
}

/* From now on an undo is possible, if r proves to have arrived in time. */
static void doubt(struct tcp_loss *l, const struct rtx *r, nsec_t now)
{
	if (l->undo.retrans_at < 0)
		l->undo.retrans_at = now;
	if (l->undo.retrans < 0)
		l->undo.retrans = 0;
	l->undo.retrans += r->segs;
}

void loss_resent(struct tcp_loss *l, struct rtx *r, nsec_t now)
{
	bool by_timeout = l->head_given;

	assert(!(r->flags & RTX_SACKED) && seq_lt(l->cc.una, r->end));
	l->head_given = false;
	l->mtu_next = 0; /* retransmissions have the proven size */
	leaving(l, r->flags, now);
	rate_sent(l, r, now);
	charge(l, rtx_len(r), r->segs, now);
	loss_count_attempt(l, r);
	doubt(l, r, now);
	if (!by_timeout)
		loss_count(l,
			l->cc.ca_state == CA_LOSS ? MIB_TcpExtTCPSlowStartRetrans
						  : MIB_TcpExtTCPFastRetrans,
			r->segs);
	if (!(r->flags & RTX_RETRANS))
		l->retrans_out += r->segs;
	r->flags |= RTX_RETRANS;
	r->sent_at = now;
	rtx_newest(&l->queue, r);
	if (loss_reducing(l))
		l->prr_out += r->segs;
	assert(l->retrans_out <= l->packets_out);
	if (r == rtx_head(&l->queue) && !by_timeout && l->timer != LOSS_TIMER_REO)
		loss_set_timer(l, LOSS_TIMER_RTO, l->rtt.rto_us, now);
}

void loss_resend_refused(struct tcp_loss *l, struct rtx *r, nsec_t now)
{
	loss_count_attempt(l, r);
	loss_count(l, MIB_TcpExtTCPRetransFail, r->segs);
	loss_local_drop(l, now);
}

void loss_resend_failed(struct tcp_loss *l, struct rtx *r, bool refused, nsec_t now)
{
	bool by_timeout = l->head_given;

	l->resend_wanted = l->head_given = false;
	if (!refused)
		return;
	loss_resend_refused(l, r, now);
	doubt(l, r, now);
	if (by_timeout) {
		rtt_revert(&l->rtt);
		loss_set_timer(l, LOSS_TIMER_RTO, RESOURCE_PROBE_MS * 1000, now);
	}
}
