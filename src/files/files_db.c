/* files_db.c - the table of files: files_db.h. */
#include "files/files_db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A file that is deleted is overwritten, and its pages go back to the file system. The schema's
 * version stands in user_version. */
static const char schema[] =
	"PRAGMA auto_vacuum = INCREMENTAL;"
	"PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = FULL;"
	"PRAGMA secure_delete = ON;"
	"CREATE TABLE IF NOT EXISTS file (id TEXT PRIMARY KEY NOT NULL, owner TEXT NOT NULL,"
	" name TEXT NOT NULL, type TEXT NOT NULL, time INTEGER NOT NULL, size INTEGER NOT NULL,"
	" bytes BLOB NOT NULL);"
	"CREATE INDEX IF NOT EXISTS file_owner ON file (owner, size);"
	"CREATE INDEX IF NOT EXISTS file_time ON file (time);"
	"CREATE INDEX IF NOT EXISTS file_size ON file (size);"
	"PRAGMA user_version = 1;";

static enum files_status failed(const struct files_db *db, char *why)
{
	snprintf(why, FILES_WHY_MAX, "%s", db->sql ? sqlite3_errmsg(db->sql) : "out of memory");
	return FILES_FAILED;
}

/* For the owner of the process only; a symbolic link is not followed. */
static bool make_private(const char *path, char *why)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		snprintf(why, FILES_WHY_MAX, "%s", strerror(errno));
		return false;
	}
	close(fd);
	return true;
}

