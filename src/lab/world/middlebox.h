/*
 * middlebox.h - a stateless middlebox that rewrites TCP options, as firewalls and "accelerators"
 * do:
 *
 *     mss 1460, sackOK, TS val 1 ecr 0, nop, wscale 7   -->   mss 1200, nop ... nop, nop, wscale 7
 *
 * Stripped options become NOPs (as iptables' TCPOPTSTRIP and nftables' reset do), so that no
 * segment changes its length.
 */
#ifndef LAB_WORLD_MIDDLEBOX_H
#define LAB_WORLD_MIDDLEBOX_H

#include "lab/world/world.h"

struct middlebox;

enum middlebox_action {
	OPTION_PASS,
	OPTION_STRIP,
	OPTION_LIMIT, /* the MSS becomes the value if it is larger */
	OPTION_SET,   /* the window scale becomes the value */
};

/* Actions on options, by kind; {0}: pass all. */
struct middlebox_config {
	uint8_t action[256]; /* enum middlebox_action */
	uint16_t value[256];
};

/* A new box. Owned by w. */
struct middlebox *middlebox_new(
	struct world *w, const char *name, const struct middlebox_config *c);

/* Joins port 0 or 1, which sends to `out`. Returns the port. */
struct port middlebox_port(struct middlebox *m, int port, struct port out);

/* The number of packets changed. */
uint64_t middlebox_changed(const struct middlebox *m);

#endif
