/*
 * udp.h - the UDP header (RFC 768).
 *
 *     |          source port          |       destination port        |
 *     |            length             |           checksum            |
 */
#ifndef WIRE_UDP_H
#define WIRE_UDP_H

#include "wire/addr.h"
#include "wire/checksum.h"
#include "wire/drop.h"

enum {
	IP_PROTO_UDP = 17,
	UDP_HDR_LEN = 8,
	UDP_LEN_MAX = 65535,
	UDP_CHECKSUM_AT = 6, /* offset of the field */
};

struct udp_view {
	const uint8_t *p;
	uint32_t len; /* at least UDP_HDR_LEN */
};

/* One datagram. Borrows its data. */
struct udp {
	uint16_t sport, dport;
	bool no_checksum; /* sent without one: IPv4 only */
	uint16_t len;     /* bytes of data */
	const uint8_t *data;
};

/* The only bounds check. */
static inline bool udp_view(struct udp_view *v, const uint8_t *p, size_t len)
{
	*v = (struct udp_view){p, (uint32_t)len};
	return len >= UDP_HDR_LEN;
}

/* Reads a datagram. Returns DROP_TOTAL_LEN (length below 8 or beyond the view), DROP_NO_CHECKSUM
 * (zero over IPv6, RFC 8200 section 8.1), DROP_CHECKSUM. Bytes beyond the length are left out. If a
 * is NULL the checksum is ignored: verified below, or a quote in an ICMP error. */
enum drop udp_parse(struct udp *out, struct udp_view v, const struct ip_pair *a);

static inline size_t udp_emit_len(const struct udp *u)
{
	return UDP_HDR_LEN;
}

/* Writes header and data with the checksum (0 is sent as 0xffff) at p; data as in tcp_emit(). */
void udp_emit(const struct udp *u, const struct ip_pair *a, uint8_t *p);

/* Writes "UDP, length 5", like snprintf(). */
int udp_print(char *out, size_t n, const struct udp *u);

#endif
