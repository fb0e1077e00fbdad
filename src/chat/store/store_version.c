/* store_version.c - versions of records, and which of two states of a record holds. */
#include "chat/store/store_version.h"

#include "chat/proto/msgid.h"
#include "chat/store/store_record.h"
#include "chat/store/store_schema.h"

enum {
	KEY_MAX = 3 * STORE_RECORD_TEXT_MAX + 3,
	EXPIRE_ROWS = 500,
	ONE_LATER = 1 << MSGID_NODE_BITS,
	DROPPED = 1, /* ACCOUNT_DROPPED, in the flags of an account */
};

#define DAY_MS (24 * 3600 * 1000LL)

/* The questions about tables that a network shares. */
static const struct {
	const char *found;        /* when the record was registered, and whether it is dropped */
	const char *owner;        /* when its owner was registered */
	int at;                   /* the text that names the owner, */
	const char *const *parts; /* and what is deleted with the record */
	int born; /* the number that says when it was registered; -1: it has no name */
} tables[STORE_TABLE_COUNT] = {
#define OF_ACCOUNT "SELECT created_ms FROM account WHERE folded = ?1"
#define OF_CHANNEL "SELECT registered_ms FROM channel WHERE folded = ?1 AND founder <> ''"
	[STORE_ACCOUNT] = {"SELECT created_ms, flags & 1 FROM account WHERE folded = ?1", NULL, 0,
		(const char *const[]){"DELETE FROM account_nick WHERE account = ?1",
			"DELETE FROM account_cert WHERE account = ?1",
			"DELETE FROM account_app WHERE account = ?1",
			"DELETE FROM account_push WHERE account = ?1",
			"DELETE FROM account_entry WHERE account = ?1", NULL},
		1},
	[STORE_ACCOUNT_NICK] = {"SELECT added_ms, 0 FROM account_nick WHERE folded = ?1",
		OF_ACCOUNT, 2, NULL, 0},
	[STORE_ACCOUNT_CERT] = {"SELECT 0, 0 FROM account_cert WHERE fingerprint = ?1", OF_ACCOUNT,
		1, NULL, -1},
	[STORE_ACCOUNT_APP] = {"SELECT 0, 0 FROM account_app WHERE hash = ?1", OF_ACCOUNT, 1, NULL,
		-1},
	[STORE_ACCOUNT_ENTRY] = {"SELECT 0, 0 FROM account_entry WHERE account = ?1 AND list = ?2"
				 " AND text = ?3",
		OF_ACCOUNT, 0, NULL, -1},
	[STORE_CHANNEL] = {"SELECT registered_ms, founder = '' FROM channel WHERE folded = ?1",
		NULL, 0,
		(const char *const[]){"DELETE FROM channel_access WHERE channel = ?1",
			"DELETE FROM channel_mask WHERE channel = ?1", NULL},
		4},
	[STORE_CHANNEL_ACCESS] = {"SELECT 0, 0 FROM channel_access WHERE channel = ?1"
				  " AND account = ?2",
		OF_CHANNEL, 0, NULL, -1},
	[STORE_CHANNEL_MASK] = {"SELECT 0, 0 FROM channel_mask WHERE channel = ?1 AND list = ?2"
				" AND mask = ?3",
		OF_CHANNEL, 0, NULL, -1},
	[STORE_SERVER_BAN] = {"SELECT 0, 0 FROM ban WHERE kind = CAST(?1 AS INTEGER) AND mask = ?2",
		NULL, 0, NULL, -1},
	[STORE_FILTER] = {"SELECT 0, 0 FROM filter WHERE pattern = ?1", NULL, 0, NULL, -1},
};

/* The state of a record that is here. */
struct state {
	bool known, there, dropped; /* it has a version; a row; which does not count for much */
	uint64_t version, after;
	int64_t gone, born;
};

/* --- keys --- */

/* The key of a record in the table of versions. */
static struct store_text key_of(const struct store_record *r, char out[KEY_MAX])
{
	int count = record_shape(r->table)->key;
	size_t n = 0;

	for (int i = 0; i < count; i++) {
		if (i)
			out[n++] = '\n';
		if (r->text[i].len)
			memcpy(out + n, r->text[i].p, r->text[i].len);
		n += r->text[i].len;
	}
	return (struct store_text){out, n};
}

static void bind(
	struct store_db *db, enum store_statement s, enum store_table table, struct store_text key)
{
	sqlite3_bind_int(db->stmt[s], 1, (int)table);
	store_db_bind(db, s, 2, key);
}

/* --- reading --- */

static enum store_status read_version(
	struct store_db *db, const struct store_record *r, struct state *st)
{
	sqlite3_stmt *s = db->stmt[STMT_VERSION_GET];
	char key[KEY_MAX];
	int code;

