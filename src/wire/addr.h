/*
 * addr.h - IP addresses. Both versions have one form: 16 bytes in network order, IPv4 as the mapped
 * address ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), so that tables, sockets and checksums need no
 * second case. (In the checksum the prefix adds 0xffff, which is zero in one's complement.)
 */
#ifndef WIRE_ADDR_H
#define WIRE_ADDR_H

#include "base/bytes.h"
#include "base/hash.h"

enum {
	IP_ADDR_TEXT_MAX = 46, /* longest text of an address, with its NUL */
};

struct ip_addr {
	uint8_t b[16];
};

/* Source and destination of one packet. */
struct ip_pair {
	struct ip_addr src, dst;
};

#define IP_ADDR_ANY6 ((struct ip_addr){{0}})
#define IP_ADDR_ANY4 ((struct ip_addr){{[10] = 0xff, [11] = 0xff}})

/* The mapped form of an IPv4 address given as a number, 10.0.0.1 = 0x0a000001. */
static inline struct ip_addr ip_addr_from_v4(uint32_t v4)
{
	struct ip_addr a = IP_ADDR_ANY4;

	put_be32(a.b + 12, v4);
	return a;
}

/* The address in the 16 bytes (IPv6) at p. */
static inline struct ip_addr ip_addr_from_v6(const uint8_t *p)
{
	struct ip_addr a;

	memcpy(a.b, p, sizeof(a.b));
	return a;
}

/* Half of the address as a number for comparing and hashing only. half is 0 or 1. */
static inline uint64_t ip_addr_half(const struct ip_addr *a, int half)
{
	uint64_t v;

	memcpy(&v, a->b + 8 * half, sizeof(v));
	return v;
}

/* For the caches and tables of the lab, where collisions chosen by a peer are harmless. */
static inline uint32_t ip_addr_hash(const struct ip_addr *a)
{
	return hash_mix(ip_addr_half(a, 0) * 31 + ip_addr_half(a, 1));
}

/* Likewise, of both. */
static inline uint32_t ip_pair_hash(const struct ip_pair *a)
{
	uint64_t src = ip_addr_half(&a->src, 0) * 31 + ip_addr_half(&a->src, 1);

	return hash_mix((src * 31 + ip_addr_half(&a->dst, 0)) * 31 + ip_addr_half(&a->dst, 1));
}

static inline bool ip_addr_is_v4(const struct ip_addr *a)
{
	return ip_addr_half(a, 0) == 0 && get_be32(a->b + 8) == 0xffff;
}

/* The number of an IPv4 address; meaningful only if ip_addr_is_v4(). */
static inline uint32_t ip_addr_v4(const struct ip_addr *a)
{
	return get_be32(a->b + 12);
}

static inline bool ip_addr_eq(const struct ip_addr *a, const struct ip_addr *b)
{
	return ip_addr_half(a, 0) == ip_addr_half(b, 0) && ip_addr_half(a, 1) == ip_addr_half(b, 1);
}

/* 0.0.0.0 or :: */
static inline bool ip_addr_is_any(const struct ip_addr *a)
{
	return ip_addr_half(a, 0) == 0 &&
	       (ip_addr_half(a, 1) == 0 || (ip_addr_is_v4(a) && ip_addr_v4(a) == 0));
}

/* 127.0.0.0/8 or ::1 */
bool ip_addr_is_loopback(const struct ip_addr *a);

/* 224.0.0.0/4 or ff00::/8 */
bool ip_addr_is_multicast(const struct ip_addr *a);

/* 169.254.0.0/16 or fe80::/10 */
bool ip_addr_is_link_local(const struct ip_addr *a);

/* True if the address is ambiguous without an interface: fe80::/10, ff01::/16, ff02::/16 and other
 * multicast of these scopes (RFC 4007 section 6). */
bool ip_addr_needs_scope(const struct ip_addr *a);

/* Bits of an address of a's family: 32 or 128. Prefix lengths count in the family's own bits. */
static inline unsigned ip_addr_bits(const struct ip_addr *a)
{
	return ip_addr_is_v4(a) ? 32 : 128;
}

/* True if a is in prefix/bits, and so of its family. */
bool ip_prefix_has(const struct ip_addr *prefix, unsigned bits, const struct ip_addr *a);

/* True if the first `bits` of the 16 bytes are equal; those of IPv4 follow 96 others. */
bool ip_addr_prefix_eq(const struct ip_addr *a, const struct ip_addr *b, unsigned bits);

/* The number of leading bits of the 16 bytes that are equal, 0 to 128. */
unsigned ip_addr_common_bits(const struct ip_addr *a, const struct ip_addr *b);

/* ff02::1:ffXX:XXXX, the solicited-node address (RFC 4291 section 2.7.1). */
struct ip_addr ip_addr_solicited_node(const struct ip_addr *a);

/* Reads "10.0.0.1" or "fe80::1". Returns false, with *out unchanged, on anything else. */
bool ip_addr_parse(struct ip_addr *out, const char *text);

/* Reads "10.0.0.1/8" or "fe80::1/64"; no length means a single address (32, 128). Returns false,
 * with both unchanged, on anything else. */
bool ip_prefix_parse(struct ip_addr *out, unsigned *bits, const char *text);

/* Writes the address as text, IPv4 dotted; out has IP_ADDR_TEXT_MAX bytes. Returns out. */
char *ip_addr_text(char *out, const struct ip_addr *a);

#endif
