/*
 * network.h - state of a node: the other nodes, their users, and the log of its own. README.md says
 * what each file does with it.
 */
#ifndef CHAT_CLUSTER_NETWORK_H
#define CHAT_CLUSTER_NETWORK_H

#include "chat/bus.h"
#include "chat/cluster.h"
#include "chat/cluster/compare.h"
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
	SNAPSHOT_PART = 1 << 16,     /* bytes */
	REPLAY_TURN = 1 << 20,       /* bytes sent again in a turn */
	PAGE_BYTES = 1 << 18,        /* of the past in a message; one frame may have more */
	STARTS_MAX = STORE_PAGE_MAX, /* earlier starts of a node, whose logs it still has */
	REMOTE_CHANNELS_MAX = 1000,  /* of one user of another node */
	MODE_SESSIONS_MAX = LINE_BODY_MAX,
	NICK_WAITS_MAX = 4096,         /* commands that wait for the engine */
	LOCK_WAITS_MAX = 1024,         /* registrations that do */
	RECORDS_WRITING_MAX = 1 << 16, /* on their way to the disk */
	CONFIRMS_MAX = 1 << 16,        /* receipts that wait for another node */
};

#define CLUSTER_TICK  (250 * NSEC_MSEC)
#define BEAT_EVERY    (1 * NSEC_SEC)
#define NODE_SILENT   (3 * NSEC_SEC) /* then it is gone */
#define ASK_AGAIN     (1 * NSEC_SEC)
#define RENAMED_WAIT  (5 * NSEC_SEC)  /* then its node is asked whose nick is whose */
#define MARK_EVERY    (10 * NSEC_SEC) /* the place in a log is stored */
#define NICK_WAIT_MAX (5 * NSEC_SEC)
#define CONFIRM_WAIT  (5 * NSEC_SEC)

/* The kinds of a message: HEADER_WHAT. */
enum what {
	WHAT_LOG,    /* entries, numbered */
	WHAT_BESIDE, /* entries that nothing asks for again */
	WHAT_BEAT,
	WHAT_ASK,
	WHAT_SNAPSHOT, /* a part of one; its number is that of the log */
	WHAT_PAST,     /* asks for a page of the past */
	WHAT_PAGE,
	WHAT_RECORDS, /* records, or what they are compared by: compare.c */
	WHAT_HAVE,    /* what was committed */
};

enum node_state {
	NODE_ASKED, /* its snapshot was asked for */
	NODE_UP,
	NODE_GONE, /* silent */
};

/* The answer to a node's question. */
struct answer {
	uint64_t next; /* message of the log to send again; 0: none */
	bool snapshot; /* to be sent */
	uint64_t seq;  /* of the log when it was asked */
	uint32_t part, place;
	bool users;   /* its channels are sent */
	bool reading; /* the store reads a page for it */
};

/* A place in the log of a node, which has one for each of its starts. */
struct log_place {
	uint64_t begun, seq;
};

struct channel_name {
	char text[CHANNEL_BYTES_MAX];
};

struct node {
	uint16_t number;
	enum node_state state;
	uint64_t begun;          /* its start: microseconds since 1970 */
	uint64_t said;           /* the last message of its log, by its beat */
	bool back;               /* it was gone: its users come back as a netjoin */
	uint64_t seq;            /* the last message of its log that was taken */
	struct log_place past;   /* all up to there is in the history here */
	bool whole;              /* nothing is missing between that and seq */
	uint64_t marked;         /* of past.seq: what the store knows */
	uint32_t part, snapshot; /* the next part; number of the snapshot */
	nsec_t heard, asked;     /* monotonic */
	nsec_t page_asked, mark_due;
	uint64_t renewed;       /* of its beat */
	bool refresh;           /* a snapshot was asked for, although it is up */
	struct log_place ended; /* what was taken of its last start, before that ended */
	bool mutual;            /* it is to ask for the snapshot of this node, too */
	nsec_t renamed;         /* when a user of it got another nick here; 0: none has one */
	uint32_t users;
	struct answer answer;
	nsec_t compare_due; /* its records */
	uint64_t *digest;   /* of them, which is to be compared with ours; NULL: none */
	bool digest_whole;
	uint64_t have_submitted;        /* its last message that is in the store, or on its way */
	uint64_t have_first, have_last; /* committed, and not yet answered for; 0: none */
	VEC(struct channel_name) fresh; /* channels that still have no member */
	char name[NODE_NAME_MAX], about[NODE_ABOUT_MAX];
};

/* A user of another node. */
struct remote {
	struct hash_node by_session; /* in network.remotes */
	struct user *user;
	uint32_t seen; /* the last snapshot that has it */
	char *account; /* to which it is logged in, and which is not known here; NULL: none */
};

/* A message of this node's log. */
struct logged {
	uint64_t seq;
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
	NETWORK_LOCK_REFUSED,  /* registered elsewhere at the same time */
	NETWORK_LOCK_TIMEOUT,  /* the engine did not answer, or is away */
	NETWORK_RECORDS,       /* of other nodes, taken */
	NETWORK_RECORDS_NOT,   /* what is here is as late, or of another registration */
	NETWORK_RECORDS_LOST,  /* the store did not take them: compared later */
	NETWORK_CONFIRMED,     /* messages that another node has, too */
	NETWORK_UNCONFIRMED,   /* ... that none has confirmed */
	NETWORK_COUNTERS,
};

struct nick_wait;
struct lock_wait;

/* A receipt that waits for another node. */
struct confirm {
	uint64_t id;
	nsec_t since;
	cluster_confirmed *done;
	void *arg;
};

struct network {
	struct cluster cluster;
	struct server *server;
	struct bus *bus;
	uint16_t number;
	uint64_t begun, seq;
	char token[BUS_TOKEN_MAX];
	struct entry_out out, other; /* of the log in this turn; of anything else */
	bool out_kept;               /* something of it is for the history */
	VEC(uint64_t) starts;        /* earlier ones, of which the store has logs */
	VEC(struct logged) kept;     /* [first, count) */
	uint32_t kept_first;
	uint64_t kept_bytes;
	struct node node[NODES_MAX];
	uint32_t node_count;
	struct hash_table remotes;
	struct wheel_timer tick;
	nsec_t beat_due;
	uint64_t renewed; /* how often entries of others were passed over: the others' pictures of
			   * this node's users may have them */
	uint32_t beat_about; /* which node's end the next beat is about */
	uint64_t twin;       /* start of another server with this number; 0: none */
	uint64_t event;      /* message id of the event that the next entry announces; 0: none */
	bool was_up;
	uint64_t connections;       /* of the bus: for these the nicks are claimed */
	bool claiming, claim_again; /* claim_again: of those who hold no key, once more */
	bool claim_all;             /* also of those who held one */
	uint32_t claim_place;
	VEC(struct nick_wait *) waits;
	VEC(struct lock_wait *) locks;
	struct store_watch watch;
	VEC(uint64_t) writing; /* keys of records that this node is writing: records.c */
	uint32_t unknown;      /* users whose account is not known here */
	struct compare compare;
	uint64_t confirm_last; /* the last message that is to be confirmed */
	VEC(struct confirm) confirms;
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

/* Keeps a message of the log; one that is not kept (false: out of memory) is a gap that only a
 * snapshot heals. */
bool network_keep(struct network *n, uint64_t seq, const uint8_t *bytes, uint32_t len);

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
