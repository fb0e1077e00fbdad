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

/* What the store did, for STATS and metrics. */
struct store_counters {
	uint64_t appended, refused, commits, queries, expired;
	uint64_t queued, queued_bytes; /* now */
};

struct store; /* of one kind; made by that kind's header */

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

/* Returns STORE_OK while appends work, else why not: then the server refuses messages before
 * delivering them. Changes only inside store_complete(); never blocks. */
enum store_status store_health(const struct store *s);

/* What the file's library said when store_health() changed last, for the log; "" if nothing. */
const char *store_detail(const struct store *s);

/* The largest id ever appended; 0 if none. Known once store_drain() after the opening returned. */
uint64_t store_last_id(const struct store *s);

/* When the oldest message was received, as it was at the opening; 0: there was none. */
int64_t store_first_ms(const struct store *s);

/* What the admin ought to know of the file as it was at the opening: loose permissions, a log that
 * was damaged. "" if nothing. Known as store_last_id() is. */
const char *store_notice(const struct store *s);

/* Copies the counters. */
void store_counters(const struct store *s, struct store_counters *out);

/* What may be changed while it runs; nsec and bytes, 0: no bound. */
struct store_retention {
	nsec_t max_age;
	uint64_t max_bytes;
};

/* Changes the bounds of retention. */
void store_set_retention(struct store *s, const struct store_retention *r);

/* Drains, closes the file, ends the thread, frees. s may be NULL. */
void store_close(struct store *s);

#endif
