/*
 * rewrite.h - rewriting of the fields of a TCP or UDP packet by a box between hosts. Checksums are
 * adjusted (RFC 1624), not recomputed, so a packet corrupted in transit stays corrupt.
 */
#ifndef LAB_WORLD_REWRITE_H
#define LAB_WORLD_REWRITE_H

#include "lab/world/conntrack.h"

/* The position of fields in a packet. */
struct layout {
	uint8_t *src, *dst; /* addresses, 4 or 16 bytes */
	size_t addr_len;
	uint8_t *ip_csum; /* NULL: IPv6 */
	uint8_t *ports;   /* source, destination */
	uint8_t *csum;    /* of TCP or UDP; NULL: beyond the bytes of a quote */
	struct tuple tuple;
	const uint8_t *transport;
	size_t len; /* of transport */
};

/* Finds the fields of the len bytes at p. False: neither TCP nor UDP, or truncated. quote: the
 * packet quoted by an ICMP error, which may end after the ports. */
bool lay_out(uint8_t *p, size_t len, bool quote, struct layout *l);

/* True if the checksums of header and data are right; of a fragment only the header's can be
 * verified. */
bool is_intact(const struct layout *l);

/* Writes an address of l, at l->src or l->dst. */
void rewrite_addr(const struct layout *l, uint8_t *at, const struct ip_addr *a);

/* Overwrites bytes of the transport header, an even number of them at an even offset, keeping its
 * checksum as right, or as wrong, as it was. */
void rewrite(const struct layout *l, uint8_t *at, const uint8_t *new, size_t len);

/* The length of the options of the TCP header of l; 0 if they are not present. */
size_t options_len(const struct layout *l);

/* An option of a TCP header, whose len bytes of data may be changed; also its kind, together with
 * all its bytes, which begin 2 before the data. */
typedef void (*option_change)(void *ctx, uint8_t kind, uint8_t *data, uint8_t len);

/* Calls `change` with each option of l that has data or could have, then writes the result. True if
 * something changed. */
bool rewrite_options(const struct layout *l, option_change change, void *ctx);

/* Adds n to the four-byte number at an even offset of the TCP header. */
void rewrite_add(const struct layout *l, size_t offset, uint32_t n);

#endif
