/*
 * ws_net.h - a network that wraps another: some of its listeners speak HTTP, and a connection whose
 * client asks for a WebSocket becomes one that the owner accepts, reads and writes like a plain
 * one. All others pass through. Both sides are chat/net.h.
 *
 *     chat -> ws_net -> tls_net -> net_kernel | net_burble
 *
 * A client that only fetches pages never gets as far as accept(): it is served within wait(), by
 * http_door.h and in its bounds.
 */
#ifndef WEB_WS_NET_H
#define WEB_WS_NET_H

#include "web/http_door.h"
#include "web/ws_conn.h"

enum {
	WS_LISTENERS_MAX = 32,
};

/* The owner's part. */
struct ws_world {
	/* As of struct http_site. content is its `admit`, and may be NULL. */
	void (*get)(void *arg, struct http_ask *ask, struct http_answer *out);
	unsigned (*content)(void *arg, const struct http_ask *ask);
	/* Whether the page that asks may connect (RFC 6455 section 10.2); replaces *peer if a
	 * proxy that is trusted names another. */
	bool (*admit)(void *arg, const struct http_request *r, struct net_addr *peer);
	/* Called for each client that was refused. May be NULL. */
	void (*refused)(
		void *arg, const struct net_addr *peer, const char *reason, const char *text);
	void *arg;
};

/* Wraps a network, which remains the caller's; world is copied. NULL if out of memory. */
struct net *ws_net_new(struct net *inner, const struct ws_world *world);

/* Frees it with all its connections, which must be closed in the wrapped network by its owner. */
void ws_net_free(struct net *n);

/* A listener at this address, from the next listen() on, speaks HTTP. False: too many. */
bool ws_net_listener(struct net *n, const struct net_addr *at);

/* As http_door_answer(). */
void ws_net_answer(struct net *n, struct http_token t, struct http_answer *a);

/* The counts of HTTP, and how often a connection was refused or ended for a reason. */
const struct http_counts *ws_net_http(const struct net *n);
uint64_t ws_net_count(const struct net *n, enum ws_count why);

#endif
