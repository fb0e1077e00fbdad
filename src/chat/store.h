/*
 * store.h - storage interface: messages (history), read markers and server bans, behind one queue
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

/* Returns a name for the log, such as "disk-full". */
const char *store_status_name(enum store_status s);

/* Returns a sentence without a full stop, for users. */
const char *store_status_text(enum store_status s);

enum {
	STORE_DETAIL_MAX = 200,
	STORE_NOTICE_MAX = 200,
};

/* How the file is, and what was done. The first store_drain() waits for the opening. */
struct store_report {
	/* STORE_OK while appends work, else why not: then the server refuses messages before
	 * delivering them. */
	enum store_status health;
	char detail[STORE_DETAIL_MAX]; /* what the file's library said of it, for the log; or "" */
	/* What the admin ought to know of the file as it was at the opening: loose permissions, a
	 * log that was damaged. "" if nothing. */
	char notice[STORE_NOTICE_MAX];
	uint64_t last_id; /* the largest id ever appended; 0 if none */
	int64_t first_ms; /* when the oldest message was received, at the opening; 0: none was */
	uint64_t appended, commits, queries, expired;
};

/* What may be changed while it runs; nsec and bytes, 0: no bound. */
struct store_retention {
	nsec_t max_age;
	uint64_t max_bytes;
};

/* The first member of every kind, which its header makes. All but retention is the kind's to set.
 */
struct store {
	const struct store_ops *ops;
	struct store_report seen; /* as of the last store_complete() */
	uint64_t refused;
	uint64_t queued, queued_bytes;    /* now */
	struct store_retention retention; /* from the next tick on */
};

/* Adds a request to the batch of this turn, copying its texts. After STORE_OK `done` runs exactly
 * once; after STORE_BUSY, STORE_INVALID or STORE_NO_MEMORY it does not. */
enum store_status store_submit(struct store *s, const struct store_request *r);

/* Submits the batch. Called once at the end of a turn; cheap when it is empty. */
void store_flush(struct store *s);

/* Runs `done` of finished requests. Called after wake(), or at any time. */
void store_complete(struct store *s);

/*
 * The clock of the store: retention and, while it is failing, the next try. wall_ms since 1970, as
 * far as the caller believes it: what is too old by it is deleted. Called about once a second.
 */
void store_tick(struct store *s, int64_t wall_ms);

/* Waits until nothing is outstanding, running every `done`. For start, shutdown and tests. */
void store_drain(struct store *s);

/* Drains, closes the file, ends the thread, frees. s may be NULL. */
void store_close(struct store *s);

#endif
