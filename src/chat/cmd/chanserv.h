/*
 * chanserv.h - ChanServ: registered channels.
 */
#ifndef CHAT_CMD_CHANSERV_H
#define CHAT_CMD_CHANSERV_H

#include "chat/cmd/service.h"

extern const struct service chanserv;

/* Gives a member the rank of its account, and announces it. */
void chanserv_greet(struct server *s, struct channel *ch, struct user *u);

/* The rank of an account in ch was changed on another server: `lost` is what it had. */
void chanserv_changed(struct server *s, struct channel *ch, const struct account *a, uint32_t lost);

/* As chanserv_greet(), in all channels of a user, who has logged in. */
void chanserv_greet_all(struct server *s, struct user *u);

#endif
