/*
 * ip_bind.h - bound addresses and bind conflicts.
 *
 *     ::                        every address, or with IPV6_V6ONLY every IPv6 address
 *     0.0.0.0, ::ffff:0.0.0.0   every IPv4 address
 *     anything else             itself
 */
#ifndef STACK_IP_IP_BIND_H
#define STACK_IP_IP_BIND_H

#include "wire/addr.h"

struct ip_bind {
	struct ip_addr addr;
	uint32_t ifindex; /* SO_BINDTODEVICE; 0: every interface */
	bool v6;          /* a socket of domain AF_INET6 */
	bool v6only;
};

static inline bool ip_bind_eq(const struct ip_bind *a, const struct ip_bind *b)
{
	return ip_addr_eq(&a->addr, &b->addr) && a->ifindex == b->ifindex && a->v6 == b->v6 &&
	       a->v6only == b->v6only;
}

/* True if one packet could be for both: `asks` wants to bind, `has` is bound. As in Linux an
 * AF_INET wildcard conflicts with every IPv6 socket that is not v6only, so the order matters. */
bool ip_binds_conflict(const struct ip_bind *asks, const struct ip_bind *has);

/* True if a socket bound to addr may receive packets to dst, as far as the two IP versions are
 * concerned. */
bool ip_bind_accepts(const struct ip_addr *addr, bool v6only, const struct ip_addr *dst);

#endif
