/*
 * drop.h - drop reasons of the wire formats. One name per rejection (law 6); the stack maps each to
 * a Linux counter.
 */
#ifndef WIRE_DROP_H
#define WIRE_DROP_H

#include "base/base.h"

enum drop {
	DROP_NONE,        /* the packet is valid */
	DROP_TRUNCATED,   /* fewer bytes than the header, or than the header claims */
	DROP_VERSION,     /* the IP version nibble is wrong */
	DROP_HEADER_LEN,  /* a header length field below its minimum or beyond the packet */
	DROP_TOTAL_LEN,   /* a total or payload length too small for its own headers */
	DROP_CHECKSUM,    /* the Internet checksum is wrong */
	DROP_NO_CHECKSUM, /* a checksum of zero where RFC 8200 section 8.1 requires one */
	DROP_OPTION,      /* a malformed IP option or extension header */
	DROP_EXT_ORDER,   /* more extension headers than EXT_HDR_MAX, or hop-by-hop not first */
	DROP_ADDRESS,     /* an address that is not allowed in this field */
	DROP_PORT,        /* port zero where it is not allowed */
	DROP_HARDWARE,    /* ARP for hardware other than Ethernet or a protocol other than IPv4 */
	DROP_OPCODE,      /* an ARP operation that is neither request nor reply */
	DROP_TYPE,        /* a message type unknown to this parser */
	DROP_HOP_LIMIT,   /* NDP from off-link: hop limit below 255 */
	DROP_COUNT,
};

/* The reason in words for logs, such as "bad checksum". Never NULL. */
const char *drop_name(enum drop d);

#endif
