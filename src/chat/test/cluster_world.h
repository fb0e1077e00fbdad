/*
 * cluster_world.h - several servers that are one network, in virtual time: on an engine in memory
 * (bus_model), with disks in memory (store_model) and clients on fake connections. All may fail.
 */
#ifndef CHAT_TEST_CLUSTER_WORLD_H
#define CHAT_TEST_CLUSTER_WORLD_H

#include "chat/test/bus_model.h"
#include "chat/test/server_fixture.h"
#include "chat/test/store_model.h"

enum {
	WORLD_NODES = 4,
	WORLD_CLIENTS = 8,
	WORLD_LOST = 256,
	WORLD_TEXTS = 1024, /* messages of one run; more are not said */
	WORLD_CHANNELS = 3,
	WORLD_MARKERS = 256, /* read markers set in one run; more are not */
	WORLD_ACCOUNTS = 16, /* names that are registered */
	WORLD_LINE = 200,
};

#define WORLD_COMMIT (7 * NSEC_MSEC) /* of a disk */

/* Ids of messages of a node that it has lost: with its disk, or not committed when it was killed.
 */
struct world_ids {
	uint64_t after, last;
};

struct world_node {
	struct fake_net net;
	struct server *server; /* NULL: it is down */
	struct bus *bus;
	uint32_t bus_number;
	struct disk disk;
	uint32_t wipes; /* of the disk, so far */
	VEC(struct world_ids) lost;
	bool engine_away; /* this node does not reach the engine */
	bool frozen, woken;
	nsec_t clock_step;
};

/* A message that was said: "mNUMBER". */
struct world_text {
	int client;         /* that said it */
	uint32_t wipes;     /* of its disk, by then */
	uint32_t all_wipes; /* of all disks */
	bool receipted;
	char target[16], msgid[32]; /* "": no client has heard it */
	int redactor;               /* a client that wants it to be deleted; -1: none */
	bool redacted;              /* that was receipted */
	bool loose;                 /* ... and the redactor's node has lost it since */
};

/* A read marker that a client has set. */
struct world_marker {
	int client;
	char key[64]; /* "USER TARGET" */
	bool receipted, loose;
};

/* An account that a client has registered. */
struct world_account {
	char name[16];
	int node;
	uint32_t wipes;
	uint32_t times;
	bool dropped; /* or that was asked for */
};

/* A client: its place is its own, whichever connection it has. */
struct world_client {
	int conn; /* -1: none */
	uint8_t heard[WORLD_TEXTS];
	char nick[16];                 /* as far as it knows */
	char msgid[32];                /* of the batch that it hears */
	char answer[WORLD_LINE];       /* that the server wants to be typed */
	char read[WORLD_CHANNELS][32]; /* the time of its marker of a channel, at the last reply */
};

struct world {
	struct bus_model *engine;
	uint64_t seed;
	bool all;
	nsec_t now;
	int nodes;
	uint32_t buses; /* of all nodes that ever were */
	bool engine_gone;
	uint32_t side; /* bit n: node n is on that side of a cut */
	struct world_node node[WORLD_NODES];
	struct world_client client[WORLD_CLIENTS];
	struct world_text text[WORLD_TEXTS];
	uint32_t texts;
	struct world_marker marker[WORLD_MARKERS];
	uint32_t markers;
	struct world_account account[WORLD_ACCOUNTS];
	uint32_t accounts;
	uint32_t moves;  /* JOIN and QUIT, as all clients have heard them */
	bool quorum;     /* receipts are of two servers */
	bool lost;       /* the engine has lost its data once */
	bool lossy;      /* it has lost messages on their way */
	char fault[256]; /* what users must not see, and one has seen; "" */
};

/* Makes a world of so many nodes, which are up; NULL if out of memory. With all: clients have the
 * capabilities for multiline messages, redaction and read markers, and in half of the worlds
 * receipts are of two servers. */
struct world *world_new(uint64_t seed, int nodes, bool all);
void world_free(struct world *w);

/* Passes time. */
void world_pass(struct world *w, nsec_t time);

/* Client i is of node i % nodes. */
int world_node_of(const struct world *w, int client);

/* Connects a client that asks for a nick; ends its connection; has it say a line. Without effect if
 * that cannot be. */
void world_connect(struct world *w, int client, const char *nick);
void world_hang_up(struct world *w, int client);
void world_line(struct world *w, int client, const char *line);

/* Has a client say the next text to a channel or a nick. */
void world_say(struct world *w, int client, const char *target);

/* The same as a message of two lines. */
void world_say_lines(struct world *w, int client, const char *target);

/* Has a client, or the one that said it, redact a text that a client has heard. */
void world_redact(struct world *w, int client, uint32_t number);

/* Has a client drop its account of that name. */
void world_drop(struct world *w, int client, const char *name);

/* Has a client say that it has read a target up to so long ago. */
void world_read(struct world *w, int client, const char *target, nsec_t ago);

/* Ends a node: as if killed, or in order; starts it again; loses its disk, if it is down. */
void world_kill(struct world *w, int node);
void world_stop(struct world *w, int node);
void world_start(struct world *w, int node);
void world_wipe(struct world *w, int node);

/* A new server for the network and the disk of a node; then it is the node's. */
void world_open(struct world *w, int node);

/* A node does nothing any more, or goes on. */
void world_freeze(struct world *w, int node, bool frozen);

/* Takes the engine from a node, or from all (-1). */
void world_engine(struct world *w, int node, bool there);

/* The data of the engine are lost; so many of a thousand messages are, from now on. */
void world_lose_engine(struct world *w);
void world_lose_messages(struct world *w, uint32_t per_thousand);

/* Parts the nodes of a side from the others. */
void world_cut(struct world *w, uint32_t side);

/* Sets a node's clock, against the others'. */
void world_clock(struct world *w, int node, nsec_t step);

/* Ends all faults, but for the clocks, and starts what is down. */
void world_heal(struct world *w);

#endif
