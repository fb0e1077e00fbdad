/* ip_if.h - tables of interfaces, addresses and groups. */
#ifndef STACK_IP_IP_IF_H
#define STACK_IP_IP_IF_H

#include "stack/ip/ip_priv.h"

struct ip_ifaddr_spec {
	struct ip_addr addr;
	unsigned bits;                       /* of the prefix, from the start of the 16 bytes */
	uint8_t flags;                       /* IP_ADDR_* */
	nsec_t preferred_until, valid_until; /* NSEC_MAX: for ever */
};

/* The entry of an address of this instance, including tentative ones; NULL if there is none. Owned
 * by the table and valid until it is deleted. */
struct ip_ifaddr *ip_ifaddr_find(const struct stack *s, const struct ip_addr *a);

/* Adds an address and the route to its prefix, without the protocol actions of ip_ifaddr_add().
 * *out: the entry. Errors as for stack_addr_add(). */
int ip_ifaddr_insert(struct stack *s, struct netdev *dev, const struct ip_ifaddr_spec *spec,
	struct ip_ifaddr **out);

/* Removes and frees the entry, with the prefix's route unless another address shares it. */
void ip_ifaddr_del(struct stack *s, struct ip_ifaddr *a);

/* True if dst is 255.255.255.255 or the broadcast address of an IPv4 prefix of dev. */
bool ip_is_broadcast(const struct netdev *dev, const struct ip_addr *dst);

/* Forgets the groups that were joined on an interface that is being detached. */
void ip_groups_forget(struct stack *s, uint32_t ifindex);

/* The kind of the destination dst in a packet received on dev. */
enum ip_cast ip_cast_of(const struct stack *s, const struct netdev *dev, const struct ip_addr *dst);

/* True if a->src is a valid source for a->dst in a packet received on dev: neither multicast,
 * broadcast nor one of our addresses; 0.0.0.0 only to a link-local broadcast or group
 * (RFC 1122 section 3.2.1.3). */
bool ip_source_ok(const struct stack *s, const struct netdev *dev, const struct ip_pair *a);

/* ip_cast_of() and ip_source_ok() of a packet received on dev, cached. Valid until the next
 * call. */
const struct ip_class *ip_classify(
	struct stack *s, const struct netdev *dev, const struct ip_pair *a);

#endif
