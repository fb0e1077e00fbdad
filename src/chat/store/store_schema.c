/*
 * store_schema.c - schema of the database, its statements, and opening of the file.
 *
 *     target    id, a, b           a channel (b empty) or a conversation (a <= b)
 *               since, begun, open     of a channel: store_channel.c
 *     message   id = msgid, ms, target, event, ...     newest at the right edge of the tree
 *     index     (target, event, ms, id)             a target's messages, and its events, in order
 *     index     (ms, id)                            expired messages
 *     marker    user, target, ms
 *     ban       kind, mask, ...
 *     forget    account, ...    messages to be forgotten: store_forget.c
 *     node_log  node, incarnation, seq, ...     frames of the nodes of a cluster: store_log.c
 *     version   tab, key, version, after, ...   of records that a network shares: store_version.c
 *     deleted   id              of messages that another server may still send
 *     search, search_state     index of words: store_search.c
 *     account, account_nick, account_cert, account_app, account_push, channel, channel_access,
 *     channel_mask, presence, presence_channel, account_entry,
 *     filter: store_record.h
 *
 * The key of a message is nearly its time, so an append touches the right edge of two trees and one
 * place per target in the index, and retention cuts off the left edge.
 */
#include "chat/store/store_schema.h"

#include "chat/proto/msgid.h"
#include "chat/store/store_db.h"
#include "chat/store/store_forget.h"
#include "chat/store/store_record.h"
#include "chat/store/store_search.h"
#include "chat/store/store_wal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLACES                                                                                     \
	"CREATE INDEX message_place ON message(target, event, ms);"                                \
	"CREATE INDEX message_ms ON message(ms);"

#define EVENTS "CREATE INDEX message_event ON message(ms) WHERE event = 2;"

#define FORGETS                                                                                    \
	"CREATE TABLE forget(account TEXT NOT NULL, how INTEGER NOT NULL, whole INTEGER NOT NULL," \
	" upto INTEGER NOT NULL, at INTEGER NOT NULL DEFAULT 0);"

#define APPS                                                                                       \
	"CREATE TABLE account_app(hash TEXT PRIMARY KEY, account TEXT, name TEXT,"                 \
	" added_ms INTEGER, used_ms INTEGER) WITHOUT ROWID;"

#define PUSHES                                                                                     \
	"CREATE TABLE account_push(hash TEXT PRIMARY KEY, account TEXT, name TEXT,"                \
	" added_ms INTEGER, used_ms INTEGER) WITHOUT ROWID;"

#define ENTRIES                                                                                    \
	"CREATE TABLE account_entry(account TEXT, list TEXT, text TEXT, note TEXT,"                \
	" added_ms INTEGER, PRIMARY KEY(account, list, text)) WITHOUT ROWID;"

#define FILTERS                                                                                    \
	"CREATE TABLE filter(pattern TEXT PRIMARY KEY, reason TEXT, setter TEXT, action INTEGER,"  \
	" targets INTEGER, set_ms INTEGER) WITHOUT ROWID;"

/* In the order in which they were written here; total: the bytes up to this one. */
#define LOGS                                                                                       \
	"CREATE TABLE node_log(id INTEGER PRIMARY KEY, node INTEGER NOT NULL,"                     \
	" incarnation INTEGER NOT NULL, seq INTEGER NOT NULL, ms INTEGER NOT NULL,"                \
	" total INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE(node, incarnation, seq));"

/* key: the texts of a record's key, with LF between; gone: when it was removed, in ms. */
#define VERSIONS                                                                                   \
	"CREATE TABLE version(tab INTEGER, key TEXT, version INTEGER NOT NULL,"                    \
	" after INTEGER NOT NULL, gone INTEGER NOT NULL, owner INTEGER NOT NULL,"                  \
	" PRIMARY KEY(tab, key)) WITHOUT ROWID;"                                                   \
	"CREATE INDEX version_gone ON version(gone) WHERE gone > 0;"

#define DELETIONS "CREATE TABLE deleted(id INTEGER PRIMARY KEY);"

