/*
 * cmd_chghost.h - changes of the visible host of a registered user, announced to all who see it.
 */
#ifndef CHAT_CMD_CMD_CHGHOST_H
#define CHAT_CMD_CMD_CHGHOST_H

#include "chat/cmd/command.h"

/* Whether a host may be given to u (NULL: to a user whose address is not known). */
bool host_valid(const char *host, const struct user *u);

/* Changes it by q's user; false, with a reply, if out of memory. */
bool host_change(struct request *q, struct user *u, const char *host);

/* The same by the server; u may have no connection. */
void host_change_by_server(struct server *s, struct user *u, const char *host);

#endif
