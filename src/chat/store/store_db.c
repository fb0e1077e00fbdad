/* store_db.c - write requests on the database, and mapping of SQLite errors. */
#include "chat/store/store_db.h"

#include "chat/store/store_channel.h"
#include "chat/store/store_marker.h"

#include "base/siphash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* What the system said about the last write to the log, which is where writes fail first. */
static int last_errno(struct store_db *db)
{
	sqlite3_file *log = NULL;
	int error = 0;

	if (!db->sql)
		return 0;
	sqlite3_file_control(db->sql, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
	if (log && log->pMethods)
		log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &error);
	return error ? error : sqlite3_system_errno(db->sql);
}

static enum store_status status_of(struct store_db *db, int code)
{
	int error = last_errno(db);

	switch (code & 0xff) {
	case SQLITE_FULL: return STORE_DISK_FULL;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return STORE_CORRUPT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return STORE_IN_USE;
	case SQLITE_READONLY:
	case SQLITE_PERM: return STORE_READ_ONLY;
	case SQLITE_NOMEM: return STORE_NO_MEMORY;
	case SQLITE_CONSTRAINT: return STORE_INVALID;
	default: break;
	}
	if (error == ENOSPC || error == EDQUOT || error == EFBIG)
		return STORE_DISK_FULL;
	return error == EACCES || error == EROFS || error == EPERM ? STORE_READ_ONLY : STORE_IO;
}

enum store_status store_db_failed(struct store_db *db, int code)
{
	enum store_status status = status_of(db, code);

	snprintf(db->detail, sizeof(db->detail), "%s (%d)",
		db->sql ? sqlite3_errmsg(db->sql) : sqlite3_errstr(code), code);
	if (status == STORE_CORRUPT && db->sql) /* leave the file as it is */
		sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return status;
}

enum store_status store_db_run(struct store_db *db, enum store_statement s)
{
	int code = sqlite3_step(db->stmt[s]);
	enum store_status status =
		code == SQLITE_DONE || code == SQLITE_ROW ? STORE_OK : store_db_failed(db, code);

	sqlite3_reset(db->stmt[s]);
	return status;
}

void store_db_bind(struct store_db *db, enum store_statement s, int at, struct store_text t)
{
	sqlite3_bind_text(db->stmt[s], at, t.p ? t.p : "", (int)t.len, SQLITE_STATIC);
}

void store_db_forget_targets(struct store_db *db)
{
	for (size_t i = 0; i < STORE_TARGET_CACHE; i++)
		free(db->cache[i].key);
	memset(db->cache, 0, STORE_TARGET_CACHE * sizeof(*db->cache));
}

enum store_status store_db_begin(struct store_db *db)
{
	return store_db_run(db, STMT_BEGIN);
}

enum store_status store_db_commit(struct store_db *db)
{
	return store_db_run(db, STMT_COMMIT);
}

void store_db_rollback(struct store_db *db)
{
	if (!sqlite3_get_autocommit(db->sql)) /* some failures have rolled back by themselves */
		store_db_run(db, STMT_ROLLBACK);
	store_db_forget_targets(db); /* ids given inside the transaction are void */
	db->markers = -1;
}

enum store_status store_db_probe(struct store_db *db)
{
	return store_db_run(db, STMT_PROBE);
}

/* Names in order, so that both directions of a conversation are one target. */
static struct store_target sorted(const struct store_target *t)
{
	struct store_target s = *t;
	int order;

	if (t->b.len == 0)
		return s;
	order = memcmp(t->a.p, t->b.p, size_min(t->a.len, t->b.len));
	if (order > 0 || (order == 0 && t->a.len > t->b.len)) {
		s.a = t->b;
		s.b = t->a;
	}
	return s;
}

static struct store_target_id *cache_slot(struct store_db *db, const char *key, size_t len)
{
	static const struct siphash_key spread = {1, 2}; /* a collision costs one lookup */

	return &db->cache[siphash(key, len, &spread) % STORE_TARGET_CACHE];
}

static void remember(struct store_target_id *slot, const char *key, size_t len, int64_t id)
{
	char *copy = malloc(len);

	if (!copy)
		return;
	memcpy(copy, key, len);
	free(slot->key);
	*slot = (struct store_target_id){copy, len, id, -1};
}

static enum store_status find_target(
	struct store_db *db, const struct store_target *t, bool add, int64_t *id)
{
	sqlite3_stmt *find = db->stmt[STMT_TARGET_FIND];
	enum store_status status;
	int code;

	store_db_bind(db, STMT_TARGET_FIND, 1, t->a);
	store_db_bind(db, STMT_TARGET_FIND, 2, t->b);
	code = sqlite3_step(find);
	*id = code == SQLITE_ROW ? sqlite3_column_int64(find, 0) : 0;
	sqlite3_reset(find);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return store_db_failed(db, code);
	if (*id || !add)
		return STORE_OK;
	store_db_bind(db, STMT_TARGET_ADD, 1, t->a);
	store_db_bind(db, STMT_TARGET_ADD, 2, t->b);
	status = store_db_run(db, STMT_TARGET_ADD);
	*id = sqlite3_last_insert_rowid(db->sql);
	return status;
}

/* Both names in order with a NUL between; its length. */
static size_t target_key(const struct store_target *t, char key[2 * STORE_NAME_MAX + 1])
{
	struct store_target s = sorted(t);

	assert(s.a.len <= STORE_NAME_MAX && s.b.len <= STORE_NAME_MAX);
	memcpy(key, s.a.p, s.a.len);
	key[s.a.len] = '\0';
	memcpy(key + s.a.len + 1, s.b.p, s.b.len);
	return s.a.len + 1 + s.b.len;
}