/* The tables of store_record.h; a put is all columns, a delete and a list have the key. */
#define RECORDS                                                                                    \
	"CREATE TABLE account(folded TEXT PRIMARY KEY, name TEXT, password TEXT, scram TEXT,"      \
	" email TEXT, code TEXT, flags INTEGER, created_ms INTEGER, seen_ms INTEGER)"              \
	" WITHOUT ROWID;"                                                                          \
	"CREATE TABLE account_nick(folded TEXT PRIMARY KEY, nick TEXT, account TEXT,"              \
	" added_ms INTEGER) WITHOUT ROWID;"                                                        \
	"CREATE TABLE account_cert(fingerprint TEXT PRIMARY KEY, account TEXT, added_ms INTEGER)"  \
	" WITHOUT ROWID;"                                                                          \
	"CREATE TABLE channel(folded TEXT PRIMARY KEY, name TEXT, founder TEXT, topic TEXT,"       \
	" topic_by TEXT, secret TEXT, modes INTEGER, members_max INTEGER, created_ms INTEGER,"     \
	" topic_ms INTEGER, registered_ms INTEGER, used_ms INTEGER) WITHOUT ROWID;"                \
	"CREATE TABLE channel_access(channel TEXT, account TEXT, setter TEXT, modes INTEGER,"      \
	" added_ms INTEGER, PRIMARY KEY(channel, account)) WITHOUT ROWID;"                         \
	"CREATE TABLE channel_mask(channel TEXT, list TEXT, mask TEXT, setter TEXT,"               \
	" added_ms INTEGER, PRIMARY KEY(channel, list, mask)) WITHOUT ROWID;"

/* The channels whose history is not as the server's: channel_history.h. */
#define CHANNEL_HISTORIES "CREATE INDEX channel_history ON channel_mask(channel) WHERE list = 'h';"

#define PRESENCES                                                                                  \
	"CREATE TABLE presence(account TEXT PRIMARY KEY, nick TEXT, user TEXT, host TEXT,"         \
	" real TEXT, away TEXT, modes INTEGER, gone_ms INTEGER, signed_on_ms INTEGER)"             \
	" WITHOUT ROWID;"                                                                          \
	"CREATE TABLE presence_channel(account TEXT, channel TEXT, name TEXT, modes INTEGER,"      \
	" PRIMARY KEY(account, channel)) WITHOUT ROWID;"

static const char schema[] =
	"CREATE TABLE target(id INTEGER PRIMARY KEY, a TEXT NOT NULL, b TEXT NOT NULL,"
	" since INTEGER NOT NULL DEFAULT 0, begun INTEGER NOT NULL DEFAULT 0,"
	" open INTEGER NOT NULL DEFAULT 0, UNIQUE(a, b));"
	"CREATE INDEX target_b ON target(b) WHERE b <> '';"
	"CREATE TABLE message(id INTEGER PRIMARY KEY, target INTEGER NOT NULL, event INTEGER NOT "
	"NULL,"
	" use INTEGER NOT NULL, source TEXT NOT NULL, account TEXT NOT NULL, command TEXT NOT NULL,"
	" params TEXT NOT NULL, tags TEXT NOT NULL, ms INTEGER NOT NULL DEFAULT 0,"
	" author INTEGER NOT NULL DEFAULT 0);" PLACES
	"CREATE TABLE marker(user TEXT, target TEXT, ms INTEGER NOT NULL, PRIMARY KEY(user, "
	"target))"
	" WITHOUT ROWID;"
	"CREATE INDEX marker_ms ON marker(ms);"
	"CREATE TABLE ban(kind INTEGER, mask TEXT, reason TEXT NOT NULL, setter TEXT NOT NULL,"
	" set_ms INTEGER NOT NULL, expire_ms INTEGER NOT NULL, PRIMARY KEY(kind, mask)) WITHOUT "
	"ROWID;"
	"CREATE INDEX ban_expire ON ban(expire_ms) WHERE expire_ms > 0;"
	"CREATE TABLE probe(n INTEGER NOT NULL);"
	"INSERT INTO probe VALUES(0);" RECORDS PRESENCES APPS STORE_SEARCH_TABLES EVENTS FORGETS
		PUSHES ENTRIES FILTERS LOGS VERSIONS DELETIONS CHANNEL_HISTORIES
	"PRAGMA user_version = 15;";

/* Version 1 took the time from the id, and did not know when a channel was created: the messages of
 * one that may have been closed are not shown to the first user to join. */
static const char upgrade_1[] = "ALTER TABLE target ADD COLUMN since INTEGER NOT NULL DEFAULT 0;"
				"ALTER TABLE target ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;"
				"ALTER TABLE target ADD COLUMN open INTEGER NOT NULL DEFAULT 0;"
				"ALTER TABLE message ADD COLUMN ms INTEGER NOT NULL DEFAULT 0;"
				"ALTER TABLE message ADD COLUMN author INTEGER NOT NULL DEFAULT 0;"
				"UPDATE message SET ms = (id >> 10) / 1000;"
				"DROP INDEX message_target;" PLACES "PRAGMA user_version = 2;";

