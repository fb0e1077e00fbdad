/* nodes.h - the other nodes: who is there, and what of their logs was taken. */
#ifndef CHAT_CLUSTER_NODES_H
#define CHAT_CLUSTER_NODES_H

#include "chat/cluster/network.h"

/* A message of the bus. */
void nodes_heard(void *arg, const char *subject, const uint8_t *bytes, size_t len);

/* Beats, and looks who is silent. */
void nodes_tick(struct network *n);

/* Says that this node is there, and how far its log is. */
void nodes_beat(struct network *n);

/* The engine is there again: says so to the others, and asks what was missed. */
void nodes_connected(struct network *n);

/* After a pause: all others count as heard of just now. */
void nodes_resume(struct network *n);

/* Returns the node of this number, which is made if there is none; NULL: there are too many. */
struct node *nodes_make(struct network *n, uint64_t number);

/* Returns the node of this number, or NULL. */
struct node *nodes_find(struct network *n, uint64_t number);

#endif
