/*
 * loss_timer.c - the sender's one timer, which is at any time one of three: the retransmission
 * timeout (RFC 6298), RACK's reordering timer or the tail loss probe (RFC 8985). The owner runs it;
 * this file determines when it fires, and handles a timeout.
 */
#include "stack/tcp/loss/loss_priv.h"

void loss_set_timer(struct tcp_loss *l, enum loss_timer which, uint32_t us, nsec_t now)
{
	assert(which > LOSS_TIMER_NONE && which < LOSS_TIMERS && l->packets_out > 0);
	l->timer = which;
	l->timer_at = now + rtt_ticks(u32_min(us, l->rtt.rto_max_us));
}

int64_t loss_rto_left_us(const struct tcp_loss *l, nsec_t now)
{
	const struct rtx *head = rtx_head(&l->queue);

	if (!head)
		return l->rtt.rto_us;
	return (head->sent_at - now) / NSEC_USEC + l->rtt.rto_us;
}

void loss_rearm_rto(struct tcp_loss *l, nsec_t now)
{
	uint32_t us = l->rtt.rto_us;

	if (l->packets_out == 0) {
		l->timer = LOSS_TIMER_NONE;
		return;
	}
	/* The time spent on the other timers is part of the timeout. */
	if (l->timer == LOSS_TIMER_REO || l->timer == LOSS_TIMER_TLP) {
		int64_t left = loss_rto_left_us(l, now);
		us = left > 1 ? (uint32_t)left : 1;
	}
	loss_set_timer(l, LOSS_TIMER_RTO, us, now);
}

/* Time to the probe: two RTTs, plus a delayed ACK's time if only one segment is in flight. */
static uint32_t probe_timeout_us(const struct tcp_loss *l)
{
	if (l->rtt.srtt_us == 0)
		return RTT_RTO_INIT_MS * 1000;
	if (l->packets_out == 1)
		return (l->rtt.srtt_us >> 2) + l->rtt.rto_min_us;
	return (l->rtt.srtt_us >> 2) + RTT_TIMER_MIN_US;
}

bool loss_schedule_tlp(struct tcp_loss *l, bool advancing, nsec_t now)
{
	int32_t mode = l->env->sysctl->tcp_early_retrans;
	uint32_t us;
	int64_t rto;

	if ((mode != 3 && mode != 4) || l->packets_out == 0 || !l->sack)
		return false;
	if (l->cc.ca_state != CA_OPEN && l->cc.ca_state != CA_CWR)
		return false;
	us = probe_timeout_us(l);
	/* Never later than the RTO. */
	rto = advancing ? l->rtt.rto_us : loss_rto_left_us(l, now);
	if (rto > 0 && rto < us)
		us = (uint32_t)rto;
	assert(us > 0);
	loss_set_timer(l, LOSS_TIMER_TLP, us, now);
	return true;
}

/* Counts the kind of recovery that failed by a timeout; only at the first of a series. */
static void count_failure(const struct tcp_loss *l)
{
	switch ((enum ca_state)l->cc.ca_state) {
	case CA_RECOVERY:
		loss_count(l,
			l->sack ? MIB_TcpExtTCPSackRecoveryFail : MIB_TcpExtTCPRenoRecoveryFail, 1);
		return;
	case CA_LOSS: loss_count(l, MIB_TcpExtTCPLossFailures, 1); return;
	case CA_OPEN:
	case CA_CWR:
		if (l->sacked_out == 0)
			return;
		break;
	case CA_DISORDER:
	case CA_STATES: break;
	}
	loss_count(l, l->sack ? MIB_TcpExtTCPSackFailures : MIB_TcpExtTCPRenoFailures, 1);
}

/* Marks the segments that a timeout proves lost: the head, and those sent long enough ago. A sacked
 * head means reneging (RFC 2018 section 8): discard all SACKs. */
static void mark_timed_out(struct tcp_loss *l, nsec_t now)
{
	struct rtx *head = rtx_head(&l->queue);
	bool reneged = head && (head->flags & RTX_SACKED);

	if (reneged) {
		loss_count(l, MIB_TcpExtTCPSACKReneging, 1);
		l->reneged = true;
	}
	if (reneged || !l->sack)
		l->sacked_out = 0;
	for (struct rtx *r = head; r; r = rtx_next(&l->queue, r)) {
		if (reneged)
			r->flags &= (uint8_t)~RTX_SACKED;
		else if (r != head && loss_rack_on(l) && rack_fresh(l, r, now))
			continue;
		loss_mark(l, r);
	}
	assert(!reneged || l->lost_out == l->packets_out);
	l->resend_hint = NULL;
}

