/*
 * tcp_fast_in.h - fast path in, for plain connections.
 */
#ifndef STACK_TCP_TCP_FAST_IN_H
#define STACK_TCP_TCP_FAST_IN_H

#include "stack/tcp/tcp_priv.h"

/* Takes p, an IP packet that came in over dev, if it is the next segment of a plain connection.
 * False: nothing was written, and the general path is to take it. */
bool tcp_fast_in(struct stack *s, struct netdev *dev, struct pkt *p);

#endif
