/* prng.c - xoshiro256** 1.0 (Blackman, Vigna) seeded by splitmix64. */
#include "base/prng.h"

static uint64_t splitmix(uint64_t *x)
{
	uint64_t z = *x += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

void prng_seed(struct prng *p, uint64_t seed)
{
	for (size_t i = 0; i < ARRAY_SIZE(p->s); i++)
		p->s[i] = splitmix(&seed);
}

static inline uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

uint64_t prng_u64(struct prng *p)
{
	uint64_t *s = p->s;
	uint64_t result = rotl(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

uint64_t prng_below(struct prng *p, uint64_t n)
{
	assert(n > 0);
	/* Draws below the largest multiple of n are unbiased; the rest are drawn again. */
	uint64_t limit = UINT64_MAX - UINT64_MAX % n;
	uint64_t x;

	do
		x = prng_u64(p);
	while (x >= limit);
	return x % n;
}

void prng_fill(struct prng *p, void *buf, size_t n)
{
	uint8_t *out = buf;

	while (n > 0) {
		uint64_t x = prng_u64(p);
		size_t k = size_min(n, sizeof(x));

		memcpy(out, &x, k);
		out += k;
		n -= k;
	}
}
