/* again.h - messages of this node's log, once more for a node that has missed them. */
#ifndef CHAT_CLUSTER_AGAIN_H
#define CHAT_CLUSTER_AGAIN_H

#include "chat/cluster/network.h"

/* Sends a share of what o has missed; false if it has all. */
bool again_turn(struct network *n, struct node *o);

#endif