/* True if this timeout starts an episode, so that ssthresh is reduced (RFC 5681 (4)). */
static bool new_episode(const struct tcp_loss *l)
{
	return l->cc.ca_state <= CA_DISORDER || !seq_gt(l->high, l->cc.una) ||
	       (l->cc.ca_state == CA_LOSS && l->retransmits == 0);
}

static void enter_loss(struct tcp_loss *l, nsec_t now)
{
	bool first = l->cc.ca_state < CA_RECOVERY;
	uint32_t degree = (uint32_t)l->env->sysctl->tcp_reordering;

	mark_timed_out(l, now);
	if (new_episode(l)) {
		l->undo.prior_ssthresh = loss_current_ssthresh(l);
		l->cc.prior_cwnd = l->cc.cwnd;
		l->cc.ssthresh = l->cc.ops->ssthresh(&l->cc, now);
		loss_event(l, CC_EVENT_LOSS, now);
		undo_arm(l);
	}
	l->cc.cwnd = loss_in_flight(l) + 1;
	l->cc.cwnd_cnt = 0;
	l->cwnd_stamp = now;
	/* Many duplicate ACKs and still a timeout: the degree of reordering was overestimated. */
	if (l->cc.ca_state <= CA_DISORDER && l->sacked_out >= degree)
		l->reordering = u32_min(l->reordering, degree);
	loss_set_state(l, CA_LOSS, now);
	l->high = l->cc.nxt;
	if (l->cc.ecn)
		l->cwr_pending = true;
	/* RFC 5682 (1): only if nothing but repeated timeouts of the same data is in progress. */
	l->frto =
		l->env->sysctl->tcp_frto != 0 && (first || l->retransmits > 0) && l->mtu_next == 0;
}

/* The next timeout: doubled, except for thin streams and the first SYNs. */
static void next_timeout(struct tcp_loss *l, bool syn, nsec_t now)
{
	const struct sysctl *sys = l->env->sysctl;
	bool thin = l->packets_out < THIN_SEGMENTS && l->cc.ssthresh < CC_SSTHRESH_INFINITE;
	uint32_t us;

	if (!syn && (l->thin_linear || sys->tcp_thin_linear_timeouts) && thin &&
		l->retransmits <= THIN_RETRIES)
		rtt_set_rto(&l->rtt);
	else if (!syn || l->total_rto > (uint32_t)sys->tcp_syn_linear_timeouts)
		rtt_back_off(&l->rtt);
	us = l->rtt.rto_us;
	if (l->user_timeout_ms > 0) {
		nsec_t since = l->undo.retrans_at >= 0 ? now - l->undo.retrans_at : 0;
		int64_t left = (int64_t)l->user_timeout_ms * 1000 - since / NSEC_USEC;
		us = left < 1 ? 1 : u32_min(us, left < UINT32_MAX ? (uint32_t)left : UINT32_MAX);
	}
	loss_set_timer(l, LOSS_TIMER_RTO, us, now);
}

void loss_retry_soon(struct tcp_loss *l, nsec_t now)
{
	if (l->retransmits == 0 && l->packets_out > 0)
		loss_set_timer(l, LOSS_TIMER_RTO, RTT_TIMER_MIN_US, now);
}

void loss_revert_backoff(struct tcp_loss *l, struct seq seq, nsec_t now)
{
	int64_t left;

	if (!seq_eq(seq, l->cc.una) || l->retransmits == 0 || l->timer != LOSS_TIMER_RTO)
		return;
	rtt_revert(&l->rtt);
	left = loss_rto_left_us(l, now);
	loss_set_timer(l, LOSS_TIMER_RTO, left > 1 ? (uint32_t)left : 1, now);
}

void loss_rto(struct tcp_loss *l, bool syn, nsec_t now)
{
	assert(l->packets_out > 0 && !rtx_empty(&l->queue));
	l->tlp_pending = false;
	if (l->retransmits == 0)
		count_failure(l);
	enter_loss(l, now);
	if (l->retransmits == 0)
		l->total_rto_recoveries++;
	if (l->retransmits < UINT8_MAX)
		l->retransmits++;
	l->total_rto++;
	l->resend_wanted = l->resend_head = true;
	l->try_new = false;
	next_timeout(l, syn, now);
}

void loss_rto_later(struct tcp_loss *l, nsec_t now)
{
	l->timer = LOSS_TIMER_NONE;
	loss_rearm_rto(l, now);
}
