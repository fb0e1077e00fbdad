/*
 * split.h - batches of netsplits and netjoins (IRCv3): the lines about them go in one to each
 * connection that gets any and knows batches.
 */
#ifndef CHAT_CLUSTER_SPLIT_H
#define CHAT_CLUSTER_SPLIT_H

#include "chat/cluster/network.h"

struct split {
	VEC(struct conn *) told;
	uint32_t mark;
	char ref[BATCH_REF_MAX];
	char names[2 * NODE_NAME_MAX + 256];
	const char *type;
};

/* Begins a batch of this type about a node. */
void split_begin(struct network *n, struct split *b, const char *type, const struct node *o);

/* The lines will be about u, who is in its channels; about a user in ch. Before any line is sent.
 */
void split_add(struct network *n, struct split *b, const struct user *u);
void split_add_channel(struct network *n, struct split *b, const struct channel *ch);

/* Ends the batch. */
void split_end(struct network *n, struct split *b);

#endif
