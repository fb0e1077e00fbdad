/*
 * chanserv.h - ChanServ: registered channels.
 */
#ifndef CHAT_CMD_CHANSERV_H
#define CHAT_CMD_CHANSERV_H

#include "chat/cmd/service.h"

extern const struct service chanserv;

/* Gives a member the rank of its account, and announces it. */
void chanserv_greet(struct server *s, struct channel *ch, struct user *u);

/* The same in all channels of a user, who has logged in. */
void chanserv_greet_all(struct server *s, struct user *u);

#endif
