/*
 * store.h - what the server keeps: messages (history), read markers and server bans, behind one
 * queue of requests.
 *
 *     loop thread                                   storage
 *     store_submit() ... store_flush()   ------->   all appends of the batch in one commit,
 *                                                   then the other requests in order
 *     store_complete() runs `done`       <-------   wake()
 *
 * Every function is called on the loop thread, and every `done` runs there too, inside
 * store_complete(), in the order of submission. A request sees everything submitted before it. When
 * `done` of an append reports STORE_OK the message survives kill -9 and power loss.
 *
 * Two kinds: store_sqlite.h (a file, one storage thread), and store_null.h (keeps nothing).
 */
#ifndef CHAT_STORE_H
#define CHAT_STORE_H

#include "base/base.h"

enum {
	STORE_NAME_MAX = 255,   /* bytes of a name in a target */
	STORE_TEXT_MAX = 65536, /* bytes of source, command, params and tags together */
	STORE_PAGE_MAX = 1000,  /* messages or targets that one query gives */
	STORE_BAN_TEXT_MAX = 1024,
};

enum store_status {
	STORE_OK,
	STORE_OFF,       /* switched off: nothing is kept, nothing can be asked */
	STORE_BUSY,      /* the queue is full */
	STORE_DISK_FULL, /* no space left; the store tries again by itself */
	STORE_CORRUPT,   /* the file is not a database or damaged; it is left as it is */
	STORE_READ_ONLY, /* the directory or the file may not be written */
	STORE_IN_USE,    /* another process has the file */
	STORE_VERSION,   /* a newer burble wrote the file; it is left as it is */
	STORE_IO,        /* any other failure of the file */
	STORE_NO_MEMORY,
	STORE_NO_MSGID, /* the message that a query starts from is not there */
	STORE_INVALID,  /* longer than the bounds above */
	STORE_STATUS_COUNT,
};

/* "disk-full" for the log, and a sentence without a full stop for a user. */
const char *store_status_name(enum store_status s);
const char *store_status_text(enum store_status s);

/* Bytes that somebody else owns: of the caller in a request, of the store in a reply. */
struct store_text {
	const char *p;
	size_t len;
};

/*
 * Where a message belongs: a channel {name, ""}, or the conversation of two users {a, b} in either
 * order. Names are casefolded by the caller; who may read is the caller's business.
 */
struct store_target {
	struct store_text a, b;
};

/*
 * A message as it is replayed: "@time;msgid;TAGS :SOURCE COMMAND PARAMS". The store looks into
 * none of the texts. account may be empty. body-like params may hold any byte, also LF.
 */
struct store_msg {
	uint64_t id;  /* msgid.h; unique, and growing from one append to the next */
	bool event;   /* not PRIVMSG or NOTICE: given only to queries that ask for events */
	uint32_t use; /* any number the caller wants back, e.g. how params is encoded */
	struct store_text source, account, command, params, tags;
};

/* A place in a target's history: "*", a millisecond, or a message. */
struct store_point {
	enum store_point_kind {
		STORE_AT_NONE,
		STORE_AT_MS,
		STORE_AT_MSGID,
	} kind;
	int64_t ms;
	uint64_t id;
};

/*
 * CHATHISTORY's forms. All give at most `limit` messages, oldest first. Points are excluded, except
 * that AROUND includes its own; a point in time excludes that whole millisecond.
 *     BEFORE from         the newest before
 *     AFTER from          the oldest after
 *     LATEST from or *    the newest (after `from`)
 *     AROUND from         (limit + 1) / 2 from the point on, limit / 2 before it
 *     BETWEEN from to     from < to: the oldest; from > to: the newest, between the two
 */
enum store_select {
	STORE_BEFORE,
	STORE_AFTER,
	STORE_LATEST,
	STORE_AROUND,
	STORE_BETWEEN,
};

struct store_history {
	struct store_target target;
	enum store_select select;
	struct store_point from, to;
	uint32_t limit; /* cut to STORE_PAGE_MAX */
	bool events;    /* with events, not only messages */
	uint64_t after; /* this message and older ones are not there for the asker */
};

/*
 * TARGETS: the conversations of user, and those of the channels named, whose newest message lies
 * between the two (excluded): the oldest first if from < to, else the newest first.
 */