	*st = (struct state){0};
	if (!db->versions)
		return STORE_OK;
	bind(db, STMT_VERSION_GET, r->table, key_of(r, key));
	code = sqlite3_step(s);
	if (code == SQLITE_ROW) {
		st->known = true;
		st->version = (uint64_t)sqlite3_column_int64(s, 0);
		st->after = (uint64_t)sqlite3_column_int64(s, 1);
		st->gone = sqlite3_column_int64(s, 2);
	}
	sqlite3_reset(s);
	return code == SQLITE_ROW || code == SQLITE_DONE ? STORE_OK : store_db_failed(db, code);
}

bool store_version_of(struct store_db *db, struct store_record *r)
{
	struct state st;

	if (read_version(db, r, &st) != STORE_OK)
		return false;
	r->version = st.version;
	r->after = st.after;
	return true;
}

/* Reads the row that a question gives. */
struct reader {
	void (*row)(sqlite3_stmt *s, void *arg);
	void *arg;
};

/* Runs a statement with texts as its parameters. */
static enum store_status ask(struct store_db *db, const char *sql, const struct store_text *text,
	int count, struct reader to)
{
	sqlite3_stmt *s;
	int code = sqlite3_prepare_v2(db->sql, sql, -1, &s, NULL);

	if (code != SQLITE_OK)
		return store_db_failed(db, code);
	for (int i = 0; i < count; i++)
		sqlite3_bind_text(
			s, i + 1, text[i].len ? text[i].p : "", (int)text[i].len, SQLITE_STATIC);
	code = sqlite3_step(s);
	if (code == SQLITE_ROW && to.row)
		to.row(s, to.arg);
	sqlite3_finalize(s);
	return code == SQLITE_ROW || code == SQLITE_DONE ? STORE_OK : store_db_failed(db, code);
}

static void take_state(sqlite3_stmt *s, void *arg)
{
	struct state *st = arg;

	st->there = true;
	st->born = sqlite3_column_int64(s, 0);
	st->dropped = sqlite3_column_int(s, 1);
}

static void take_number(sqlite3_stmt *s, void *arg)
{
	*(int64_t *)arg = sqlite3_column_int64(s, 0);
}

/* The state here of a record of another server. */
static enum store_status read_state(
	struct store_db *db, const struct store_record *r, struct state *st)
{
	enum store_status status = read_version(db, r, st);

	if (status == STORE_OK)
		status = ask(db, tables[r->table].found, r->text, record_shape(r->table)->key,
			(struct reader){take_state, st});
	if (st->there && !st->known)
		st->version = r->node;
	return status;
}

/* Whether the registration to which the record belongs is here. */
static enum store_status has_owner(struct store_db *db, const struct store_record *r, bool *has)
{
	const char *sql = tables[r->table].owner;
	int64_t owner = -1;
	enum store_status status = STORE_OK;

	if (sql && (!r->gone || tables[r->table].at < record_shape(r->table)->key))
		status = ask(db, sql, &r->text[tables[r->table].at], 1,
			(struct reader){take_number, &owner});
	*has = !sql || owner == r->owner || (r->gone && owner < 0);
	return status;
}

/* --- writing --- */

static enum store_status put_version(
	struct store_db *db, const struct store_record *r, int64_t gone_ms)
{
	sqlite3_stmt *s = db->stmt[STMT_VERSION_PUT];
	char key[KEY_MAX];

	db->versions = true;
	bind(db, STMT_VERSION_PUT, r->table, key_of(r, key));
	sqlite3_bind_int64(s, 3, (int64_t)r->version);
	sqlite3_bind_int64(s, 4, (int64_t)r->after);
	sqlite3_bind_int64(s, 5, gone_ms);
	sqlite3_bind_int64(s, 6, r->owner);
	return store_db_run(db, STMT_VERSION_PUT);
}

/* The record, or all of an account if its list is "", has no version any more. */
static enum store_status drop_version(struct store_db *db, const struct store_record *r)
{
	char key[KEY_MAX], upto[KEY_MAX + 1];
	struct store_text first = key_of(r, key), last = {upto, first.len};

	memcpy(upto, key, first.len);
	if (r->table == STORE_ACCOUNT_ENTRY && r->text[1].len == 0) {
		last.len = r->text[0].len + 1;
		upto[r->text[0].len] = '\n' + 1;
	}
	bind(db, STMT_VERSION_DROP, r->table, first);
	store_db_bind(db, STMT_VERSION_DROP, 3, last);
	return store_db_run(db, STMT_VERSION_DROP);
}

enum store_status store_version_write(struct store_db *db, struct store_job *job)
{
	struct store_record *r = &job->request.u.record;
	bool put = job->request.op == STORE_RECORD_PUT;
	enum store_status status = store_db_record_write(db, r, put);
	struct state st;

	if (status != STORE_OK || (!r->version && !db->versions))
		return status;
	if (!r->version)
		return drop_version(db, r);
	status = read_version(db, r, &st);
	if (r->version <= st.version) /* written by a clock that is ahead of ours */
		r->version = st.version + ONE_LATER;
	r->after = st.gone ? st.version : st.after;
	r->gone = !put;
	return status == STORE_OK ? put_version(db, r, put ? 0 : msgid_ms(r->version)) : status;
}

