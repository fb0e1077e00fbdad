/* ip_saddr.h - source address selection. */
#ifndef STACK_IP_IP_SADDR_H
#define STACK_IP_IP_SADDR_H

#include "stack/ip/ip_priv.h"

/* The source address for dst over dev: RFC 6724 section 5 for IPv6, Linux's rules for IPv4. False,
 * with *out unset, if there is none. */
bool ip_saddr_select(const struct stack *s, const struct netdev *dev, const struct ip_addr *dst,
	struct ip_addr *out);

#endif
