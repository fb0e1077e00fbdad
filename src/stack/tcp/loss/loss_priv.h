/*
 * loss_priv.h - internals of the loss engine: one pass over an ACK, and its steps.
 *
 *     loss_ack -> sack_in -> clean -> rack_adapt -> tlp_ack -> alert (state machine) -> timer
 *              -> rate_finish -> window (control | PRR | grow)
 */
#ifndef STACK_TCP_LOSS_LOSS_PRIV_H
#define STACK_TCP_LOSS_LOSS_PRIV_H

#include "stack/tcp/loss/loss.h"

enum {
	LOSS_NO_TIME = -1, /* as a time: none */
	RACK_RECOVERY_THRESH = 16,
	RACK_NO_DUPTHRESH = 4, /* bits of tcp_recovery */
	RACK_STATIC_WND = 2,
	RACK_ON = 1,
	RENEGE_DELAY_MS = 10,
	RESOURCE_PROBE_MS = 500, /* retry interval after the device refused a retransmission */
	THIN_RETRIES = 6,        /* linear timeouts of a thin stream */
	THIN_SEGMENTS = 4,
};

/* Intermediate results of ACK processing. */
enum ack_flag {
	ACK_DATA = 1 << 0,
	ACK_WIN_UPDATE = 1 << 1,
	ACK_DATA_ACKED = 1 << 2,
	ACK_SYN_ACKED = 1 << 3,
	ACK_RETRANS_ACKED = 1 << 4,
	ACK_DATA_SACKED = 1 << 5,
	ACK_ECE = 1 << 6,
	ACK_LOST_RETRANS = 1 << 7,
	ACK_ORIG_DELIVERED =
		1 << 8, /* an original transmission from before the timeout was delivered */
	ACK_ADVANCED = 1 << 9,
	ACK_DSACK = 1 << 10,
	ACK_DSACK_TLP = 1 << 11,
	ACK_SET_TIMER = 1 << 12,
	ACK_RENEGING = 1 << 13,
	ACK_MAYBE_DELAYED = 1 << 14,
	ACK_ACKED = ACK_DATA_ACKED | ACK_SYN_ACKED,
	ACK_NOT_DUP = ACK_DATA | ACK_WIN_UPDATE | ACK_ACKED,
	ACK_ALERT = ACK_DATA_SACKED | ACK_ECE | ACK_DSACK,
	ACK_FORWARD = ACK_ACKED | ACK_DATA_SACKED,
};

enum resend {
	RESEND_NONE,
	RESEND_LOST,
	RESEND_NEW
};

struct ack_pass {
	const struct loss_ack *a;
	struct loss_acked *out;
	nsec_t now;
	uint32_t flags;
	struct seq prior_una, prior_fack;
	struct seq reord;             /* lowest sequence number delivered late by reordering */
	nsec_t first_sack, last_sack; /* transmission of first and last newly sacked original */
	uint32_t sack_delivered, dupacks;
	uint32_t prior_delivered;
	enum resend resend;
	struct rate_sample rs;
};

static inline bool loss_rack_on(const struct tcp_loss *l)
{
	return (l->env->sysctl->tcp_recovery & RACK_ON) != 0;
}

static inline bool loss_reducing(const struct tcp_loss *l)
{
	return l->cc.ca_state == CA_CWR || l->cc.ca_state == CA_RECOVERY;
}

/* Highest sacked byte; snd_una if none. */
static inline struct seq loss_fack(const struct tcp_loss *l)
{
	return l->sack && l->sacked_out > 0 ? l->fack : l->cc.una;
}

