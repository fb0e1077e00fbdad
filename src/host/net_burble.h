/*
 * net_burble.h - the chat server's network on burble's own stack.
 */
#ifndef HOST_NET_BURBLE_H
#define HOST_NET_BURBLE_H

#include "chat/net.h"

struct burble;

/* A network over the sockets of b, which stays the caller's. NULL if out of memory or
 * descriptors. */
struct net *net_burble_new(struct burble *b);

/* Frees the network; its handles must be closed. The instance stays. */
void net_burble_free(struct net *n);

#endif
