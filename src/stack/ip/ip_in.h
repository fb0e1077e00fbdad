/* ip_in.h - IPv4 input. */
#ifndef STACK_IP_IP_IN_H
#define STACK_IP_IP_IN_H

#include "stack/ip/ip_priv.h"

/* A packet received on dev; p->data is the IPv4 header. Takes p. */
void ip4_input(struct stack *s, struct netdev *dev, struct pkt *p);

#endif
