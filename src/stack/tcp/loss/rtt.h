/*
 * rtt.h - round-trip time: the smoothed estimate and its variance in Linux's integers, the
 * retransmission timeout derived from them (RFC 6298), and the minimum over a sliding window.
 *
 *     rto = srtt/8 + rttvar, where rttvar is at least the minimum RTO (200 ms) and rises at once
 *           but falls only once per round trip
 */
#ifndef STACK_TCP_LOSS_RTT_H
#define STACK_TCP_LOSS_RTT_H

#include "base/seq.h"

enum {
	RTT_RTO_INIT_MS = 1000,     /* RFC 6298 (2.1) */
	RTT_RTO_FALLBACK_MS = 3000, /* after a retransmitted SYN, RFC 6298 (5.7) */
	RTT_MAX_US = 1 << 27,       /* two minutes: longer samples are clamped */
	RTT_TIMER_MIN_US = 2000,    /* two ticks: RACK and TLP timers are never shorter */
};

/* Smallest value of the last w ns, in three candidates (after Kathleen Nichols). */
struct min_filter {
	struct {
		nsec_t at;
		uint32_t value;
	} s[3];
};

/* Discards the history: value, at now, becomes the only measurement. */
uint32_t min_filter_reset(struct min_filter *f, nsec_t now, uint32_t value);

/* Adds a measurement; returns the smallest within the window. O(1). */
uint32_t min_filter_update(struct min_filter *f, nsec_t window, nsec_t now, uint32_t value);

struct tcp_rtt {
	uint32_t srtt_us;     /* smoothed RTT times 8; 0: no measurement yet */
	uint32_t mdev_us;     /* mean deviation times 4 */
	uint32_t mdev_max_us; /* the largest of this round trip */
	uint32_t rttvar_us;
	struct seq seq;  /* snd_nxt at the start of this round trip */
	uint32_t rto_us; /* current timeout: backed off, bounded */
	uint32_t rto_min_us, rto_max_us;
	uint8_t backoff; /* doublings since the last valid sample */
	struct min_filter min;
};

/* No sample yet: RTO of one second. */
void rtt_init(struct tcp_rtt *r, uint32_t rto_min_us, uint32_t rto_max_us);

/* Adds a sample of rtt_us > 0; una and nxt delimit round trips for the variance. */
void rtt_sample(struct tcp_rtt *r, uint32_t rtt_us, struct seq una, struct seq nxt);

/* Sets rto_us from the estimate and ends the backoff. */
void rtt_set_rto(struct tcp_rtt *r);

/* The timer has expired: doubles rto_us, up to the maximum (RFC 6298 (5.5)). */
void rtt_back_off(struct tcp_rtt *r);

/* Reverts the last doubling (RFC 6069). */
void rtt_revert(struct tcp_rtt *r);

/* rto without backoff, bounded. */
uint32_t rtt_base_rto(const struct tcp_rtt *r);

/* us rounded up to the timer's tick of one millisecond, as in Linux with HZ=1000. */
static inline nsec_t rtt_ticks(uint32_t us)
{
	return (nsec_t)(((uint64_t)us + 999) / 1000) * NSEC_MSEC;
}

/* Minimum RTT in the window, microseconds; UINT32_MAX if none. */
static inline uint32_t rtt_min(const struct tcp_rtt *r)
{
	return r->min.s[0].value;
}

#endif
