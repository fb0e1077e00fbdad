/*
 * histserv.h - HistServ: what is kept of an account's messages.
 */
#ifndef CHAT_CMD_HISTSERV_H
#define CHAT_CMD_HISTSERV_H

#include "chat/cmd/service.h"

extern const struct service histserv;

/* Submits the forgetting of the messages of an account that is being dropped, as configured. */
void histserv_dropped(struct server *s, const char *account);

/* Submits the forgetting of an account whose name is another person's now. */
void histserv_replaced(struct server *s, const char *account);

/* Returns what will become of them, a sentence. */
const char *histserv_of_dropped(const struct config *c);

#endif
