/*
 * lan.h - a switch that joins many links: packets go to the port of their destination; multicast
 * and unknown destinations go to all other ports.
 */
#ifndef LAB_WORLD_LAN_H
#define LAB_WORLD_LAN_H

#include "lab/world/world.h"

struct lan;

/* A new switch without ports. Owned by w. */
struct lan *lan_new(struct world *w, const char *name);

/* Adds a port that sends to `out`; returns the port to join the link to. */
struct port lan_port(struct lan *l, struct port out);

/* Packets to unknown addresses go to this port: the default route. */
void lan_default(struct lan *l, int port);

/* Packets to this address go to that port. Learning an address again moves it. */
void lan_learn(struct lan *l, int port, const struct ip_addr *addr);

/* The switch as a node. */
struct node *lan_node(struct lan *l);

#endif