/* Version 2 had no accounts. */
static const char upgrade_2[] = RECORDS "PRAGMA user_version = 3;";

/* Version 3 had no always-on users. */
static const char upgrade_3[] = PRESENCES "PRAGMA user_version = 4;";

/* Version 4 had no app passwords. */
static const char upgrade_4[] = APPS "PRAGMA user_version = 5;";

/* Version 5 had no index of words. */
static const char upgrade_5[] = STORE_SEARCH_TABLES "PRAGMA user_version = 6;";

/* Version 6 kept no events but TAGMSG. */
static const char upgrade_6[] = EVENTS "PRAGMA user_version = 7;";

/* Version 7 kept what dropped accounts had said. */
static const char upgrade_7[] = FORGETS "PRAGMA user_version = 8;";

/* Version 8 pushed nothing. */
static const char upgrade_8[] = PUSHES "PRAGMA user_version = 9;";

/* Version 9 kept no lists with an account. */
static const char upgrade_9[] = ENTRIES "PRAGMA user_version = 10;";

/* Version 10 had no filters. */
static const char upgrade_10[] = FILTERS "PRAGMA user_version = 11;";

/* Version 11 was of a single server. */
static const char upgrade_11[] = LOGS "PRAGMA user_version = 12;";

/* Version 12 had accounts of one server. */
static const char upgrade_12[] = VERSIONS "PRAGMA user_version = 13;";

/* Version 13 forgot what it had deleted. */
static const char upgrade_13[] = DELETIONS "PRAGMA user_version = 14;";

/* Version 14 kept the history of all channels alike. */
static const char upgrade_14[] = CHANNEL_HISTORIES "PRAGMA user_version = 15;";

_Static_assert(STORE_SCHEMA_VERSION == 15, "the pragmas above are literals");
_Static_assert(STORE_SERVER_BAN == 12, "the table of STMT_VERSION_BANS is a literal");
_Static_assert(STORE_EVENT == 2, "the numbers of events are literals");
_Static_assert(MSGID_NODE_BITS == 10, "the shift above is a literal");

#define MESSAGE "id, event, use, source, account, command, params, tags, ms, author FROM message"
#define PLACE   "SELECT ms, id FROM message WHERE target = ?1 AND id > ?6 AND event = "
#define RANGE   " AND (ms, id) > (?2, ?3) AND (ms, id) < (?4, ?5) "
#define OLDEST  "ORDER BY ms, id LIMIT ?7"
#define NEWEST  "ORDER BY ms DESC, id DESC LIMIT ?7"

#define SEARCH                                                                                     \
	"SELECT ms, id, source, target FROM message WHERE target = ?1 AND event = 0 AND id > ?2"   \
	" AND ms >= ?3 AND ms <= ?4 "
#define SEARCH_WORDS                                                                               \
	"SELECT ms, id, source, message.target FROM search CROSS JOIN message ON id ="             \
	" search.rowid WHERE search MATCH ?1 AND search.rowid > ?2 AND search.rowid >= ?5"         \
	" AND ms >= ?3 AND ms <= ?4 "

#define RECORD(table, all, key, after)                                                             \
	"INSERT OR REPLACE INTO " table " VALUES(" all ")", "DELETE FROM " table " WHERE " key,    \
		"SELECT * FROM " table " WHERE " after " LIMIT 1000"

