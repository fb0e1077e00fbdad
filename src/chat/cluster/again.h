/* again.h - messages of this node's log, once more for a node that has missed them. */
#ifndef CHAT_CLUSTER_AGAIN_H
#define CHAT_CLUSTER_AGAIN_H

#include "chat/cluster/network.h"

/* Keeps a message of the log in the store. */
void again_keep(struct network *n, const uint8_t *bytes, size_t len);

/* Sends a share of what o has missed; false if it has all. */
bool again_turn(struct network *n, struct node *o);

#endif
