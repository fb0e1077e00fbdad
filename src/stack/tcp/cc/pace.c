/*
 * pace.c - pacing: departure times from a rate.
 */
#include "stack/tcp/cc/pace.h"

void pace_init(struct tcp_pace *p)
{
	*p = (struct tcp_pace){0};
}

void pace_charge(struct tcp_pace *p, uint32_t len, uint32_t segs, uint64_t rate, nsec_t now)
{
	bool is_free = p->segments < PACE_FREE_SEGMENTS;
	nsec_t span, late = p->next > 0 ? now - p->next : 0;

	p->segments = u32_min(p->segments + segs, PACE_FREE_SEGMENTS);
	if (p->next < now)
		p->next = now;
	if (is_free || rate == PACE_UNLIMITED || rate == 0)
		return;
	span = (nsec_t)((uint64_t)len * (uint64_t)NSEC_SEC / rate);
	if (late > 0)
		span -= late < span / 2 ? late : span / 2;
	assert(span >= 0);
	p->next += span;
}

uint64_t pace_rate(uint32_t cwnd, uint16_t mss, uint32_t srtt8_us, uint32_t percent)
{
	uint64_t per_srtt = (uint64_t)mss * 80000 * percent; /* 10^6 us, 1/8 us, 1/100 */
	uint64_t rate;

	if (__builtin_mul_overflow(per_srtt, cwnd, &rate))
		return UINT64_MAX;
	return srtt8_us > 0 ? rate / srtt8_us : rate;
}

uint32_t pace_burst(uint64_t rate, uint16_t mss, uint32_t min_segs, uint32_t max_bytes)
{
	uint64_t bytes = rate >> 10, least = (uint64_t)min_segs * mss;

	assert(mss > 0);
	if (bytes < least)
		bytes = least;
	if (bytes > max_bytes)
		return max_bytes;
	return (uint32_t)(bytes - bytes % mss);
}
