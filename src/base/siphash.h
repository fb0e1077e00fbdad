/*
 * siphash.h - SipHash-2-4 (Aumasson, Bernstein 2012): the keyed hash for every table whose keys an
 * attacker chooses, and the pseudorandom function of RFC 6528 and of SYN cookies.
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include "base/base.h"

struct siphash_key {
	uint64_t k0, k1;
};

/* The 64-bit hash of len bytes at data under key. data may be unaligned. */
uint64_t siphash(const void *data, size_t len, const struct siphash_key *key);

/* The same hash of two 64-bit words (16 bytes in host order), without the byte loop. */
uint64_t siphash_2u64(uint64_t a, uint64_t b, const struct siphash_key *key);

#endif
