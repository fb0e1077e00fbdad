/* snapshot.h - all that this node has, for another one. */
#ifndef CHAT_CLUSTER_SNAPSHOT_H
#define CHAT_CLUSTER_SNAPSHOT_H

#include "chat/cluster/network.h"

/* Sends a share of what other nodes have asked for. */
void snapshot_turn(struct network *n);

/* The entry of a user; its texts are the user's. */
struct entry entry_of_user(const struct server *s, const struct user *u);

/* Texts of a channel that are made for its entry. */
struct channel_texts {
	char stamps[STAMPS_TEXT_MAX], joins[RATE_TEXT_MAX], lines[RATE_TEXT_MAX];
};

/* The entry of a channel; its texts are the channel's, and in *t. */
struct entry entry_of_channel(const struct channel *ch, struct channel_texts *t);

#endif
