/*
 * checksum.c - Internet checksum: the two loops over memory.
 *
 * Long runs are summed 64 bytes per turn in two vectors of four 64-bit lanes. A lane's 32-bit
 * halves are added to two accumulators of 64 bits, so that no carry is ever lost; the compiler
 * makes one copy of each loop for AVX2 and one for every x86-64, and the loader picks.
 */
#include "wire/checksum.h"

typedef uint64_t lanes __attribute__((vector_size(32), aligned(1), may_alias));

#define LOW32  ((lanes){0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff})
#define CLONES __attribute__((target_clones("avx2", "default")))

static inline uint64_t lanes_total(const lanes *v)
{
	/* each lane is below 2^63 for any run that memory can hold; fold before adding the four */
	uint64_t total = 0;

	for (int i = 0; i < 4; i++)
		total += ((*v)[i] & 0xffffffff) + ((*v)[i] >> 32);
	return total;
}

/* The last 0 to 63 bytes; dst is NULL when nothing is copied. */
static inline uint64_t tail(uint64_t sum, uint8_t *dst, const uint8_t *p, size_t len)
{
	if (dst != NULL)
		memcpy(dst, p, len);
	for (; len >= 8; p += 8, len -= 8) {
		uint64_t w;

		memcpy(&w, p, sizeof(w));
		sum += (w & 0xffffffff) + (w >> 32);
	}
	if (len > 0) {
		uint64_t w = 0;

		for (size_t i = 0; i < len; i++)
			w |= (uint64_t)p[i] << (8 * i);
		w = htole64(w);
		sum += (w & 0xffffffff) + (w >> 32);
	}
	return sum;
}

CLONES static uint64_t add_blocks(const uint8_t *p, size_t blocks)
{
	lanes low = {0}, high = {0};

	for (; blocks > 0; blocks--, p += 64) {
		lanes a = *(const lanes *)p, b = *(const lanes *)(p + 32);

		low += (a & LOW32) + (b & LOW32);
		high += (a >> 32) + (b >> 32);
	}
	return lanes_total(&low) + lanes_total(&high);
}

CLONES static uint64_t copy_blocks(uint8_t *dst, const uint8_t *p, size_t blocks)
{
	lanes low = {0}, high = {0};

	for (; blocks > 0; blocks--, p += 64, dst += 64) {
		lanes a = *(const lanes *)p, b = *(const lanes *)(p + 32);

		*(lanes *)dst = a;
		*(lanes *)(dst + 32) = b;
		low += (a & LOW32) + (b & LOW32);
		high += (a >> 32) + (b >> 32);
	}
	return lanes_total(&low) + lanes_total(&high);
}

uint64_t csum_add_long(uint64_t sum, const void *p, size_t len)
{
	const uint8_t *from = p;
	size_t whole = len & ~(size_t)63;

	if (whole > 0)
		sum += add_blocks(from, whole / 64);
	return tail(sum, NULL, from + whole, len - whole);
}

uint64_t csum_copy(uint64_t sum, void *dst, const void *p, size_t len)
{
	const uint8_t *from = p;
	uint8_t *to = dst;
	size_t whole = len & ~(size_t)63;

	if (whole > 0)
		sum += copy_blocks(to, from, whole / 64);
	return tail(sum, to + whole, from + whole, len - whole);
}
