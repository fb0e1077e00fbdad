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

/* From now on wait() also returns, with or without an event, when fd, an open descriptor of the
 * process, is readable. 0 or -errno. */
int net_burble_watch(struct net *n, int fd);

/* Frees the network; its handles must be closed. The instance stays. */
void net_burble_free(struct net *n);

#endif
