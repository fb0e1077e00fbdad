/*
 * ipv6.h - the IPv6 header and its extension headers (RFC 8200).
 *
 *     |version| traffic class |           flow label                  |
 *     |         payload length        |  next header  |   hop limit   |
 *     |                     source address (16)                       |
 *     |                   destination address (16)                    |
 *
 *     fixed | hop-by-hop | destination | routing | fragment | destination | TCP, UDP, ICMPv6 ...
 *
 * ipv6_parse() reads the fixed header; ipv6_chain() then walks the extension headers once and
 * returns the start of the upper layer, the fields of the fragment header, and the action that RFC
 * 8200 requires for an unknown option.
 */
#ifndef WIRE_IPV6_H
#define WIRE_IPV6_H

#include "wire/addr.h"
#include "wire/drop.h"

enum {
	IPV6_HDR_LEN = 40,
	IPV6_FRAG_LEN = 8,
	IPV6_MTU_MIN = 1280, /* RFC 8200 section 5 */
	IPV6_PAYLOAD_MAX = 65535,
	EXT_HDR_MAX = 8, /* headers in one chain; more is an attack */
	EXT_OPTS_MAX =
		8, /* options in one header other than padding, as Linux's max_dst_opts_number */
	EXT_PADDING_MAX = 7, /* bytes of padding in a row: aligning to 8 needs no more */
	IP_PROTO_HOPOPT = 0,
	IP_PROTO_ROUTING = 43,
	IP_PROTO_FRAGMENT = 44,
	IP_PROTO_AH = 51,
	IP_PROTO_ICMPV6 = 58,
	IP_PROTO_NONE = 59,
	IP_PROTO_DSTOPT = 60,
};

struct ipv6_view {
	const uint8_t *p;
	uint32_t len; /* at least IPV6_HDR_LEN */
};

/* One packet. Borrows the payload: extension headers, then the upper layer. */
struct ipv6 {
	struct ip_pair addr;
	uint8_t tclass, next, hop_limit;
	uint16_t len;  /* bytes of payload, including extension headers */
	uint32_t flow; /* 20 bits */
	const uint8_t *data;
};

/* The action for an unknown header or option (RFC 8200 section 4.2: the two high bits of its type).
 * / */
enum ext_act {
	EXT_OK,
	EXT_DISCARD,         /* drop silently */
	EXT_PROBLEM,         /* drop; ICMP parameter problem to the source */
	EXT_PROBLEM_UNICAST, /* drop; the same, unless the destination was multicast */
};

/* The extension headers. Offsets count from the start of the payload. */
struct ipv6_chain {
	uint8_t proto;   /* upper layer, or the first header not known here */
	uint16_t off;    /* where that begins */
	bool fragmented; /* a fragment header was met: the next three are its fields */
	bool frag_mf;
	uint16_t frag_off; /* bytes */
	uint32_t frag_id;
	uint16_t named_at; /* offset, from the fixed header, of the byte that names proto */
	uint16_t frag_at;  /* offset of the fragment header */
	uint16_t
		frag_prev; /* offset of the next-header byte that names it, from the fixed header */
	enum ext_act act;  /* not EXT_OK: how the packet is to be dropped */
	uint8_t code;      /* ICMPv6 parameter problem: 0 field, 1 next header, 2 option, 3 chain */
	uint32_t pointer;  /* offset of the offending byte from the start of the fixed header */
};

/* The only bounds check of the fixed header. */
static inline bool ipv6_view(struct ipv6_view *v, const uint8_t *p, size_t len)
{
	*v = (struct ipv6_view){p, (uint32_t)len};
	return len >= IPV6_HDR_LEN;
}

/* Reads the fixed header. Returns DROP_VERSION, DROP_TRUNCATED (payload length beyond the view), or
 * DROP_ADDRESS: an IPv4-mapped address is not allowed on the wire (RFC 4291 section 2.5.5.2), and
 * here would even be taken for IPv4. Bytes after the payload length are link padding and left
 * out. */
enum drop ipv6_parse(struct ipv6 *out, struct ipv6_view v);

/* Reads the header quoted by an ICMPv6 error: len is what is present, at most the payload
 * length. */
enum drop ipv6_parse_quote(struct ipv6 *out, struct ipv6_view v);

/* Walks the extension headers of h. Returns DROP_TRUNCATED, DROP_EXT_ORDER, DROP_OPTION, or
 * DROP_NONE, the latter also when act says to drop. A fragment other than the first ends the walk:
 * its data is not a header. The first must hold the whole chain and the upper layer's header (RFC
 * 7112), else act is EXT_PROBLEM; likewise for routing headers with segments left (RFC 5095, and
 * hosts do not forward). */
enum drop ipv6_chain(struct ipv6_chain *out, const struct ipv6 *h);

/* The same walk, only to classify a packet: it ends early only if the chain is cut off or too long,
 * and act stays EXT_OK. */
enum drop ipv6_upper(struct ipv6_chain *out, const struct ipv6 *h);

static inline size_t ipv6_emit_len(const struct ipv6 *h)
{
	return IPV6_HDR_LEN;
}

/* Writes the fixed header at p, for len bytes of payload after it. */
void ipv6_emit(const struct ipv6 *h, uint8_t *p);

/* A fragment header: next header, offset in bytes, more, id. */
struct ipv6_frag {
	uint8_t next;
	bool mf;
	uint16_t off;
	uint32_t id;
};

/* Writes the fragment header f to IPV6_FRAG_LEN bytes at p. */
void ipv6_frag_emit(const struct ipv6_frag *f, uint8_t *p);

/* Writes "class 0x0, flowlabel 0x0, hlim 64, next-header TCP (6), payload length 40", like
 * snprintf(). */
int ipv6_print(char *out, size_t n, const struct ipv6 *h);

#endif
