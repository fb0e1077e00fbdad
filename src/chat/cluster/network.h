/*
 * network.h - state of a node: the other nodes, their users, and the log of its own.
 *
 *     network.c    the log: entries of a turn are one numbered message, kept for who missed it
 *     nodes.c      the other nodes: beats, gaps, one that is gone and one that is back
 *     again.c      what another node has missed of it
 *     snapshot.c   all that this node has, for a node that does not have it
 *     said.c       what local users do, as entries
 *     apply*.c     what users of other nodes do, in the model and for local members
 *     names.c      nicks, of which the engine's keys have one owner each
 */
#ifndef CHAT_CLUSTER_NETWORK_H
#define CHAT_CLUSTER_NETWORK_H

#include "chat/bus.h"
#include "chat/cluster.h"
#include "chat/cluster/entry.h"
#include "chat/cluster/stamps.h"
#include "chat/model/rate.h"
#include "chat/model/registry.h"

enum {
	NODES_MAX = 32,
	NODE_NUMBER_MAX = (1 << MSGID_NODE_BITS) - 1,
	NODE_NAME_MAX = 64,
	NODE_ABOUT_MAX = 128,
	NODE_USERS_MAX = 1 << 20,       /* of one other node; more are refused */
	CLUSTER_CHANNELS_MAX = 1 << 20, /* of all: another node makes no more */
	LOG_FLUSH = 1 << 18,            /* bytes of a message of the log */
	LOG_KEPT_BYTES = 16 << 20,      /* of the last messages */
	LOG_KEPT = 1 << 16,
	SNAPSHOT_PART = 1 << 16,    /* bytes */
	REPLAY_TURN = 1 << 20,      /* bytes sent again in a turn */
	REMOTE_CHANNELS_MAX = 1000, /* of one user of another node */
	SINCE_MARGIN_MS = 60000,    /* of the clocks, and of what was on its way */
	NICK_WAITS_MAX = 4096,      /* commands that wait for the engine */
};

#define CLUSTER_TICK  (250 * NSEC_MSEC)
#define BEAT_EVERY    (1 * NSEC_SEC)
#define NODE_SILENT   (3 * NSEC_SEC) /* then it is gone */
#define ASK_AGAIN     (1 * NSEC_SEC)
#define NICK_WAIT_MAX (5 * NSEC_SEC)

/* The kinds of a message: HEADER_WHAT. */
enum what {
	WHAT_LOG,    /* entries, numbered */
	WHAT_BESIDE, /* entries that nothing asks for again */
	WHAT_BEAT,
	WHAT_ASK,
	WHAT_SNAPSHOT, /* a part of one; its number is that of the log */
};

enum node_state {
	NODE_ASKED, /* its snapshot was asked for */
	NODE_UP,
	NODE_GONE, /* silent */
};

/* The answer to a node's question: its steps of the answer, in this order. */
struct answer {
	uint32_t number;              /* of the questions of this node */
	uint64_t old_begun, old_next; /* the log of an earlier start, from there on; 0: none */
	uint64_t next;                /* message of the log to send again; 0: none */
	int64_t since;                /* not those before, in ms since 1970 */
	bool reading, stored;         /* the store reads; it has no more */
	bool snapshot;                /* to be sent */
	uint64_t seq;                 /* of the log when it was asked */
	uint32_t part, place;
	bool users; /* its channels are sent */
};

struct channel_name {
	char text[CHANNEL_BYTES_MAX];
};

struct node {
	uint16_t number;
	enum node_state state;
	uint64_t begun;              /* its start: microseconds since 1970 */
	uint64_t said;               /* the last message of its log, by its beat */
	bool back;                   /* it was gone: its users come back as a netjoin */
	uint64_t old_begun, old_seq; /* its last start, and what was taken of it */
	uint64_t seq;                /* the last message of its log that was taken */
	uint32_t part, snapshot;     /* the next part; number of the snapshot */
	nsec_t heard, asked;         /* monotonic */
	uint32_t users;
	struct answer answer;
	VEC(struct channel_name) fresh; /* channels that still have no member */
	char name[NODE_NAME_MAX], about[NODE_ABOUT_MAX];
};

/* A user of another node. */
struct remote {
	struct hash_node by_session; /* in network.remotes */
	struct user *user;
	uint32_t seen; /* the last snapshot that has it */
};

/* A message of this node's log. */
struct logged {
	uint64_t seq;
	int64_t ms; /* since 1970 */
	uint8_t *bytes;
	uint32_t len;
};

enum network_counter {
	NETWORK_SENT,          /* messages of the log */
	NETWORK_NOT_SENT,      /* the engine did not take them */
	NETWORK_TAKEN,         /* messages of other nodes */
	NETWORK_REFUSED,       /* messages that are none */
	NETWORK_REFUSED_ENTRY, /* entries that may not be, or are beyond a bound */
	NETWORK_UNKNOWN,       /* entries of kinds that this version does not know */
	NETWORK_GAPS,          /* messages missed, and asked for */
	NETWORK_LOST,          /* ... which the other node does not have any more */
	NETWORK_SNAPSHOTS,     /* taken from others */
	NETWORK_NICK_REFUSED,  /* taken elsewhere */
	NETWORK_NICK_TIMEOUT,  /* the engine did not answer */
	NETWORK_COUNTERS,
};

struct nick_wait;

struct network {
	struct cluster cluster;
	struct server *server;
	struct bus *bus;
	uint16_t number;
	uint64_t begun, seq;
	char token[BUS_TOKEN_MAX];
	struct entry_out out, other; /* of the log in this turn; of anything else */
	bool out_kept;               /* something of it is for the history */
	int64_t since;               /* this node has what was said before, in ms since 1970 */
	VEC(struct logged) kept;     /* [first, count) */
	uint32_t kept_first;
	uint64_t kept_bytes;
	struct node node[NODES_MAX];
	uint32_t node_count;
	struct hash_table remotes;
	struct wheel_timer tick;
	nsec_t beat_due;
	uint64_t twin;  /* start of another server with this number; 0: none */
	uint64_t event; /* message id of the event that the next entry announces; 0: none */
	bool was_up;
	uint64_t connections; /* of the bus: for these the nicks are claimed */
	bool claiming;
	uint32_t claim_place;
	VEC(struct nick_wait *) waits;
	uint64_t counter[NETWORK_COUNTERS];
};

static inline struct network *network_of(struct cluster *c)
{
	return container_of(c, struct network, cluster);
}

static inline void network_count(struct network *n, enum network_counter c)
{
	n->counter[c]++;
}

/* Appends an entry to the log. */
void network_log(struct network *n, const struct entry *e);

/* Publishes the log of this turn. */
void network_flush(struct network *n);

/* Starts n->other, a message that is not of the log; part and last are of a snapshot. */
void network_begin(struct network *n, enum what what, const struct answer *a, bool last);

/* Publishes bytes under KIND.NUMBER. */
void network_publish(
	struct network *n, const char *kind, uint16_t number, const uint8_t *bytes, size_t len);

/* Publishes n->other. */
void network_send(struct network *n, const char *kind, uint16_t number);

/* Returns the first message of the log from seq on that is kept, as its place; kept.count: none. */
uint32_t network_kept(const struct network *n, uint64_t seq);

/* The functions of a cluster that are about its turns. */
void network_turn(struct cluster *c);

/* The end of a turn: its log is published. */
void network_end_turn(struct cluster *c);

/* A timer of the server has expired; false if it is none of ours. */
bool network_timer(struct cluster *c, struct wheel_timer *t);

/* Ends and frees the node, with its bus's connection. */
void network_stop(struct cluster *c);

#endif
