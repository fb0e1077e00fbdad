/*
 * ndp.h - neighbour discovery (RFC 4861): the five ICMPv6 messages and their options.
 *
 *     type                what it carries after the ICMP header's first word
 *     router solicit      -
 *     router advert       hop limit, M, O, router lifetime; reachable time; retransmission time
 *     neighbour solicit   target
 *     neighbour advert    R, S, O; target
 *     redirect            target, destination
 *     option              | type | length in 8 bytes | ... |
 */
#ifndef WIRE_NDP_H
#define WIRE_NDP_H

#include "wire/eth.h"
#include "wire/icmp.h"

enum {
	NDP_ROUTER_SOLICIT = 133,
	NDP_ROUTER_ADVERT = 134,
	NDP_NEIGHBOUR_SOLICIT = 135,
	NDP_NEIGHBOUR_ADVERT = 136,
	NDP_REDIRECT = 137,
};

enum {
	NDP_HOP_LIMIT = 255, /* proof that a message is from this link */
	NDP_PREFIX_MAX = 8,  /* prefixes taken from one advertisement; the rest is ignored */
	NDP_LEN_MAX =
		16 + 8 + 8 + NDP_PREFIX_MAX * 32 + 32, /* longest message that ndp_emit() writes */
};

/* A prefix information option (section 4.6.2). */
struct ndp_prefix {
	struct ip_addr prefix;
	uint8_t bits;
	bool on_link, autonomous;
	uint32_t valid_s, preferred_s; /* UINT32_MAX: for ever */
};

/* One message. Members not carried by its type are zero. */
struct ndp {
	uint8_t type;
	bool router, solicited, override; /* neighbour advertisement */
	bool managed, other;              /* router advertisement: ask DHCPv6 */
	int8_t preference; /* router advertisement (RFC 4191): 1 high, 0 medium, -1 low */
	bool has_hw;       /* hw is the source's (RS, RA, NS) or the target's (NA, redirect) */
	uint8_t hop_limit; /* router advertisement; 0: unspecified */
	uint8_t prefix_count;
	uint16_t lifetime_s;               /* of the router as a default router; 0: not one */
	uint32_t reachable_ms, retrans_ms; /* 0: unspecified */
	uint32_t mtu;                      /* 0: no option */
	struct eth_addr hw;
	struct ip_addr target, dst;
	struct ndp_prefix prefix[NDP_PREFIX_MAX];
};

static inline bool ndp_is(uint8_t icmp_type)
{
	return icmp_type >= NDP_ROUTER_SOLICIT && icmp_type <= NDP_REDIRECT;
}

/* An ICMPv6 message accepted by icmp_parse(), in packet ip; long enough for its type. */
struct ndp_view {
	const struct icmp *m;
	const struct ipv6 *ip;
};

/* The only bounds check. */
bool ndp_view(struct ndp_view *v, const struct icmp *m, const struct ipv6 *ip);

/* Reads a message and validates it by RFC 4861 sections 6.1, 7.1 and 8.1. Returns DROP_HOP_LIMIT,
 * DROP_TYPE (code not 0), DROP_OPTION (length 0 or beyond the message), DROP_ADDRESS, or
 * DROP_NONE. */
enum drop ndp_parse(struct ndp *out, struct ndp_view v);

/* The number of bytes that ndp_emit() writes: the whole ICMPv6 message. */
size_t ndp_emit_len(const struct ndp *n);

/* Writes the ICMPv6 message with its checksum at p. */
void ndp_emit(const struct ndp *n, const struct ip_pair *a, uint8_t *p);

/* Writes "ICMP6, neighbor solicitation, who has fe80::2, length 32", like snprintf(). */
int ndp_print(char *out, size_t size, const struct ndp *n);

#endif
