/*
 * store_forget.c - jobs that forget what an account has said: store_forget.h.
 *
 *     forget    account, how, whole, upto, at      the messages in (at, upto] are to be examined
 *
 * No index leads from an account to its messages: they are examined from the oldest on. First go
 * the account's private conversations, if the whole account is forgotten.
 */
#include "chat/store/store_forget.h"

#include <stdio.h>

struct job {
	int64_t row, how, at, upto;
	bool whole;
	char account[STORE_NAME_MAX + 1], correspondent[STORE_NAME_MAX + 2];
};

enum store_status store_forget(struct store_db *db, struct store_job *job)
{
	const struct store_forget *f = &job->request.u.forget;
	enum store_status status;

	store_db_bind(db, STMT_FORGET_ADD, 1, f->account);
	sqlite3_bind_int(db->stmt[STMT_FORGET_ADD], 2, f->how);
	sqlite3_bind_int(db->stmt[STMT_FORGET_ADD], 3, f->whole);
	sqlite3_bind_int64(
		db->stmt[STMT_FORGET_ADD], 4, f->whole ? INT64_MAX : (int64_t)db->newest_id);
	status = store_db_run(db, STMT_FORGET_ADD);
	if (status == STORE_OK)
		db->forgets = true;
	return status;
}

/* Reads the next job; its row is 0 if there is none. */
static enum store_status next_job(struct store_db *db, struct job *j)
{
	sqlite3_stmt *s = db->stmt[STMT_FORGET_NEXT];
	int code = sqlite3_step(s);

	*j = (struct job){0};
	if (code == SQLITE_ROW) {
		j->row = sqlite3_column_int64(s, 0);
		snprintf(j->account, sizeof(j->account), "%s",
			(const char *)sqlite3_column_text(s, 1));
		snprintf(j->correspondent, sizeof(j->correspondent), "*%s", j->account);
		j->how = sqlite3_column_int64(s, 2);
		j->whole = sqlite3_column_int(s, 3) != 0;
		j->at = sqlite3_column_int64(s, 4);
		j->upto = sqlite3_column_int64(s, 5);
	}
	sqlite3_reset(s);
	return code == SQLITE_ROW || code == SQLITE_DONE ? STORE_OK : store_db_failed(db, code);
}

/* Deletes some messages of private conversations; *more is false after the last. */
static enum store_status forget_private(struct store_db *db, const struct job *j, bool *more)
{
	struct store_text name = {j->correspondent, strlen(j->correspondent)};
	enum store_status status;

	store_db_bind(db, STMT_FORGET_MARKERS, 1, name);
	status = store_db_run(db, STMT_FORGET_MARKERS);
	db->markers = -1;
	store_db_bind(db, STMT_FORGET_PRIVATE, 1, name);
	sqlite3_bind_int(db->stmt[STMT_FORGET_PRIVATE], 2, STORE_FORGET_ROWS);
	if (status == STORE_OK)
		status = store_db_run(db, STMT_FORGET_PRIVATE);
	*more = sqlite3_changes(db->sql) == STORE_FORGET_ROWS;
	return status;
}

/* The last of the next messages after `at`; 0 if there is none. */
static enum store_status range_end(struct store_db *db, int64_t at, int64_t *end)
{
	sqlite3_stmt *s = db->stmt[STMT_SEARCH_UP];
	int code;

	sqlite3_bind_int64(s, 1, at);
	sqlite3_bind_int(s, 2, STORE_FORGET_ROWS);
	code = sqlite3_step(s);
	*end = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return code == SQLITE_ROW ? STORE_OK : store_db_failed(db, code);
}

static enum store_status forget_said(struct store_db *db, const struct job *j)
{
	enum store_statement which =
		j->how == STORE_FORGET_NAME ? STMT_FORGET_NAME : STMT_FORGET_ALL;
	enum store_statement next = STMT_FORGET_DONE;
	struct store_text name = {j->account, strlen(j->account)};
	int64_t end = 0;
	enum store_status status = range_end(db, j->at, &end);

	if (status == STORE_OK && end && j->at < j->upto) {
		end = end < j->upto ? end : j->upto;
		sqlite3_bind_int64(db->stmt[which], 1, j->at);
		sqlite3_bind_int64(db->stmt[which], 2, end);
		store_db_bind(db, which, 3, name);
		status = store_db_run(db, which);
		next = STMT_FORGET_MOVE;
		sqlite3_bind_int64(db->stmt[next], 2, end);
	}
	sqlite3_bind_int64(db->stmt[next], 1, j->row);
	return status == STORE_OK ? store_db_run(db, next) : status;
}

enum store_status store_forget_step(struct store_db *db)
{
	struct job j;
	bool more = false;
	enum store_status status = store_db_run(db, STMT_BEGIN);

	if (status == STORE_OK)
		status = next_job(db, &j);
	if (status == STORE_OK && j.row && j.whole && j.at == 0)
		status = forget_private(db, &j, &more);
	if (status == STORE_OK && j.row && !more)
		status = forget_said(db, &j);
	if (status == STORE_OK)
		status = store_db_run(db, STMT_COMMIT);
	if (status != STORE_OK)
		store_db_rollback(db);
	else
		db->forgets = j.row != 0;
	return status;
}
