/*
 * cc.h - congestion control: a table of functions that see one structure, the window, and the time;
 * never the connection. The loss engine updates its measurements and calls:
 *
 *     init          once, when the connection is established or the algorithm is changed
 *     every_ack     an ACK arrived, whether or not it acknowledges data        DCTCP
 *     acked         an ACK acknowledged something (RTT sample, segments)       CUBIC's HyStart
 *     grow          the window may grow: acked segments, while cwnd-limited    Reno, CUBIC
 *     control       instead of grow and PRR: sets cwnd and pacing rate itself  BBR
 *     ssthresh      a loss episode begins: the new slow start threshold
 *     undo          it was spurious: returns the window to restore
 *     state, event  recovery state changes; idle restart, loss, ...
 *
 * Windows are counted in segments of mss bytes, as Linux does; RTTs are microseconds.
 */
#ifndef STACK_TCP_CC_CC_H
#define STACK_TCP_CC_CC_H

#include "base/prng.h"
#include "base/seq.h"
#include "stack/mib.h"

enum {
	CC_NAME_MAX = 16,
	CC_INIT_CWND = 10, /* RFC 6928 */
	CC_SSTHRESH_INFINITE = 0x7fffffff,
	CC_PRIVATE = 176, /* bytes of algorithm-specific state */
};

/* The sender's recovery state; the numbers are those of TCP_INFO (TCP_CA_*). */
enum ca_state {
	CA_OPEN,
	CA_DISORDER,
	CA_CWR,
	CA_RECOVERY,
	CA_LOSS,
	CA_STATES
};

enum cc_event {
	CC_EVENT_TX_START,     /* first transmission when nothing was in flight */
	CC_EVENT_CWND_RESTART, /* the window was cut after idling */
	CC_EVENT_COMPLETE_CWR, /* a window reduction is complete */
	CC_EVENT_LOSS,         /* a retransmission timeout */
	CC_EVENTS,
};

enum cc_flag {
	CC_PACES =
		1 << 0,  /* needs pacing: the engine paces even if the socket does not request it */
	CC_ECN = 1 << 1, /* needs ECN: negotiated whatever tcp_ecn is; every packet is ECT */
	CC_HIDDEN = 1 << 2, /* a fallback of another algorithm: cannot be selected */
};

/* One sample of the delivery rate (draft-cheng-iccrg-delivery-rate-estimation), made per ACK. */
struct rate_sample {
	nsec_t prior_at;          /* start of the sampling interval; 0: none */
	uint32_t prior_delivered; /* segments delivered when it began */
	int32_t delivered;        /* in the interval; negative: no valid sample */
	int64_t interval_us;      /* its length; negative: no valid sample */
	uint32_t snd_interval_us, rcv_interval_us;
	int64_t rtt_us;           /* of the newest segment acknowledged; negative: none */
	uint32_t losses;          /* segments marked lost on this ACK */
	uint32_t acked_sacked;    /* segments newly acknowledged or sacked on this ACK */
	uint32_t prior_in_flight; /* segments in flight before this ACK */
	struct seq last_end;      /* end of the newest segment acknowledged */
	bool is_app_limited, is_ack_delayed;
};

struct cc_ops;

/* The window, and the measurements that algorithms need, written by the engine. */
struct cc {
	const struct cc_ops *ops;
	/* the window: written by both */
	uint32_t cwnd, ssthresh, cwnd_cnt, cwnd_clamp, prior_cwnd;
	uint64_t pacing_rate; /* bytes per second; UINT64_MAX: not set yet */
	uint64_t max_pacing_rate;
	bool paced; /* pacing_rate is enforced */
	/* measurements: read by algorithms */
	bool cwnd_limited; /* the sender was limited by the window */
	bool ecn;          /* negotiated in the handshake: written by the owner */
	uint8_t ca_state;
	uint16_t mss;
	uint32_t srtt_us;    /* smoothed RTT times 8, as Linux; 0: none */
	uint32_t min_rtt_us; /* over tcp_min_rtt_wlen; UINT32_MAX: none */
	uint32_t in_flight, delivered, delivered_ce, lost, app_limited;
	struct seq una, nxt;
	nsec_t last_send; /* last data transmission */
	nsec_t delivered_at;
	struct mib_table *mib;
	struct prng *prng;
	_Alignas(8) uint8_t priv[CC_PRIVATE];
};

struct cc_ops {
	const char *name;
	uint8_t flags;
	/* may replace c->ops, and then initializes the other algorithm */
	void (*init)(struct cc *c, nsec_t now);
	void (*every_ack)(struct cc *c, nsec_t now); /* may be NULL */
	/* Called for an ACK with its RTT sample, negative if it has none; may be NULL. */
	void (*acked)(struct cc *c, int64_t rtt_us, nsec_t now);
	void (*grow)(struct cc *c, uint32_t acked, nsec_t now);                  /* may be NULL */
	void (*control)(struct cc *c, const struct rate_sample *rs, nsec_t now); /* may be NULL */
	uint32_t (*ssthresh)(struct cc *c, nsec_t now);
	uint32_t (*undo)(struct cc *c, nsec_t now);
	void (*state)(struct cc *c, enum ca_state next, nsec_t now); /* may be NULL */
	void (*event)(struct cc *c, enum cc_event ev, nsec_t now);   /* may be NULL */
	uint32_t (*min_tso_segs)(const struct cc *c);                /* may be NULL */
	size_t (*info)(const struct cc *c, void *out);               /* TCP_CC_INFO; may be NULL */
	uint32_t
		sndbuf_expand; /* send buffer autotuning: number of windows to buffer; 2 for most */
};

/* The algorithm called name, or NULL. */
const struct cc_ops *cc_find(const char *name);

/* All of them, those of tcp_available_congestion_control first; *n receives the count. */
const struct cc_ops *const *cc_all(size_t *n);

/* True in slow start (RFC 5681): cwnd is below ssthresh. */
static inline bool cc_slow_start(const struct cc *c)
{
	return c->cwnd < c->ssthresh;
}

/* Slow start: grows cwnd by acked, up to ssthresh; returns the remaining acknowledgements. */
uint32_t cc_grow_slow_start(struct cc *c, uint32_t acked);

/* Congestion avoidance: one segment for every w acknowledged. */
void cc_grow_linear(struct cc *c, uint32_t w, uint32_t acked);

/* Loss-based algorithms restore the previous window (RFC 3522 response). */
uint32_t cc_undo_prior(struct cc *c, nsec_t now);

/* The minimum cwnd after a reduction. */
uint32_t cc_half(const struct cc *c);

/* Reno's growth, and its response to a loss. */
void cc_reno_grow(struct cc *c, uint32_t acked, nsec_t now);
uint32_t cc_reno_ssthresh(struct cc *c, nsec_t now);

extern const struct cc_ops cc_reno, cc_cubic, cc_cubic_hspp, cc_bbr, cc_dctcp, cc_dctcp_reno;

#endif
