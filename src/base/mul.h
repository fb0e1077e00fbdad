/*
 * mul.h - products wider than 64 bits, for fixed-point arithmetic and hashes.
 *
 * Compilers for 32-bit machines have no 128-bit type.
 */
#ifndef BASE_MUL_H
#define BASE_MUL_H

#include "base/base.h"

struct u128 {
	uint64_t high, low;
};

static inline struct u128 u64_mul(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
	unsigned __int128 m = (unsigned __int128)a * b;

	return (struct u128){(uint64_t)(m >> 64), (uint64_t)m};
#else
	uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
	uint64_t low = a0 * b0, mid1 = a1 * b0 + (low >> 32), mid2 = a0 * b1 + (uint32_t)mid1;

	return (struct u128){a1 * b1 + (mid1 >> 32) + (mid2 >> 32), mid2 << 32 | (uint32_t)low};
#endif
}

/* a * b / 2^shift, rounded down, or UINT64_MAX if that does not fit. `shift` is 1 to 63. */
static inline uint64_t u64_mul_shr(uint64_t a, uint64_t b, unsigned shift)
{
	struct u128 m = u64_mul(a, b);

	assert(shift >= 1 && shift <= 63);
	if (m.high >> shift)
		return UINT64_MAX;
	return m.high << (64 - shift) | m.low >> shift;
}

#endif
