/*
 * cmd_marker.h - read marker shown on JOIN.
 */
#ifndef CHAT_CMD_CMD_MARKER_H
#define CHAT_CMD_CMD_MARKER_H

#include "chat/model/channel.h"
#include "chat/out/reply.h"

/* Sends MARKREAD for ch, which q's user has just joined, to a client with draft/read-marker. */
void marker_joined(struct request *q, const struct channel *ch);

#endif
