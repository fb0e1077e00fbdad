/*
 * chat_bus.h - the engine that joins this server with others: made from [cluster].
 */
#ifndef CLI_CHAT_BUS_H
#define CLI_CHAT_BUS_H

#include "bus/bus_nats.h"
#include "chat/config/config.h"
#include "chat/config/log.h"
#include "chat/net.h"

struct chat_bus {
	struct bus *bus; /* NULL: this server is alone */
	char network[BUS_TOKEN_MAX];
	char name[CONFIG_WORD_MAX]; /* of this server, at the engine */
};

/* Makes the bus if c has an engine, which need not be there: the bus connects by itself. False if
 * out of memory or threads. c and net are borrowed until chat_bus_close(). */
bool chat_bus_open(struct chat_bus *b, const struct config *c, struct log *log, struct net *net);

/* Stops it, unless the server has, and frees it. */
void chat_bus_close(struct chat_bus *b);

#endif
