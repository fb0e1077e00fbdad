/* names.h - nicks, each of which one user of the network has. */
#ifndef CHAT_CLUSTER_NAMES_H
#define CHAT_CLUSTER_NAMES_H

#include "chat/cluster/network.h"

/* The functions of a cluster: asks for a nick; u has left one. */
enum cluster_nick names_ask(struct cluster *c, struct request *q, const char *nick);

/* u does not have this nick any more: its key is removed. */
void names_left(struct cluster *c, struct user *u, const char *nick);

/* Claims the nick of u, if it has one that it was given without asking: Guest-12345, SANICK. */
void names_claim(struct network *n, const struct user *u);

/* Refuses those who have waited too long, and asks again for the others. */
void names_tick(struct network *n);

/* After a connection to the engine: claims the nicks of local users, some in each turn. */
void names_turn(struct network *n);

/* Stops the bus, and forgets what was asked. */
void names_stop(struct network *n);

#endif
