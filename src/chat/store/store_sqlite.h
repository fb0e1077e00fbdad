/*
 * store_sqlite.h - SQLite store: WAL mode, one storage thread, group commit.
 */
#ifndef CHAT_STORE_SQLITE_H
#define CHAT_STORE_SQLITE_H

#include "chat/store.h"

struct store_sqlite_options {
	const char *path; /* the file; its directory exists */
	bool history;     /* false: appends answer STORE_OFF; markers and bans are kept */
	uint32_t queue_requests;
	size_t queue_bytes; /* of requests that are not answered yet */
	struct store_retention retention;
	void (*wake)(void *arg); /* on the storage thread: make the loop call store_complete() */
	void *wake_arg;
};

/*
 * Starts the storage thread, which opens the file. NULL only when memory or threads are out: a file
 * that cannot be used is store_health() and the status of every request, after store_drain().
 */
struct store *store_sqlite_open(const struct store_sqlite_options *o);

#endif
