/* icmp_error.h - for tests: a router's ICMP error about a packet that it did not forward. */
#ifndef SOCKET_TEST_ICMP_ERROR_H
#define SOCKET_TEST_ICMP_ERROR_H

#include "base/prng.h"

enum {
	ICMP_ERROR_MAX = 512, /* bytes of one, of which at least so many are quoted, if present */
};

/* Writes a random ICMP or ICMPv6 error about the IP packet of len bytes to ICMP_ERROR_MAX bytes at
 * out: an IP packet to its sender. Returns its length; 0: not an IP packet. */
size_t icmp_error(struct prng *p, const uint8_t *ip, size_t len, uint8_t *out);

#endif
