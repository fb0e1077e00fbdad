/*
 * bytes.h - big-endian integers at unaligned addresses: the only way wire formats touch memory.
 * The caller has proved that the bytes exist.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include "base/base.h"

static inline uint16_t get_be16(const void *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof(v));
	return __builtin_bswap16(v);
}

static inline uint32_t get_be32(const void *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof(v));
	return __builtin_bswap32(v);
}

/* In memory order: for sums, hashes and comparisons. */
static inline uint32_t get_ne32(const void *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}

static inline void put_be16(void *p, uint16_t v)
{
	v = __builtin_bswap16(v);
	memcpy(p, &v, sizeof(v));
}

static inline void put_be32(void *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, sizeof(v));
}

_Static_assert(
	__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "bytes.h swaps: little-endian hosts only");

#endif
