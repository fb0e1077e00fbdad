/* link_in.h - frames in. */
#ifndef STACK_LINK_LINK_IN_H
#define STACK_LINK_LINK_IN_H

#include "stack/stack.h"

/* A frame received on dev; p->data is the Ethernet header, or the IP header if there is no link
 * layer. Takes p. */
void link_input(struct stack *s, struct netdev *dev, struct pkt *p);

#endif
