/*
 * ipv4.h - the IPv4 header (RFC 791).
 *
 *     |version|  IHL  |      TOS      |          total length         |
 *     |         identification        |0 DF MF|     fragment offset   |
 *     |      TTL      |    protocol   |        header checksum        |
 *     |                         source address                        |
 *     |                       destination address                     |
 *     |             options, padded to 4 bytes         |    data      |
 */
#ifndef WIRE_IPV4_H
#define WIRE_IPV4_H

#include "wire/addr.h"
#include "wire/checksum.h"
#include "wire/drop.h"

enum {
	IPV4_HDR_MIN = 20,
	IPV4_HDR_MAX = 60,
	IPV4_OPT_MAX = IPV4_HDR_MAX - IPV4_HDR_MIN,
	IPV4_TOTAL_MAX = 65535,
	IPV4_MTU_MIN =
		68, /* RFC 791: every link carries this; a smaller path MTU is not believed */
	IP_PROTO_ICMP = 1,
};

/* The low four bits of a timestamp option's fourth byte: what each host records. */
enum {
	IPV4_TS_ONLY = 0,  /* its time */
	IPV4_TS_ADDR = 1,  /* its address and its time */
	IPV4_TS_NAMED = 3, /* its time, if the next listed address is its own */
};

struct ipv4_view {
	const uint8_t *p;
	uint32_t len; /* bytes present, at least a whole header of hdr_len */
	uint32_t hdr_len;
};

/* One packet. Borrows options and data. */
struct ipv4 {
	struct ip_pair addr; /* mapped */
	uint16_t id;
	uint16_t frag_off; /* bytes, a multiple of 8 */
	bool df, mf;
	/* offsets in the header of the options that it has once; 0: absent */
	uint8_t record_route, timestamp;
	uint8_t source_route; /* RFC 9293 MUST-51 allows hosts to refuse it, and burble does */
	uint8_t opt_bad;      /* DROP_OPTION: offset in the header of the offending byte */
	uint8_t tos, ttl, proto;
	uint8_t opt_len;     /* a multiple of 4, up to 40 */
	uint16_t len;        /* bytes of data, without link padding */
	const uint8_t *opt;  /* NULL counts as all zero on emission (end of list) */
	const uint8_t *data; /* may be anywhere; emission copies only the header */
};

static inline bool ipv4_is_fragment(const struct ipv4 *h)
{
	return h->mf || h->frag_off > 0;
}

/* True for a fragment that ends beyond the longest possible packet. */
static inline bool ipv4_is_beyond(const struct ipv4 *h)
{
	return IPV4_HDR_MIN + h->opt_len + h->frag_off + h->len > IPV4_TOTAL_MAX;
}

/* The only bounds check: false if the len bytes at p do not hold a whole header of the length that
 * it gives. */
static inline bool ipv4_view(struct ipv4_view *v, const uint8_t *p, size_t len)
{
	if (len < IPV4_HDR_MIN)
		return false;
	*v = (struct ipv4_view){p, (uint32_t)len, (uint32_t)(p[0] & 15) * 4};
	return v->hdr_len >= IPV4_HDR_MIN && v->hdr_len <= len;
}

/* Reads a packet, checking in Linux's order: version, header checksum, total length, options.
 * Returns DROP_VERSION, DROP_CHECKSUM, DROP_TRUNCATED (total length beyond the view),
 * DROP_TOTAL_LEN or DROP_OPTION (out is filled in completely). Whether a fragment is plausible is
 * left to reassembly. Bytes after the total length are link padding and left out. */
enum drop ipv4_parse(struct ipv4 *out, struct ipv4_view v);

/* Walks the options that h borrows and fills in the offsets of h. False if one is malformed;
 * opt_bad is the offset for a parameter problem. ipv4_parse() calls it, ipv4_parse_quote() does
 * not. */
bool ipv4_options(struct ipv4 *h);

/* Reads a header followed by only the start of the data, as quoted by ICMP errors (RFC 792).
 * Checksum and total length are not verified: len is what is present. */
enum drop ipv4_parse_quote(struct ipv4 *out, struct ipv4_view v);

static inline size_t ipv4_emit_len(const struct ipv4 *h)
{
	return IPV4_HDR_MIN + h->opt_len;
}

/* Writes the header with its checksum to ipv4_emit_len() bytes at p, for len bytes of data after
 * it. */
void ipv4_emit(const struct ipv4 *h, uint8_t *p);

/* Writes "tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length 60", like
 * snprintf(). */
int ipv4_print(char *out, size_t n, const struct ipv4 *h);

/* "TCP", "UDP", "ICMP", "ICMPv6", "Options" ... or "unknown" for an IP protocol number. */
const char *ip_proto_text(uint8_t proto);

#endif
