/*
 * cmd_marker.h - read markers: shown on JOIN, and moved by a user of another node.
 */
#ifndef CHAT_CMD_CMD_MARKER_H
#define CHAT_CMD_CMD_MARKER_H

#include "chat/cluster_said.h"
#include "chat/model/channel.h"
#include "chat/out/reply.h"

/* Sends MARKREAD for ch, which q's user has just joined, to a client with draft/read-marker. */
void marker_joined(struct request *q, const struct channel *ch);

/* A user of another node has moved a marker: it is stored, and if it was not so far here, the
 * account's clients get it. Does not wait for the store. */
void marker_moved(struct server *s, const struct cluster_marker *m);

#endif
