/*
 * proxy_net.h - a network that wraps another: connections from listed proxies begin with a header
 * of the PROXY protocol (proxy_header.h), before TLS, too; all others pass through. accept()
 * returns such a connection when its header is complete, with the address of the proxy's client.
 */
#ifndef PROXY_PROXY_NET_H
#define PROXY_PROXY_NET_H

#include "chat/net.h"

enum {
	PROXY_NETWORKS_MAX = 32,
	PROXY_LISTENERS_MAX = 64,
	PROXY_WAITING_MAX = 1024, /* connections whose header is incomplete; more are closed */
};

/* How long a header may take. */
#define PROXY_PATIENCE (5 * NSEC_SEC)

/* A network of proxies. */
struct proxy_network {
	struct net_addr addr;
	uint32_t bits;
};

/* Called for each connection that was closed because of its header. */
struct proxy_world {
	void (*refused)(void *arg, const struct net_addr *proxy, const char *reason);
	void *arg;
};

/* Wraps a network, which remains the caller's; world is copied. NULL if out of memory. */
struct net *proxy_net_new(struct net *inner, const struct proxy_world *world);

/* Replaces the list of proxies, for connections to come; at most PROXY_NETWORKS_MAX. */
void proxy_net_trust(struct net *n, const struct proxy_network *from, size_t count);

/* Frees it with all its connections, which must be closed in the wrapped network by its owner. n
 * may be NULL. */
void proxy_net_free(struct net *n);

#endif
