/*
 * store_retain.c - retention: deletes expired messages, and the oldest ones while the file is too
 * large, in steps short enough to run between two commits. Free pages are returned to the file
 * system when they exceed a tenth of the file; fewer are reused by new messages. Events (JOIN ...)
 * may take an eighth of the file at most, so that people who come and go push out no messages. The
 * founder of a channel may want its messages deleted sooner (chat/model/channel_history.h).
 */
#include "chat/store/store_retain.h"

#include "chat/proto/msgid.h"
#include "chat/store/store_db.h"
#include "chat/store/store_log.h"
#include "chat/store/store_schema.h"
#include "chat/store/store_version.h"

#include <stdio.h>

#define DAY_MS (24 * 3600 * 1000LL)

enum {
	TARGETS_PER_STEP = 500,
	CHANNELS_PER_STEP = 50, /* with a history of their own */
	FREE_PART = 10,
	EVENTS_PART = 8,
	EVENT_BYTES = 256, /* of one, with its index */
};

/* Runs one of the two statements that delete messages. */
static enum store_status expire_messages(
	struct store_db *db, struct store_retain *r, enum store_statement which)
{
	enum store_status status = store_db_run(db, which);
	int gone;

	if (status != STORE_OK)
		return status;
	gone = sqlite3_changes(db->sql);
	r->expired += (uint64_t)gone;
	if (gone == STORE_RETAIN_ROWS)
		r->more = true;
	return STORE_OK;
}

/* Deletes targets without messages, a range of ids per step. */
static enum store_status expire_targets(struct store_db *db)
{
	sqlite3_stmt *s = db->stmt[STMT_EXPIRE_TARGETS];
	enum store_status status;

	sqlite3_bind_int64(s, 1, db->expire_cursor);
	sqlite3_bind_int64(s, 2, db->expire_cursor + TARGETS_PER_STEP);
	status = store_db_run(db, STMT_EXPIRE_TARGETS);
	if (status == STORE_OK && sqlite3_changes(db->sql) > 0)
		store_db_forget_targets(db);
	db->expire_cursor += TARGETS_PER_STEP;
	if (db->expire_cursor > store_db_ask(db, "SELECT coalesce(max(id), 0) FROM target", 0))
		db->expire_cursor = 0;
	return status;
}

static enum store_status expire_old(struct store_db *db, struct store_retain *r)
{
	int64_t cut = r->wall_ms - r->bounds.max_age / NSEC_MSEC;
	enum store_status status;

	sqlite3_bind_int64(db->stmt[STMT_EXPIRE_BANS], 1, r->wall_ms);
	status = store_db_run(db, STMT_EXPIRE_BANS);
	if (status != STORE_OK || r->bounds.max_age == 0 || cut <= 0)
		return status;
	sqlite3_bind_int64(db->stmt[STMT_EXPIRE_MARKERS], 1, cut);
	sqlite3_bind_int(db->stmt[STMT_EXPIRE_MARKERS], 2, STORE_RETAIN_ROWS);
	status = store_db_run(db, STMT_EXPIRE_MARKERS);
	if (db->markers > 0)
		db->markers -= sqlite3_changes(db->sql);
	sqlite3_bind_int64(db->stmt[STMT_EXPIRE_MESSAGES], 1, cut);
	sqlite3_bind_int(db->stmt[STMT_EXPIRE_MESSAGES], 2, STORE_RETAIN_ROWS);
	return status == STORE_OK ? expire_messages(db, r, STMT_EXPIRE_MESSAGES) : status;
}

/* A channel whose messages are deleted sooner than others. */
struct channel_age {
	char name[STORE_NAME_MAX + 1];
	int64_t target, days; /* 0: it keeps none */
};

/* Reads the next ones, in the order of their names. */
static enum store_status channel_ages(
	struct store_db *db, struct channel_age ages[CHANNELS_PER_STEP], int *count)
{
	sqlite3_stmt *s = db->stmt[STMT_CHANNEL_AGES];
	int code = SQLITE_DONE;

	*count = 0;
	store_db_bind(db, STMT_CHANNEL_AGES, 1,
		(struct store_text){db->expire_channel, strlen(db->expire_channel)});
	sqlite3_bind_int(s, 2, CHANNELS_PER_STEP);
	while (*count < CHANNELS_PER_STEP && (code = sqlite3_step(s)) == SQLITE_ROW) {
		struct channel_age *a = &ages[(*count)++];

		snprintf(a->name, sizeof(a->name), "%s", (const char *)sqlite3_column_text(s, 0));
		a->target = sqlite3_column_int64(s, 1);
		a->days = sqlite3_column_int64(s, 2);
	}
	sqlite3_reset(s);
	return code == SQLITE_ROW || code == SQLITE_DONE ? STORE_OK : store_db_failed(db, code);
}

/* Goes on where it was until a step is full, and begins anew at the end. */
static enum store_status expire_channels(struct store_db *db, struct store_retain *r)
{
	sqlite3_stmt *s = db->stmt[STMT_EXPIRE_CHANNEL];
	struct channel_age ages[CHANNELS_PER_STEP];
	int count;
	enum store_status status = channel_ages(db, ages, &count);

