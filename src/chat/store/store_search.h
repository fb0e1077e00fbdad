/*
 * store_search.h - index of words of messages, and queries on it.
 *
 *     id    0 ........ low ................ upto ........ last_id
 *             unindexed |  in the index      | waiting
 *
 * Messages enter the index after their commit, many at a time, when no request waits: a commit
 * costs no more than without an index. A file without an index is usable at once: new messages are
 * indexed first, then older ones from `low` down. A deleted message leaves the index in the same
 * transaction.
 */
#ifndef CHAT_STORE_STORE_SEARCH_H
#define CHAT_STORE_STORE_SEARCH_H

#include "chat/store/store_db.h"

enum {
	STORE_SEARCH_ROWS = 500,    /* messages indexed in one step */
	STORE_SEARCH_TOGETHER = 64, /* conversations searched for words at once */
	/* Instructions of SQLite that one query may take, and those counted for a conversation, a
	 * search of the index, a message examined, a page read for the index; the pages that a
	 * message examined may need besides. */
	STORE_SEARCH_BUDGET = 1000000,
	STORE_SEARCH_PLACE = 250,
	STORE_SEARCH_GROUP = 60000,
	STORE_SEARCH_ROW = 30,
	STORE_SEARCH_PAGE = 100,
	STORE_SEARCH_ROW_PAGES = 12,
};

/* The table of the index, empty, for a schema. */
#define STORE_SEARCH_TABLES                                                                        \
	"CREATE VIRTUAL TABLE search USING fts5(target, text, content = '', columnsize = 0,"       \
	" tokenize = 'porter unicode61 remove_diacritics 2');"                                     \
	"CREATE TABLE search_state(low INTEGER NOT NULL, upto INTEGER NOT NULL);"                  \
	"INSERT INTO search_state SELECT coalesce(max(id), 0), coalesce(max(id), 0) FROM message;"

/* Prepares an open database, before its statements are prepared. Returns an SQLite code. */
int store_search_open(struct store_db *db);

/* Indexes a message whose id is between low and upto, inside the transaction that appends it. */
enum store_status store_search_add(struct store_db *db, int64_t id);

/* Whether a step has something to do. */
bool store_search_has_more(const struct store_db *db);

/* Indexes the next messages, in a transaction of its own. */
enum store_status store_search_step(struct store_db *db);

/* Makes a new index if the old one was found damaged. */
enum store_status store_search_mend(struct store_db *db);

/* Answers a query; its rows are allocated from b. */
enum store_status store_search(struct store_db *db, struct store_batch *b, struct store_job *job);

#endif
