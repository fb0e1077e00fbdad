/* arp.h - ARP (RFC 826, RFC 5227). */
#ifndef STACK_LINK_ARP_H
#define STACK_LINK_ARP_H

#include "stack/ip/ip_priv.h"

/* An ARP message received on dev; p->data follows the Ethernet header. Takes p. */
void arp_in(struct stack *s, struct netdev *dev, struct pkt *p);

/* Queues an ARP request about target: to hw, or broadcast if NULL. */
void arp_solicit(struct stack *s, struct netdev *dev, const struct ip_addr *target,
	const struct eth_addr *hw);

/* Queues an ARP probe for an address that is not ours yet (RFC 5227 section 2.1.1). */
void arp_probe(struct stack *s, struct netdev *dev, const struct ip_addr *addr);

/* Queues a gratuitous ARP request for a local address (RFC 5227 section 2.3). */
void arp_announce(struct stack *s, struct netdev *dev, const struct ip_addr *addr);

#endif
