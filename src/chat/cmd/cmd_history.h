/*
 * cmd_history.h - history shown on JOIN.
 */
#ifndef CHAT_CMD_CMD_HISTORY_H
#define CHAT_CMD_CMD_HISTORY_H

#include "chat/model/channel.h"
#include "chat/out/reply.h"

/* Sends the last messages of ch, which q's user has just joined, to a client without
 * CHATHISTORY. */
void history_joined(struct request *q, const struct channel *ch);

#endif