static const char *const statements[] = {
	[STMT_BEGIN] = "BEGIN IMMEDIATE",
	[STMT_COMMIT] = "COMMIT",
	[STMT_ROLLBACK] = "ROLLBACK",
	[STMT_APPEND] = "INSERT INTO message VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	[STMT_APPEND_FOREIGN] = "INSERT OR IGNORE INTO message SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7,"
				" ?8, ?9, ?10, ?11"
				" WHERE NOT EXISTS (SELECT 1 FROM deleted WHERE id = ?1)",
	[STMT_TARGET_FIND] = "SELECT id FROM target WHERE a = ?1 AND b = ?2",
	[STMT_TARGET_ADD] = "INSERT INTO target(a, b) VALUES(?1, ?2)",
	[STMT_TARGET_OPEN] = "UPDATE target SET open = ?2 WHERE id = ?1 AND open <> ?2",
	[STMT_TARGET_SINCE] = "SELECT since, begun FROM target WHERE id = ?1",
	[STMT_CHANNEL_BEGIN] = "UPDATE target SET begun = ?2,"
			       " since = CASE WHEN open OR ?3 THEN since ELSE ?2 END"
			       " WHERE a = ?1 AND b = ''",
	[STMT_CHANNEL_END] = "UPDATE target SET open = 0 WHERE a = ?1 AND b = ''",
	[STMT_CHANNEL_DETACH] = "UPDATE target SET open = 0, a = a || ' ' || id"
				" WHERE a = ?1 AND b = ''",
	[STMT_CHANNEL_RENAME] = "UPDATE target SET a = ?2, begun = ?4,"
				" since = CASE WHEN begun = ?3 THEN since ELSE ?3 END"
				" WHERE a = ?1 AND b = ''",
	[STMT_PLACE] = "SELECT ms FROM message WHERE id = ?1 AND target = ?2",
	[STMT_ROW] = "SELECT " MESSAGE " WHERE id = ?1",
	[STMT_FIND] = "SELECT " MESSAGE " WHERE id = ?1 AND target = ?2",
	[STMT_DELETE] = "DELETE FROM message WHERE id = ?1 AND ?2 IN (target, -1)",
	[STMT_DELETED_ADD] = "INSERT OR IGNORE INTO deleted VALUES(?1)",
	[STMT_DELETED_EXPIRE] = "DELETE FROM deleted WHERE id IN"
				" (SELECT id FROM deleted WHERE id < ?1 ORDER BY id LIMIT ?2)",
	[STMT_OLDEST] = PLACE "0" RANGE OLDEST,
	[STMT_NEWEST] = PLACE "0" RANGE NEWEST,
	[STMT_OLDEST_EVENTS] =
		PLACE "0" RANGE "UNION ALL " PLACE "1" RANGE "UNION ALL " PLACE "2" RANGE OLDEST,
	[STMT_NEWEST_EVENTS] =
		PLACE "0" RANGE "UNION ALL " PLACE "1" RANGE "UNION ALL " PLACE "2" RANGE NEWEST,
	[STMT_LAST] = "SELECT ms, id FROM message WHERE target = ?1 AND event = 0 AND id > ?2"
		      " ORDER BY ms DESC, id DESC LIMIT 1",
	[STMT_CORRESPONDENTS] =
		"SELECT id, b FROM target WHERE a = ?1 AND b <> '' "
		"UNION ALL SELECT id, a FROM target WHERE b = ?1 AND b <> '' AND a <> b "
		"LIMIT ?2",
	[STMT_SEARCH_UP] = "SELECT max(id), count(*) FROM"
			   " (SELECT id FROM message WHERE id > ?1 ORDER BY id LIMIT ?2)",
	[STMT_SEARCH_DOWN] = "SELECT min(id), count(*) FROM"
			     " (SELECT id FROM message WHERE id <= ?1 ORDER BY id DESC LIMIT ?2)",
	[STMT_SEARCH_ADD] = "INSERT INTO search(rowid, target, text)"
			    " SELECT id, target, search_text(params) FROM message"
			    " WHERE id >= ?1 AND id <= ?2 AND event = 0 ORDER BY id",
	[STMT_SEARCH_STATE] = "UPDATE search_state SET low = ?1, upto = ?2",
	[STMT_SEARCH_NEWEST] = SEARCH "ORDER BY ms DESC, id DESC",
	[STMT_SEARCH_OLDEST] = SEARCH "ORDER BY ms, id",
	[STMT_SEARCH_NEWEST_WORDS] = SEARCH_WORDS "ORDER BY search.rowid DESC",
	[STMT_SEARCH_OLDEST_WORDS] = SEARCH_WORDS "ORDER BY search.rowid",
	[STMT_FORGET_ADD] = "INSERT INTO forget(account, how, whole, upto)"
			    " VALUES(?1, ?2, ?3, ?4)",
	[STMT_FORGET_NEXT] = "SELECT rowid, account, how, whole, at, upto FROM forget LIMIT 1",
	[STMT_FORGET_MOVE] = "UPDATE forget SET at = ?2 WHERE rowid = ?1",
	[STMT_FORGET_DONE] = "DELETE FROM forget WHERE rowid = ?1",
	[STMT_FORGET_NAME] = "UPDATE message SET source = '" STORE_FORGOTTEN "', account = '',"
			     " author = 0 WHERE id > ?1 AND id <= ?2 AND account = ?3"
			     " COLLATE NOCASE",
	[STMT_FORGET_ALL] = "DELETE FROM message WHERE id > ?1 AND id <= ?2 AND account = ?3"
			    " COLLATE NOCASE",
	[STMT_FORGET_PRIVATE] =
		"DELETE FROM message WHERE id IN (SELECT message.id FROM target CROSS JOIN message"
		" ON message.target = target.id WHERE (a = ?1 OR b = ?1) AND b <> '' LIMIT ?2)",
	[STMT_FORGET_MARKERS] = "DELETE FROM marker WHERE user = ?1",
	[STMT_MARKER_MOVE] = "UPDATE marker SET ms = max(ms, ?3) WHERE user = ?1 AND target = ?2"
			     " RETURNING ms",
	[STMT_MARKER_ADD] = "INSERT INTO marker VALUES(?1, ?2, ?3)",
	[STMT_MARKER_COUNT] = "SELECT count(*) FROM marker WHERE user = ?1",
	[STMT_MARKER_DROP_OF_USER] =
		"DELETE FROM marker WHERE user = ?1 AND target ="
		" (SELECT target FROM marker WHERE user = ?1 ORDER BY ms LIMIT 1)",
	[STMT_MARKER_DROP] = "DELETE FROM marker WHERE (user, target) IN"
			     " (SELECT user, target FROM marker ORDER BY ms LIMIT 1)",
	[STMT_MARKER_GET] = "SELECT ms FROM marker WHERE user = ?1 AND target = ?2",
	[STMT_BAN_LIST] = "SELECT kind, mask, reason, setter, set_ms, expire_ms FROM ban "
			  "ORDER BY set_ms, kind, mask",
	[STMT_LOG_ADD] = "INSERT OR IGNORE INTO node_log VALUES(NULL, ?1, ?2, ?3, ?4,"
			 " coalesce((SELECT total FROM node_log ORDER BY id DESC LIMIT 1), 0)"
			 " + length(?5), ?5)",
	[STMT_LOG_READ] = "SELECT seq, ms, bytes FROM node_log WHERE node = ?1"
			  " AND incarnation = ?2 AND seq >= ?3 ORDER BY seq",
	[STMT_LOG_NEXT] = "SELECT node, incarnation FROM node_log"
			  " WHERE (node, incarnation) > (?1, ?2)"
			  " ORDER BY node, incarnation LIMIT 1",
	[STMT_LOG_ENDS] = "SELECT (SELECT min(seq) FROM node_log WHERE node = ?1"
			  " AND incarnation = ?2), (SELECT max(seq) FROM node_log"
			  " WHERE node = ?1 AND incarnation = ?2)",
	[STMT_LOG_BYTES] =
		"SELECT coalesce((SELECT total FROM node_log ORDER BY id DESC LIMIT 1)"
		" - (SELECT total - length(bytes) FROM node_log ORDER BY id LIMIT 1), 0)",
	[STMT_LOG_EXPIRE] = "DELETE FROM node_log WHERE id IN (SELECT id FROM"
			    " (SELECT id, ms FROM node_log ORDER BY id LIMIT ?2) WHERE ms < ?1)",
	[STMT_LOG_EXCESS] = "DELETE FROM node_log WHERE id IN (SELECT id FROM"
			    " (SELECT id, total FROM node_log ORDER BY id LIMIT ?2)"
			    " WHERE total <= ?1 + (SELECT total - length(bytes) FROM node_log"
			    " ORDER BY id LIMIT 1))",
	[STMT_VERSION_GET] = "SELECT version, after, gone FROM version WHERE tab = ?1 AND key = ?2",
	[STMT_VERSION_PUT] = "INSERT OR REPLACE INTO version VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[STMT_VERSION_DROP] = "DELETE FROM version WHERE tab = ?1 AND key >= ?2 AND key <= ?3",
	[STMT_VERSION_GONE] =
		"SELECT key, version, after, owner FROM version WHERE tab = ?1 AND key > ?2"
		" AND gone > 0 ORDER BY key LIMIT 1000",
	[STMT_VERSION_EXPIRE] = "DELETE FROM version WHERE (tab, key) IN (SELECT tab, key"
				" FROM version WHERE gone > 0 AND gone < ?1 LIMIT ?2)",
	[STMT_VERSION_BANS] = "DELETE FROM version WHERE tab = 12 AND key IN (SELECT kind ||"
			      " char(10) || mask FROM ban WHERE expire_ms > 0 AND expire_ms <= ?1)",
	[STMT_PROBE] = "UPDATE probe SET n = n + 1",
	[STMT_EXPIRE_MESSAGES] = "DELETE FROM message WHERE id IN "
				 "(SELECT id FROM message WHERE ms < ?1 ORDER BY ms LIMIT ?2)",
	[STMT_EXCESS_MESSAGES] = "DELETE FROM message WHERE id IN "
				 "(SELECT id FROM message ORDER BY id LIMIT ?1)",
	[STMT_CHANNEL_AGES] = "SELECT m.channel, t.id, CAST(m.setter AS INTEGER)"
			      " FROM channel_mask m INDEXED BY channel_history CROSS JOIN target t"
			      " ON t.a = m.channel AND t.b = ''"
			      " WHERE m.list = 'h' AND m.channel > ?1"
			      " AND (m.setter = 'off' OR CAST(m.setter AS INTEGER) > 0)"
			      " ORDER BY m.channel LIMIT ?2",
	[STMT_EXPIRE_CHANNEL] = "DELETE FROM message WHERE id IN (SELECT id FROM message"
				" WHERE target = ?1 AND event IN (0, 1, 2) AND ms < ?2 LIMIT ?3)",
	[STMT_EXPIRE_EVENTS] =
		"DELETE FROM message WHERE id IN"
		" (SELECT id FROM message WHERE event = 2 AND ms < ?1 ORDER BY ms LIMIT ?2)",
	[STMT_EXCESS_EVENTS] = "DELETE FROM message WHERE id IN"
			       " (SELECT id FROM message WHERE event = 2 ORDER BY ms LIMIT ?1)",
	[STMT_EXPIRE_TARGETS] = "DELETE FROM target WHERE id > ?1 AND id <= ?2 AND NOT EXISTS "
				"(SELECT 1 FROM message WHERE message.target = target.id)",
	[STMT_EXPIRE_MARKERS] = "DELETE FROM marker WHERE (user, target) IN "
				"(SELECT user, target FROM marker WHERE ms < ?1 LIMIT ?2)",
	[STMT_EXPIRE_BANS] = "DELETE FROM ban WHERE expire_ms > 0 AND expire_ms <= ?1",
	[STMT_RECORD + RECORD_STATEMENTS * STORE_ACCOUNT] = RECORD("account",
		"?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9", "folded = ?1", "folded > ?1 ORDER BY folded"),
	[STMT_RECORD + RECORD_STATEMENTS * STORE_ACCOUNT_NICK] = RECORD(
		"account_nick", "?1, ?2, ?3, ?4", "folded = ?1", "folded > ?1 ORDER BY folded"),
	[STMT_RECORD + RECORD_STATEMENTS * STORE_ACCOUNT_CERT] = RECORD("account_cert",
		"?1, ?2, ?3", "fingerprint = ?1", "fingerprint > ?1 ORDER BY fingerprint"),
	[STMT_RECORD + RECORD_STATEMENTS * STORE_ACCOUNT_APP] =
		RECORD("account_app", "?1, ?2, ?3, ?4, ?5", "hash = ?1", "hash > ?1 ORDER BY hash"),
	[STMT_RECORD + RECORD_STATEMENTS * STORE_ACCOUNT_PUSH] = RECORD(
		"account_push", "?1, ?2, ?3, ?4, ?5", "hash = ?1", "hash > ?1 ORDER BY hash"),
	[STMT_RECORD + RECORD_STATEMENTS * STORE_CHANNEL] =
		RECORD("channel", "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12",
			"folded = ?1", "folded > ?1 ORDER BY folded"),
	[STMT_RECORD + RECORD_STATEMENTS * STORE_CHANNEL_ACCESS] =
		RECORD("channel_access", "?1, ?2, ?3, ?4, ?5", "channel = ?1 AND account = ?2",
			"(channel, account) > (?1, ?2) ORDER BY channel, account"),
	[STMT_RECORD + RECORD_STATEMENTS * STORE_CHANNEL_MASK] = RECORD("channel_mask",
		"?1, ?2, ?3, ?4, ?5", "channel = ?1 AND list = ?2 AND mask = ?3",
		"(channel, list, mask) > (?1, ?2, ?3) ORDER BY channel, list, mask"),
	[STMT_RECORD + RECORD_STATEMENTS * STORE_PRESENCE] =
		RECORD("presence", "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9", "account = ?1",
			"account > ?1 ORDER BY account"),
	[STMT_RECORD + RECORD_STATEMENTS * STORE_PRESENCE_CHANNEL] = RECORD("presence_channel",
		"?1, ?2, ?3, ?4", "account = ?1 AND (channel = ?2 OR ?2 = '')",
		"(account, channel) > (?1, ?2) ORDER BY account, channel"),
	[STMT_RECORD + RECORD_STATEMENTS * STORE_ACCOUNT_ENTRY] = RECORD("account_entry",
		"?1, ?2, ?3, ?4, ?5", "account = ?1 AND (list = ?2 AND text = ?3 OR ?2 = '')",
		"(account, list, text) > (?1, ?2, ?3) ORDER BY account, list, text"),
	[STMT_RECORD + RECORD_STATEMENTS * STORE_FILTER] = RECORD("filter",
		"?1, ?2, ?3, ?4, ?5, ?6", "pattern = ?1", "pattern > ?1 ORDER BY pattern"),
	[STMT_RECORD + RECORD_STATEMENTS * STORE_SERVER_BAN] =
		"INSERT OR REPLACE INTO ban VALUES(CAST(?1 AS INTEGER), ?2, ?3, ?4, ?5, ?6)",
	"DELETE FROM ban WHERE kind = CAST(?1 AS INTEGER) AND mask = ?2",
	"SELECT CAST(kind AS TEXT), mask, reason, setter, set_ms, expire_ms FROM ban"
	" WHERE (kind, mask) > (CAST(?1 AS INTEGER), ?2) ORDER BY kind, mask LIMIT 1000",
};
_Static_assert(ARRAY_SIZE(statements) == STMT_COUNT, "a text a statement");

