/*
 * tcp_loss.h - the loss engine of the send half: which segments are in flight, which are lost, how
 * many may be sent now, what to resend and when to look again. It knows sequence numbers, times and
 * ACKs; not the connection, not the bytes, not the wire. It never sends: it is told and it is
 * asked.
 *
 *     told     loss_sent  loss_ack  loss_resent  loss_timer_fired  loss_idle_restart
 *     asked    loss_quota (new segments now)  loss_next (what to resend)  timer, timer_at (when)
 *
 * After every call that tells, the owner starts or stops its one timer by l->timer and l->timer_at.
 * States and names are Linux's; RFC 5681, 6298, 6675, 6937bis, 5682, 8985, 3168.
 *
 * Timestamps: the clock is `now` in milliseconds; the owner adds its random offset to what it sends
 * and takes it off what is echoed.
 */
#ifndef STACK_TCP_LOSS_H
#define STACK_TCP_LOSS_H

#include "stack/sysctl.h"
#include "stack/tcp/tcp_cc.h"
#include "stack/tcp/tcp_pace.h"
#include "stack/tcp/tcp_rtt.h"
#include "stack/tcp/tcp_rtx.h"

enum {
	LOSS_SACK_BLOCKS = 4, /* that fit into the options of a segment */
};

/* What is shared by all connections of an instance. Must outlive them. */
struct loss_env {
	const struct sysctl *sysctl;
	struct mib_table *mib;
	struct pool *pool; /* of struct rtx */
	struct prng *prng;
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
	uint8_t reo_wnd_persist; /* recoveries until the window shrinks back */
	bool dsack_seen, advanced;
};

/* How a window reduction may be taken back. */
struct loss_undo {
	bool armed;              /* undo_marker is valid */
	struct seq marker;       /* snd_una when the episode began */
	int32_t retrans;         /* resent segments not yet reported as duplicates */
	uint32_t prior_ssthresh; /* 0: nothing to restore */
	nsec_t retrans_at;       /* first retransmission of the episode; negative: none */
};

struct tcp_loss {
	const struct loss_env *env;
	struct rtx_queue queue;
	struct tcp_rtt rtt;
	struct cc cc;
	/* in flight = packets_out - (sacked_out + lost_out) + retrans_out, in segments */
	uint32_t packets_out, sacked_out, lost_out, retrans_out;
	uint32_t max_packets_out, cwnd_used;
	struct seq cwnd_usage_seq;
	nsec_t cwnd_stamp;
	/* recovery */
	struct seq high; /* snd_nxt when the episode began */
	struct loss_undo undo;
	struct loss_rack rack;
	struct tcp_pace pace;
	struct rtx *resend_hint; /* nothing to resend before it; NULL: from the head */
	bool resend_wanted;      /* loss_next() may give something */
	bool resend_head;        /* a timeout: it gives the head, whatever the window */
	bool head_given;         /* ... and has given it */
	bool try_new;            /* F-RTO sends new data before it resends */
	bool reneged;            /* the receiver dropped what it had sacked: until recovered */
	struct seq fack;         /* end of the highest sacked record; valid if sacked_out > 0 */
	uint32_t prr_delivered, prr_out;
	uint32_t reordering, reord_seen;
	struct seq tlp_high; /* snd_nxt when the probe was sent */
	bool tlp_pending, tlp_resent;
	bool frto;
	bool timestamps, sack, ecn; /* agreed at the handshake */
	bool cwr_pending;           /* next new segment carries CWR (RFC 3168 6.1.2) */
	bool established;
	bool cwnd_limited; /* the window was what held the last flush back */
	struct seq_range
		sack_seen[LOSS_SACK_BLOCKS]; /* of the previous ACK: skipped when repeated */
	/* delivery rate */
	nsec_t first_tx; /* transmission of the newest delivered segment */
	uint32_t rate_delivered;
	int64_t rate_interval_us;
	bool rate_app_limited;
	/* the timer that the owner runs */
	enum loss_timer timer;
	nsec_t timer_at;
	uint8_t retransmits;      /* timeouts since the last progress */
	uint32_t user_timeout_ms; /* TCP_USER_TIMEOUT; 0: none */
	bool thin_linear;         /* TCP_THIN_LINEAR_TIMEOUTS */
	/* TCP_INFO */
	uint32_t total_retrans, dsack_dups, delivered_ce, total_rto, total_rto_recoveries;
	uint64_t bytes_retrans;
};

/* A segment run that is about to leave. */
struct loss_send {
	struct seq start, end; /* SYN and FIN count */
	uint16_t mss;
	uint8_t flags; /* RTX_SYN, RTX_FIN, RTX_EOR */
};

/* An acceptable ACK (RFC 9293 3.10.7.4: not beyond snd_nxt, not older than the window). */
struct loss_ack {
	struct seq ack;
	struct seq_range sack[LOSS_SACK_BLOCKS];
	uint8_t sacks;
	bool has_data;   /* the segment carries data, SYN or FIN: not a duplicate ACK */
	bool win_update; /* it changed the send window: not a duplicate ACK */
	bool ece;        /* ECN-Echo, on a connection that agreed to ECN */
	bool has_ts;
	bool more_to_send;   /* unsent data waits, and fits into the peer's window */
	uint32_t tsecr;      /* echoed timestamp, offset taken off; 0: none */
	uint32_t max_window; /* largest window that the peer ever offered */
};

