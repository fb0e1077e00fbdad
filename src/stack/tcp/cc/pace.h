/*
 * pace.h - pacing: the send time of the next segment, so that a window is spread over the round
 * trip instead of sent as a burst. A late sender may catch up half of the delay.
 */
#ifndef STACK_TCP_CC_PACE_H
#define STACK_TCP_CC_PACE_H

#include "base/base.h"

enum {
	PACE_FREE_SEGMENTS = 10, /* the initial window is never paced */
};

#define PACE_UNLIMITED UINT64_MAX

struct tcp_pace {
	nsec_t next;       /* earliest departure of the next segment */
	uint32_t segments; /* data segments sent so far, counted up to PACE_FREE_SEGMENTS */
};

/* The first segment may leave at once. */
void pace_init(struct tcp_pace *p);

/* segs segments with len bytes in total are sent now, at rate bytes per second. */
void pace_charge(struct tcp_pace *p, uint32_t len, uint32_t segs, uint64_t rate, nsec_t now);

/* True if a segment may leave now; if not, p->next is the time. */
static inline bool pace_ready(const struct tcp_pace *p, nsec_t now)
{
	return p->next <= now;
}

/* The rate in bytes per second for cwnd segments of mss bytes per srtt8/8 microseconds, times
 * percent. */
uint64_t pace_rate(uint32_t cwnd, uint16_t mss, uint32_t srtt8_us, uint32_t percent);

/* The size of a burst at this rate: the bytes sent in a millisecond, at least min_segs segments, at
 * most max_bytes; a multiple of mss unless that exceeds max_bytes. */
uint32_t pace_burst(uint64_t rate, uint16_t mss, uint32_t min_segs, uint32_t max_bytes);

#endif
