/*
 * store_db.h - SQLite database of the history, used by one thread (the storage thread). A call that
 * fails returns a status and leaves a sentence in detail.
 */
#ifndef CHAT_STORE_DB_H
#define CHAT_STORE_DB_H

#include "chat/store/store_batch.h"

#include <sqlite3.h>

enum {
	STORE_SCHEMA_VERSION = 15,
	STORE_TARGET_CACHE = 4096,       /* ids of targets kept in memory */
	STORE_CORRESPONDENTS_MAX = 4096, /* of one user, examined by TARGETS */
	STORE_RETAIN_ROWS = 2000,        /* messages deleted in one step */
	STORE_VACUUM_PAGES = 256,        /* pages freed in one step */
	STORE_WAL_PAGES =
		4000, /* pages of the write-ahead log at which it is copied into the file */
};

enum store_statement {
	STMT_BEGIN,
	STMT_COMMIT,
	STMT_ROLLBACK,
	STMT_APPEND,
	STMT_APPEND_FOREIGN,
	STMT_TARGET_FIND,
	STMT_TARGET_ADD,
	STMT_TARGET_OPEN,
	STMT_TARGET_SINCE,
	STMT_CHANNEL_BEGIN,
	STMT_CHANNEL_END,
	STMT_CHANNEL_DETACH,
	STMT_CHANNEL_RENAME,
	STMT_PLACE,
	STMT_ROW,
	STMT_FIND,
	STMT_DELETE,
	STMT_DELETED_ADD,
	STMT_DELETED_EXPIRE,
	STMT_OLDEST,        /* + 0 */
	STMT_NEWEST,        /* + 1: newest first */
	STMT_OLDEST_EVENTS, /* + 2: with events */
	STMT_NEWEST_EVENTS,
	STMT_LAST,
	STMT_CORRESPONDENTS,
	STMT_SEARCH_UP, /* store_search.c */
	STMT_SEARCH_DOWN,
	STMT_SEARCH_ADD,
	STMT_SEARCH_STATE,
	STMT_SEARCH_NEWEST,
	STMT_SEARCH_OLDEST,
	STMT_SEARCH_NEWEST_WORDS,
	STMT_SEARCH_OLDEST_WORDS,
	STMT_FORGET_ADD, /* store_forget.c */
	STMT_FORGET_NEXT,
	STMT_FORGET_MOVE,
	STMT_FORGET_DONE,
	STMT_FORGET_NAME,
	STMT_FORGET_ALL,
	STMT_FORGET_PRIVATE,
	STMT_FORGET_MARKERS,
	STMT_MARKER_MOVE,
	STMT_MARKER_ADD,
	STMT_MARKER_COUNT,
	STMT_MARKER_DROP_OF_USER,
	STMT_MARKER_DROP,
	STMT_MARKER_GET,
	STMT_BAN_LIST,
	STMT_LOG_ADD, /* store_log.c */
	STMT_LOG_READ,
	STMT_LOG_NEXT,
	STMT_LOG_ENDS,
	STMT_LOG_BYTES,
	STMT_LOG_EXPIRE,
	STMT_LOG_EXCESS,
	STMT_VERSION_GET, /* store_version.c */
	STMT_VERSION_PUT,
	STMT_VERSION_DROP,
	STMT_VERSION_GONE,
	STMT_VERSION_EXPIRE,
	STMT_VERSION_BANS,
	STMT_PROBE,
	STMT_EXPIRE_MESSAGES,
	STMT_EXCESS_MESSAGES,
	STMT_CHANNEL_AGES,
	STMT_EXPIRE_CHANNEL,
	STMT_EXPIRE_EVENTS,
	STMT_EXCESS_EVENTS,
	STMT_EXPIRE_TARGETS,
	STMT_EXPIRE_MARKERS,
	STMT_EXPIRE_BANS,
	STMT_RECORD, /* + RECORD_STATEMENTS * table: put, delete, list (store_record.c) */
	STMT_RECORD_LAST = STMT_RECORD + 3 * STORE_TABLE_COUNT - 1,
	STMT_COUNT,
};

/* A cached target: key is both names with a NUL between. */
struct store_target_id {
	char *key;
	size_t len;
	int64_t id;
	int open; /* as last written; -1: unknown */
};

struct store_db {
	sqlite3 *sql; /* NULL while closed */
	sqlite3_stmt *stmt[STMT_COUNT];
	struct store_target_id *cache; /* STORE_TARGET_CACHE entries */
	uint64_t last_id, newest_id;   /* of this server; of all nodes */
	int64_t first_ms;
	int64_t events;               /* rows, or more; -1: not counted yet */
	int64_t markers, markers_max; /* rows; markers -1: not counted yet */
	char notice[STORE_NOTICE_MAX];
	bool forgets;                    /* there are jobs */
	bool versions;                   /* records have some: store_version.h */
	bool search, search_damaged;     /* the index of words: kept; must be made anew */
	int64_t search_low, search_upto; /* store_search.h */
	int64_t search_waiting;          /* messages after upto, roughly */
	/* STMT_CHANNEL_AGES: likewise */
	char expire_channel[STORE_NAME_MAX + 1];
	int64_t expire_cursor; /* STMT_EXPIRE_TARGETS: where the next step continues */
	char detail[STORE_DETAIL_MAX];
};

/* Rolls the transaction back. */
void store_db_rollback(struct store_db *db);

/* Maps an SQLite error to a status, with a sentence in detail. */
enum store_status store_db_failed(struct store_db *db, int code);

/* Steps a statement that returns no rows, and resets it. */
enum store_status store_db_run(struct store_db *db, enum store_statement s);

/* Binds a text to a parameter. */
void store_db_bind(struct store_db *db, enum store_statement s, int at, struct store_text t);

/* Looks up the id of a target; 0 in *id if it has none. add: assigns one. */
enum store_status store_db_target(
	struct store_db *db, const struct store_target *t, bool add, int64_t *id);

/* Records whether the channel of a message is open to all users, if that has changed. */
enum store_status store_db_note_open(
	struct store_db *db, const struct store_append *a, int64_t target);

/* Empties the cache of target ids. */
void store_db_forget_targets(struct store_db *db);

#endif
