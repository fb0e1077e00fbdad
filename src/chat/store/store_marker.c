/*
 * store_marker.c - read markers, with bounds of their own: a user who sets too many loses its own
 * oldest markers, never messages.
 */
#include "chat/store/store_marker.h"

#include "chat/store/store_db.h"
#include "chat/store/store_schema.h"

enum {
	MARKER_PART = 8,    /* this fraction of the file's bound may be markers */
	MARKER_BYTES = 256, /* of one with the longest names, including its index */
};

void store_db_bound_markers(struct store_db *db, uint64_t max_bytes)
{
	uint64_t room = max_bytes / MARKER_PART / MARKER_BYTES;

	db->markers_max = STORE_MARKERS_MAX;
	if (max_bytes > 0 && room < STORE_MARKERS_MAX)
		db->markers_max = (int64_t)room;
}

/* Moves an existing marker; the reply has no marker if there is none. */
static enum store_status move(struct store_db *db, struct store_job *job)
{
	const struct store_marker *m = &job->request.u.marker;
	sqlite3_stmt *s = db->stmt[STMT_MARKER_MOVE];
	int code;

	store_db_bind(db, STMT_MARKER_MOVE, 1, m->user);
	store_db_bind(db, STMT_MARKER_MOVE, 2, m->target);
	sqlite3_bind_int64(s, 3, m->ms);
	code = sqlite3_step(s);
	if (code == SQLITE_ROW) {
		job->reply.marker_ms = sqlite3_column_int64(s, 0);
		code = sqlite3_step(s); /* the row is returned before the statement is complete */
	}
	sqlite3_reset(s);
	return code == SQLITE_DONE ? STORE_OK : store_db_failed(db, code);
}

static int64_t count_of_user(struct store_db *db, struct store_text user)
{
	sqlite3_stmt *s = db->stmt[STMT_MARKER_COUNT];
	int64_t n;

	store_db_bind(db, STMT_MARKER_COUNT, 1, user);
	n = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_reset(s);
	return n;
}

/* Makes room for another marker of user. */
static enum store_status make_room(struct store_db *db, struct store_text user)
{
	int64_t own = count_of_user(db, user);
	enum store_statement drop = own > 0 ? STMT_MARKER_DROP_OF_USER : STMT_MARKER_DROP;
	enum store_status status;

	if (db->markers < 0)
		db->markers = store_db_ask(db, "SELECT count(*) FROM marker", 0);
	if (own < STORE_MARKERS_OF_USER && db->markers < db->markers_max)
		return STORE_OK;
	if (own > 0)
		store_db_bind(db, drop, 1, user);
	status = store_db_run(db, drop);
	db->markers -= sqlite3_changes(db->sql);
	return status;
}

static enum store_status add(struct store_db *db, struct store_job *job)
{
	const struct store_marker *m = &job->request.u.marker;
	enum store_status status = make_room(db, m->user);

	if (status != STORE_OK)
		return status;
	store_db_bind(db, STMT_MARKER_ADD, 1, m->user);
	store_db_bind(db, STMT_MARKER_ADD, 2, m->target);
	sqlite3_bind_int64(db->stmt[STMT_MARKER_ADD], 3, m->ms);
	status = store_db_run(db, STMT_MARKER_ADD);
	if (status != STORE_OK)
		return status;
	db->markers++;
	job->reply.marker_ms = m->ms;
	return STORE_OK;
}

enum store_status store_db_marker_set(struct store_db *db, struct store_job *job)
{
	enum store_status status = move(db, job);

	return status == STORE_OK && job->reply.marker_ms < 0 ? add(db, job) : status;
}

enum store_status store_db_marker_get(struct store_db *db, struct store_job *job)
{
	const struct store_marker *m = &job->request.u.marker;
	sqlite3_stmt *s = db->stmt[STMT_MARKER_GET];
	int code;

	store_db_bind(db, STMT_MARKER_GET, 1, m->user);
	store_db_bind(db, STMT_MARKER_GET, 2, m->target);
	code = sqlite3_step(s);
	if (code == SQLITE_ROW)
		job->reply.marker_ms = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return code == SQLITE_ROW || code == SQLITE_DONE ? STORE_OK : store_db_failed(db, code);
}