int64_t store_db_ask(struct store_db *db, const char *sql, int64_t none)
{
	sqlite3_stmt *s;
	int64_t n = none;

	if (sqlite3_prepare_v2(db->sql, sql, -1, &s, NULL) != SQLITE_OK)
		return none;
	if (sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

/* As one process at a time owns the file, the log's index is in memory: no shared file that a full
 * disk could tear. FULL: a commit has been synced. The pragmas before journal_mode must precede the
 * first access. */
static int set_up(struct store_db *db)
{
	static const char pragmas[] = "PRAGMA locking_mode = EXCLUSIVE;"
				      "PRAGMA auto_vacuum = INCREMENTAL;"
				      "PRAGMA journal_mode = WAL;"
				      "PRAGMA synchronous = FULL;"
				      "PRAGMA temp_store = MEMORY;"
				      "PRAGMA cache_size = -8192;"
				      "PRAGMA journal_size_limit = 67108864;"
				      "BEGIN IMMEDIATE; COMMIT;";
	int code = sqlite3_exec(db->sql, pragmas, NULL, NULL, NULL);

	if (code == SQLITE_OK)
		sqlite3_wal_autocheckpoint(db->sql, STORE_WAL_PAGES);
	return code;
}

/* Applies all of it or nothing. */
static int change_tables(struct store_db *db, const char *sql)
{
	int code = sqlite3_exec(db->sql, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_exec(db->sql, sql, NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db->sql, "COMMIT", NULL, NULL, NULL);
	return code;
}

static int prepare_all(struct store_db *db)
{
	int code = SQLITE_OK;

	for (size_t i = 0; i < STMT_COUNT && code == SQLITE_OK; i++)
		code = sqlite3_prepare_v3(
			db->sql, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &db->stmt[i], NULL);
	return code;
}

/* Only we may read the file; the library would create it with the process's umask. */
static bool make_private(struct store_db *db, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat st;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)))
		snprintf(db->notice, sizeof(db->notice),
			"others may read or write the history (mode %03o): chmod 600 %.120s",
			st.st_mode & 0777, path);
	close(fd);
	return true;
}

