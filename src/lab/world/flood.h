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
	double rate;           /* packets a second */
	struct ip_addr source; /* the first address */
	uint32_t sources;      /* so many addresses from there on, drawn at random; 0: one */
	uint16_t source_port;  /* 0: random */
	uint64_t count;        /* ends after so many; 0: goes on */
};

/* A new flooder that does nothing yet. Owned by w. */
struct flood *flood_new(struct world *w, const char *name);

/* Joins it to a link: it sends into `out`. Returns its port. */
struct port flood_join(struct flood *f, struct port out);

/* Begins, or goes on with another configuration. A rate of 0 ends it. Same family of addresses. */
void flood_set(struct flood *f, const struct flood_config *c);

/* Packets sent so far. */
uint64_t flood_sent(const struct flood *f);

#endif
