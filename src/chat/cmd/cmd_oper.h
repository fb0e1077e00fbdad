/*
 * cmd_oper.h - log of operators overriding channel ranks.
 */
#ifndef CHAT_CMD_CMD_OPER_H
#define CHAT_CMD_CMD_OPER_H

#include "chat/model/channel.h"
#include "chat/out/reply.h"

/* Logs an action of an operator in ch for which its rank would not have sufficed. */
void oper_override(const struct request *q, const struct channel *ch);

#endif