static enum store_status open_error(struct store_db *db, int error)
{
	snprintf(db->detail, sizeof(db->detail), "%s",
		error == ELOOP ? "it is a symbolic link, which is not followed" : strerror(error));
	if (error == EACCES || error == EROFS || error == EPERM)
		return STORE_READ_ONLY;
	return error == ENOSPC || error == EDQUOT ? STORE_DISK_FULL : STORE_IO;
}

static enum store_status check_version(struct store_db *db, int64_t version)
{
	if (version == STORE_SCHEMA_VERSION)
		return STORE_OK;
	snprintf(db->detail, sizeof(db->detail), "schema %lld, this program knows %d",
		(long long)version, STORE_SCHEMA_VERSION);
	return STORE_VERSION;
}

static enum store_status open_tables(struct store_db *db)
{
	int code = set_up(db);
	int64_t version;
	enum store_status status;

	if (code != SQLITE_OK)
		return store_db_failed(db, code);
	version = store_db_ask(db, "PRAGMA user_version", -1);
	if (version == 0 && store_db_ask(db, "SELECT count(*) FROM sqlite_schema", -1) == 0)
		code = change_tables(db, schema);
	if (version == 1)
		code = change_tables(db, upgrade_1);
	if (code == SQLITE_OK && (version == 1 || version == 2))
		code = change_tables(db, upgrade_2);
	if (code == SQLITE_OK && version >= 1 && version <= 3)
		code = change_tables(db, upgrade_3);
	if (code == SQLITE_OK && version >= 1 && version <= 4)
		code = change_tables(db, upgrade_4);
	if (code == SQLITE_OK && version >= 1 && version <= 5)
		code = change_tables(db, upgrade_5);
	if (code == SQLITE_OK && version >= 1 && version <= 6)
		code = change_tables(db, upgrade_6);
	if (code == SQLITE_OK && version >= 1 && version <= 7)
		code = change_tables(db, upgrade_7);
	if (code == SQLITE_OK && version >= 1 && version <= 8)
		code = change_tables(db, upgrade_8);
	if (code == SQLITE_OK && version >= 1 && version <= 9)
		code = change_tables(db, upgrade_9);
	if (code == SQLITE_OK && version >= 1 && version <= 10)
		code = change_tables(db, upgrade_10);
	if (code == SQLITE_OK && version >= 1 && version <= 11)
		code = change_tables(db, upgrade_11);
	if (code == SQLITE_OK && version >= 1 && version <= 12)
		code = change_tables(db, upgrade_12);
	if (code == SQLITE_OK && version >= 1 && version <= 13)
		code = change_tables(db, upgrade_13);
	if (code == SQLITE_OK && version >= 1 && version <= 14)
		code = change_tables(db, upgrade_14);
	if (version >= 0 && version < STORE_SCHEMA_VERSION)
		version = store_db_ask(db, "PRAGMA user_version", -1);
	if (code == SQLITE_OK) {
		status = check_version(db, version);
		if (status != STORE_OK)
			return status;
		code = store_search_open(db);
	}
	if (code == SQLITE_OK)
		code = prepare_all(db);
	if (code != SQLITE_OK)
		return store_db_failed(db, code);
	db->last_id = (uint64_t)store_db_ask(db, "SELECT coalesce(max(id), 0) FROM message", 0);
	db->newest_id = db->last_id;
	db->first_ms = store_db_ask(db, "SELECT coalesce(min(ms), 0) FROM message", 0);
	db->markers = -1;
	db->markers_max = STORE_MARKERS_MAX;
	db->events = -1;
	db->forgets = store_db_ask(db, "SELECT count(*) FROM forget", 0) > 0;
	db->versions = store_db_ask(db, "SELECT EXISTS(SELECT 1 FROM version)", 0) > 0;
	return STORE_OK;
}

