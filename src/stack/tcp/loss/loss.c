/*
 * loss.c - loss engine: initialization and accounting. Every change of a record's state passes
 * here, so that the four counters always agree with the records.
 *
 *     flags        in flight   counted in
 *     -                1       packets_out
 *     SACKED           0       packets_out, sacked_out
 *     LOST             0       packets_out, lost_out
 *     RETRANS          2       packets_out, retrans_out
 *     LOST|RETRANS     1       packets_out, lost_out, retrans_out
 *     SACKED|RETRANS   1       packets_out, sacked_out, retrans_out
 */
#include "stack/tcp/loss/loss_priv.h"

void loss_init(struct tcp_loss *l, const struct loss_env *env, struct seq una, nsec_t now)
{
	*l = (struct tcp_loss){.env = env};
	rtx_init(&l->queue, env->pool);
	rtt_init(&l->rtt, (uint32_t)env->sysctl->tcp_rto_min_us,
		(uint32_t)env->sysctl->tcp_rto_max_ms * 1000);
	pace_init(&l->pace);
	l->cc = (struct cc){
		.ops = &cc_reno,
		.cwnd = CC_INIT_CWND,
		.ssthresh = CC_SSTHRESH_INFINITE,
		.cwnd_clamp = UINT32_MAX,
		.pacing_rate = PACE_UNLIMITED,
		.max_pacing_rate = PACE_UNLIMITED,
		.mss = 536,
		.min_rtt_us = UINT32_MAX,
		.last_send = now,
		.delivered_at = now,
		.mib = env->mib,
		.prng = env->prng,
	};
	l->undo.retrans = -1;
	l->undo.retrans_at = LOSS_NO_TIME;
	l->rack.sent_at = LOSS_NO_TIME;
	l->rack.reo_wnd_steps = 1;
	l->reordering = (uint32_t)env->sysctl->tcp_reordering;
	l->cwnd_stamp = now;
	l->cc.app_limited = UINT32_MAX; /* application-limited until the first ACK */
	l->rate_app_limited = true;
	l->fresh = true;
	loss_start(l, una);
}

/* Renews the fields of a new engine that depend on the time and on parameters. */
static void refresh(struct tcp_loss *l, struct seq una, nsec_t now)
{
	assert(l->packets_out == 0 && !l->established && l->rtt.srtt_us == 0);
	l->rtt.rto_min_us = (uint32_t)l->env->sysctl->tcp_rto_min_us;
	l->rtt.rto_max_us = (uint32_t)l->env->sysctl->tcp_rto_max_ms * 1000;
	l->cc.delivered_at = l->cwnd_stamp = now;
	loss_start(l, una);
}

void loss_connect(struct tcp_loss *l, struct seq una, nsec_t now)
{
	struct tcp_loss was;

	if (l->fresh) {
		refresh(l, una, now);
		return;
	}
	loss_free(l);
	was = *l;
	loss_init(l, was.env, una, now);
	loss_recall(l, &was);
}

void loss_start(struct tcp_loss *l, struct seq una)
{
	assert(rtx_empty(&l->queue));
	l->cc.una = l->cc.nxt = una;
	l->cwnd_usage_seq = l->high = l->fack = l->undo.marker = l->rack.end = una;
}

void loss_free(struct tcp_loss *l)
{
	rtx_clear(&l->queue);
	l->packets_out = l->sacked_out = l->lost_out = l->retrans_out = 0;
	l->resend_hint = NULL;
	l->timer = LOSS_TIMER_NONE;
}

void loss_recall(struct tcp_loss *l, const struct tcp_loss *was)
{
	l->rtt.min = was->rtt.min;
	l->reordering = was->reordering;
	l->rate_delivered = was->rate_delivered;
	l->rate_interval_us = was->rate_interval_us;
	l->cc.min_rtt_us = was->cc.min_rtt_us;
	l->cc.last_send = was->cc.last_send;
	l->cc.pacing_rate = was->cc.pacing_rate;
	l->cc.max_pacing_rate = was->cc.max_pacing_rate;
	l->cc.paced = was->cc.paced;
}

uint32_t cwnd_initial(const struct tcp_loss *l)
{
	return u32_min(l->init_cwnd ? l->init_cwnd : CC_INIT_CWND, l->cc.cwnd_clamp);
}

