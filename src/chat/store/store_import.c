/* store_import.c - a transaction of records on a file without a server. */
#include "chat/store/store_import.h"

#include "chat/store/store_record.h"
#include "chat/store/store_schema.h"

#include <stdio.h>
#include <stdlib.h>

struct store_import {
	struct store_db db;
	sqlite3_stmt *has[STORE_TABLE_COUNT];
};

/* Tables that an import asks about; of two key columns the first is one digit: "1 mask". */
static const char *const questions[STORE_TABLE_COUNT] = {
	[STORE_ACCOUNT] = "SELECT 1 FROM account WHERE folded = ?1",
	[STORE_ACCOUNT_NICK] = "SELECT 1 FROM account_nick WHERE folded = ?1",
	[STORE_ACCOUNT_CERT] = "SELECT 1 FROM account_cert WHERE fingerprint = ?1",
	[STORE_CHANNEL] = "SELECT 1 FROM channel WHERE folded = ?1",
	[STORE_SERVER_BAN] = "SELECT 1 FROM ban WHERE kind = CAST(substr(?1, 1, 1) AS INTEGER) AND "
			     "mask = substr(?1, 3)",
};

static bool prepare(struct store_import *i)
{
	for (int t = 0; t < STORE_TABLE_COUNT; t++)
		if (questions[t] && sqlite3_prepare_v2(i->db.sql, questions[t], -1, &i->has[t],
					    NULL) != SQLITE_OK)
			return false;
	return true;
}

static void close_file(struct store_import *i)
{
	for (int t = 0; t < STORE_TABLE_COUNT; t++)
		sqlite3_finalize(i->has[t]);
	store_db_close(&i->db);
	free(i);
}

enum store_status store_import_begin(struct store_import **out, const char *path, char *detail)
{
	struct store_import *i = calloc(1, sizeof(*i));
	enum store_status status =
		i ? store_db_open(&i->db, path ? path : ":memory:", path ? NULL : "memdb")
		  : STORE_NO_MEMORY;

	*out = NULL;
	detail[0] = '\0';
	if (i && status != STORE_OK) {
		snprintf(detail, STORE_IMPORT_DETAIL, "%s", i->db.detail);
		free(i);
	}
	if (status != STORE_OK)
		return status;
	status = prepare(i) ? store_db_run(&i->db, STMT_BEGIN) : STORE_IO;
	if (status == STORE_OK) {
		*out = i;
		return STORE_OK;
	}
	snprintf(detail, STORE_IMPORT_DETAIL, "%s", i->db.detail);
	close_file(i);
	return status;
}

bool store_import_has(struct store_import *i, enum store_table table, const char *key)
{
	sqlite3_stmt *s = i->has[table];
	bool found;

	assert(s);
	sqlite3_bind_text(s, 1, key, -1, SQLITE_TRANSIENT);
	found = sqlite3_step(s) == SQLITE_ROW;
	sqlite3_reset(s);
	return found;
}

enum store_status store_import_put(struct store_import *i, const struct store_record *r)
{
	struct store_request q = {.op = STORE_RECORD_PUT, .u.record = *r};
	enum store_status status = store_check(&q);

	return status == STORE_OK ? store_db_record_write(&i->db, r, true) : status;
}

enum store_status store_import_end(struct store_import *i, bool keep)
{
	enum store_status status = STORE_OK;

	if (keep)
		status = store_db_run(&i->db, STMT_COMMIT);
	if (!keep || status != STORE_OK)
		store_db_rollback(&i->db);
	close_file(i);
	return status;
}
