/*
 * hist.h - a histogram of nanoseconds with 64 steps to each power of two (1.6 % error), fixed size,
 * so that it can be in memory shared by several processes.
 *
 *     value     0..63 exact | 64..127 in steps of 1 | 128..255 in steps of 2 | ...
 */
#ifndef LOADGEN_HIST_H
#define LOADGEN_HIST_H

#include "base/base.h"

enum {
	HIST_SUB_BITS = 6,
	HIST_SUB = 1 << HIST_SUB_BITS,
	HIST_SIZE = HIST_SUB * (64 - HIST_SUB_BITS)
};

struct hist {
	uint64_t count;
	uint64_t max;
	uint32_t slot[HIST_SIZE];
};

static inline uint32_t hist_index(uint64_t v)
{
	if (v < HIST_SUB)
		return (uint32_t)v;
	uint32_t shift = 63 - HIST_SUB_BITS - (uint32_t)__builtin_clzll(v);
	return (shift + 1) * HIST_SUB + (uint32_t)((v >> shift) & (HIST_SUB - 1));
}

static inline void hist_add(struct hist *h, int64_t value)
{
	uint64_t v = value < 0 ? 0 : (uint64_t)value;
	h->count++;
	h->slot[hist_index(v)]++;
	if (v > h->max)
		h->max = v;
}

/* Adds everything in `from` to `to`. */
void hist_merge(struct hist *to, const struct hist *from);

/* The quantile q (0..1) of all values, in nanoseconds; 0 if empty. */
uint64_t hist_quantile(const struct hist *h, double q);

#endif