void loss_set_cc(struct tcp_loss *l, const struct cc_ops *cc, nsec_t now)
{
	l->cc.ops = cc;
	memset(l->cc.priv, 0, sizeof(l->cc.priv));
	if (cc->flags & CC_PACES)
		l->cc.paced = true;
	cc->init(&l->cc, now);
}

void loss_established(struct tcp_loss *l, const struct cc_ops *cc, uint16_t mss, nsec_t now)
{
	assert(!l->established && cc->init && cc->ssthresh && cc->undo);
	loss_set_mss(l, mss);
	/* Losses in the handshake are no evidence about the path. */
	l->cc.ssthresh = CC_SSTHRESH_INFINITE;
	if (l->rtt.srtt_us == 0) {
		/* RFC 6298 (5.7): the SYN was retransmitted, so there is no sample. */
		l->rtt.rttvar_us = l->rtt.mdev_us = l->rtt.mdev_max_us = RTT_RTO_FALLBACK_MS * 1000;
		l->rtt.rto_us = u32_min(RTT_RTO_FALLBACK_MS * 1000, l->rtt.rto_max_us);
	}
	if (l->syn_lost || (l->total_retrans > 1 && l->undo.armed))
		l->cc.cwnd = 1;
	else
		l->cc.cwnd = cwnd_initial(l);
	l->syn_lost = false;
	l->cwnd_stamp = now;
	l->established = true;
	l->fresh = false;
	loss_set_cc(l, cc, now);
	if (!cc->control) /* otherwise it sets its own rate */
		cwnd_update_pacing(l);
}

void loss_synack(struct tcp_loss *l, int64_t rtt_us, nsec_t now)
{
	l->cc.delivered++; /* the SYN-ACK was delivered */
	if (rtt_us < 0)
		return;
	rtt_us = rtt_us > 0 ? rtt_us : 1;
	l->cc.min_rtt_us = min_filter_update(&l->rtt.min,
		(nsec_t)l->env->sysctl->tcp_min_rtt_wlen * NSEC_SEC, now, (uint32_t)rtt_us);
	loss_rtt(l, rtt_us);
}

void loss_rtt(struct tcp_loss *l, int64_t us)
{
	us = us > 0 ? us : 1;
	histogram_add(l->env->rtt, us * NSEC_USEC, 1);
	rtt_sample(&l->rtt, (uint32_t)us, l->cc.una, l->cc.nxt);
	l->cc.srtt_us = l->rtt.srtt_us;
	rtt_set_rto(&l->rtt);
}

void loss_syn_again(struct tcp_loss *l, nsec_t now)
{
	struct rtx *r = rtx_head(&l->queue);

	if (!r || !(r->flags & RTX_SYN))
		return;
	r->sent_at = now;
	rtx_newest(&l->queue, r);
}

void loss_set_mss(struct tcp_loss *l, uint16_t mss)
{
	assert(mss > 0);
	l->cc.mss = mss;
}

void loss_adjust(struct tcp_loss *l, uint8_t flags, int32_t segs)
{
	l->packets_out += (uint32_t)segs;
	if (flags & RTX_SACKED)
		l->sacked_out += (uint32_t)segs;
	if (flags & RTX_LOST)
		l->lost_out += (uint32_t)segs;
	if (flags & RTX_RETRANS)
		l->retrans_out += (uint32_t)segs;
	assert((l->packets_out | l->sacked_out | l->lost_out | l->retrans_out) <= INT32_MAX);
}

struct rtx *loss_split(struct tcp_loss *l, struct rtx *r, uint32_t at)
{
	int32_t before = r->segs;
	struct rtx *rest = rtx_split(&l->queue, r, at);

	if (rest)
		loss_adjust(l, r->flags, r->segs + rest->segs - before);
	return rest;
}

void loss_trim_head(struct tcp_loss *l, struct rtx *r)
{
	int32_t before = r->segs;

	if (!seq_lt(r->start, l->cc.una))
		return;
	rtx_trim(&l->queue, r, seq_span(l->cc.una, r->start));
	loss_adjust(l, r->flags, r->segs - before);
}

