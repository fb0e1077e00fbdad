/* cmd_moderate.h - the line of an invitation. */
#ifndef CHAT_CMD_CMD_MODERATE_H
#define CHAT_CMD_CMD_MODERATE_H

#include "chat/model/channel.h"
#include "chat/server.h"

/* Tells u, and the members with invite-notify, that `by` has invited u. */
void invitation_tell(
	struct server *s, const struct channel *ch, const struct user *by, const struct user *u);

#endif
