/*
 * drain.h - a server goes out of service: it accepts no clients any more, and those that it has are
 * sent away a few at a time, so that the other servers of the network, to which they go, are not
 * overrun.
 *
 *     serving --drain_begin--> listeners closed; so many clients leave a second --> no client
 *
 * The server itself goes on: users without a connection stay, and the other servers get what they
 * miss from it, until the administrator stops it.
 */
#ifndef CHAT_OUT_DRAIN_H
#define CHAT_OUT_DRAIN_H

#include "chat/server.h"

enum {
	DRAIN_RATE = 100, /* clients a second, unless another rate is given */
	DRAIN_RATE_MAX = 10000,
};

/* Begins with the next turn, or goes on at another rate: clients a second, 1 to DRAIN_RATE_MAX. */
void drain_begin(struct server *s, uint32_t rate);

/* Whether the server is going out of service, or is. */
bool drain_begun(const struct server *s);

/* The timer has expired, and the listeners are closed: sends away those whose turn it is. */
void drain_step(struct server *s);

#endif
