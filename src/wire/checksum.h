/*
 * checksum.h - the Internet checksum (RFC 1071): a one's complement sum of 16-bit words.
 *
 * A sum is kept as a 64-bit number in host order and folded only at the end. The order of the bytes
 * does not matter to a one's complement sum, so csum_fold() returns the two bytes exactly as they
 * are stored in the packet: write them with memcpy, not with put_be16().
 */
#ifndef WIRE_CHECKSUM_H
#define WIRE_CHECKSUM_H

#include "wire/addr.h"

enum {
	CSUM_SHORT = 64, /* bytes that are summed inline: headers, small writes */
};

/* csum_add() for more than a header. */
uint64_t csum_add_long(uint64_t sum, const void *p, size_t len);

/* sum plus the len bytes at p, which are at an even offset of the summed data. Any alignment. */
static inline uint64_t csum_add(uint64_t sum, const void *p, size_t len)
{
	const uint8_t *at = p;
	uint64_t part = 0;
	size_t i = 0;

	if (len > CSUM_SHORT || len % 4 != 0)
		return csum_add_long(sum, p, len);
#pragma GCC unroll 8
	for (; i + 8 <= len; i += 8) {
		bool carry = __builtin_add_overflow(part, get_ne64(at + i), &part);

		part += carry;
	}
	if (i < len)
		sum += get_ne32(at + i);
	return sum + (part & 0xffffffff) + (part >> 32);
}

/* csum_add() while copying the bytes to dst, which does not overlap p: one pass over the memory. */
uint64_t csum_copy(uint64_t sum, void *dst, const void *p, size_t len);

/* The sum with its carries added back in, 0 to 0xffff (not yet complemented). */
static inline uint16_t csum_reduce(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	uint32_t s = (uint32_t)sum;

	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	return (uint16_t)s;
}

/* The checksum field for sum, in memory order. 0 if the sum covers valid data and its checksum. */
static inline uint16_t csum_fold(uint64_t sum)
{
	return (uint16_t)~csum_reduce(sum);
}

/* sum plus a part that was summed separately from 0 and starts at offset `at`: an odd offset swaps
 * its bytes. */
static inline uint64_t csum_join(uint64_t sum, uint64_t part, size_t at)
{
	uint16_t s = csum_reduce(part);

	return sum + (at % 2 == 0 ? s : __builtin_bswap16(s));
}

/* The sum of the pseudo-header (RFC 9293 section 3.1, RFC 8200 section 8.1) of either IP version.
 */
static inline uint64_t csum_pseudo(const struct ip_pair *a, uint8_t proto, uint32_t len)
{
	uint64_t sum = (uint64_t)htobe32(len) + htobe16(proto);

	for (int half = 0; half < 2; half++) {
		uint64_t s = ip_addr_half(&a->src, half), d = ip_addr_half(&a->dst, half);

		sum += (s & 0xffffffff) + (s >> 32) + (d & 0xffffffff) + (d >> 32);
	}
	return sum;
}

/* The checksum field after a 16-bit word that it covers changed from `from` to `to` (RFC 1624
 * equation 3). All three in memory order. */
static inline uint16_t csum_update16(uint16_t field, uint16_t from, uint16_t to)
{
	return csum_fold((uint64_t)(uint16_t)~field + (uint16_t)~from + to);
}

#endif
