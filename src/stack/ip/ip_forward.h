/* ip_forward.h - IP forwarding (RFC 1812 section 5, RFC 8200). */
#ifndef STACK_IP_IP_FORWARD_H
#define STACK_IP_IP_FORWARD_H

#include "stack/ip/ip_priv.h"

/* Forwards p, received on dev for another host; p->data is its header, parsed into h, whose TTL is
 * decremented. Takes p; if it cannot be forwarded it is counted and an ICMP error is sent. */
void ip4_forward(struct stack *s, struct netdev *dev, struct pkt *p, struct ipv4 *h);

/* The same for IPv6. */
void ip6_forward(struct stack *s, struct netdev *dev, struct pkt *p, const struct ipv6 *h);

#endif
