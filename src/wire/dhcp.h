/*
 * dhcp.h - DHCP messages for IPv4 on Ethernet (RFC 2131, options RFC 2132), the payload of UDP
 * ports 67 and 68.
 *
 *     | op | htype 1 | hlen 6 | hops | xid (4) | secs (2) | flags (2) |
 *     | ciaddr | yiaddr | siaddr | giaddr | chaddr (16) | sname (64) | file (128) | cookie (4) |
 *     | options: | code | length | value | ... | 255 |
 *
 * Options may continue in file and sname (option 52); several of one code are one value in pieces
 * (RFC 3396).
 */
#ifndef WIRE_DHCP_H
#define WIRE_DHCP_H

#include "wire/drop.h"
#include "wire/eth.h"

enum {
	DHCP_SERVER_PORT = 67,
	DHCP_CLIENT_PORT = 68,
	DHCP_LEN_MIN = 300,   /* of BOOTP (RFC 951); older relays drop less */
	DHCP_LEN_MAX = 576,   /* longest message that dhcp_emit() writes */
	DHCP_ID_MAX = 32,     /* bytes of a client identifier that are kept */
	DHCP_ROUTES_MAX = 16, /* classless routes that are kept; further ones are lost */
};

enum { /* op */
	DHCP_OP_REQUEST = 1,
	DHCP_OP_REPLY = 2,
};

enum dhcp_type { /* option 53 */
	DHCP_DISCOVER = 1,
	DHCP_OFFER,
	DHCP_REQUEST,
	DHCP_DECLINE,
	DHCP_ACK,
	DHCP_NAK,
	DHCP_RELEASE,
	DHCP_INFORM,
	DHCP_TYPES,
};

struct dhcp_view {
	const uint8_t *p;
	uint32_t len; /* at least the fixed fields and the cookie */
};

/* A classless route (option 121, RFC 3442). */
struct dhcp_route {
	struct ip_addr dst, router; /* router: 0.0.0.0 if the destination is on the link */
	uint8_t bits;               /* of dst, up to 32; those after it are zero */
};

/* One message. An option that is absent is zero; addresses are IPv4's, 0.0.0.0 if absent. */
struct dhcp {
	uint8_t op, type; /* type: enum dhcp_type */
	bool broadcast;   /* the client cannot receive unicast yet */
	bool asks;        /* for the parameters that the members of this struct can hold */
	uint8_t bits;     /* of the subnet mask, 1 to 32 */
	uint8_t route_count;
	uint8_t id_len; /* bytes of the client identifier; those beyond DHCP_ID_MAX are lost */
	uint16_t secs;  /* since the client began */
	uint16_t mtu, max_size;
	uint32_t xid;
	uint32_t lease_s, t1_s, t2_s; /* UINT32_MAX: for ever */
	struct eth_addr chaddr;
	struct ip_addr ciaddr, yiaddr;            /* the client's present address, and "your" one */
	struct ip_addr requested, server, router; /* router: the first of the list */
	uint8_t id[DHCP_ID_MAX];
	struct dhcp_route route[DHCP_ROUTES_MAX];
};

/* The only bounds check. */
bool dhcp_view(struct dhcp_view *v, const uint8_t *p, size_t len);

/* Reads a message. Returns DROP_OPCODE, DROP_HARDWARE (not Ethernet), DROP_TYPE (BOOTP, or an
 * unknown type), DROP_OPTION (beyond its field, or a value whose length or mask is wrong), or
 * DROP_NONE. Unknown options are skipped. */
enum drop dhcp_parse(struct dhcp *out, struct dhcp_view v);

/* The number of bytes that dhcp_emit() writes. */
size_t dhcp_emit_len(const struct dhcp *d);

/* Writes the message at p: all options in their own field. */
void dhcp_emit(const struct dhcp *d, uint8_t *p);

/* Writes "BOOTP/DHCP, Request from 02:00:00:00:00:01, length 300", like snprintf(). */
int dhcp_print(char *out, size_t n, const struct dhcp *d, size_t len);

#endif
