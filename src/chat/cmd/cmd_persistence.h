/*
 * cmd_persistence.h - lines for clients with draft/persistence.
 */
#ifndef CHAT_CMD_CMD_PERSISTENCE_H
#define CHAT_CMD_CMD_PERSISTENCE_H

#include "chat/out/reply.h"

/* Tells q's client, which has registered, the choice of its account. */
void persistence_welcome(struct request *q);

/* Tells the clients of an account, except one, its new choice. */
void persistence_changed(struct server *s, const struct account *a, const struct conn *but);

#endif
