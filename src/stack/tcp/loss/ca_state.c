/*
 * ca_state.c - congestion state machine of loss recovery, with Linux's states.
 *
 *     Open ---- SACK, duplicate ACK ----> Disorder ---- a loss is evident ----> Recovery
 *       |  `--- ECE --> CWR                                                       |
 *       |<------------- everything sent before the episode (`high`) is acknowledged
 *     any ----- timeout ----> Loss ---- `high` acknowledged, or spurious ----> Open
 *
 * It determines lost segments and the state; the window is changed afterwards (cwnd.c), and
 * retransmissions are requested by the owner (loss_next()).
 */
#include "stack/tcp/loss/loss_priv.h"

void ca_try_keep_open(struct tcp_loss *l, nsec_t now)
{
	enum ca_state s = CA_OPEN;

	if (l->sacked_out + l->lost_out > 0 || loss_any_resent(l))
		s = CA_DISORDER;
	if (l->cc.ca_state == s)
		return;
	loss_set_state(l, s, now);
	l->high = l->cc.nxt;
}

void ca_enter_recovery(struct tcp_loss *l, bool ece, nsec_t now)
{
	assert(l->cc.ca_state != CA_RECOVERY);
	loss_count(l, l->sack ? MIB_TcpExtTCPSackRecovery : MIB_TcpExtTCPRenoRecovery, 1);
	l->undo.prior_ssthresh = 0;
	undo_arm(l);
	if (!loss_reducing(l)) {
		if (!ece)
			l->undo.prior_ssthresh = loss_current_ssthresh(l);
		prr_begin(l, now);
	}
	loss_set_state(l, CA_RECOVERY, now);
}

/* A loss is evident: marked, or indicated by enough duplicate ACKs. */
static bool time_to_recover(const struct tcp_loss *l)
{
	return l->lost_out > 0 || (!loss_rack_on(l) && l->sacked_out + 1 > l->reordering);
}

static void identify_loss(struct tcp_loss *l, struct ack_pass *p)
{
	uint32_t resent = l->retrans_out;

	if (rtx_empty(&l->queue))
		return;
	if (!l->sack) {
		reno_mark_lost(l, p->flags & ACK_ADVANCED);
		return;
	}
	if (!loss_rack_on(l))
		return;
	if (rack_mark_lost(l, p->now))
		p->flags &= ~(uint32_t)ACK_SET_TIMER;
	if (resent > l->retrans_out)
		p->flags |= ACK_LOST_RETRANS;
}

/* The head is sacked while SND.UNA moves: the receiver may have dropped sacked data. Wait a little
 * before resending everything. */
static bool check_reneging(struct tcp_loss *l, struct ack_pass *p)
{
	const uint32_t both = ACK_RENEGING | ACK_ADVANCED;

	if ((p->flags & both) != both)
		return false;
	loss_set_timer(
		l, LOSS_TIMER_RTO, u32_max(l->rtt.srtt_us >> 4, RENEGE_DELAY_MS * 1000), p->now);
	p->flags &= ~(uint32_t)ACK_SET_TIMER;
	return true;
}

/* Leaves CWR and Recovery when `high` is acknowledged. True: processing ends here. */
static bool check_exit(struct tcp_loss *l, struct ack_pass *p)
{
	if (l->cc.ca_state == CA_OPEN) {
		l->undo.retrans_at = LOSS_NO_TIME;
		return false;
	}
	if (seq_lt(l->cc.una, l->high))
		return false;
	if (l->cc.ca_state == CA_CWR && !seq_eq(l->cc.una, l->high)) {
		/* Only data beyond `high` proves that the CWR bit has reached the receiver. */
		prr_end(l, p->now);
		loss_set_state(l, CA_OPEN, p->now);
	} else if (l->cc.ca_state == CA_RECOVERY) {
		if (!l->sack)
			l->sacked_out = 0;
		if (undo_try_recovery(l, p))
			return true;
		prr_end(l, p->now);
	}
	return false;
}

/* Processes an ACK in Recovery. True: processing ends here. */
static bool in_recovery(struct tcp_loss *l, struct ack_pass *p, bool *mark)
{
	assert(l->cc.ca_state == CA_RECOVERY);
	if (!(p->flags & ACK_ADVANCED)) {
		if (!l->sack)
			reno_dupack(l, p->dupacks, p->flags & ACK_ECE);
	} else if (undo_try_partial(l, p, mark)) {
		return true;
	}
	if (undo_try_dsack(l, p))
		ca_try_keep_open(l, p->now);
	identify_loss(l, p);
	if (l->cc.ca_state != CA_RECOVERY) {
		/* Undone; but if something is lost, a new episode begins. */
		if (!time_to_recover(l))
			return true;
		ca_enter_recovery(l, p->flags & ACK_ECE, p->now);
	}
	return false;
}

