/*
 * part.h - a user leaves a channel: its last operator has a successor, an empty channel ends.
 */
#ifndef CHAT_CMD_PART_H
#define CHAT_CMD_PART_H

#include "chat/model/channel.h"
#include "chat/server.h"

/* Takes u out of ch; the channel goes with its last member. If u was its last operator, another
 * member becomes one. */
void part_channel(struct server *s, struct channel *ch, struct user *u);

#endif
