/*
 * ws_arrivals.h - connections that have become WebSockets and wait for accept(), oldest first.
 */
#ifndef WEB_WS_ARRIVALS_H
#define WEB_WS_ARRIVALS_H

#include "chat/net.h"

enum {
	WS_ARRIVALS_MAX = 256, /* one more is refused with 503 */
};

struct ws_arrival {
	int handle, listener;
	struct net_addr peer;
};

struct ws_arrivals {
	struct ws_arrival at[WS_ARRIVALS_MAX];
	uint32_t count;
};

/* Adds one; there must be room. */
void ws_arrivals_add(struct ws_arrivals *q, const struct ws_arrival *a);

/* Whether one of that listener waits. */
bool ws_arrivals_has(const struct ws_arrivals *q, int listener);

/* Takes the oldest of that listener; false: none waits. */
bool ws_arrivals_take(struct ws_arrivals *q, int listener, struct ws_arrival *out);

#endif
