/*
 * store_retain.h - deletion of expired messages.
 */
#ifndef CHAT_STORE_STORE_RETAIN_H
#define CHAT_STORE_STORE_RETAIN_H

#include "chat/store/store_db.h"

/* Bounds and result of one step. */
struct store_retain {
	struct store_retention bounds;
	int64_t wall_ms;
	uint64_t expired; /* messages deleted so far */
	bool more;        /* another step is needed */
};

/* Runs one step of retention. */
enum store_status store_db_retain(struct store_db *db, struct store_retain *r);

#endif