	for (int i = 0; status == STORE_OK && i < count; i++) {
		sqlite3_bind_int64(s, 1, ages[i].target);
		sqlite3_bind_int64(s, 2, r->wall_ms - ages[i].days * DAY_MS);
		sqlite3_bind_int(s, 3, STORE_RETAIN_ROWS);
		status = expire_messages(db, r, STMT_EXPIRE_CHANNEL);
		if (sqlite3_changes(db->sql) == STORE_RETAIN_ROWS)
			return status; /* the rest of this one is next */
		strcpy(db->expire_channel, ages[i].name);
	}
	if (count < CHANNELS_PER_STEP)
		db->expire_channel[0] = '\0';
	return status;
}

/* A message that no log has any more does not come again. */
static enum store_status expire_deleted(struct store_db *db, const struct store_retain *r)
{
	int64_t cut = r->wall_ms - STORE_GONE_DAYS * DAY_MS;

	if (cut <= 0)
		return STORE_OK;
	sqlite3_bind_int64(db->stmt[STMT_DELETED_EXPIRE], 1, (int64_t)msgid_floor(cut));
	sqlite3_bind_int(db->stmt[STMT_DELETED_EXPIRE], 2, STORE_RETAIN_ROWS);
	return store_db_run(db, STMT_DELETED_EXPIRE);
}

/* The bounds of events: their age, and their share of the file. */
static enum store_status expire_events(struct store_db *db, struct store_retain *r)
{
	int64_t cut = r->wall_ms - r->bounds.events_max_age / NSEC_MSEC, gone;
	int64_t most = (int64_t)(r->bounds.max_bytes / EVENTS_PART / EVENT_BYTES);
	enum store_status status = STORE_OK;

	/* at most so many: those that went with the messages are not subtracted */
	if (db->events < 0 || (most > 0 && db->events > most))
		db->events = store_db_ask(db, "SELECT count(*) FROM message WHERE event = 2", 0);
	gone = (int64_t)r->expired;
	sqlite3_bind_int64(db->stmt[STMT_EXPIRE_EVENTS], 1, cut);
	sqlite3_bind_int(db->stmt[STMT_EXPIRE_EVENTS], 2, STORE_RETAIN_ROWS);
	sqlite3_bind_int(db->stmt[STMT_EXCESS_EVENTS], 1, STORE_RETAIN_ROWS);
	if (r->bounds.events_max_age && cut > 0)
		status = expire_messages(db, r, STMT_EXPIRE_EVENTS);
	if (status == STORE_OK && most > 0 && db->events > most)
		status = expire_messages(db, r, STMT_EXCESS_EVENTS);
	db->events -= (int64_t)r->expired - gone;
	return status;
}

static enum store_status vacuum(struct store_db *db, struct store_retain *r)
{
	int64_t pages = store_db_ask(db, "PRAGMA page_count", 0),
		unused = store_db_ask(db, "PRAGMA freelist_count", 0);
	int code;

	_Static_assert(STORE_VACUUM_PAGES == 256, "the pragma below is a literal");
	if (unused < STORE_VACUUM_PAGES || unused * FREE_PART < pages)
		return STORE_OK;
	code = sqlite3_exec(db->sql, "PRAGMA incremental_vacuum(256)", NULL, NULL, NULL);
	r->more = true;
	return code == SQLITE_OK ? STORE_OK : store_db_failed(db, code);
}

static enum store_status expire_excess(struct store_db *db, struct store_retain *r)
{
	int64_t used = store_db_ask(db, "PRAGMA page_count", 0) -
		       store_db_ask(db, "PRAGMA freelist_count", 0);

	used = used * store_db_ask(db, "PRAGMA page_size", 0) - store_log_bytes(db);
	if (r->bounds.max_bytes == 0 || used <= (int64_t)r->bounds.max_bytes)
		return STORE_OK;
	sqlite3_bind_int(db->stmt[STMT_EXCESS_MESSAGES], 1, STORE_RETAIN_ROWS);
	return expire_messages(db, r, STMT_EXCESS_MESSAGES);
}

enum store_status store_db_retain(struct store_db *db, struct store_retain *r)
{
	enum store_status status = store_db_run(db, STMT_BEGIN);

	r->more = false;
	if (status != STORE_OK)
		return status;
	status = store_version_expire(db, r->wall_ms);
	if (status == STORE_OK)
		status = expire_deleted(db, r);
	if (status == STORE_OK)
		status = expire_old(db, r);
	if (status == STORE_OK)
		status = expire_channels(db, r);
	if (status == STORE_OK)
		status = expire_events(db, r);
	if (status == STORE_OK)
		status = expire_excess(db, r);
	if (status == STORE_OK)
		status = store_log_retain(db, r);
	if (status == STORE_OK)
		status = expire_targets(db);
	if (status == STORE_OK)
		status = store_db_run(db, STMT_COMMIT);
	if (status != STORE_OK) {
		store_db_rollback(db);
		return status;
	}
	return vacuum(db, r);
}
