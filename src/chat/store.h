/*
 * store.h - storage interface: messages (history), read markers and server bans, through one queue
 * of requests.
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

#include "chat/store/store_request.h"

#include "base/histogram.h"

/* Returns a name for the log, such as "disk-full". */
const char *store_status_name(enum store_status s);

/* Returns a sentence without a full stop, for users. */
const char *store_status_text(enum store_status s);

enum {
	STORE_DETAIL_MAX = 200,
	STORE_NOTICE_MAX = 200,
};

/* The last backup, or the one in progress. */
struct store_backup_report {
	uint32_t number; /* of backups begun so far */
	bool running;
	uint32_t pages;                /* of the file, 4 kB each */
	enum store_status status;      /* of one that has ended */
	char detail[STORE_DETAIL_MAX]; /* why it failed */
};

/* The state of the file. The first store_drain() waits until it is open. */
struct store_report {
	/* STORE_OK while appends work, else the reason: then the server refuses messages before
	 * delivering them. */
	enum store_status health;
	char detail[STORE_DETAIL_MAX]; /* SQLite's error message, for the log; or "" */
	/* Warnings for the administrator about the file when it was opened: loose permissions, a
	 * damaged log. "" if there are none. */
	char notice[STORE_NOTICE_MAX];
	uint64_t last_id; /* the largest id ever appended; 0 if none */
	int64_t first_ms; /* time of the oldest message, as of the opening; 0: no messages */
	uint64_t appended, commits, queries, expired;
	struct store_backup_report backup;
	struct store_backup_report export; /* pages: its lines */
};

/* May be changed while the store runs; nsec and bytes, 0: no bound. */
struct store_retention {
	nsec_t max_age, events_max_age; /* events: not of TAGMSG */
	uint64_t max_bytes;             /* without the log */
	nsec_t log_max_age;             /* of frames */
	uint64_t log_max_bytes;
};

/* A watcher of records that are written here, which shares them with other servers. */
struct store_watch {
	/* A record is submitted: returns its version, 0 if it is of this server only, and may fill
	 * in its owner. */
	uint64_t (*version)(void *arg, struct store_record *r);
	/* It was written, with the version that r has; or, if status says so, it was not. */
	void (*written)(void *arg, const struct store_record *r, enum store_status status);
	void *arg;
};

/* The first member of every kind of store, set by its implementation except for retention, now and
 * watch. */
struct store {
	const struct store_ops *ops;
	struct store_report seen; /* as of the last store_complete() */
	uint64_t refused;
	uint64_t queued, queued_bytes;    /* current values */
	struct store_retention retention; /* from the next tick on */
	nsec_t now;                       /* the present, by the clock of the loop */
	const struct store_watch *watch;  /* NULL: none */
	struct histogram append_time;     /* of messages, from submission to completion */
};

/* Adds a request to the batch of this turn, copying its texts. After STORE_OK `done` runs exactly
 * once; after STORE_BUSY, STORE_INVALID or STORE_NO_MEMORY never. */
enum store_status store_submit(struct store *s, const struct store_request *r);

/* Submits the batch. Called once at the end of a turn; cheap when it is empty. */
void store_flush(struct store *s);

/* Runs `done` of finished requests. Called after wake(), or at any time. */
void store_complete(struct store *s);

/* The clock of the store, for retention and for retries while it is failing. wall_ms since 1970, as
 * far as the caller trusts it: messages too old by it are deleted. Called about once a second. */
void store_tick(struct store *s, int64_t wall_ms);

/* Waits until no request is outstanding, running every `done`. For start, shutdown and tests. */
void store_drain(struct store *s);

/* Drains, closes the file, ends the thread, frees. s may be NULL. */
void store_close(struct store *s);

#endif