/* Checks for a file of this system, before SQLite opens it. */
static enum store_status prepare_file(struct store_db *db, const char *path)
{
	if (!make_private(db, path))
		return open_error(db, errno);
	store_wal_check(path, db->notice, sizeof(db->notice));
	return STORE_OK;
}

enum store_status store_db_open(struct store_db *db, const char *path, const char *vfs)
{
	enum store_status status;
	int code;

	assert(!db->sql);
	db->notice[0] = '\0';
	status = vfs ? STORE_OK : prepare_file(db, path);
	if (status != STORE_OK)
		return status;
	db->cache = calloc(STORE_TARGET_CACHE, sizeof(*db->cache));
	if (!db->cache)
		return STORE_NO_MEMORY;
	code = sqlite3_open_v2(path, &db->sql,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
			(vfs ? SQLITE_OPEN_CREATE : SQLITE_OPEN_NOFOLLOW),
		vfs);
	if (code == SQLITE_OK) {
		sqlite3_extended_result_codes(db->sql, 1);
		status = open_tables(db);
	} else {
		status = store_db_failed(db, code);
	}
	if (status != STORE_OK)
		store_db_close(db);
	return status;
}

void store_db_close(struct store_db *db)
{
	for (size_t i = 0; i < STMT_COUNT; i++)
		sqlite3_finalize(db->stmt[i]);
	memset(db->stmt, 0, sizeof(db->stmt));
	if (db->cache)
		store_db_forget_targets(db);
	free(db->cache);
	db->cache = NULL;
	sqlite3_close(db->sql);
	db->sql = NULL;
}
