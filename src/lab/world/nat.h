/*
 * nat.h - a stateful box between an inside and an outside (conntrack.h): a firewall that admits
 * only packets of connections opened from inside and, with a public address, a NAT.
 *
 *     inside --port 0-- [ 10.0.0.1:5000 <-> 192.0.2.1:5000 ] --port 1-- outside
 */
#ifndef LAB_WORLD_NAT_H
#define LAB_WORLD_NAT_H

#include "lab/world/conntrack.h"
#include "lab/world/world.h"

struct nat;

struct nat_config {
	struct conntrack_config conntrack;
	struct ip_addr public; /* seen from outside; IP_ADDR_ANY6: no translation */
	bool reset;            /* answers unknown packets with RST instead of silence */
};

/* A new box. Owned by w. */
struct nat *nat_new(struct world *w, const char *name, const struct nat_config *c);

/* Joins port 0 (inside) or 1 (outside), which sends to `out`. Returns the port. */
struct port nat_port(struct nat *n, int port, struct port out);

/* The number of connections in the table, possibly including expired ones. */
uint32_t nat_connections(const struct nat *n);

/* Removes all connections, like a restart of the box. */
void nat_forget(struct nat *n);

#endif
