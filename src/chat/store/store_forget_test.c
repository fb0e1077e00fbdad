/* store_forget_test.c - what an account has said, forgotten. */
#include "chat/store/store_forget.h"
#include "chat/test/store_fixture.h"

#include <stdio.h>

/* A message of an account ("": a guest). */
static void say(
	struct store_fixture *t, const char *a, const char *b, int64_t n, const char *account)
{
	struct store_request r = {.op = STORE_APPEND};

	r.u.append.target = (struct store_target){text(a), text(b)};
	r.u.append.msg = (struct store_msg){
		.id = msgid_floor(n * 1000),
		.ms = n * 1000,
		.source = text("nick!user@host"),
		.account = text(account),
		.command = text("PRIVMSG"),
		.params = text("#a :word"),
	};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
}

static void forget(struct store_fixture *t, enum store_forget_how how, bool whole)
{
	enum store_status status = STORE_STATUS_COUNT;
	struct store_request r = {.op = STORE_FORGET, .done = note_status, .arg = &status};

	r.u.forget = (struct store_forget){text("ann"), how, whole};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	assert_int_equal(status, STORE_OK);
}

/* Until nothing is left to do. */
static void finish(struct store_fixture *t)
{
	store_close(t->store);
	t->options.no_thread = true;
	fixture_open(t);
	while (store_sqlite_has_work(t->store))
		store_sqlite_work(t->store);
}

static int64_t number(struct store_fixture *t, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *s;
	int64_t n;

	store_close(t->store);
	assert_int_equal(sqlite3_open(t->path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db, "CREATE VIRTUAL TABLE temp.v USING fts5vocab(main, search, row)",
			NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	fixture_open(t);
	return n;
}

static void fill(struct store_fixture *t)
{
	for (int64_t i = 1; i <= 3 * STORE_FORGET_ROWS; i++)
		say(t, "#a", "", i, i % 3 == 0 ? "Ann" : i % 3 == 1 ? "bob" : "");
	say(t, "*ann", "*bob", 100000, "Ann");
	say(t, "*ann", "*bob", 100001, "bob");
	say(t, "*bob", "*eve", 100002, "bob");
	store_drain(t->store);
}

STORE_TEST(what_an_account_has_said_is_deleted_and_nothing_else)
{
	fill(t);
	forget(t, STORE_FORGET_ALL, false);
	finish(t);
	assert_int_equal(number(t, "SELECT count(*) FROM message"), 2 * STORE_FORGET_ROWS + 2);
	assert_int_equal(number(t, "SELECT count(*) FROM message WHERE account = 'Ann'"), 0);
	assert_int_equal(number(t, "SELECT count(*) FROM forget"), 0);
}

STORE_TEST(messages_stay_without_their_author_and_private_conversations_go)
{
	struct store_request r = {.op = STORE_MARKER_SET};

	fill(t);
	r.u.marker = (struct store_marker){text("*ann"), text("#a"), 5};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	forget(t, STORE_FORGET_NAME, true);
	finish(t);
	assert_int_equal(number(t, "SELECT count(*) FROM message"), 3 * STORE_FORGET_ROWS + 1);
	assert_int_equal(number(t, "SELECT count(*) FROM message WHERE account = 'Ann'"), 0);
	assert_int_equal(
		number(t, "SELECT count(*) FROM message WHERE source = '" STORE_FORGOTTEN "'"),
		STORE_FORGET_ROWS);
	assert_int_equal(number(t, "SELECT count(*) FROM marker"), 0);
}

STORE_TEST(what_is_said_after_the_request_stays)
{
	say(t, "#a", "", 1, "ann");
	forget(t, STORE_FORGET_ALL, false);
	say(t, "#a", "", 2, "ann");
	store_drain(t->store);
	finish(t);
	assert_int_equal(number(t, "SELECT count(*) FROM message"), 1);
}

STORE_TEST(forgotten_messages_leave_the_index_of_words)
{
	fill(t);
	finish(t);
	forget(t, STORE_FORGET_ALL, true);
	finish(t);
	assert_int_equal(number(t, "SELECT count(*) FROM message"), 2 * STORE_FORGET_ROWS + 1);
	assert_int_equal(number(t, "SELECT sum(doc) FROM temp.v WHERE term = 'word'"),
		2 * STORE_FORGET_ROWS + 1);
}
