/*
 * histogram.h - counts of times, by powers of two of a microsecond:
 *
 *     bucket   0      1      2     ...   24       25
 *     up to    1 us   2 us   4 us  ...   16.8 s   any time
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include "base/base.h"

enum {
	HISTOGRAM_BOUNDS = 25, /* buckets with an upper bound; there is one without */
};

/* All zero: empty. */
struct histogram {
	uint64_t buckets[HISTOGRAM_BOUNDS + 1]; /* not cumulative */
	nsec_t sum;
};

/* The largest time that bucket i counts. */
static inline nsec_t histogram_bound(int i)
{
	return NSEC_USEC << i;
}

/* Adds n times of t; one below zero counts as zero. */
static inline void histogram_add(struct histogram *h, nsec_t t, uint64_t n)
{
	uint64_t us = t > 0 ? ((uint64_t)t + NSEC_USEC - 1) / NSEC_USEC : 0;
	int i = us <= 1 ? 0 : 64 - __builtin_clzll(us - 1);

	h->buckets[i < HISTOGRAM_BOUNDS ? i : HISTOGRAM_BOUNDS] += n;
	h->sum += t > 0 ? t * (nsec_t)n : 0;
}

#endif
