/*
 * channel_flood.h - what happens to a user who says more than mode f of the channel allows: as in
 * InspIRCd, the server kicks it, and bans its host before that if the rate has a '*'. The line in
 * excess is not delivered. Members with q a o h are exempt.
 */
#ifndef CHAT_CMD_CHANNEL_FLOOD_H
#define CHAT_CMD_CHANNEL_FLOOD_H

#include "chat/cmd/command.h"

/* Counts lines that q's user is about to say in ch; true if it may not: then it may have been
 * removed, and ch freed with its last member. */
bool channel_flood(struct request *q, struct channel *ch, uint32_t lines);

#endif
