/*
 * prng.h - the seeded generator of an instance (law 1: all randomness comes from here).
 * xoshiro256**, seeded through splitmix64. Not for secrets on the open internet: the host seeds it
 * from getrandom(), the lab from --seed.
 */
#ifndef BASE_PRNG_H
#define BASE_PRNG_H

#include "base/base.h"

struct prng {
	uint64_t s[4];
};

/* Starts the sequence of this seed. */
void prng_seed(struct prng *p, uint64_t seed);

/* The next 64 bits. */
uint64_t prng_u64(struct prng *p);

/* A number in [0, n), each equally likely. n > 0. */
uint64_t prng_below(struct prng *p, uint64_t n);

/* Fills buf with n bytes of the sequence. */
void prng_fill(struct prng *p, void *buf, size_t n);

#endif
