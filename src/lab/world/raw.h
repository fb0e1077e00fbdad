/*
 * raw.h - a peer without a stack: it sends the packets passed to it, from any address, and queues
 * those that arrive. It does not reply by itself.
 */
#ifndef LAB_WORLD_RAW_H
#define LAB_WORLD_RAW_H

#include "lab/world/world.h"

struct raw;

enum {
	RAW_QUEUE = 4096, /* packets not taken yet; more are dropped */
};

/* A new peer; `arrived` is called for each packet that arrives, and may only mark or queue. Owned
 * by w. */
struct raw *raw_new(struct world *w, const char *name, void (*arrived)(void *ctx), void *ctx);

/* Joins it to a link: it sends to `out`. Returns its port. */
struct port raw_join(struct raw *r, struct port out);

/* Sends p now. Takes p. */
void raw_send(struct raw *r, struct packet *p);

/* The oldest packet, now the caller's; NULL if there is none. */
struct packet *raw_take(struct raw *r);

/* The number of packets queued. */
uint32_t raw_waiting(const struct raw *r);

/* The peer as a node. */
struct node *raw_node(struct raw *r);

#endif
