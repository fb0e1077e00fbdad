/*
 * store_sqlite.h - SQLite store: WAL mode, one storage thread, group commit. In virtual time there
 * is no thread: the caller runs store_sqlite_work() when the simulated disk has had time for a
 * commit.
 */
#ifndef CHAT_STORE_SQLITE_H
#define CHAT_STORE_SQLITE_H

#include "chat/store.h"

struct store_sqlite_options {
	const char *path; /* the file; its directory exists */
	const char *vfs;  /* the SQLite VFS that has the file; NULL: this system's */
	bool no_thread;   /* store_sqlite_work() is called instead */
	bool search;      /* an index of words is kept, for STORE_SEARCH */
	bool history;     /* false: appends return STORE_OFF; markers and bans are stored */
	uint32_t queue_requests;
	size_t queue_bytes; /* of requests not completed yet */
	struct store_retention retention;
	/* On the storage thread, or within store_sqlite_work(): make the loop call
	 * store_complete(). */
	void (*wake)(void *arg);
	void *wake_arg;
};

/* Starts the storage thread, which opens the file. NULL only if out of memory or threads: an
 * unusable file is reported in seen.health and the status of every request, after store_drain(). */
struct store *store_sqlite_open(const struct store_sqlite_options *o);

/* Without a thread: whether store_sqlite_work() has something to do. */
bool store_sqlite_has_work(const struct store *s);

/* Without a thread: commits and completes pending requests, up to one group. */
void store_sqlite_work(struct store *s);

/* Without a thread: the process was killed. The file stays as it is, with its log; requests not
 * committed fail with STORE_IO. Only store_drain() and store_close() may follow. */
void store_sqlite_cut(struct store *s);

#endif
