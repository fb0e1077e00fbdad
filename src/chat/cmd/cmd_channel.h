/*
 * cmd_channel.h - replies about a channel, and leaving one.
 */
#ifndef CHAT_CMD_CMD_CHANNEL_H
#define CHAT_CMD_CMD_CHANNEL_H

#include "chat/model/channel.h"
#include "chat/out/reply.h"

/* Sends 332 and 333 of a channel that has a topic. */
void send_topic(struct request *q, const struct channel *ch);

/* Sends 353 and 366 of a channel, over turns. */
void send_names(struct request *q, const struct channel *ch);

/* Sends a client that has joined its user the user's own JOIN of ch, topic, marker and names. */
void show_channel(struct request *q, const struct channel *ch);

/* Tells the members of ch, except one connection (may be NULL), that u has joined; msgid may be
 * NULL. */
void join_tell(struct server *s, const struct channel *ch, const struct user *u, const char *msgid,
	const struct conn *except);

/* Removes u from ch. If u was the last operator, another member is promoted and the change
 * announced; a channel without members is freed. */
void part_channel(struct server *s, struct channel *ch, struct user *u);

/* Joins q's user to a channel of a valid name, made if there is none, whatever its modes. */
void join_forced(struct request *q, const char *name);

/* Lets q's user, a member, leave ch. */
void part_forced(struct request *q, struct channel *ch, const char *why);

#endif
