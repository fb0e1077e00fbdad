/*
 * flood.h - a flooder: SYNs, ACKs or RSTs from spoofed addresses, at a steady rate, to one port. It
 * ignores answers.
 */
#ifndef LAB_WORLD_FLOOD_H
#define LAB_WORLD_FLOOD_H

#include "lab/world/world.h"

struct flood;

struct flood_config {
	struct ip_addr target;
	uint16_t port;
	uint16_t flags;        /* SEG_SYN, SEG_ACK, SEG_RST ... */
	double rate;           /* packets per second */
	struct ip_addr source; /* the first address */
	uint32_t sources;      /* so many consecutive addresses, drawn at random; 0: one */
	uint16_t source_port;  /* 0: random */
	uint64_t count;        /* stops after so many; 0: never */
};

/* A new flooder, idle. Owned by w. */
struct flood *flood_new(struct world *w, const char *name);

/* Joins it to a link: it sends into `out`. Returns its port. */
struct port flood_join(struct flood *f, struct port out);

/* Starts, or continues with another configuration of the same address family. A rate of 0 stops
 * it. */
void flood_set(struct flood *f, const struct flood_config *c);

/* Packets sent so far. */
uint64_t flood_sent(const struct flood *f);

#endif
