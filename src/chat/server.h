/*
 * server.h - state of a chat server, and one turn of its loop.
 *
 *     turn   wait -> accept -> read a bounded piece of each ready connection, execute its lines
 *            -> timers -> commits that are done -> users who leave -> one gathered send for each
 *            connection that something was queued for
 *
 * Nothing is sent, closed or freed in between: handlers queue and mark.
 */
#ifndef CHAT_SERVER_H
#define CHAT_SERVER_H

#include "chat/accounts/account.h"
#include "chat/config/config.h"
#include "chat/config/log.h"
#include "chat/conn.h"
#include "chat/conn_lists.h"
#include "chat/model/ban.h"
#include "chat/model/filter.h"
#include "chat/model/user.h"
#include "chat/model/whowas.h"
#include "chat/out/line_encode.h"
#include "chat/proto/msgid.h"
#include "chat/proto/skeleton.h"
#include "chat/server_counter.h"
#include "chat/store.h"

#include "base/histogram.h"
#include "base/prng.h"
#include "base/vec.h"

struct channel;
struct cluster;
struct command;
struct external;
struct hasher;

/* A listening socket. */
struct listener {
	int handle;
	uint32_t conns; /* connections that came from it */
	struct net_addr at;
};

enum {
	NO_SLOT = UINT32_MAX,
	GENERATIONS = INT32_MAX >> 1, /* of a slot, then again from 0: tags are below NET_TAGS */
	LISTENERS_MAX = 4 * CONFIG_LISTEN_MAX,
	ISUPPORT_LINES_MAX = 8,
};

struct nick_warned {
	uint64_t tag;
	nsec_t due;
};

/* The part of a channel's history that a departed user has seen: history_scope.h. */
struct seen {
	uint64_t key, id;
};

/* The clock used for retention (store_health.c). */
struct retention_clock {
	int64_t ms;                    /* since 1970 */
	int64_t wall_ms;               /* the wall clock, and */
	nsec_t at;                     /* the monotonic clock, at the last tick */
	nsec_t bans_due, channels_due; /* the next looks at what has expired */
};

/* A server that goes out of service (out/drain.h). */
struct server_drain {
	struct wheel_timer timer;
	uint32_t rate; /* clients a second; 0: it does not */
	uint32_t slot; /* the next to be looked at */
	nsec_t since;
	uint64_t sent; /* away, since then */
};

struct server {
	struct net *net;
	struct config *config;
	struct log *log;
	struct store *store;
	struct hasher *hasher;
	struct external *external;
	struct cluster *cluster; /* NULL: there is only this server (cluster.h) */
	struct skeletons *skeletons;
	nsec_t now, wall;      /* read once at the start of a turn */
	nsec_t started;        /* wall time, for display */
	nsec_t began;          /* monotonic, for STATS u: not affected when the clock is set */
	bool stopping, ending; /* ending: departures are part of the shutdown, channels continue */
	/* Units of work since the start (limits.h); the value at the start of this turn, and the
	 * one at which the share of the running connection ends. */
	uint64_t work, turn_work, share_end;

	struct wheel wheel;         /* timers of connections and of the server */
	struct wheel address_wheel; /* timers of the table of addresses */
	struct siphash_key key, cloak_key;
	struct prng prng;
	struct msgid_maker ids;
	struct seen seen[SEEN_MAX];

	struct listener listeners[LISTENERS_MAX];
	size_t listener_count;
	struct wheel_timer accept_pause;
	bool accepting;
	struct server_drain drain;
	struct wheel_timer store_tick; /* once a second: store_health.h */
	struct bans bans;
	struct filters filters;
	struct accounts accounts;
	VEC(struct nick_warned) warned; /* nick_owner.h */
	VEC(struct oper_row) opers;     /* cmd/oper_list.h */
	nsec_t always_on_due;           /* of the next look: cmd/always_on.h */
	struct retention_clock retention_clock;
	enum store_status store_status; /* the last logged health of the store */
	struct wheel_timer trim;        /* returns memory after many users have left */

