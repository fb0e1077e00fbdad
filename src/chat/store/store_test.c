/* store_test.c - the SQLite store: order, replies, its queue, its file. */
#include "chat/store/store_null.h"
#include "chat/test/store_fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

struct order {
	uint64_t next;
	bool broken;
};

static void note_order(void *arg, const struct store_reply *r)
{
	struct order *o = ((struct order **)arg)[0];
	uint64_t mine = (uint64_t)(uintptr_t)((void **)arg)[1];

	if (mine != o->next || r->status != STORE_OK)
		o->broken = true;
	o->next++;
}

STORE_TEST(replies_come_in_the_order_of_requests)
{
	static void *args[2000][2];
	struct order o = {0, false};

	for (size_t i = 0; i < ARRAY_SIZE(args); i++) {
		struct fixture_append a = {.a = i % 3 ? "#a" : "#b",
			.params = "x",
			.id = i + 1,
			.done = note_order,
			.arg = args[i]};
		args[i][0] = &o;
		args[i][1] = (void *)i;
		assert_int_equal(fixture_submit(t, &a), STORE_OK);
		if (i % 7 == 0)
			store_flush(t->store);
		if (i % 50 == 0)
			store_complete(t->store);
	}
	store_drain(t->store);
	assert_false(o.broken);
	assert_int_equal(o.next, ARRAY_SIZE(args));
	assert_int_equal(t->store->seen.last_id, ARRAY_SIZE(args));
}

static void note_rows(void *arg, const struct store_reply *r)
{
	struct fixture_answer *a = arg;

	a->status = r->status;
	a->count = r->count;
	a->taken = r->taken;
	for (uint32_t i = 0; i < r->count; i++)
		a->ids[i] = r->msgs[i].id;
	if (r->count && r->msgs[0].id == 77) {
		assert_int_equal(r->msgs[0].ms, 12345);
		assert_int_equal(r->msgs[0].author, 99);
		assert_int_equal(r->msgs[0].use, 4000000000u);
		assert_int_equal(r->msgs[0].params.len, 11);
		assert_memory_equal(r->msgs[0].params.p, "#a :x\0y\nz\xff", 11);
	}
}

/* The messages with these ids. */
static struct fixture_answer rows(struct store_fixture *t, const uint64_t *ids, uint32_t count)
{
	static struct fixture_answer a;
	struct store_request r = {.op = STORE_ROWS, .done = note_rows, .arg = &a};

	r.u.rows = (struct store_rows){ids, count};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	assert_int_equal(a.status, STORE_OK);
	return a;
}

STORE_TEST(a_message_is_returned_as_it_was_stored)
{
	struct store_request r = {.op = STORE_APPEND};
	struct store_msg m = {.id = 77,
		.ms = 12345,
		.author = 99,
		.use = 4000000000u,
		.params = {"#a :x\0y\nz\xff", 11},
		.tags = {"+a=b", 4}};

	m.source = text("n!u@h");
	m.account = text("acc");
	m.command = text("NOTICE");
	r.u.append = (struct store_append){{text("#a"), text("")}, m, true, false};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_close(t->store);
	fixture_open(t);
	assert_int_equal(t->store->seen.last_id, 77);

	struct store_history h = {
		.target = {text("#a"), text("")}, .select = STORE_LATEST, .limit = 10};
	assert_int_equal(fixture_ask(t, &h).count, 1);
	assert_int_equal(fixture_ask(t, &h).ids[0], 77);
	assert_int_equal(rows(t, (const uint64_t[]){5, 77, 78}, 3).count, 1);
}

STORE_TEST(rows_come_in_pieces_that_are_bounded)
{
	static char big[STORE_ROWS_BYTES / 2];
	uint64_t ids[] = {1, 2, 3, 4, 5};

	memset(big, 'x', sizeof(big) - 1);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct fixture_append a = {.a = "#a", .params = big, .id = ids[i]};
		assert_int_equal(fixture_submit(t, &a), STORE_OK);
	}
	assert_int_equal(fixture_by_key(t, STORE_DELETE, "#a", 2), STORE_OK);
	struct fixture_answer a = rows(t, ids, 5);
	assert_true(a.count == 2 && a.taken == 3 && a.ids[1] == 3);
	a = rows(t, ids + 3, 2);
	assert_true(a.count == 2 && a.taken == 2 && a.ids[0] == 4);
}

