/*
 * cmd_metadata.h - metadata sent with other replies.
 */
#ifndef CHAT_CMD_CMD_METADATA_H
#define CHAT_CMD_CMD_METADATA_H

#include "chat/model/channel.h"
#include "chat/out/reply.h"

/* Sends q's user its own metadata after the welcome. */
void metadata_welcome(struct request *q);

/* After a JOIN: announces the metadata of q's user to the members of ch, and sends q's client that
 * of the channel and its members. */
void metadata_joined(struct request *q, const struct channel *ch);

/* Sends 760 for each key of u. */
void metadata_whois(struct request *q, const struct user *u);

#endif