enum store_status store_db_target(
	struct store_db *db, const struct store_target *t, bool add, int64_t *id)
{
	struct store_target s = sorted(t);
	char key[2 * STORE_NAME_MAX + 1];
	size_t len = target_key(t, key);
	struct store_target_id *slot;
	enum store_status status;

	slot = cache_slot(db, key, len);
	if (slot->key && slot->len == len && memcmp(slot->key, key, len) == 0) {
		*id = slot->id;
		return STORE_OK;
	}
	status = find_target(db, &s, add, id);
	if (status == STORE_OK && *id)
		remember(slot, key, len, *id);
	return status;
}

/* Notes whether a channel is open to everybody, if that has changed. */
static enum store_status note_open(
	struct store_db *db, const struct store_append *a, int64_t target)
{
	struct store_target_id *slot;
	char key[2 * STORE_NAME_MAX + 1];
	size_t len = target_key(&a->target, key);
	enum store_status status;

	if (a->target.b.len > 0)
		return STORE_OK;
	slot = cache_slot(db, key, len);
	if (slot->id == target && slot->open == a->open)
		return STORE_OK;
	sqlite3_bind_int64(db->stmt[STMT_TARGET_OPEN], 1, target);
	sqlite3_bind_int(db->stmt[STMT_TARGET_OPEN], 2, a->open);
	status = store_db_run(db, STMT_TARGET_OPEN);
	if (status == STORE_OK && slot->id == target)
		slot->open = a->open;
	return status;
}

static enum store_status append(struct store_db *db, const struct store_append *a)
{
	sqlite3_stmt *s = db->stmt[STMT_APPEND];
	int64_t target = 0;
	enum store_status status = store_db_target(db, &a->target, true, &target);

	if (status == STORE_OK)
		status = note_open(db, a, target);
	if (status != STORE_OK)
		return status;
	sqlite3_bind_int64(s, 1, (int64_t)a->msg.id);
	sqlite3_bind_int64(s, 2, target);
	sqlite3_bind_int(s, 3, a->msg.event);
	sqlite3_bind_int64(s, 4, a->msg.use);
	store_db_bind(db, STMT_APPEND, 5, a->msg.source);
	store_db_bind(db, STMT_APPEND, 6, a->msg.account);
	store_db_bind(db, STMT_APPEND, 7, a->msg.command);
	store_db_bind(db, STMT_APPEND, 8, a->msg.params);
	store_db_bind(db, STMT_APPEND, 9, a->msg.tags);
	sqlite3_bind_int64(s, 10, a->msg.ms);
	sqlite3_bind_int64(s, 11, (int64_t)a->msg.author);
	status = store_db_run(db, STMT_APPEND);
	if (status == STORE_OK && a->msg.id > db->last_id)
		db->last_id = a->msg.id;
	return status;
}

static enum store_status put_ban(struct store_db *db, const struct store_ban *b)
{
	sqlite3_stmt *s = db->stmt[STMT_BAN_PUT];

	sqlite3_bind_int(s, 1, b->kind);
	store_db_bind(db, STMT_BAN_PUT, 2, b->mask);
	store_db_bind(db, STMT_BAN_PUT, 3, b->reason);
	store_db_bind(db, STMT_BAN_PUT, 4, b->setter);
	sqlite3_bind_int64(s, 5, b->set_ms);
	sqlite3_bind_int64(s, 6, b->expire_ms);
	return store_db_run(db, STMT_BAN_PUT);
}

static enum store_status delete_ban(struct store_db *db, const struct store_ban *b)
{
	sqlite3_bind_int(db->stmt[STMT_BAN_DELETE], 1, b->kind);
	store_db_bind(db, STMT_BAN_DELETE, 2, b->mask);
	return store_db_run(db, STMT_BAN_DELETE);
}

static enum store_status delete_message(struct store_db *db, const struct store_key *k)
{
	sqlite3_stmt *s = db->stmt[STMT_DELETE];
	int64_t target = 0;
	uint64_t since = 0;
	enum store_status status = store_db_target(db, &k->target, false, &target);

	if (status == STORE_OK)
		status = store_db_since(db, target, k->begun, &since);
	if (status != STORE_OK)
		return status;
	if (k->id <= since)
		return STORE_NO_MSGID;
	sqlite3_bind_int64(s, 1, (int64_t)k->id);
	sqlite3_bind_int64(s, 2, target);
	status = store_db_run(db, STMT_DELETE);
	return status == STORE_OK && sqlite3_changes(db->sql) == 0 ? STORE_NO_MSGID : status;
}

enum store_status store_db_write(struct store_db *db, struct store_job *job)
{
	switch (job->request.op) {
	case STORE_APPEND: return append(db, &job->request.u.append);
	case STORE_DELETE: return delete_message(db, &job->request.u.key);
	case STORE_MARKER_SET: return store_db_marker_set(db, job);
	case STORE_CHANNEL_BEGIN:
	case STORE_CHANNEL_END:
	case STORE_CHANNEL_RENAME: return store_db_channel(db, job);
	case STORE_BAN_PUT: return put_ban(db, &job->request.u.ban);
	case STORE_BAN_DELETE: return delete_ban(db, &job->request.u.ban);
	default: break;
	}
	assert(!"not a write");
	return STORE_INVALID;
}
