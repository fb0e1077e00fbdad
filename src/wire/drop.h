/*
 * drop.h - drop reasons of the wire formats. One name per rejection (law 6); the stack maps each to
 * a Linux counter.
 */
#ifndef WIRE_DROP_H
#define WIRE_DROP_H

#include "base/base.h"

enum drop {
	DROP_NONE,        /* the packet is good */
	DROP_TRUNCATED,   /* fewer bytes than the header, or than the header promises */
	DROP_VERSION,     /* the IP version nibble is wrong */
	DROP_HEADER_LEN,  /* a header length field below its minimum or beyond the packet */
	DROP_TOTAL_LEN,   /* a total or payload length that cannot hold its own headers */
	DROP_CHECKSUM,    /* the Internet checksum does not add up */
	DROP_NO_CHECKSUM, /* a checksum of zero where RFC 8200 section 8.1 demands one */
	DROP_OPTION,      /* a malformed IP option or extension header */
	DROP_EXT_ORDER,   /* more extension headers than EXT_HDR_MAX, or hop-by-hop not first */
	DROP_ADDRESS,     /* an address that cannot stand in that place */
	DROP_PORT,        /* port zero where it may not be */
	DROP_HARDWARE,    /* ARP for other hardware or protocol than Ethernet and IPv4 */
	DROP_OPCODE,      /* an ARP operation that is neither request nor reply */
	DROP_TYPE,        /* a message type that this parser does not know */
	DROP_HOP_LIMIT,   /* NDP from off the link: hop limit below 255 */
	DROP_COUNT,
};

/* The name of a reason in words for logs: "bad checksum". Never NULL. */
const char *drop_name(enum drop d);

#endif
