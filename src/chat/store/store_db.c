/* store_db.c - statements, transactions, ids of targets, and mapping of SQLite errors. */
#include "chat/store/store_db.h"

#include "base/siphash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* The errno of the last write to the log, which is where writes fail first. */
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

	/* the index only: the messages are intact */
	if (code == SQLITE_CORRUPT_VTAB) {
		db->search_damaged = true;
		status = STORE_IO;
	}

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

void store_db_rollback(struct store_db *db)
{
	if (!sqlite3_get_autocommit(db->sql)) /* some failures have rolled back already */
		store_db_run(db, STMT_ROLLBACK);
	store_db_forget_targets(db); /* ids assigned inside the transaction are void */
	db->markers = db->events = -1;
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

/* Writes both names, which are in order, with a NUL between; returns the length. */
static size_t target_key(const struct store_target *s, char key[2 * STORE_NAME_MAX + 1])
{
	assert(s->a.len <= STORE_NAME_MAX && s->b.len <= STORE_NAME_MAX);
	memcpy(key, s->a.p, s->a.len);
	key[s->a.len] = '\0';
	memcpy(key + s->a.len + 1, s->b.p, s->b.len);
	return s->a.len + 1 + s->b.len;
}

enum store_status store_db_target(
	struct store_db *db, const struct store_target *t, bool add, int64_t *id)
{
	struct store_target s = sorted(t);
	char key[2 * STORE_NAME_MAX + 1];
	size_t len = target_key(&s, key);
	struct store_target_id *slot = cache_slot(db, key, len);
	enum store_status status;

	if (slot->key && slot->len == len && memcmp(slot->key, key, len) == 0) {
		*id = slot->id;
		return STORE_OK;
	}
	status = find_target(db, &s, add, id);
	if (status == STORE_OK && *id)
		remember(slot, key, len, *id);
	return status;
}

enum store_status store_db_note_open(
	struct store_db *db, const struct store_append *a, int64_t target)
{
	char key[2 * STORE_NAME_MAX + 1];
	struct store_target_id *slot;
	enum store_status status;

	if (a->target.b.len > 0)
		return STORE_OK;
	slot = cache_slot(db, key, target_key(&a->target, key));
	if (slot->id == target && slot->open == a->open)
		return STORE_OK;
	sqlite3_bind_int64(db->stmt[STMT_TARGET_OPEN], 1, target);
	sqlite3_bind_int(db->stmt[STMT_TARGET_OPEN], 2, a->open);
	status = store_db_run(db, STMT_TARGET_OPEN);
	if (status == STORE_OK && slot->id == target)
		slot->open = a->open;
	return status;
}