void loss_remove(struct tcp_loss *l, struct rtx *r)
{
	if (r == l->resend_hint)
		l->resend_hint = NULL;
	loss_adjust(l, r->flags, -(int32_t)r->segs);
	rtx_remove(&l->queue, r);
}

/* A newly lost record may be the next to resend. */
static void move_hint(struct tcp_loss *l, struct rtx *r)
{
	if (l->resend_hint ? seq_lt(r->start, l->resend_hint->start)
			   : l->retrans_out >= l->lost_out)
		l->resend_hint = r;
}

void loss_mark(struct tcp_loss *l, struct rtx *r)
{
	if (r->flags & RTX_SACKED)
		return;
	move_hint(l, r);
	if (!(r->flags & RTX_LOST)) {
		l->lost_out += r->segs;
		l->cc.lost += r->segs;
		r->flags |= RTX_LOST;
	} else if (r->flags & RTX_RETRANS) {
		/* The retransmission is lost too. */
		r->flags &= (uint8_t)~RTX_RETRANS;
		assert(l->retrans_out >= r->segs);
		l->retrans_out -= r->segs;
		l->cc.lost += r->segs;
		loss_count(l, MIB_TcpExtTCPLostRetransmit, r->segs);
	}
	if (!(r->flags & RTX_RETRANS))
		list_del(&r->time_link);
	assert(l->lost_out <= l->packets_out);
}

void loss_delivered(struct tcp_loss *l, uint32_t segs, bool ece)
{
	l->cc.delivered += segs;
	if (ece)
		l->cc.delivered_ce += segs;
}

void loss_set_state(struct tcp_loss *l, enum ca_state next, nsec_t now)
{
	assert(next < CA_STATES);
	if (l->cc.ops->state)
		l->cc.ops->state(&l->cc, next, now);
	l->cc.ca_state = (uint8_t)next;
}

void loss_event(struct tcp_loss *l, enum cc_event ev, nsec_t now)
{
	if (l->cc.ops->event)
		l->cc.ops->event(&l->cc, ev, now);
}

bool loss_any_resent(const struct tcp_loss *l)
{
	const struct rtx *head = rtx_head(&l->queue);

	return l->retrans_out > 0 || (head && (head->flags & RTX_EVER_RETRANS));
}

void loss_simple_retransmit(struct tcp_loss *l, uint16_t mss, nsec_t now)
{
	for (struct rtx *r = rtx_head(&l->queue); r; r = rtx_next(&l->queue, r)) {
		if (u32_min(r->mss, rtx_len(r)) > mss)
			loss_mark(l, r);
	}
	l->resend_hint = NULL;
	if (l->lost_out == 0)
		return;
	if (!l->sack)
		reno_limit(l);
	/* The window is not reduced: the amount of data in the network is the same, in smaller
	 * segments. */
	if (l->cc.ca_state != CA_LOSS) {
		l->high = l->cc.nxt;
		l->cc.ssthresh = loss_current_ssthresh(l);
		l->undo.prior_ssthresh = 0;
		l->undo.armed = false;
		loss_set_state(l, CA_LOSS, now);
	}
	l->resend_wanted = true;
}

void loss_invariants(const struct tcp_loss *l)
{
	uint32_t out = 0, sacked = 0, lost = 0, resent = 0;
	const struct rtx *head = rtx_head(&l->queue), *tail = rtx_tail(&l->queue);

	rtx_invariants(&l->queue);
	for (const struct rtx *r = head; r; r = rtx_next(&l->queue, r)) {
		out += r->segs;
		sacked += r->flags & RTX_SACKED ? r->segs : 0;
		lost += r->flags & RTX_LOST ? r->segs : 0;
		resent += r->flags & RTX_RETRANS ? r->segs : 0;
		assert(!(r->flags & RTX_LOST) || !(r->flags & RTX_SACKED));
	}
	assert(out == l->packets_out && lost == l->lost_out && resent == l->retrans_out);
	assert(!l->sack || sacked == l->sacked_out);
	assert(l->sacked_out + l->lost_out <= l->packets_out);
	assert(!head || (seq_le(head->start, l->cc.una) && seq_gt(head->end, l->cc.una)));
	assert(seq_eq(tail ? tail->end : l->cc.una, l->cc.nxt) || !head);
	(void)out, (void)sacked, (void)lost, (void)resent, (void)tail;
}