/* RFC 5682 section 3.1, the SACK-enhanced version. True: decided. */
static bool run_frto(struct tcp_loss *l, struct ack_pass *p, bool recovered)
{
	/* (3.b) an original transmission arrived: the timeout was spurious. */
	if ((p->flags & ACK_ORIG_DELIVERED) && undo_try_loss(l, p, true))
		return true;
	if (seq_gt(l->cc.nxt, l->high)) {
		/* (3.a) new data arrived, but nothing older: the loss was real. */
		if ((p->flags & ACK_DATA_SACKED) || p->dupacks > 0)
			l->frto = false;
	} else if ((p->flags & ACK_ADVANCED) && !recovered) {
		/* (2.b) send new data to find out; if there is none, recover. */
		l->high = l->cc.nxt;
		if (p->a->more_to_send) {
			p->resend = RESEND_NEW;
			return true;
		}
		l->frto = false;
	}
	return false;
}

static void in_loss(struct tcp_loss *l, struct ack_pass *p)
{
	bool recovered = seq_ge(l->cc.una, l->high);

	assert(l->cc.ca_state == CA_LOSS);
	if ((p->flags & ACK_ADVANCED) && undo_try_loss(l, p, false))
		return;
	if (l->frto && run_frto(l, p, recovered))
		return;
	if (recovered) {
		undo_try_recovery(l, p);
		return;
	}
	if (!l->sack) {
		/* A duplicate ACK refers to new data sent since the timeout. */
		if (seq_gt(l->cc.nxt, l->high) && p->dupacks > 0)
			reno_dupack(l, p->dupacks, p->flags & ACK_ECE);
		else if (p->flags & ACK_ADVANCED)
			l->sacked_out = 0;
	}
	p->resend = RESEND_LOST;
}

static void try_to_open(struct tcp_loss *l, struct ack_pass *p)
{
	if (!loss_any_resent(l))
		l->undo.retrans_at = LOSS_NO_TIME;
	if (p->flags & ACK_ECE)
		prr_enter_cwr(l, p->now);
	if (l->cc.ca_state != CA_CWR)
		ca_try_keep_open(l, p->now);
}

/* The path MTU probe was lost: too large, no sign of congestion. It is resent in segments of the
 * proven size, and its share of the window is restored. */
static bool mtu_probe_lost(struct tcp_loss *l, struct ack_pass *p)
{
	if (l->mtu_next == 0 || l->cc.ca_state >= CA_CWR || !seq_eq(l->cc.una, l->mtu_probe.start))
		return false;
	l->mtu_next = 0;
	p->out->mtu = LOSS_MTU_LOST;
	l->cc.cwnd++;
	loss_simple_retransmit(l, l->cc.mss, p->now);
	p->resend = RESEND_LOST;
	return true;
}

/* Processes an ACK in Open, Disorder, CWR, and Loss after its end. True: processing ends here. */
static bool in_other(struct tcp_loss *l, struct ack_pass *p)
{
	if (!l->sack) {
		if (p->flags & ACK_ADVANCED)
			l->sacked_out = 0;
		reno_dupack(l, p->dupacks, p->flags & ACK_ECE);
	}
	if (l->cc.ca_state <= CA_DISORDER)
		undo_try_dsack(l, p);
	identify_loss(l, p);
	if (!time_to_recover(l)) {
		try_to_open(l, p);
		return true;
	}
	if (mtu_probe_lost(l, p))
		return true;
	ca_enter_recovery(l, p->flags & ACK_ECE, p->now);
	return false;
}

static bool forced_by_fack(const struct tcp_loss *l, const struct ack_pass *p)
{
	return (p->flags & ACK_DATA_SACKED) &&
	       seq_gt(loss_fack(l), seq_add(l->cc.una, l->reordering * l->cc.mss));
}

void ca_on_ack(struct tcp_loss *l, struct ack_pass *p)
{
	bool mark = p->dupacks > 0 || forced_by_fack(l, p), entering = false;

	if (l->packets_out == 0)
		l->sacked_out = 0;
	if (p->flags & ACK_ECE)
		l->undo.prior_ssthresh = 0; /* the reduction is justified: no undo */
	if (check_reneging(l, p) || check_exit(l, p))
		return;
	if (l->cc.ca_state == CA_RECOVERY) {
		if (in_recovery(l, p, &mark))
			return;
	} else {
		if (l->cc.ca_state == CA_LOSS) {
			in_loss(l, p);
			identify_loss(l, p);
			if (l->cc.ca_state != CA_OPEN && !(p->flags & ACK_LOST_RETRANS))
				return;
		}
		if (in_other(l, p))
			return;
		entering = true;
	}
	if (!loss_rack_on(l) && mark)
		fack_mark_lost(l, entering);
	p->resend = RESEND_LOST;
}
