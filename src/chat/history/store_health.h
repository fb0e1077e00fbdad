/*
 * store_health.h - maintenance of the store: startup, retention clock, health in the log.
 */
#ifndef CHAT_HISTORY_STORE_HEALTH_H
#define CHAT_HISTORY_STORE_HEALTH_H

#include "chat/server.h"

/* How long a store keeps what it has, by configuration. */
struct store_retention store_health_retention(const struct config *c);

/* Reads the last message id and the bans from the store, and starts the retention clock. */
void store_health_start(struct server *s);

/* Advances the retention clock and drops expired bans. Runs once a second. */
void store_health_tick(struct server *s);

/* Runs the completions of the store, and logs a change of its health. */
void store_health_complete(struct server *s);

#endif
