/*
 * store_record.h - records: rows of the tables that the server loads at its start and writes
 * through, with one statement each to put, delete and list them.
 */
#ifndef CHAT_STORE_STORE_RECORD_H
#define CHAT_STORE_STORE_RECORD_H

#include "chat/store/store_db.h"

enum {
	RECORD_PUT,
	RECORD_DELETE,
	RECORD_LIST,
	RECORD_STATEMENTS, /* of a table, in this order from STMT_RECORD on */
};

_Static_assert(RECORD_STATEMENTS == 3, "store_db.h counts them");

/* Columns of a table; the first `key` texts are its key. */
struct record_shape {
	int key, texts, numbers;
};

/* The shape of a table. */
const struct record_shape *record_shape(enum store_table table);

/* Writes or deletes a record. */
enum store_status store_db_record_write(
	struct store_db *db, const struct store_record *r, bool put);

/* Lists at most STORE_PAGE_MAX records after a key; their texts are allocated from b. */
enum store_status store_db_record_list(
	struct store_db *db, struct store_batch *b, struct store_job *job);

#endif
