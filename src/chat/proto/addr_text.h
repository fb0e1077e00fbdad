/*
 * addr_text.h - network addresses as text, and the networks they belong to.
 */
#ifndef CHAT_PROTO_ADDR_TEXT_H
#define CHAT_PROTO_ADDR_TEXT_H

#include "chat/net.h"

enum {
	ADDR_TEXT_MAX = 48, /* the longest address with its NUL */
};

/* Writes the address without port; IPv6 as in RFC 5952, but never with a leading ':', which would
 * make it a trailing parameter: "0::1". Returns the length. */
size_t addr_print(const struct net_addr *a, char out[ADDR_TEXT_MAX]);

/* "127.0.0.1:6667", "[::1]:6667". False if text is not an address and a port. */
bool addr_parse(struct net_addr *out, const char *text);

/* "192.0.2.0/24", "2001:db8::/32", or a single address; IPv4-mapped networks become IPv4. False if
 * text is neither. */
bool addr_parse_cidr(struct net_addr *out, uint32_t *bits, const char *text);

/* The address with all bits after the first `bits`, and the port, set to zero. */
struct net_addr addr_prefix(const struct net_addr *a, uint32_t bits);

/* 0.0.0.0 or ::, with any port. */
bool addr_is_any(const struct net_addr *a);

/* Whether it is 127.0.0.0/8 or ::1. */
bool addr_is_loopback(const struct net_addr *a);

/* Whether family and address are equal. */
bool addr_equal(const struct net_addr *a, const struct net_addr *b);

#endif