/* What an ACK did. */
struct loss_acked {
	uint32_t segs;    /* newly acknowledged or sacked */
	uint32_t retired; /* records given back */
	bool syn, fin;    /* the SYN, the FIN is now acknowledged */
	bool progress;    /* snd_una moved */
	bool not_dup;     /* it told something new: the path works, the peer lives */
};

/* What a probe should be (RFC 8985 7.3). */
enum loss_probe {
	PROBE_NONE,
	PROBE_NEW,
	PROBE_RESEND,
	PROBES
};

/* A connection that has sent nothing; una is its initial sequence number. */
void loss_init(struct tcp_loss *l, const struct loss_env *env, struct seq una, nsec_t now);

/* Gives all records back. */
void loss_free(struct tcp_loss *l);

/* The handshake is complete: initial window, congestion control begins. mss > 0. */
void loss_established(struct tcp_loss *l, const struct cc_ops *cc, uint16_t mss, nsec_t now);

/* Changes the algorithm of a running connection (TCP_CONGESTION). */
void loss_set_cc(struct tcp_loss *l, const struct cc_ops *cc, nsec_t now);

/* The segment size has changed (path MTU, options). */
void loss_set_mss(struct tcp_loss *l, uint16_t mss);

/* A listener's SYN-ACK, which never was in the queue, is acknowledged: rtt_us, negative if it was
 * sent more than once. Before loss_established(). */
void loss_synack(struct tcp_loss *l, int64_t rtt_us, nsec_t now);

/* Segments in the network by Linux's count. */
static inline uint32_t loss_in_flight(const struct tcp_loss *l)
{
	return l->packets_out - (l->sacked_out + l->lost_out) + l->retrans_out;
}

/* New or resent segments that the congestion window allows now. */
uint32_t loss_quota(const struct tcp_loss *l);

/* True if one more run can be remembered: ask before sending. */
bool loss_reserve(struct tcp_loss *l);

/* The run has left (or will, in this flush). */
void loss_sent(struct tcp_loss *l, const struct loss_send *s, nsec_t now);

/* How a flush ended. */
struct loss_flush {
	uint32_t sent;     /* new segments that left in it */
	bool cwnd_limited; /* data waits that the congestion window did not allow */
	bool no_space;     /* the program waits for room in the send buffer */
	bool probe;        /* the new segment was a tail loss probe */
};

/* All that may be sent has been sent. Window validation (RFC 7661), tail loss probe. True: the
 * recovery changed its mind, ask loss_next() and loss_quota() once more. */
bool loss_flushed(struct tcp_loss *l, const struct loss_flush *f, nsec_t now);

/* The program writes while less than a segment waits: rate samples taken from here on say what the
 * program does, not the path. */
void loss_app_limited(struct tcp_loss *l);

/* The device dropped a segment on its way out: slow down (CWR). */
void loss_local_drop(struct tcp_loss *l, nsec_t now);

/* The path MTU fell: segments larger than mss are lost; resend them (RFC 1191). */
void loss_simple_retransmit(struct tcp_loss *l, uint16_t mss, nsec_t now);

/* Takes in an ACK. Marks and computes; sends nothing. */
void loss_ack(struct tcp_loss *l, const struct loss_ack *a, struct loss_acked *out, nsec_t now);

/* The run to resend now, [r->start, r->end) in segments of r->mss, cut to fit the window of both
 * sides and joined with small neighbours; or NULL. Then call loss_resent() and ask again. */
struct rtx *loss_next(struct tcp_loss *l, struct seq wnd_end, nsec_t now);

/* r was resent; or could not be, the device refused. */
void loss_resent(struct tcp_loss *l, struct rtx *r, nsec_t now);
void loss_resend_failed(struct tcp_loss *l, struct rtx *r, nsec_t now);

/* The timer ran out; which one is l->timer. RTO: the owner has already decided that the connection
 * lives; syn: it is in SYN-SENT. Everything is marked; loss_next() then gives the head. */
void loss_rto(struct tcp_loss *l, bool syn, nsec_t now);
void loss_reo(struct tcp_loss *l, nsec_t now);

/* Tail loss probe: what to send. PROBE_RESEND: *r is the run to resend; PROBE_NEW: the owner sends
 * one new segment (loss_sent()) whatever the congestion window. Then loss_probe_sent(), with r NULL
 * for a new segment; or loss_probe_failed(). */
enum loss_probe loss_tlp(struct tcp_loss *l, bool can_send_new, struct rtx **r, nsec_t now);
void loss_probe_sent(struct tcp_loss *l, struct rtx *r, nsec_t now);
void loss_probe_failed(struct tcp_loss *l, nsec_t now);

/* Data will be sent after idling: slow start again if the RTO has passed (RFC 5681 4.1). */
void loss_idle_restart(struct tcp_loss *l, nsec_t now);

/* Rate in bytes a second that the sender keeps, UINT64_MAX if none. */
uint64_t loss_pacing_rate(const struct tcp_loss *l);

/* Name of a state, for traces and TCP_INFO. */
const char *ca_state_name(enum ca_state s);

/* Asserts that the counters are what the records say: O(n), for tests and the lab. */
void loss_check(const struct tcp_loss *l);

#endif
