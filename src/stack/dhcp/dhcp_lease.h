/* dhcp_lease.h - a lease: read within bounds, and configured. */
#ifndef STACK_DHCP_DHCP_LEASE_H
#define STACK_DHCP_DHCP_LEASE_H

#include "stack/dhcp/dhcp_priv.h"

/* True if an IPv4 address can be that of a host elsewhere. */
bool dhcp_is_unicast(const struct ip_addr *a);

/* Reads what d, an OFFER or ACK for a REQUEST sent at `from`, grants on dev. False: a value without
 * which there is no lease is absent or out of bounds. */
bool dhcp_lease_read(struct stack *s, const struct netdev *dev, const struct dhcp *d, nsec_t from,
	struct dhcp_lease *out);

/* Configures dev: address, prefix, routes, MTU. -EEXIST (the address is configured already),
 * -ENOBUFS. */
int dhcp_lease_take(struct stack *s, struct netdev *dev, const struct dhcp_lease *l);

/* Replaces the routes and MTU of a lease by those of its renewal; the address is the same. */
void dhcp_lease_change(struct stack *s, struct netdev *dev, const struct dhcp_lease *from,
	const struct dhcp_lease *to);

/* Removes what dhcp_lease_take() configured. */
void dhcp_lease_drop(struct stack *s, struct netdev *dev, const struct dhcp_lease *l);

#endif