/* --- which holds --- */

/* Of two registrations that did not know of each other: whether that of the other server holds. */
static bool is_older(const struct store_record *r, const struct state *here)
{
	bool dropped = r->table == STORE_ACCOUNT && (r->number[0] & DROPPED);

	if (dropped != here->dropped)
		return here->dropped;
	return r->number[tables[r->table].born] < here->born;
}

static enum store_merged decide(const struct store_record *r, const struct state *here)
{
	int born = tables[r->table].born;
	bool other = born >= 0 && here->there && !r->gone && r->number[born] != here->born;

	if (r->after > here->version)
		return other ? STORE_MERGED_OVER : STORE_MERGED;
	if (here->after > r->version)
		return STORE_MERGED_NOT;
	if (other)
		return is_older(r, here) ? STORE_MERGED_OVER : STORE_MERGED_IS_OLDER;
	if (r->version > here->version)
		return STORE_MERGED;
	return here->gone && !r->gone ? STORE_MERGED_IS_GONE : STORE_MERGED_NOT;
}

/* A registration takes all with it that belonged to it. */
static enum store_status delete_parts(struct store_db *db, const struct store_record *r)
{
	enum store_status status = STORE_OK;

	for (const char *const *sql = tables[r->table].parts; sql && *sql && status == STORE_OK;
		sql++)
		status = ask(db, *sql, r->text, 1, (struct reader){0});
	return status;
}

enum store_status store_version_merge(struct store_db *db, struct store_job *job)
{
	struct store_record *r = &job->request.u.record;
	enum store_merged merged;
	enum store_status status;
	struct state here;
	bool has = false;

	job->reply.records = r;
	job->reply.count = STORE_MERGED_NOT;
	if (!tables[r->table].found || r->version == 0)
		return STORE_INVALID;
	status = has_owner(db, r, &has);
	if (status == STORE_OK && has)
		status = read_state(db, r, &here);
	if (status != STORE_OK || !has)
		return status;
	merged = decide(r, &here);
	if (merged == STORE_MERGED_OVER)
		status = delete_parts(db, r);
	if (status == STORE_OK && (merged == STORE_MERGED || merged == STORE_MERGED_OVER)) {
		status = store_db_record_write(db, r, !r->gone);
		if (status == STORE_OK)
			status = put_version(db, r, r->gone ? msgid_ms(r->version) : 0);
	}
	job->reply.count = merged;
	return status;
}

/* --- removed ones --- */

/* The texts of a key, copied; false if out of memory. */
static bool split_key(struct store_batch *b, const char *key, struct store_record *r)
{
	int count = record_shape(r->table)->key;

	for (int i = 0; i < count; i++) {
		size_t n = i < count - 1 ? strcspn(key, "\n") : strlen(key);

		r->text[i] = store_batch_copy(b, key, n);
		if (!r->text[i].p)
			return false;
		key += n + (key[n] == '\n');
	}
	return true;
}

enum store_status store_version_gone(
	struct store_db *db, struct store_batch *b, struct store_job *job)
{
	const struct store_record *after = &job->request.u.record;
	sqlite3_stmt *s = db->stmt[STMT_VERSION_GONE];
	struct store_record *rows = store_batch_alloc(b, STORE_PAGE_MAX * sizeof(*rows));
	char key[KEY_MAX];
	uint32_t count = 0;
	int code = SQLITE_DONE;

	if (!rows)
		return STORE_NO_MEMORY;
	bind(db, STMT_VERSION_GONE, after->table, key_of(after, key));
	while (count < STORE_PAGE_MAX && (code = sqlite3_step(s)) == SQLITE_ROW) {
		struct store_record *r = &rows[count];

		*r = (struct store_record){.table = after->table,
			.version = (uint64_t)sqlite3_column_int64(s, 1),
			.after = (uint64_t)sqlite3_column_int64(s, 2),
			.owner = sqlite3_column_int64(s, 3),
			.gone = true};
		if (!split_key(b, (const char *)sqlite3_column_text(s, 0), r)) {
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

enum store_status store_version_expire(struct store_db *db, int64_t now_ms)
{
	enum store_status status;

	if (!db->versions)
		return STORE_OK;
	sqlite3_bind_int64(db->stmt[STMT_VERSION_BANS], 1, now_ms);
	status = store_db_run(db, STMT_VERSION_BANS);
	if (status != STORE_OK)
		return status;
	sqlite3_bind_int64(db->stmt[STMT_VERSION_EXPIRE], 1, now_ms - STORE_GONE_DAYS * DAY_MS);
	sqlite3_bind_int(db->stmt[STMT_VERSION_EXPIRE], 2, EXPIRE_ROWS);
	return store_db_run(db, STMT_VERSION_EXPIRE);
}
