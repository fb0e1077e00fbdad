/* store_record.c - records by the shape of their table. */
#include "chat/store/store_record.h"

#include "chat/store/store_version.h"

static const struct record_shape shapes[] = {
	[STORE_ACCOUNT] = {1, 6, 3},
	[STORE_ACCOUNT_NICK] = {1, 3, 1},
	[STORE_ACCOUNT_CERT] = {1, 2, 1},
	[STORE_ACCOUNT_APP] = {1, 3, 2},
	[STORE_ACCOUNT_PUSH] = {1, 3, 2},
	[STORE_CHANNEL] = {1, 6, 6},
	[STORE_CHANNEL_ACCESS] = {2, 3, 2},
	[STORE_CHANNEL_MASK] = {3, 4, 1},
	[STORE_PRESENCE] = {1, 6, 3},
	[STORE_PRESENCE_CHANNEL] = {2, 3, 1},
	[STORE_ACCOUNT_ENTRY] = {3, 4, 1},
	[STORE_FILTER] = {1, 3, 3},
	[STORE_SERVER_BAN] = {2, 4, 2},
};
_Static_assert(ARRAY_SIZE(shapes) == STORE_TABLE_COUNT, "a shape a table");

const struct record_shape *record_shape(enum store_table table)
{
	return &shapes[table];
}

static enum store_statement statement(enum store_table table, int which)
{
	return (enum store_statement)(STMT_RECORD + RECORD_STATEMENTS * (int)table + which);
}

static void bind_texts(
	struct store_db *db, enum store_statement s, const struct store_record *r, int count)
{
	for (int i = 0; i < count; i++)
		store_db_bind(db, s, i + 1, r->text[i]);
}

enum store_status store_db_record_write(struct store_db *db, const struct store_record *r, bool put)
{
	const struct record_shape *shape = &shapes[r->table];
	enum store_statement s = statement(r->table, put ? RECORD_PUT : RECORD_DELETE);

	bind_texts(db, s, r, put ? shape->texts : shape->key);
	for (int i = 0; put && i < shape->numbers; i++)
		sqlite3_bind_int64(db->stmt[s], shape->texts + i + 1, r->number[i]);
	return store_db_run(db, s);
}

/* Reads the row that s stands on; false if out of memory. */
static bool read_row(struct store_batch *b, sqlite3_stmt *s, struct store_record *r)
{
	const struct record_shape *shape = &shapes[r->table];

	for (int i = 0; i < shape->texts; i++) {
		const void *p = sqlite3_column_text(s, i);

		r->text[i] = store_batch_copy(b, p, (size_t)sqlite3_column_bytes(s, i));
		if (!r->text[i].p)
			return false;
	}
	for (int i = 0; i < shape->numbers; i++)
		r->number[i] = sqlite3_column_int64(s, shape->texts + i);
	return true;
}

enum store_status store_db_record_list(
	struct store_db *db, struct store_batch *b, struct store_job *job)
{
	const struct store_record *after = &job->request.u.record;
	enum store_statement number = statement(after->table, RECORD_LIST);
	sqlite3_stmt *s = db->stmt[number];
	struct store_record *rows = store_batch_alloc(b, STORE_PAGE_MAX * sizeof(*rows));
	uint32_t count = 0;
	int code = SQLITE_DONE;

	if (!rows)
		return STORE_NO_MEMORY;
	bind_texts(db, number, after, shapes[after->table].key);
	while (count < STORE_PAGE_MAX && (code = sqlite3_step(s)) == SQLITE_ROW) {
		rows[count] = (struct store_record){.table = after->table};
		if (!read_row(b, s, &rows[count]) || !store_version_of(db, &rows[count])) {
			sqlite3_reset(s);
			return STORE_NO_MEMORY;
		}
		count++;
	}
	sqlite3_reset(s);
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		return store_db_failed(db, code);
	job->reply.records = rows;
	job->reply.count = count;
	return STORE_OK;
}