struct store_targets {
	struct store_text user; /* may be empty: channels only */
	const struct store_text *channels;
	size_t channel_count;
	int64_t from_ms, to_ms;
	uint32_t limit;
	uint64_t after; /* conversations of user without a newer message are not shown */
};

struct store_target_row {
	struct store_text name; /* the channel, or the other user */
	int64_t last_ms;
};

/* One message. */
struct store_key {
	struct store_target target;
	uint64_t id;
};

/* A read marker. Setting moves it forward only; the reply holds the marker as it is then. */
struct store_marker {
	struct store_text user, target;
	int64_t ms; /* to set */
};

struct store_ban {
	uint8_t kind;           /* the caller's: K-line, D-line ... */
	struct store_text mask; /* (kind, mask) is the key */
	struct store_text reason, setter;
	int64_t set_ms, expire_ms; /* since 1970; expire_ms 0: never */
};

enum store_op {
	STORE_APPEND,     /* u.append */
	STORE_HISTORY,    /* u.history -> msgs */
	STORE_TARGETS,    /* u.targets -> targets */
	STORE_FIND,       /* u.key -> msgs: one, or STORE_NO_MSGID */
	STORE_DELETE,     /* u.key: the message is gone, or STORE_NO_MSGID */
	STORE_MARKER_SET, /* u.marker -> marker_ms */
	STORE_MARKER_GET, /* u.marker -> marker_ms */
	STORE_BAN_PUT,    /* u.ban; replaces */
	STORE_BAN_DELETE, /* u.ban: kind and mask */
	STORE_BAN_LIST,   /* -> bans, expired ones included */
	STORE_OP_COUNT,
};

/* What `done` gets; everything it points to lives until `done` returns. */
struct store_reply {
	enum store_status status;
	uint32_t count; /* of what the request asks for */
	const struct store_msg *msgs;
	const struct store_target_row *targets;
	const struct store_ban *bans;
	int64_t marker_ms; /* since 1970; -1: none is set */
};

typedef void (*store_done)(void *arg, const struct store_reply *reply);

struct store_append {
	struct store_target target;
	struct store_msg msg;
};

struct store_request {
	enum store_op op;
	store_done done; /* may be NULL */
	void *arg;
	union {
		struct store_append append;
		struct store_history history;
		struct store_targets targets;
		struct store_key key;
		struct store_marker marker;
		struct store_ban ban;
	} u;
};

/* What the store did, for STATS and metrics. */
struct store_counters {
	uint64_t appended, refused, commits, queries, expired;
	uint64_t queued, queued_bytes; /* now */
};

struct store; /* of one kind; made by that kind's header */

/*
 * Puts one request into the batch of this turn; all its texts are copied. STORE_OK: `done` will run
 * exactly once. STORE_BUSY, STORE_INVALID, STORE_NO_MEMORY: it will not; tell the asker.
 */
enum store_status store_submit(struct store *s, const struct store_request *r);

/* Hands the batch over. Called once at the end of a turn; cheap when there is nothing. */
void store_flush(struct store *s);

/* Runs `done` of what is finished. Called when wake() has been, or at any time. */
void store_complete(struct store *s);

/*
 * The clock of the store: retention and, while it is failing, the next try. wall_ms since 1970.
 * Called about once a second.
 */
void store_tick(struct store *s, int64_t wall_ms);

/* Waits until nothing is outstanding, running every `done`. For start, shutdown and tests. */
void store_drain(struct store *s);

/*
 * STORE_OK while appends are being kept; else why not: then the server refuses a message at the
 * door, before anybody gets it. Changes only inside store_complete(); never blocks.
 */
enum store_status store_health(const struct store *s);

/* What the file's library said when store_health() changed last, for the log; "" if nothing. */
const char *store_detail(const struct store *s);

/* The largest id ever appended; 0 if none. Known once store_drain() after the opening returned. */
uint64_t store_last_id(const struct store *s);

void store_counters(const struct store *s, struct store_counters *out);

/* What may be changed while it runs; nsec and bytes, 0: no bound. */
struct store_retention {
	nsec_t max_age;
	uint64_t max_bytes;
};
void store_set_retention(struct store *s, const struct store_retention *r);

/* Drains, closes the file, ends the thread, frees. s may be NULL. */
void store_close(struct store *s);

#endif