STORE_TEST(an_id_is_kept_once)
{
	assert_int_equal(fixture_put(t, "#a", 4), STORE_OK);
	assert_int_equal(fixture_put(t, "#a", 4), STORE_INVALID);
	assert_int_equal(fixture_put(t, "#a", 5), STORE_OK);
	assert_int_equal(t->store->seen.health, STORE_OK);
}

static void note_count(void *arg, const struct store_reply *r)
{
	*(int *)arg = r->status == STORE_OK ? (int)r->count : -1;
}

/* The number of records of a table; -1 if it cannot be read. */
static int records_of(struct store_fixture *t, enum store_table table)
{
	int count = -2;
	struct store_request r = {.op = STORE_RECORD_LIST, .done = note_count, .arg = &count};

	r.u.record.table = table;
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	return count;
}

/* A file as written by version 1, with one message of a channel and a conversation. */
STORE_TEST(a_file_of_version_1_is_upgraded)
{
	static const char old[] =
		"PRAGMA journal_mode = WAL;"
		"CREATE TABLE target(id INTEGER PRIMARY KEY, a TEXT NOT NULL, b TEXT NOT NULL, "
		"UNIQUE(a, b));"
		"CREATE INDEX target_b ON target(b) WHERE b <> '';"
		"CREATE TABLE message(id INTEGER PRIMARY KEY, target INTEGER NOT NULL, event "
		"INTEGER NOT NULL, use INTEGER NOT NULL, source TEXT NOT NULL, account TEXT NOT "
		"NULL, command TEXT NOT NULL, params TEXT NOT NULL, tags TEXT NOT NULL);"
		"CREATE INDEX message_target ON message(target, event);"
		"CREATE TABLE marker(user TEXT, target TEXT, ms INTEGER NOT NULL, PRIMARY "
		"KEY(user, target)) WITHOUT ROWID;"
		"CREATE INDEX marker_ms ON marker(ms);"
		"CREATE TABLE ban(kind INTEGER, mask TEXT, reason TEXT NOT NULL, setter TEXT NOT "
		"NULL, set_ms INTEGER NOT NULL, expire_ms INTEGER NOT NULL, PRIMARY KEY(kind, "
		"mask)) WITHOUT ROWID;"
		"CREATE INDEX ban_expire ON ban(expire_ms) WHERE expire_ms > 0;"
		"CREATE TABLE probe(n INTEGER NOT NULL); INSERT INTO probe VALUES(0);"
		"INSERT INTO target VALUES(1, '#a', ''), (2, 'ann', 'bob');"
		"INSERT INTO message VALUES(7168000, 1, 0, 0, 's', '', 'PRIVMSG', '#a :x', ''),"
		" (8192000, 2, 0, 0, 's', '', 'PRIVMSG', 'bob :x', '');"
		"PRAGMA user_version = 1;";
	struct store_history h = {.target = {text("bob"), text("ann")},
		.select = STORE_BETWEEN,
		.from = {.kind = STORE_AT_MS, .ms = 7},
		.to = {.kind = STORE_AT_MS, .ms = 9},
		.limit = 10};
	sqlite3 *db;

	store_close(t->store);
	assert_int_equal(unlink(t->path), 0);
	assert_int_equal(sqlite3_open(t->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, old, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	fixture_open(t);
	assert_int_equal(t->store->seen.health, STORE_OK);
	assert_int_equal(t->store->seen.first_ms, 7);
	assert_int_equal(fixture_ask(t, &h).count, 1);
	assert_int_equal(fixture_past(t, "#a", 0), 1);
	assert_int_equal(fixture_past(t, "#a", 9000000), 0);
	assert_int_equal(records_of(t, STORE_ACCOUNT), 0);
	assert_int_equal(records_of(t, STORE_PRESENCE), 0);
}

/* Version 3 knew accounts, and no always-on users. */
STORE_TEST(a_file_of_version_3_gets_the_tables_of_always_on_users)
{
	static const char old[] =
		"DROP TABLE presence; DROP TABLE presence_channel;"
		"DROP TABLE account_app; DROP TABLE account_push; DROP TABLE search;"
		"DROP TABLE search_state; DROP INDEX message_event;"
		"DROP TABLE forget; DROP TABLE account_entry; DROP TABLE filter; DROP TABLE "
		"node_log; DROP TABLE version; DROP TABLE deleted; DROP INDEX channel_history;"
		"PRAGMA user_version = 3;";
	struct store_request r = {.op = STORE_RECORD_PUT};
	sqlite3 *db;

	r.u.record = (struct store_record){
		.table = STORE_ACCOUNT, .text = {text("ann"), text("Ann")}, .number = {0}};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_close(t->store);
	assert_int_equal(sqlite3_open(t->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, old, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	fixture_open(t);
	assert_int_equal(t->store->seen.health, STORE_OK);
	assert_int_equal(records_of(t, STORE_ACCOUNT), 1);
	r.u.record = (struct store_record){.table = STORE_PRESENCE_CHANNEL,
		.text = {text("ann"), text("#a"), text("#A")},
		.number = {4}};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	r.u.record.text[1] = text("#b");
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	assert_int_equal(records_of(t, STORE_PRESENCE_CHANNEL), 2);
	r.op = STORE_RECORD_DELETE;
	r.u.record.text[1] = text(""); /* all of the account */
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	assert_int_equal(records_of(t, STORE_PRESENCE_CHANNEL), 0);
	assert_int_equal(records_of(t, STORE_PRESENCE), 0);
}

STORE_TEST(one_message_is_found_and_deleted_by_its_target_and_id)
{
	assert_int_equal(fixture_put(t, "#a", msgid_floor(1)), STORE_OK);
	assert_int_equal(fixture_put(t, "#a", msgid_floor(2)), STORE_OK);
	assert_int_equal(fixture_by_key(t, STORE_FIND, "#a", msgid_floor(1)), STORE_OK);
	assert_int_equal(fixture_by_key(t, STORE_FIND, "#b", msgid_floor(1)), STORE_NO_MSGID);
	assert_int_equal(fixture_by_key(t, STORE_DELETE, "#b", msgid_floor(1)), STORE_NO_MSGID);
	assert_int_equal(fixture_by_key(t, STORE_DELETE, "#a", msgid_floor(1)), STORE_OK);
	assert_int_equal(fixture_by_key(t, STORE_DELETE, "#a", msgid_floor(1)), STORE_NO_MSGID);
	store_close(t->store);
	fixture_open(t);
	assert_int_equal(fixture_by_key(t, STORE_FIND, "#a", msgid_floor(1)), STORE_NO_MSGID);
	assert_int_equal(fixture_by_key(t, STORE_FIND, "#a", msgid_floor(2)), STORE_OK);
}

STORE_TEST(a_delete_that_finds_nothing_leaves_the_writes_beside_it)
{
	struct store_request r = {.op = STORE_DELETE};
	struct fixture_append a = {.a = "#a", .params = "text", .id = msgid_floor(5)};

	r.u.key = (struct store_key){{text("#a"), text("")}, 77, 0};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	assert_int_equal(fixture_submit(t, &a), STORE_OK);
	store_drain(t->store);
	assert_int_equal(fixture_by_key(t, STORE_FIND, "#a", msgid_floor(5)), STORE_OK);
	assert_int_equal(t->store->seen.health, STORE_OK);
}

STORE_TEST(a_full_queue_refuses_and_drains)
{
	struct fixture_append a = {.a = "#a", .b = ""};

	store_close(t->store);
	t->options.queue_requests = 10;
	fixture_open(t);
	for (a.id = 1; a.id <= 10; a.id++)
		assert_int_equal(fixture_submit(t, &a), STORE_OK);
	assert_int_equal(fixture_submit(t, &a), STORE_BUSY);
	store_drain(t->store);
	assert_int_equal(fixture_submit(t, &a), STORE_OK);
	assert_int_equal(t->store->refused, 1);
	assert_int_equal(t->store->seen.appended, 10);
	assert_int_equal(t->store->queued, 1);
}

STORE_TEST(texts_that_are_too_long_are_refused_at_once)
{
	static char big[STORE_TEXT_MAX + 1];
	struct fixture_append a = {.a = "#a", .params = big, .id = 1};

	memset(big, 'x', sizeof(big) - 1);
	assert_int_equal(fixture_submit(t, &a), STORE_INVALID);
	a = (struct fixture_append){.a = big, .id = 1};
	assert_int_equal(fixture_submit(t, &a), STORE_INVALID);
	big[STORE_NAME_MAX + 1] = '\0';
	assert_int_equal(fixture_submit(t, &a), STORE_INVALID);
	big[STORE_NAME_MAX] = '\0';
	assert_int_equal(fixture_submit(t, &a), STORE_OK);
}

TEST(the_null_store_answers_in_the_next_completion)
{
	struct store_fixture t = {.store = store_null_open(NULL, NULL)};
	enum store_status status = STORE_STATUS_COUNT;
	struct fixture_append a = {
		.a = "#a", .params = "x", .id = 7, .done = note_status, .arg = &status};

	assert_int_equal(fixture_submit(&t, &a), STORE_OK);
	store_flush(t.store);
	assert_int_equal(status, STORE_STATUS_COUNT);
	store_complete(t.store);
	assert_int_equal(status, STORE_OK);
	assert_int_equal(t.store->seen.last_id, 7);
	struct store_history h = {.target = {text("#a"), text("")}, .limit = 1};
	assert_int_equal(fixture_ask(&t, &h).status, STORE_OFF);
	store_close(t.store);
}

/* Reopens the store without a thread. */
static void open_without_thread(struct store_fixture *t)
{
	store_close(t->store);
	t->options.no_thread = true;
	fixture_open(t);
}

static enum store_status append_one(struct store_fixture *t, uint64_t id, enum store_status *answer)
{
	struct fixture_append a = {.a = "#a", .params = "x", .id = id, .done = note_status};

	a.arg = answer;
	*answer = STORE_STATUS_COUNT;
	return fixture_submit(t, &a);
}

STORE_TEST(without_a_thread_a_commit_waits_for_work)
{
	enum store_status first, second;

	open_without_thread(t);
	assert_false(store_sqlite_has_work(t->store));
	assert_int_equal(append_one(t, 1, &first), STORE_OK);
	assert_false(store_sqlite_has_work(t->store));
	store_flush(t->store);
	assert_int_equal(append_one(t, 2, &second), STORE_OK);
	assert_true(store_sqlite_has_work(t->store));
	store_complete(t->store);
	assert_int_equal(first, STORE_STATUS_COUNT);
	store_sqlite_work(t->store);
	assert_false(store_sqlite_has_work(t->store));
	t->store->now += 3 * NSEC_MSEC;
	store_complete(t->store);
	assert_int_equal(first, STORE_OK);
	assert_int_equal(t->store->append_time.sum, 3 * NSEC_MSEC);
	assert_int_equal(second, STORE_STATUS_COUNT);
	store_drain(t->store);
	assert_int_equal(second, STORE_OK);
}

STORE_TEST(a_killed_store_keeps_what_was_committed_and_its_log)
{
	enum store_status answer;
	char log[128];

	open_without_thread(t);
	assert_int_equal(fixture_put(t, "#a", 1), STORE_OK);
	assert_int_equal(append_one(t, 2, &answer), STORE_OK);
	store_flush(t->store);
	store_tick(t->store, 0); /* does not open it again */
	store_sqlite_cut(t->store);
	store_drain(t->store);
	assert_int_equal(answer, STORE_IO);
	snprintf(log, sizeof(log), "%s-wal", t->path);
	assert_int_equal(access(log, F_OK), 0);
	store_close(t->store);
	fixture_open(t);
	assert_int_equal(t->store->seen.last_id, 1);
}

/* Columns come back as they were put; a put replaces, a delete takes the key. */
static void note_record(void *arg, const struct store_reply *r)
{
	char *out = arg;

	assert_int_equal(r->status, STORE_OK);
	*out = '\0';
	for (uint32_t i = 0; i < r->count; i++)
		for (size_t k = 0; k < STORE_RECORD_TEXTS; k++)
			sprintf(out + strlen(out), "%.*s,", (int)r->records[i].text[k].len,
				r->records[i].text[k].len ? r->records[i].text[k].p : "");
}

STORE_TEST(records_are_put_replaced_listed_and_deleted)
{
	struct store_request put = {.op = STORE_RECORD_PUT}, list = {.op = STORE_RECORD_LIST};
	char out[400] = "";

	list.done = note_record;
	list.arg = out;
	list.u.record.table = put.u.record.table = STORE_CHANNEL_MASK;
	put.u.record = (struct store_record){.table = STORE_CHANNEL_MASK,
		.text = {text("#a"), text("b"), text("m'; DROP TABLE account; --"), text("x")},
		.number = {4}};
	assert_int_equal(store_submit(t->store, &put), STORE_OK);
	put.u.record.text[3] = text("y");
	assert_int_equal(store_submit(t->store, &put), STORE_OK);
	put.u.record.text[1] = text("e");
	assert_int_equal(store_submit(t->store, &put), STORE_OK);
	put.op = STORE_RECORD_DELETE;
	assert_int_equal(store_submit(t->store, &put), STORE_OK);
	assert_int_equal(store_submit(t->store, &list), STORE_OK);
	store_drain(t->store);
	assert_string_equal(out, "#a,b,m'; DROP TABLE account; --,y,,,");
	list.u.record.table = STORE_ACCOUNT;
	assert_int_equal(store_submit(t->store, &list), STORE_OK);
	store_drain(t->store);
	assert_string_equal(out, "");
}
