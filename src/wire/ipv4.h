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
	IPV4_MTU_MIN = 68, /* RFC 791: every link carries this; below it no path MTU is believed */
	IP_PROTO_ICMP = 1,
};

/* The low four bits of a timestamp option's fourth byte: what a host writes. */
enum {
	IPV4_TS_ONLY = 0,  /* its time */
	IPV4_TS_ADDR = 1,  /* its address and its time */
	IPV4_TS_NAMED = 3, /* its time, if the address that stands there is its own */
};

struct ipv4_view {
	const uint8_t *p;
	uint32_t len; /* bytes that lie there, at least a whole header of hdr_len */
	uint32_t hdr_len;
};

/* One packet. Borrows options and data. */
struct ipv4 {
	struct ip_pair addr; /* mapped */
	uint16_t id;
	uint16_t frag_off; /* bytes, a multiple of 8 */
	bool df, mf;
	/* offsets in the header of options that it has once; 0: it has not */
	uint8_t record_route, timestamp;
	uint8_t source_route; /* RFC 9293 MUST-51 lets hosts refuse, so burble does */
	uint8_t opt_bad;      /* DROP_OPTION: offset in the header of the byte that is wrong */
	uint8_t tos, ttl, proto;
	uint8_t opt_len;     /* a multiple of 4, up to 40 */
	uint16_t len;        /* bytes of data, without padding of the link */
	const uint8_t *opt;  /* NULL counts as all zero on emission (end of list) */
	const uint8_t *data; /* may lie anywhere; emission copies only the header */
};

static inline bool ipv4_is_fragment(const struct ipv4 *h)
{
	return h->mf || h->frag_off > 0;
}

/* True for a fragment of a packet longer than any can be. */
static inline bool ipv4_is_beyond(const struct ipv4 *h)
{
	return IPV4_HDR_MIN + h->opt_len + h->frag_off + h->len > IPV4_TOTAL_MAX;
}

/* The only bounds check: false if the len bytes at p are not a whole header, by its own length. */
static inline bool ipv4_view(struct ipv4_view *v, const uint8_t *p, size_t len)
{
	if (len < IPV4_HDR_MIN)
		return false;
	*v = (struct ipv4_view){p, (uint32_t)len, (uint32_t)(p[0] & 15) * 4};
	return v->hdr_len >= IPV4_HDR_MIN && v->hdr_len <= len;
}

/*
 * Reads a packet, in the order of Linux: version, header checksum, total length, options.
 * Gives DROP_VERSION, DROP_CHECKSUM, DROP_TRUNCATED (total length beyond the view), DROP_TOTAL_LEN
 * or DROP_OPTION (out is filled in, all of it). Whether a fragment can be of any packet is for
 * reassembly to say. Bytes after the total length are padding of the link and left out.
 */
enum drop ipv4_parse(struct ipv4 *out, struct ipv4_view v);

/*
 * Walks the options that h borrows: fills in the offsets of h. False if one is malformed: opt_bad
 * says where, as a parameter problem points. ipv4_parse() does it, ipv4_parse_quote() does not.
 */
bool ipv4_options(struct ipv4 *h);

/*
 * Reads a header of which only the start of the data is present: what an ICMP error quotes
 * (RFC 792). No checksum, no total length: len is what is present.
 */
enum drop ipv4_parse_quote(struct ipv4 *out, struct ipv4_view v);

static inline size_t ipv4_emit_len(const struct ipv4 *h)
{
	return IPV4_HDR_MIN + h->opt_len;
}

/* Writes the header with its checksum to ipv4_emit_len() bytes at p, for len bytes of data behind
 * it. */
void ipv4_emit(const struct ipv4 *h, uint8_t *p);

/* Writes "tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length 60"; as snprintf(). */
int ipv4_print(char *out, size_t n, const struct ipv4 *h);

/* "TCP", "UDP", "ICMP", "ICMPv6", "Options" ... or "unknown" for an IP protocol number. */
const char *ip_proto_text(uint8_t proto);

#endif
