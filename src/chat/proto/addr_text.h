/*
 * addr_text.h - network addresses as text, and the networks they belong to.
 */
#ifndef CHAT_PROTO_ADDR_TEXT_H
#define CHAT_PROTO_ADDR_TEXT_H

#include "chat/net.h"

enum {
	ADDR_TEXT_MAX = 48, /* the longest address with its NUL */
};

/* The address without port; IPv6 as RFC 5952 has it, but never with ':' in front, which would make
 * it a trailing parameter: "0::1". Length. */
size_t addr_print(const struct net_addr *a, char out[ADDR_TEXT_MAX]);

/* "127.0.0.1:6667", "[::1]:6667". False if text is not an address and a port. */
bool addr_parse(struct net_addr *out, const char *text);

/* "192.0.2.0/24", "2001:db8::/32", or an address alone; a network of IPv4 inside IPv6 is one of
 * IPv4. False if text is neither. */
bool addr_parse_cidr(struct net_addr *out, uint32_t *bits, const char *text);

/* The address with everything behind the first `bits` bits, and the port, zero. */
struct net_addr addr_prefix(const struct net_addr *a, uint32_t bits);

/* Whether family and address are equal. */
bool addr_equal(const struct net_addr *a, const struct net_addr *b);

#endif
