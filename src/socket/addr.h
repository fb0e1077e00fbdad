/*
 * addr.h - conversion between struct sockaddr and the stack's addresses. Private to the room.
 *
 *     socket      wire        struct sockaddr
 *     AF_INET     IPv4        sockaddr_in
 *     AF_INET6    IPv6        sockaddr_in6
 *     AF_INET6    IPv4        sockaddr_in6 with ::ffff:a.b.c.d (unless IPV6_V6ONLY)
 */
#ifndef SOCKET_ADDR_H
#define SOCKET_ADDR_H

#include "wire/addr.h"

#include <sys/socket.h>

struct endpoint {
	struct ip_addr ip;
	uint16_t port;  /* host order */
	uint32_t scope; /* sin6_scope_id; 0: none */
	uint32_t flow;  /* sin6_flowinfo, host order */
	bool unspec;    /* AF_UNSPEC: no address */
	int err;        /* of connect(): the address is invalid; checked after the state */
};

/* The call that an address is for: Linux has different rules for each. */
enum addr_use {
	ADDR_CONNECT, /* AF_UNSPEC: disconnect */
	ADDR_BIND,
	ADDR_SEND, /* AF_UNSPEC: AF_INET, or on an AF_INET6 socket the peer */
};

/* The addresses that a socket accepts for a use. */
struct addr_rules {
	int domain;  /* AF_INET or AF_INET6 */
	bool v6only; /* IPV6_V6ONLY */
	bool dgram;
	enum addr_use use;
};

/*
 * Reads an address from the program. Returns 0; -EINVAL (too short; bind() to a mapped address
 * with V6ONLY), -EAFNOSUPPORT (not the socket's family), -ENETUNREACH (other calls with a mapped
 * address and V6ONLY), -EFAULT (NULL). AF_UNSPEC sets unspec where it means no address.
 */
int addr_read(struct endpoint *out, const struct sockaddr *sa, socklen_t len, struct addr_rules r);

/* Writes e in the form of the socket's domain, truncated to *len, and sets *len to its full length.
 * -EFAULT if sa is given without len; a NULL sa requests nothing. */
int addr_write(const struct endpoint *e, int domain, struct sockaddr *sa, socklen_t *len);

/* The wildcard address of a socket of that domain. */
struct ip_addr addr_any(int domain);

#endif