	/* Connections by slot; free slots are chained through `next_free`. */
	VEC(struct conn_slot) slots;
	uint32_t free_slot;
	uint32_t conn_count, user_count, user_peak, invisible_count, oper_count;
	uint32_t conn_peak; /* since memory was last returned */

	struct hash_table nicks, channels, addresses, watches, watch_links;
	struct hash_table lookalikes; /* lookalike.h */
	struct whowas whowas;
	/* REHASH: true with the keys that need a restart, or false with the error. */
	bool (*reload)(void *arg, struct config_error *e);
	void *reload_arg;
	const char *config_file; /* the file it reads; NULL: none */
	/* An account was dropped: what is kept elsewhere of it goes, too. NULL: nothing is. */
	void (*account_gone)(void *arg, const char *name);
	void *account_gone_arg;
	uint32_t batches;                /* reference tags used so far */
	const struct command **commands; /* open-addressed by name: dispatch.c */
	uint32_t command_size;

	struct outbufs outbufs;
	struct conn_list dirty;
	struct tag_list ready, ready_now, unsettled;
	VEC(struct leaving) leaving;
	uint32_t left, mark; /* leaving[0, left): announced */

	char time[TIME_TEXT_MAX]; /* of time_ms */
	int64_t time_ms;
	char *isupport[ISUPPORT_LINES_MAX];
	char *motd; /* contents of the file; NULL: none */
	uint64_t counters[SERVER_COUNTERS];
	uint64_t queued;            /* bytes in the send queues of all connections */
	struct histogram turn_time; /* of turns, without their wait */

	struct send_batch batch;
	struct net_event events[EVENTS_PER_TURN];
	char read[READ_MAX + 1];
};

/* Tags from here on are listeners; below, connections (conn_tag). */
#define LISTENER_TAG ((uint64_t)GENERATIONS << 32)

/* Parts of a new server; all borrowed except config, of which it takes ownership. */
struct server_parts {
	struct net *net;
	struct config *config;
	struct log *log;
	struct store *store;
	struct external *external;   /* NULL: no mail. Stopped by server_free() */
	struct skeletons *skeletons; /* NULL: names that look alike are found in ASCII only */
	uint64_t seed;               /* of all its randomness */
	bool hash_thread;            /* passwords are hashed on a thread, which calls net->wake() */
	const struct siphash_key *cloak_key; /* NULL: one of this start */
	const struct siphash_key *key;       /* of its tables; NULL: likewise */
};

/* Creates a server that does not listen yet; NULL if out of memory (config is freed too). */
struct server *server_new(const struct server_parts *parts);

/* Closes all connections and frees. s may be NULL. */
void server_free(struct server *s);

/* Runs one turn; waits at most max_wait for events. */
void server_turn(struct server *s, nsec_t max_wait);

/* Changes the store, which is open; the one before is closed. NULL: out of memory. */
void server_set_store(struct server *s, struct store *store);

/* As a turn, but nothing is accepted or received, and no timer runs: waits for the store, completes
 * what else is complete, announces departures, sends and closes. */
void server_settle(struct server *s);

/* When the next turn is due without events: now or earlier, a time of net->now(), or NSEC_MAX. For
 * callers that use server_turn() with max_wait 0. */
nsec_t server_due(struct server *s);

/* Sends every client the reason and accepts no more connections: the next turn sends and closes. A
 * client whose socket is full is closed once it has taken everything, or by server_free(). */
void server_stop(struct server *s, const char *why);

/* Whether server_stop() is complete: no connection is left. */
bool server_stopped(const struct server *s);

static inline void server_count(struct server *s, enum server_counter c)
{
	s->counters[c]++;
}

/* Whether this turn's share of work is used up. */
static inline bool server_turn_spent(const struct server *s)
{
	return s->work - s->turn_work >= TURN_WORK_MAX;
}

#endif
