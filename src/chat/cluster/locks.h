/* locks.h - names that are being registered, each by one node. */
#ifndef CHAT_CLUSTER_LOCKS_H
#define CHAT_CLUSTER_LOCKS_H

#include "chat/cluster/network.h"

/* The function of a cluster. */
void locks_ask(struct cluster *c, const char *name, cluster_locked done, void *arg);

/* Asks again, and ends those that have waited too long. */
void locks_tick(struct network *n);

/* Ends all, after the bus. */
void locks_stop(struct network *n);

#endif
