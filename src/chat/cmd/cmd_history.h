/*
 * cmd_history.h - history shown on JOIN; how far back private messages may be read.
 */
#ifndef CHAT_CMD_CMD_HISTORY_H
#define CHAT_CMD_CMD_HISTORY_H

#include "chat/model/channel.h"
#include "chat/out/reply.h"

/* Sends the last messages of ch, which q's user has just joined, to a client without
 * CHATHISTORY. */
void history_joined(struct request *q, const struct channel *ch);

/* Returns the message up to which q's user may not read its private messages; 0: it may read all.
 * A nick without an account has no owner: its user may read those since taking the nick, not those
 * of a previous user. */
uint64_t history_private_since(const struct request *q);

#endif
