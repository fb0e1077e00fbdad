/*
 * world.h - virtual time. A world is a set of nodes with one interface: packets are forwarded to a
 * port of a node, and a node runs at the time it requested. Nothing else happens, so a day of
 * silence costs nothing and the same seed yields the same run.
 *
 *     node_forward(node, port, packet)   now: the node queues, drops, or forwards it
 *     node_due(node, when)               the node wants to run at `when`, at the latest
 *     ops->run(node)                     the time has come
 *
 *     host --port 0-- link --port 1-- router ... nodes know their neighbours by struct port
 *
 * Nodes that are due at the same time run in the order of their creation.
 */
#ifndef LAB_WORLD_WORLD_H
#define LAB_WORLD_WORLD_H

#include "base/prng.h"
#include "lab/world/trace.h"

struct node;
struct world;

/* A packet between nodes: an IP packet as it is on the wire. */
struct packet {
	struct packet *next;
	uint64_t id; /* from 1, in the order of sending; a copy by a link has its own */
	nsec_t at;   /* for use by the node that has it */
	uint32_t len;
	uint8_t bytes[];
};

struct node_ops {
	/* Packet p arrives at a port of n. Takes p. May call node_due() and node_forward() for
	 * others, which only queue. */
	void (*forward)(struct node *n, int port, struct packet *p);
	/* The time requested by n has come; it must request the next. */
	void (*run)(struct node *n);
	/* Frees n. */
	void (*free)(struct node *n);
};

/* The side of another node that packets are sent to. */
struct port {
	struct node *node;
	int port;
};

struct node {
	const struct node_ops *ops;
	struct world *world;
	char name[32];
	uint32_t number; /* in the order of creation */
	uint32_t heap;   /* index in the world's heap; NOT_DUE: none */
	nsec_t due;
};

enum {
	WORLD_NODES_MAX = 1 << 20,
	PACKET_MAX = 65535,
	NODE_NOT_DUE = UINT32_MAX,
	WORLD_INSTANT_MAX = 1000000, /* runs of nodes at one instant */
};

struct world {
	nsec_t now;
	uint64_t seed;
	struct node **node; /* all, by number */
	uint32_t nodes, room;
	struct node **heap; /* those that are due, as a heap */
	uint32_t due;
	uint64_t sent;       /* a hash of everything that hosts have sent, and when */
	uint64_t packets;    /* sent so far: each is in transit, */
	uint64_t received;   /* or was received by a host, */
	uint64_t dropped;    /* or was dropped: packet_drop() */
	uint64_t steps;      /* runs of nodes so far */
	uint64_t instant;    /* of them at the present time */
	bool stuck;          /* WORLD_INSTANT_MAX was reached: time would never advance */
	bool checked;        /* the hosts' queues are checked all the time: stack_check_queues() */
	bool slow_path;      /* hosts do not use fast paths: stack_slow_path() */
	struct trace *trace; /* NULL: not recorded */
};

/* The time at which every world starts: not near 0, which means "never happened". */
#define WORLD_START (1000 * NSEC_SEC)

/* A world without nodes; trace may be NULL and stays the caller's. */
void world_init(struct world *w, uint64_t seed, struct trace *trace);

/* Frees all nodes. */
void world_free(struct world *w);

/* Adds n, whose ops are set, under a name of at most 31 bytes. Owned by the world from now on. */
void world_add(struct world *w, struct node *n, const char *name, bool is_host);

/* Runs everything due until `until`, which w->now is then set to. Stops early once *stop is true,
 * and when the world is stuck. stop may be NULL. */
void world_run(struct world *w, nsec_t until, const bool *stop);

/* When the next node is due; NSEC_MAX if none is. */
nsec_t world_next(const struct world *w);

/* A generator of n's own: the draws of one node do not depend on others. */
void node_prng(const struct node *n, struct prng *p);

/* Schedules n for `when` (now, if that has passed) unless it is due before. NSEC_MAX: no effect. */
void node_due(struct node *n, nsec_t when);

/* Passes p to a neighbour, or drops it if there is none. Takes p. */
void node_forward(struct port to, struct packet *p);

/* A packet of len bytes, to be filled in, with the next number. */
struct packet *packet_new(struct world *w, size_t len);

/* A copy of p with its own number. */
struct packet *packet_copy(struct world *w, const struct packet *p);

/* Records that n drops p, and frees it. reason is not copied. */
void packet_drop(struct node *n, struct packet *p, const char *reason);

/* Records an event of n at the present time: kind, id, text and bytes as given in e. */
void node_record(struct node *n, struct trace_event e);

#endif
