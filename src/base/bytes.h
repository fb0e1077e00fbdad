/*
 * bytes.h - integers at unaligned addresses, big-endian as in headers: the only way wire formats
 * touch memory. The caller has proved that the bytes exist.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <endian.h>

#include "base/base.h"

static inline uint16_t get_be16(const void *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof(v));
	return be16toh(v);
}

static inline uint32_t get_be32(const void *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

/* Where the `size` low bytes of a 64-bit integer at p lie. */
static inline void *low_bytes(void *p, size_t size)
{
	assert(size <= 8);
	return (uint8_t *)p + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 8 - size : 0);
}

/* In memory order: for sums, hashes and comparisons. */
static inline uint32_t get_ne32(const void *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t get_ne64(const void *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof(v));
	return v;
}

static inline void put_be16(void *p, uint16_t v)
{
	v = htobe16(v);
	memcpy(p, &v, sizeof(v));
}

static inline void put_be32(void *p, uint32_t v)
{
	v = htobe32(v);
	memcpy(p, &v, sizeof(v));
}

/* The little-endian number at p. */
static inline uint64_t get_le64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static inline void put_le64(void *p, uint64_t v)
{
	v = htole64(v);
	memcpy(p, &v, sizeof(v));
}

#endif
