/*
 * hostserv.h - HostServ: hosts that accounts show instead of their own. A user asks for one, an
 * operator with the capability `accounts` approves it or sets one; it goes with the account, on all
 * its clients, and is announced as CHGHOST is.
 */
#ifndef CHAT_CMD_HOSTSERV_H
#define CHAT_CMD_HOSTSERV_H

#include "chat/cmd/service.h"

extern const struct service hostserv;

/* Shows the account's host on q's user, who has just logged in. */
void hostserv_login(struct request *q);

/* Shows u's own host again, after a logout; q: its request, or NULL. */
void hostserv_logout(struct server *s, struct user *u, struct request *q);

/* The host of an account was changed on another server; before: it showed one. */
void hostserv_changed(struct server *s, const struct account *a, bool before);

#endif
