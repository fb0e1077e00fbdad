/*
 * hist.c - merging histograms and reading quantiles out of them.
 */
#include "loadgen/hist.h"

void hist_merge(struct hist *to, const struct hist *from)
{
	to->count += from->count;
	if (from->max > to->max)
		to->max = from->max;
	for (size_t i = 0; i < HIST_SIZE; i++)
		to->slot[i] += from->slot[i];
}

/* The largest value that falls into slot i. */
static uint64_t slot_top(uint32_t i)
{
	if (i < 2 * HIST_SUB)
		return i;
	uint32_t shift = i / HIST_SUB - 1;
	return ((uint64_t)(HIST_SUB + i % HIST_SUB + 1) << shift) - 1;
}

uint64_t hist_quantile(const struct hist *h, double q)
{
	uint64_t want = (uint64_t)((double)h->count * q + 0.5), seen = 0;

	if (h->count == 0)
		return 0;
	if (want < 1)
		want = 1;
	for (uint32_t i = 0; i < HIST_SIZE; i++) {
		seen += h->slot[i];
		if (seen >= want)
			return slot_top(i) < h->max ? slot_top(i) : h->max;
	}
	return h->max;
}