static inline uint32_t loss_us(nsec_t span)
{
	nsec_t us = span / NSEC_USEC;

	if (us <= 0)
		return 0;
	return us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

/* The timestamp clock. */
static inline uint32_t loss_ts(nsec_t now)
{
	return (uint32_t)(now / NSEC_MSEC);
}

static inline void loss_count(const struct tcp_loss *l, enum mib which, uint32_t n)
{
	mib_add(l->env->mib, which, n);
}

/* Later in transmission; equal times are ordered by sequence number. */
static inline bool sent_after(nsec_t t1, nsec_t t2, struct seq s1, struct seq s2)
{
	return t1 > t2 || (t1 == t2 && seq_gt(s1, s2));
}

/* loss.c: counters */
void loss_adjust(struct tcp_loss *l, uint8_t flags, int32_t segs);
struct rtx *loss_split(struct tcp_loss *l, struct rtx *r, uint32_t at);
void loss_trim_head(struct tcp_loss *l, struct rtx *r);
void loss_remove(struct tcp_loss *l, struct rtx *r);
/* loss_send.c: r cut to at most segs segments that fit into the peer's window; NULL: none. */
struct rtx *loss_fit(struct tcp_loss *l, struct rtx *r, uint32_t segs, struct seq wnd_end);
void loss_mark(struct tcp_loss *l, struct rtx *r);
void loss_delivered(struct tcp_loss *l, uint32_t segs, bool ece);
void loss_set_state(struct tcp_loss *l, enum ca_state next, nsec_t now);
void loss_event(struct tcp_loss *l, enum cc_event ev, nsec_t now);
bool loss_any_resent(const struct tcp_loss *l);

/* loss_timer.c */
void loss_set_timer(struct tcp_loss *l, enum loss_timer which, uint32_t us, nsec_t now);
void loss_rearm_rto(struct tcp_loss *l, nsec_t now);
bool loss_schedule_tlp(struct tcp_loss *l, bool advancing, nsec_t now);
int64_t loss_rto_left_us(const struct tcp_loss *l, nsec_t now);

/* rtx_ack.c */
void rtx_ack_cumulative(struct tcp_loss *l, struct ack_pass *p);
/* Updates the windowed minimum RTT, unless a delayed ACK inflated the sample. */
void rtt_update_min(struct tcp_loss *l, int64_t rtt_us, bool delayed, nsec_t now);

/* Takes a sample of the RTT, in microseconds: the smoothed RTT and the RTO change. */
void loss_rtt(struct tcp_loss *l, int64_t us);

/* sack.c */
void sack_in(struct tcp_loss *l, struct ack_pass *p);
void sack_check_reordering(struct tcp_loss *l, struct seq low, bool by_ts);
void reno_dupack(struct tcp_loss *l, uint32_t n, bool ece);
void reno_acked(struct tcp_loss *l, uint32_t segs, bool ece);
void reno_limit(struct tcp_loss *l);

/* rack.c */
void rack_delivered(struct tcp_loss *l, const struct rtx *r, nsec_t now);
void rack_adapt(struct tcp_loss *l, const struct rate_sample *rs);
bool rack_mark_lost(struct tcp_loss *l, nsec_t now);
bool rack_fresh(const struct tcp_loss *l, const struct rtx *r, nsec_t now);
void reno_mark_lost(struct tcp_loss *l, bool advanced);
void fack_mark_lost(struct tcp_loss *l, bool entering);

/* loss_send.c. Linux counts a retransmission before passing it to the device; a refusal slows the
 * sender down. */
void loss_count_attempt(struct tcp_loss *l, struct rtx *r);
void loss_resend_refused(struct tcp_loss *l, struct rtx *r, nsec_t now);

/* tlp.c */
void tlp_ack(struct tcp_loss *l, struct ack_pass *p);

/* ca_state.c: the state machine */
void ca_on_ack(struct tcp_loss *l, struct ack_pass *p);
void ca_enter_recovery(struct tcp_loss *l, bool ece, nsec_t now);
void ca_try_keep_open(struct tcp_loss *l, nsec_t now);

/* undo.c */
void undo_arm(struct tcp_loss *l);
bool undo_packet_delayed(const struct tcp_loss *l, const struct loss_ack *a);
bool undo_spurious_resend(const struct rtx *r, const struct loss_ack *a);
bool undo_try_recovery(struct tcp_loss *l, struct ack_pass *p);
bool undo_try_partial(struct tcp_loss *l, struct ack_pass *p, bool *mark);
bool undo_try_dsack(struct tcp_loss *l, struct ack_pass *p);
bool undo_try_loss(struct tcp_loss *l, struct ack_pass *p, bool frto);

/* prr.c */
void prr_begin(struct tcp_loss *l, nsec_t now);
void prr_update(struct tcp_loss *l, uint32_t delivered, uint32_t lost, bool advanced);
void prr_end(struct tcp_loss *l, nsec_t now);
void prr_enter_cwr(struct tcp_loss *l, nsec_t now);
uint32_t loss_current_ssthresh(const struct tcp_loss *l);

/* rate.c */
void rate_sent(struct tcp_loss *l, struct rtx *r, nsec_t now);
void rate_delivered(struct tcp_loss *l, struct rtx *r, struct rate_sample *rs, nsec_t now);
void rate_finish(struct tcp_loss *l, struct rate_sample *rs, uint32_t delivered, nsec_t now);

/* cwnd.c */
void cwnd_opened(struct tcp_loss *l, uint32_t acked, nsec_t now);
void cwnd_after_ack(struct tcp_loss *l, struct ack_pass *p, uint32_t delivered);
void cwnd_update_pacing(struct tcp_loss *l);
void cwnd_mtu_arrived(struct tcp_loss *l, nsec_t now);
uint32_t cwnd_initial(const struct tcp_loss *l);

#endif
