/*
 * icmp_error.h - for tests: what a router says about a packet that it did not forward.
 */
#ifndef SOCKET_TEST_ICMP_ERROR_H
#define SOCKET_TEST_ICMP_ERROR_H

#include "base/prng.h"

enum {
	ICMP_ERROR_MAX = 512, /* bytes of one; at least so many bytes are quoted, if there are */
};

/* Writes an ICMP or ICMPv6 error that p draws, about the IP packet of len bytes, to ICMP_ERROR_MAX
 * bytes at out: an IP packet to its sender. Returns its length; 0: it is no IP packet. */
size_t icmp_error(struct prng *p, const uint8_t *ip, size_t len, uint8_t *out);

#endif
