/*
 * loss_state.h - state of the loss engine. TCP_INFO and traces read it; only the engine writes it,
 * except for fields marked otherwise.
 */
#ifndef STACK_TCP_LOSS_LOSS_STATE_H
#define STACK_TCP_LOSS_LOSS_STATE_H

#include "base/histogram.h"
#include "stack/sysctl.h"
#include "stack/tcp/cc/cc.h"
#include "stack/tcp/cc/pace.h"
#include "stack/tcp/loss/rtt.h"
#include "stack/tcp/loss/rtx.h"

enum {
	LOSS_SACK_BLOCKS = 4, /* that fit into the options of a segment */
};

/* State shared by all connections of an instance. Must outlive them. */
struct loss_env {
	const struct sysctl *sysctl;
	struct mib_table *mib;
	struct pool *pool; /* of struct rtx */
	struct prng *prng;
	struct histogram *rtt; /* all samples */
};

struct seq_range {
	struct seq start, end;
};

enum loss_timer {
	LOSS_TIMER_NONE,
	LOSS_TIMER_RTO,
	LOSS_TIMER_REO,
	LOSS_TIMER_TLP,
	LOSS_TIMERS
};

/* RFC 8985 */
struct loss_rack {
	nsec_t sent_at; /* transmission time of the newest delivered segment */
	uint32_t rtt_us;
	struct seq end;
	uint32_t last_delivered;
	uint8_t reo_wnd_steps;   /* quarters of min_rtt */
	uint8_t reo_wnd_persist; /* recoveries until the window is reset */
	bool dsack_seen, advanced;
};

/* State for undoing a window reduction. */
struct loss_undo {
	bool armed;              /* undo_marker is valid */
	struct seq marker;       /* snd_una when the episode began */
	int32_t retrans;         /* retransmitted segments not yet reported as duplicates */
	uint32_t prior_ssthresh; /* 0: nothing to restore */
	nsec_t retrans_at;       /* first retransmission of the episode; negative: none */
};

/* First what an ACK in order touches, then what only losses do; the prefetch of a batch ends with
 * the first (tcp_prefetch.c). */
struct tcp_loss {
	const struct loss_env *env;
	struct rtx_queue queue;
	/* in flight = packets_out - (sacked_out + lost_out) + retrans_out, in segments */
	uint32_t packets_out, sacked_out, lost_out, retrans_out;
	struct rtx *resend_hint; /* nothing to resend before it; NULL: from the head */
	bool resend_wanted;      /* loss_next() may return something */
	bool try_new;            /* F-RTO sends new data before retransmitting */
	bool reneged;            /* the receiver dropped sacked data: until recovered */
	bool tlp_pending;
	bool sack; /* negotiated in the handshake: written by the owner */
	bool established;
	bool fresh;        /* nothing was sent since loss_init() */
	bool syn_lost;     /* until established: the SYN-ACK was retransmitted more than once */
	bool cwnd_limited; /* the last flush was limited by the window */
	bool rate_app_limited;
	uint16_t mtu_now, mtu_next; /* packet sizes without and with a probe; mtu_next 0: none */
	uint8_t retransmits;        /* timeouts since the last progress */
	/* the timer that the owner runs */
	enum loss_timer timer;
	nsec_t timer_at;
	struct loss_rack rack;
	uint32_t max_packets_out, cwnd_used;
	struct seq cwnd_usage_seq;
	nsec_t cwnd_stamp;
	/* delivery rate */
	uint32_t rate_delivered;
	nsec_t first_tx; /* transmission of the newest delivered segment */
	int64_t rate_interval_us;
	struct tcp_rtt rtt;
	struct cc cc;
	/* --- */
	uint32_t init_cwnd; /* the route's initcwnd; 0: RFC 6928's */
	/* recovery */
	struct seq high; /* snd_nxt when the episode began */
	struct loss_undo undo;
	struct tcp_pace pace;
	bool resend_head; /* a timeout: loss_next() returns the head, regardless of the window */
	bool head_given;  /* ... and has returned it */
	bool tlp_resent;
	bool frto;
	bool cwr_pending; /* next new segment carries CWR (RFC 3168 6.1.2); the owner clears it */
	bool thin_linear; /* TCP_THIN_LINEAR_TIMEOUTS; written by the owner */
	struct seq fack;  /* end of the highest sacked record; valid if sacked_out > 0 */
	struct seq tlp_high; /* snd_nxt when the probe was sent */
	uint32_t prr_delivered, prr_out;
	uint32_t reordering, reord_seen;
	struct seq_range mtu_probe; /* the larger segment in flight */
	uint32_t user_timeout_ms;   /* TCP_USER_TIMEOUT, 0: none; written by the owner */
	/* TCP_INFO */
	uint32_t total_retrans, dsack_dups, total_rto, total_rto_recoveries;
	uint64_t bytes_retrans;
};

#endif
