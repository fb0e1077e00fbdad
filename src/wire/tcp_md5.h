/*
 * tcp_md5.h - TCP MD5 signature (RFC 2385): a keyed digest over the segment.
 *
 *     MD5( addresses 0 protocol length | header, its checksum 0, no options | data | key )
 *
 * with the length of the whole segment, options included; for IPv6 the pseudo-header of RFC 8200.
 */
#ifndef WIRE_TCP_MD5_H
#define WIRE_TCP_MD5_H

#include "wire/addr.h"
#include "wire/tcp.h"

/* A secret shared by two hosts. */
struct tcp_secret {
	const uint8_t *p;
	size_t len;
};

/* The TCP_MD5_LEN bytes for segment s from a->src to a->dst; options count only by their length. */
void tcp_md5_digest(uint8_t *out, const struct ip_pair *a, const struct tcp_seg *s,
	const struct tcp_secret *key);

/* True if the n bytes at a and b are equal; in constant time. */
bool tcp_digest_eq(const uint8_t *a, const uint8_t *b, size_t n);

enum {
	TCP_SIGNED_HEAD_MAX = 60,
};

/* The part that every signature covers before options and payload: pseudo-header, then header with
 * a checksum of 0, as on the wire. Writes at most TCP_SIGNED_HEAD_MAX bytes; returns how many. */
size_t tcp_signed_head(uint8_t *out, const struct ip_pair *a, const struct tcp_seg *s);

#endif
