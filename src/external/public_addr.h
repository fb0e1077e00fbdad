/*
 * public_addr.h - whether an address is one of the public Internet. A server that connects where
 * its users say must not become their door to its own network.
 */
#ifndef EXTERNAL_PUBLIC_ADDR_H
#define EXTERNAL_PUBLIC_ADDR_H

#include <stdbool.h>
#include <sys/socket.h>

/* False for loopback, private, link-local, shared, multicast and all other special-purpose
 * addresses (RFC 6890), also as IPv6 addresses that hold an IPv4 one; for families other than IP.
 */
bool address_is_public(const struct sockaddr *a);

#endif
