/*
 * accept.h - listeners and accepted connections.
 */
#ifndef CHAT_LOOP_ACCEPT_H
#define CHAT_LOOP_ACCEPT_H

#include "chat/server.h"

/* Starts to listen on an address; 0 or -errno. */
int server_listen(struct server *s, const struct net_addr *at);

/* Stops listening, for good: the system refuses new connections. */
void server_unlisten(struct server *s);

/* Accepts waiting connections of s->listeners[listener], up to this turn's share. */
void server_accept(struct server *s, size_t listener);

/* Resumes accepting after a pause. */
void server_accept_resume(struct server *s);

/* Applies the configured keepalive and timeouts to existing listeners and connections. */
void server_tune(struct server *s);

/* Makes a connection of a handle that another process has accepted at a listener's address and
 * handed over: no limit applies. handle -1: only to depart. NULL if out of memory: the caller then
 * keeps the handle. */
struct conn *server_adopt(
	struct server *s, int handle, const struct net_addr *peer, const struct net_addr *at);

#endif
