/*
 * tcp_fast_in.h - fast path in, for plain connections.
 */
#ifndef STACK_TCP_TCP_FAST_IN_H
#define STACK_TCP_TCP_FAST_IN_H

#include "stack/tcp/tcp_priv.h"

/* Takes p, an IP packet received on dev, if it is the next segment of a plain connection. False:
 * nothing has changed, and the general path must process it. */
bool tcp_fast_in(struct stack *s, struct netdev *dev, struct pkt *p);

#endif
