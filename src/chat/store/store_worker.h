/*
 * store_worker.h - work of the storage thread: a group of batches becomes one transaction, then its
 * queries are answered, then a tick starts retention and, while the file cannot be used, retries to
 * open it. No lock, no thread.
 */
#ifndef CHAT_STORE_STORE_WORKER_H
#define CHAT_STORE_STORE_WORKER_H

#include "chat/store/store_backup.h"
#include "chat/store/store_export.h"
#include "chat/store/store_retain.h"

#include <sys/types.h>

struct store_worker {
	const char *path, *vfs; /* as in struct store_sqlite_options */
	bool history, search;   /* search: the index of words is kept */
	bool killed;            /* the file is not opened again */
	struct store_db db;
	struct store_report now;
	struct store_retain retain;
	struct store_backup backup;
	struct store_exporter export;
	uint32_t retry_in, retry_wait; /* ticks */
	ino_t corrupt_inode;           /* of the file found damaged */
};

/* Opens the file; now.health is the result. */
void store_worker_open(struct store_worker *w);

/* Commits and completes the batches of a group, which are chained by next. */
void store_worker_process(struct store_worker *w, struct store_batch *group);

/* Whether work remains beside the requests: retention has more to delete, messages
 * are to be indexed, a backup is in progress. */
bool store_worker_has_more(const struct store_worker *w);

/* Runs one step of each; idle: no request waits. Returns whether a backup or an export
 * has ended. */
bool store_worker_go_on(struct store_worker *w, bool idle);

/* The process was killed: the file stays as it is, with its log, and every request fails. */
void store_worker_cut(struct store_worker *w);

/* Closes the file. */
void store_worker_close(struct store_worker *w);

#endif
