/*
 * seq.h - TCP sequence numbers (RFC 9293 section 3.4): arithmetic modulo 2^32, compared over half
 * the circle. They are a type of their own, so that `<` on two of them does not compile.
 */
#ifndef BASE_SEQ_H
#define BASE_SEQ_H

#include "base/base.h"

struct seq {
	uint32_t v;
};

static inline struct seq seq_of(uint32_t v)
{
	return (struct seq){v};
}

static inline struct seq seq_add(struct seq a, uint32_t n)
{
	return seq_of(a.v + n);
}

static inline struct seq seq_sub(struct seq a, uint32_t n)
{
	return seq_of(a.v - n);
}

/* Signed distance a - b; exact while the two are less than 2^31 apart. */
static inline int32_t seq_diff(struct seq a, struct seq b)
{
	return (int32_t)(a.v - b.v);
}

/* The distance from b up to a, which is not before it, as a length or an index. */
static inline uint32_t seq_span(struct seq a, struct seq b)
{
	int32_t n = seq_diff(a, b);

	assert(n >= 0);
	return (uint32_t)n;
}

static inline bool seq_eq(struct seq a, struct seq b)
{
	return a.v == b.v;
}

static inline bool seq_lt(struct seq a, struct seq b)
{
	return seq_diff(a, b) < 0;
}

static inline bool seq_le(struct seq a, struct seq b)
{
	return seq_diff(a, b) <= 0;
}

static inline bool seq_gt(struct seq a, struct seq b)
{
	return seq_diff(a, b) > 0;
}

static inline bool seq_ge(struct seq a, struct seq b)
{
	return seq_diff(a, b) >= 0;
}

/* low <= s < low + len, modulo 2^32. */
static inline bool seq_within(struct seq s, struct seq low, uint32_t len)
{
	return s.v - low.v < len;
}

static inline struct seq seq_max(struct seq a, struct seq b)
{
	return seq_gt(a, b) ? a : b;
}

static inline struct seq seq_min(struct seq a, struct seq b)
{
	return seq_lt(a, b) ? a : b;
}

#endif
