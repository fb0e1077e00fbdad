/*
 * cmd_oper.h - what operators do that others do, too: KILL; log of overridden channel ranks.
 */
#ifndef CHAT_CMD_CMD_OPER_H
#define CHAT_CMD_CMD_OPER_H

#include "chat/model/channel.h"
#include "chat/out/reply.h"

/* Logs an action of an operator in ch for which its rank would not have sufficed. */
void oper_override(const struct request *q, const struct channel *ch);

/* Source of a KILL: its mask, its nick, its account or NULL, and the reason given. */
struct oper_kill {
	const char *mask, *nick, *account, *reason;
};

/* Sends u the KILL and disconnects it. */
void oper_kill(struct server *s, struct user *u, const struct oper_kill *k);

#endif
