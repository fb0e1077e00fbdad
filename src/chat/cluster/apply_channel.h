/* apply_channel.h - entries about channels and their members. */
#ifndef CHAT_CLUSTER_APPLY_CHANNEL_H
#define CHAT_CLUSTER_APPLY_CHANNEL_H

#include "chat/cluster/apply.h"
#include "chat/cluster/split.h"

/* Applies an entry about a channel or a member; false if it may not be. */
bool apply_channel(const struct arrival *a, const struct entry *e);

/* Says to a batch which channels an ENTRY_IN has. */
void apply_in_split(const struct arrival *a, struct split *b, const struct entry *e);

/* Drops those channels of o that have got no member. */
void apply_channels_end(struct network *n, struct node *o);

#endif