static bool prepare(struct files_db *db)
{
	const struct {
		sqlite3_stmt **to;
		const char *text;
	} all[] = {
		{&db->add, "INSERT INTO file VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"},
		{&db->sum, "SELECT (SELECT coalesce(sum(size), 0) FROM file WHERE owner = ?1),"
			   " (SELECT coalesce(sum(size), 0) FROM file)"},
		{&db->find, "SELECT owner, name, type, time, bytes FROM file WHERE id = ?1"},
		{&db->expire, "DELETE FROM file WHERE time < ?1"},
		{&db->forget, "DELETE FROM file WHERE owner = ?1"},
		{&db->drop, "DELETE FROM file WHERE owner = ?1 COLLATE NOCASE AND (?2 = '' OR id = "
			    "?2)"},
		{&db->list[FILES_OF_ALL],
			"SELECT '', '', '', '', max(time), count(*), sum(size) FROM file"},
		{&db->list[FILES_BY_OWNER],
			"SELECT '', owner, '', '', max(time), count(*), sum(size) FROM file"
			" GROUP BY owner ORDER BY sum(size) DESC, owner LIMIT ?2"},
		{&db->list[FILES_OF_OWNER],
			"SELECT id, owner, name, type, time, 1, size FROM file"
			" WHERE owner = ?1 COLLATE NOCASE ORDER BY time DESC, id LIMIT ?2"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (sqlite3_prepare_v3(db->sql, all[i].text, -1, SQLITE_PREPARE_PERSISTENT,
			    all[i].to, NULL) != SQLITE_OK)
			return false;
	return true;
}

bool files_db_open(struct files_db *db, const char *path, char why[FILES_WHY_MAX])
{
	*db = (struct files_db){0};
	if (!make_private(path, why))
		return false;
	if (sqlite3_open_v2(path, &db->sql, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
		sqlite3_exec(db->sql, schema, NULL, NULL, NULL) != SQLITE_OK || !prepare(db)) {
		failed(db, why);
		return false;
	}
	return true;
}

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
	sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

/* The bytes of one owner, and of all. */
static enum files_status sums(struct files_db *db, const char *owner, uint64_t sum[2], char *why)
{
	int code;

	bind_text(db->sum, 1, owner);
	code = sqlite3_step(db->sum);
	for (int i = 0; i < 2; i++)
		sum[i] = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(db->sum, i) : 0;
	sqlite3_reset(db->sum);
	return code == SQLITE_ROW ? FILES_OK : failed(db, why);
}

static enum files_status run(struct files_db *db, sqlite3_stmt *s, char *why)
{
	enum files_status status = sqlite3_step(s) == SQLITE_DONE ? FILES_OK : failed(db, why);

	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return status;
}

enum files_status files_db_put(
	struct files_db *db, struct file *file, const struct files_bounds *b, char *why)
{
	uint64_t sum[2];
	enum files_status status = sums(db, file->owner, sum, why);

	if (status != FILES_OK)
		return status;
	if (file->len > b->quota || sum[0] > b->quota - file->len)
		return FILES_QUOTA;
	if (file->len > b->total || sum[1] > b->total - file->len)
		return FILES_FULL;
	bind_text(db->add, 1, file->id);
	bind_text(db->add, 2, file->owner);
	bind_text(db->add, 3, file->name);
	bind_text(db->add, 4, file->type);
	sqlite3_bind_int64(db->add, 5, file->time_ms);
	sqlite3_bind_int64(db->add, 6, (int64_t)file->len);
	sqlite3_bind_blob64(db->add, 7, file->len ? file->bytes : "", file->len, SQLITE_STATIC);
	return run(db, db->add, why);
}

static void read_text(sqlite3_stmt *s, int column, char *out, size_t size)
{
	const unsigned char *text = sqlite3_column_text(s, column);

	snprintf(out, size, "%s", text ? (const char *)text : "");
}

static enum files_status read_row(sqlite3_stmt *s, struct file *file, char *why)
{
	const void *bytes = sqlite3_column_blob(s, 4);

	file->len = (size_t)sqlite3_column_bytes(s, 4);
	file->bytes = malloc(file->len + 1);
	if (!file->bytes || (!bytes && file->len)) {
		snprintf(why, FILES_WHY_MAX, "out of memory");
		return FILES_FAILED;
	}
	if (file->len)
		memcpy(file->bytes, bytes, file->len);
	read_text(s, 0, file->owner, sizeof(file->owner));
	read_text(s, 1, file->name, sizeof(file->name));
	read_text(s, 2, file->type, sizeof(file->type));
	file->time_ms = sqlite3_column_int64(s, 3);
	return FILES_OK;
}

enum files_status files_db_get(struct files_db *db, struct file *file, char *why)
{
	enum files_status status = FILES_NONE;
	int code;

	bind_text(db->find, 1, file->id);
	code = sqlite3_step(db->find);
	if (code == SQLITE_ROW)
		status = read_row(db->find, file, why);
	else if (code != SQLITE_DONE)
		status = failed(db, why);
	sqlite3_reset(db->find);
	return status;
}

/* Gives pages that are free now back to the file system. */
static enum files_status after_delete(struct files_db *db, enum files_status status, char *why)
{
	db->deleted = status == FILES_OK ? (uint64_t)sqlite3_changes(db->sql) : 0;
	if (db->deleted > 0 &&
		sqlite3_exec(db->sql, "PRAGMA incremental_vacuum", NULL, NULL, NULL) != SQLITE_OK)
		return failed(db, why);
	return status;
}

enum files_status files_db_expire(struct files_db *db, int64_t before_ms, char *why)
{
	sqlite3_bind_int64(db->expire, 1, before_ms);
	return after_delete(db, run(db, db->expire, why), why);
}

enum files_status files_db_forget(struct files_db *db, const char *owner, char *why)
{
	bind_text(db->forget, 1, owner);
	return after_delete(db, run(db, db->forget, why), why);
}

enum files_status files_db_delete(struct files_db *db, const char *owner, const char *id, char *why)
{
	bind_text(db->drop, 1, owner);
	bind_text(db->drop, 2, id);
	return after_delete(db, run(db, db->drop, why), why);
}

static struct files_row read_list(sqlite3_stmt *s)
{
	struct files_row row = {.time_ms = sqlite3_column_int64(s, 4),
		.count = (uint64_t)sqlite3_column_int64(s, 5),
		.bytes = (uint64_t)sqlite3_column_int64(s, 6)};

	read_text(s, 0, row.id, sizeof(row.id));
	read_text(s, 1, row.owner, sizeof(row.owner));
	read_text(s, 2, row.name, sizeof(row.name));
	read_text(s, 3, row.type, sizeof(row.type));
	return row;
}

enum files_status files_db_list(struct files_db *db, enum files_list what, const char *owner,
	struct files_rows *out, char *why)
{
	sqlite3_stmt *s = db->list[what];
	enum files_status status = FILES_OK;
	int code;

	if (what == FILES_OF_OWNER)
		bind_text(s, 1, owner);
	if (what != FILES_OF_ALL)
		sqlite3_bind_int(s, 2, FILES_ROWS_MAX);
	while (status == FILES_OK && (code = sqlite3_step(s)) != SQLITE_DONE) {
		struct files_row row;

		if (code != SQLITE_ROW) {
			status = failed(db, why);
			break;
		}
		row = read_list(s);
		if (VEC_PUSH(&out->rows, row, FILES_ROWS_MAX))
			continue;
		snprintf(why, FILES_WHY_MAX, "out of memory");
		status = FILES_FAILED;
	}
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return status;
}

void files_db_close(struct files_db *db)
{
	sqlite3_stmt *all[] = {db->add, db->sum, db->find, db->expire, db->forget, db->drop,
		db->list[0], db->list[1], db->list[2]};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		sqlite3_finalize(all[i]);
	sqlite3_close(db->sql);
}
