/*
 * store_channel.c - channel lifetimes: which of a target's messages belong to the channel that now
 * has the name.
 *
 *     begun   the newest id at the channel's creation, from its BEGIN
 *     since   messages up to this one belong to earlier channels of the name
 *     open    all users could join at the time of its last message; 0 since its END
 *
 * A channel whose server was killed or stopped has no END: if it was open, the first user to join
 * after the restart finds its history; so do the members of a registered one. Every other BEGIN
 * starts without history. A query names the `begun` of its channel: a BEGIN that could not be
 * written (the disk is full) leaves another value there, and then no older messages are returned.
 */
#include "chat/store/store_channel.h"

#include "chat/store/store_db.h"

enum store_status store_db_since(
	struct store_db *db, int64_t target, uint64_t begun, uint64_t *since)
{
	sqlite3_stmt *s = db->stmt[STMT_TARGET_SINCE];
	int code;

	*since = begun;
	if (target == 0 || begun == 0)
		return STORE_OK;
	sqlite3_bind_int64(s, 1, target);
	code = sqlite3_step(s);
	if (code == SQLITE_ROW && (uint64_t)sqlite3_column_int64(s, 1) == begun)
		*since = (uint64_t)sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return code == SQLITE_ROW || code == SQLITE_DONE ? STORE_OK : store_db_failed(db, code);
}

static enum store_status begin(struct store_db *db, const struct store_channel *c)
{
	store_db_bind(db, STMT_CHANNEL_BEGIN, 1, c->name);
	sqlite3_bind_int64(db->stmt[STMT_CHANNEL_BEGIN], 2, (int64_t)c->begun);
	sqlite3_bind_int(db->stmt[STMT_CHANNEL_BEGIN], 3, c->kept);
	return store_db_run(db, STMT_CHANNEL_BEGIN);
}

static enum store_status end(struct store_db *db, const struct store_channel *c)
{
	store_db_bind(db, STMT_CHANNEL_END, 1, c->name);
	return store_db_run(db, STMT_CHANNEL_END);
}

/* Earlier messages under the new name are moved to a name that no channel can have. */
static enum store_status take_name(struct store_db *db, const struct store_channel *c)
{
	sqlite3_stmt *s = db->stmt[STMT_CHANNEL_RENAME];
	enum store_status status;

	store_db_bind(db, STMT_CHANNEL_DETACH, 1, c->to);
	status = store_db_run(db, STMT_CHANNEL_DETACH);
	if (status != STORE_OK)
		return status;
	store_db_bind(db, STMT_CHANNEL_RENAME, 1, c->name);
	store_db_bind(db, STMT_CHANNEL_RENAME, 2, c->to);
	sqlite3_bind_int64(s, 3, (int64_t)c->begun);
	sqlite3_bind_int64(s, 4, (int64_t)c->renamed);
	return store_db_run(db, STMT_CHANNEL_RENAME);
}

enum store_status store_db_channel(struct store_db *db, const struct store_job *job)
{
	const struct store_channel *c = &job->request.u.channel;
	enum store_status status;

	if (job->request.op == STORE_CHANNEL_BEGIN)
		return begin(db, c);
	status = job->request.op == STORE_CHANNEL_END ? end(db, c) : take_name(db, c);
	store_db_forget_targets(db); /* the cached ids and flags have changed */
	return status;
}
