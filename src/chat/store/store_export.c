/* store_export.c - an account as lines of JSON: store_export.h. */
#include "chat/store/store_export.h"

#include <errno.h>
#include <unistd.h>

#define TIME(ms) "strftime('%Y-%m-%dT%H:%M:%fZ', " ms " / 1000.0, 'unixepoch')"

/* Each line is one JSON object. ?1 is the casefolded name; no hash of a password is given away. */
static const char *const parts[] = {
	"SELECT json_object('type', 'account', 'name', name, 'email', email, 'registered', " TIME(
		"created_ms") ", 'seen', " TIME("seen_ms") ") FROM account WHERE folded = ?1",
	"SELECT json_object('type', 'nick', 'nick', nick, 'added', " TIME(
		"added_ms") ") FROM account_nick WHERE account = ?1",
	"SELECT json_object('type', 'certificate', 'fingerprint', fingerprint, 'added', " TIME(
		"added_ms") ") FROM account_cert WHERE account = ?1",
	"SELECT json_object('type', 'app-password', 'name', name, 'added', " TIME(
		"added_ms") ", 'used', " TIME("used_ms") ") FROM account_app WHERE account = ?1",
	"SELECT json_object('type', 'channel', 'name', name, 'registered', " TIME(
		"registered_ms") ") FROM channel WHERE founder = ?1",
	"SELECT json_object('type', 'rank', 'channel', channel, 'modes', modes, 'added', " TIME(
		"added_ms") ") FROM channel_access WHERE account = ?1",
	"SELECT json_object('type', 'always-on', 'nick', nick, 'host', host, 'real-name', real,"
	" 'away', away) FROM presence WHERE account = ?1",
	"SELECT json_object('type', 'joined', 'channel', name) FROM presence_channel"
	" WHERE account = ?1",
	"SELECT json_object('type', 'read-marker', 'target', target, 'time', " TIME(
		"ms") ") FROM marker WHERE user = '*' || ?1",
};

/* The messages that it has sent, and those of its private conversations. */
static const char messages[] = "SELECT json_object('type', 'message', 'time', " TIME(
	"ms") ", 'source', source, 'account', account, 'command', command, 'params',"
	      " params, 'tags', tags) FROM message WHERE id > ?2 AND id <= ?3"
	      " AND (account = ?1 COLLATE NOCASE OR target IN (SELECT id FROM target"
	      " WHERE b <> '' AND (a = '*' || ?1 OR b = '*' || ?1))) ORDER BY id";

static enum store_status failed(
	struct store_backup_report *r, enum store_status status, const char *why)
{
	snprintf(r->detail, sizeof(r->detail), "%s", why);
	r->status = status;
	return status;
}

enum store_status store_export_begin(
	struct store_exporter *e, const struct store_export *want, struct store_backup_report *r)
{
	int fd;

	if (e->to)
		return STORE_BUSY;
	*r = (struct store_backup_report){.number = r->number + 1};
	e->part = 0;
	e->at = 0;
	snprintf(e->account, sizeof(e->account), "%.*s", (int)want->account.len, want->account.p);
	fd = store_file_create(&e->file, want->path);
	e->to = fd < 0 ? NULL : fdopen(fd, "w");
	if (!e->to)
		return failed(r, store_file_status(errno), strerror(errno));
	r->running = true;
	return STORE_OK;
}

/* Closes the file, complete or not. */
static void finish(struct store_exporter *e, struct store_backup_report *r)
{
	if (r->status == STORE_OK && (fflush(e->to) != 0 || fsync(fileno(e->to)) < 0))
		failed(r, store_file_status(errno), strerror(errno));
	fclose(e->to);
	e->to = NULL;
	r->running = false;
	if (r->status == STORE_OK && !store_file_publish(&e->file))
		failed(r, store_file_status(errno), strerror(errno));
	if (r->status != STORE_OK)
		unlink(e->file.part);
}

/* Writes the rows of a query, whose last parameters are a range of messages. */
static void write_rows(struct store_exporter *e, struct store_db *db, const char *sql, int64_t end,
	struct store_backup_report *r)
{
	sqlite3_stmt *s = NULL;
	int code = sqlite3_prepare_v2(db->sql, sql, -1, &s, NULL);

	sqlite3_bind_text(s, 1, e->account, -1, SQLITE_STATIC);
	if (sql == messages) {
		sqlite3_bind_int64(s, 2, e->at);
		sqlite3_bind_int64(s, 3, end);
	}
	while (code == SQLITE_OK && (code = sqlite3_step(s)) == SQLITE_ROW) {
		fprintf(e->to, "%s\n", (const char *)sqlite3_column_text(s, 0));
		r->pages++;
		code = SQLITE_OK;
	}
	sqlite3_finalize(s);
	if (code != SQLITE_DONE)
		failed(r, store_db_failed(db, code), db->detail);
	else if (ferror(e->to))
		failed(r, store_file_status(errno), strerror(errno));
}

/* The last of the next messages; 0 if there is none. */
static int64_t range_end(struct store_db *db, int64_t at)
{
	sqlite3_stmt *s = db->stmt[STMT_SEARCH_UP];
	int64_t end = 0;

	sqlite3_bind_int64(s, 1, at);
	sqlite3_bind_int(s, 2, STORE_EXPORT_ROWS);
	if (sqlite3_step(s) == SQLITE_ROW)
		end = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return end;
}

void store_export_go_on(
	struct store_exporter *e, struct store_db *db, struct store_backup_report *r)
{
	int64_t end;

	if (e->part < ARRAY_SIZE(parts)) {
		write_rows(e, db, parts[e->part++], 0, r);
		if (r->status != STORE_OK)
			finish(e, r);
		return;
	}
	end = range_end(db, e->at);
	if (end)
		write_rows(e, db, messages, end, r);
	e->at = end;
	if (!end || r->status != STORE_OK)
		finish(e, r);
}

void store_export_abort(struct store_exporter *e, struct store_backup_report *r)
{
	if (!e->to)
		return;
	failed(r, STORE_IO, "the database was closed");
	finish(e, r);
}
