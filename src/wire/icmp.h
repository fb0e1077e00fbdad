/*
 * icmp.h - ICMP (RFC 792) and ICMPv6 (RFC 4443): both have one layout and differ in type numbers
 * and in that ICMPv6 sums the pseudo-header. The numbers begin ICMP4_ and ICMP6_.
 *
 *     |     type      |     code      |           checksum            |
 *     |  echo: id and seq · error: unused, MTU, pointer or gateway    |
 *     |  echo: data · error: the packet that caused it, from its IP header on
 */
#ifndef WIRE_ICMP_H
#define WIRE_ICMP_H

#include "base/seq.h"
#include "wire/checksum.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

enum {
	ICMP_HDR_LEN = 8,
	ICMP4_QUOTE_MAX = 576 - IPV4_HDR_MIN - ICMP_HDR_LEN,          /* RFC 1812 section 4.3.2.3 */
	ICMP6_QUOTE_MAX = IPV6_MTU_MIN - IPV6_HDR_LEN - ICMP_HDR_LEN, /* RFC 4443 section 2.4 (c) */
};

enum {
	ICMP4_ECHO_REPLY = 0,
	ICMP4_UNREACHABLE = 3,
	ICMP4_SOURCE_QUENCH = 4,
	ICMP4_REDIRECT = 5,
	ICMP4_ECHO = 8,
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_PARAM_PROBLEM = 12,
	ICMP4_TIMESTAMP = 13,
	ICMP4_TIMESTAMP_REPLY = 14,
	ICMP4_ADDRESS = 17, /* RFC 950: subnet mask request; RFC 6918 deprecates both */
	ICMP4_ADDRESS_REPLY = 18,
};

/* Codes of ICMP4_UNREACHABLE. */
enum {
	ICMP4_NET_UNREACHABLE = 0,
	ICMP4_HOST_UNREACHABLE = 1,
	ICMP4_PROTO_UNREACHABLE = 2,
	ICMP4_PORT_UNREACHABLE = 3,
	ICMP4_FRAG_NEEDED = 4, /* MTU in the low half of rest (RFC 1191) */
	ICMP4_SOURCE_ROUTE_FAILED = 5,
	ICMP4_NET_UNKNOWN = 6,
	ICMP4_HOST_UNKNOWN = 7,
	ICMP4_HOST_ISOLATED = 8,
	ICMP4_NET_PROHIBITED = 9,
	ICMP4_HOST_PROHIBITED = 10,
	ICMP4_NET_TOS = 11,
	ICMP4_HOST_TOS = 12,
	ICMP4_PACKET_FILTERED = 13,
	ICMP4_PRECEDENCE = 14,
	ICMP4_PRECEDENCE_CUTOFF = 15,
};

enum {
	ICMP6_UNREACHABLE = 1,
	ICMP6_PACKET_TOO_BIG = 2, /* MTU in rest */
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_PARAM_PROBLEM = 4, /* pointer in rest */
	ICMP6_ECHO = 128,
	ICMP6_ECHO_REPLY = 129,
	ICMP6_MLD_QUERY = 130,
	ICMP6_MLD_REPORT = 131,
	ICMP6_MLD_DONE = 132,
	ICMP6_MLD2_REPORT = 143,
};

/* Codes of ICMP6_UNREACHABLE. */
enum {
	ICMP6_NO_ROUTE = 0,
	ICMP6_ADMIN_PROHIBITED = 1,
	ICMP6_NOT_NEIGHBOUR = 2,
	ICMP6_ADDR_UNREACHABLE = 3,
	ICMP6_PORT_UNREACHABLE = 4,
	ICMP6_POLICY_FAIL = 5,
	ICMP6_REJECT_ROUTE = 6,
};

/* Codes of time exceeded, both versions. */
enum {
	ICMP_TTL_EXCEEDED = 0,
	ICMP_REASM_EXCEEDED = 1,
};

struct icmp_view {
	const uint8_t *p;
	uint32_t len; /* at least ICMP_HDR_LEN */
};

/* One message. Borrows its data. */
struct icmp {
	uint8_t type, code;
	uint32_t rest; /* the second word, by type: see icmp_id() and the comments above */
	uint32_t len;  /* bytes of data after it */
	const uint8_t *data;
};

/* Identifier and sequence number of an echo. */
static inline uint16_t icmp_id(const struct icmp *m)
{
	return (uint16_t)(m->rest >> 16);
}

static inline uint16_t icmp_seq(const struct icmp *m)
{
	return (uint16_t)m->rest;
}

/* Whether messages of this type report on another packet and quote it. */
static inline bool icmp4_is_error(uint8_t type)
{
	return type == ICMP4_UNREACHABLE || type == ICMP4_SOURCE_QUENCH || type == ICMP4_REDIRECT ||
	       type == ICMP4_TIME_EXCEEDED || type == ICMP4_PARAM_PROBLEM;
}

/* RFC 4443 section 2.1: the high bit of the type. */
static inline bool icmp6_is_error(uint8_t type)
{
	return type < 128;
}

/* The only bounds check. */
static inline bool icmp_view(struct icmp_view *v, const uint8_t *p, size_t len)
{
	*v = (struct icmp_view){p, (uint32_t)len};
	return len >= ICMP_HDR_LEN;
}

/* Reads a message. a is NULL for ICMP, the addresses for ICMPv6. Returns DROP_CHECKSUM or
 * DROP_NONE. */
enum drop icmp_parse(struct icmp *out, struct icmp_view v, const struct ip_pair *a);

static inline size_t icmp_emit_len(const struct icmp *m)
{
	return ICMP_HDR_LEN;
}

/* Writes header and data with the checksum at p; a as in icmp_parse(), data as in tcp_emit(). */
void icmp_emit(const struct icmp *m, const struct ip_pair *a, uint8_t *p);

/* Writes "ICMP echo request, id 1, seq 1, length 64", or ICMP6 if v6, like snprintf(). */
int icmp_print(char *out, size_t n, const struct icmp *m, bool v6);

/* The packet quoted by an error: one that its receiver sent. At least 8 bytes of the transport
 * header are present, which hold the ports and TCP's sequence number. */
struct icmp_quote {
	struct ip_pair addr;
	uint8_t proto, ttl;    /* ttl: the hop limit when the error was generated */
	bool fragment;         /* not the first fragment: no transport header, ports are 0 */
	uint16_t sport, dport; /* of TCP and UDP */
	struct seq seq;        /* of TCP */
	uint32_t len;          /* bytes of transport */
	const uint8_t *data;   /* borrowed */
};

/* Reads the quote in an error's len bytes at p, a packet of IP version 6 if v6. Returns what the IP
 * parser returns, or DROP_TRUNCATED if 8 bytes of transport are not present. */
enum drop icmp_quote_parse(struct icmp_quote *out, bool v6, const uint8_t *p, size_t len);

#endif
