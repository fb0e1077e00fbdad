/* ip6_in.h - IPv6 input. */
#ifndef STACK_IP_IP6_IN_H
#define STACK_IP_IP6_IN_H

#include "stack/ip/ip_priv.h"

/* A packet received on dev; p->data is the IPv6 header. Takes p. */
void ip6_input(struct stack *s, struct netdev *dev, struct pkt *p);

#endif
