/* store_search_test.c - the index of words and SEARCH, on a store in a temporary directory. */
#include "chat/store/search_text.h"
#include "chat/store/store_search.h"
#include "chat/test/store_fixture.h"

#include <stdio.h>

struct found {
	enum store_status status;
	uint32_t count;
	bool partial;
	uint64_t ids[STORE_PAGE_MAX];
	uint32_t channels[STORE_PAGE_MAX];
};

static void note_found(void *arg, const struct store_reply *r)
{
	struct found *f = arg;

	f->status = r->status;
	f->count = r->count;
	f->partial = r->partial;
	for (uint32_t i = 0; i < r->count; i++) {
		f->ids[i] = r->ids[i];
		f->channels[i] = r->channels[i];
	}
}

static struct found *search(struct store_fixture *t, struct store_search s)
{
	struct store_request r = {.op = STORE_SEARCH, .done = note_found};
	static struct found f;

	if (!s.limit)
		s.limit = 100;
	if (!s.before_ms)
		s.before_ms = INT64_MAX;
	memset(&f, 0, sizeof(f));
	r.arg = &f;
	r.u.search = s;
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	return &f;
}

/* Searches for words in #a, from its beginning on. */
static struct found *in_a(struct store_fixture *t, const char *words)
{
	struct store_channel a = {.name = text("#a")};

	return search(
		t, (struct store_search){.channels = &a, .channel_count = 1, .text = text(words)});
}

/* The id of the n-th second. */
static uint64_t at(int64_t n)
{
	return msgid_floor(n * 1000);
}

static void say(struct store_fixture *t, const char *channel, int64_t n, const char *words)
{
	char params[400];

	snprintf(params, sizeof(params), "%s :%s", channel, words);
	assert_int_equal(
		fixture_submit(
			t, &(struct fixture_append){.a = channel, .params = params, .id = at(n)}),
		STORE_OK);
}

STORE_TEST(a_message_is_found_by_its_words_in_any_order_and_without_endings_or_accents)
{
	say(t, "#a", 1, "Fasting is hard in a café");
	say(t, "#a", 2, "something else");
	assert_int_equal(in_a(t, "fast")->count, 1);
	assert_int_equal(in_a(t, "HARD fasting")->ids[0], at(1));
	assert_int_equal(in_a(t, "cafe")->count, 1);
	assert_int_equal(in_a(t, "fast else")->count, 0);
	assert_int_equal(in_a(t, "")->count, 2);
	assert_int_equal(in_a(t, "...")->count, 0);
}

STORE_TEST(chinese_is_found_by_one_character_or_several_in_a_row)
{
	say(t, "#a", 1, "我们今天讨论网络协议");
	assert_int_equal(in_a(t, "网络")->count, 1);
	assert_int_equal(in_a(t, "协")->count, 1);
	assert_int_equal(in_a(t, "今天 协议")->count, 1);
	assert_int_equal(in_a(t, "络网")->count, 0);
}

STORE_TEST(syntax_of_the_index_in_a_query_is_text)
{
	static const char *const hostile[] = {"\"", "\" OR \"", "a* OR target:2", "NEAR(a b)",
		"text : x", "-x", "^x", "{target text}: x", "'; DROP TABLE search; --", "(",
		"a AND", "NOT", "\\"};

	say(t, "#a", 1, "plain");
	say(t, "#b", 2, "a x text target");
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		assert_int_equal(in_a(t, hostile[i])->status, STORE_OK);
		assert_int_equal(in_a(t, hostile[i])->count, 0);
	}
	assert_int_equal(in_a(t, "plain")->count, 1);
}

STORE_TEST(only_the_given_channels_and_conversations_are_searched)
{
	struct store_channel both[] = {{.name = text("#a")}, {.name = text("#b")}};
	struct found *f;

	say(t, "#a", 1, "word");
	say(t, "#b", 2, "word");
	say(t, "#c", 3, "word");
	fixture_submit(t, &(struct fixture_append){
				  .a = "ann", .b = "ben", .params = "ben :word", .id = at(4)});
	fixture_submit(t, &(struct fixture_append){
				  .a = "cat", .b = "ben", .params = "ben :word", .id = at(5)});
	f = search(t, (struct store_search){.channels = both,
			      .channel_count = 2,
			      .user = text("ann"),
			      .text = text("word")});
	assert_int_equal(f->count, 3);
	assert_int_equal(f->channels[0], 0);
	assert_int_equal(f->channels[1], 1);
	assert_int_equal(f->channels[2], STORE_SEARCH_PRIVATE);
	f = search(t, (struct store_search){
			      .user = text("ben"), .with = text("cat"), .text = text("word")});
	assert_int_equal(f->count, 1);
	assert_int_equal(f->ids[0], at(5));
	f = search(t,
		(struct store_search){.user = text("ben"), .after = at(4), .text = text("word")});
	assert_int_equal(f->count, 1);
}

STORE_TEST(an_earlier_channel_of_the_name_is_not_searched)
{
	struct store_request r = {.op = STORE_CHANNEL_BEGIN};
	struct store_channel a = {.name = text("#a"), .begun = at(2)};

	say(t, "#a", 1, "word");
	r.u.channel = a;
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	say(t, "#a", 3, "word");
	assert_int_equal(search(t,
				 (struct store_search){
					 .channels = &a, .channel_count = 1, .text = text("word")})
				 ->count,
		1);
}

STORE_TEST(times_limit_and_sender_choose_and_the_answer_is_in_the_order_of_time)
{
	struct store_channel a = {.name = text("#a")};
	struct store_search s = {.channels = &a, .channel_count = 1, .limit = 2};
	struct found *f;

	for (int64_t i = 1; i <= 9; i++)
		say(t, "#a", i, "word");
	for (int words = 0; words < 2; words++) {
		s.text = words ? text("word") : text("");
		f = search(t, s);
		assert_int_equal(f->count, 2);
		assert_int_equal(f->ids[0], at(8));
		assert_int_equal(f->ids[1], at(9));
		s.before_ms = 5000;
		f = search(t, s);
		assert_int_equal(f->ids[0], at(4));
		assert_int_equal(f->ids[1], at(5));
		s.after_ms = 2000;
		s.oldest_first = true;
		f = search(t, s);
		assert_int_equal(f->ids[0], at(2));
		assert_int_equal(f->ids[1], at(3));
		s.from = text("nic");
		assert_int_equal(search(t, s)->count, 0);
		s.from = text("nick");
		assert_int_equal(search(t, s)->count, 2);
		s = (struct store_search){.channels = &a, .channel_count = 1, .limit = 2};
	}
}

STORE_TEST(messages_that_a_clock_set_back_has_dated_earlier_are_found_by_their_time)
{
	struct store_channel a = {.name = text("#a")};
	struct fixture_append back = {.a = "#a", .params = "#a :word", .id = at(101), .ms = 50000};
	struct found *f;

	say(t, "#a", 100, "word");
	fixture_submit(t, &back);
	f = search(
		t, (struct store_search){
			   .channels = &a, .channel_count = 1, .limit = 1, .text = text("word")});
	assert_int_equal(f->ids[0], at(100));
	f = search(t, (struct store_search){.channels = &a,
			      .channel_count = 1,
			      .before_ms = 60000,
			      .text = text("word")});
	assert_int_equal(f->count, 1);
	assert_int_equal(f->ids[0], at(101));
}

/* SQLite's own check of the index against what it was given. */
static void check_index(struct store_fixture *t, int64_t words)
{
	sqlite3 *sql;
	sqlite3_stmt *s;

	store_close(t->store);
	assert_int_equal(sqlite3_open(t->path, &sql), SQLITE_OK);
	assert_int_equal(sqlite3_exec(sql,
				 "INSERT INTO search(search, rank) VALUES('integrity-check', 0);"
				 "CREATE VIRTUAL TABLE temp.v USING fts5vocab(main, search, row)",
				 NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(sql,
				 "SELECT coalesce(sum(doc), 0) FROM temp.v WHERE term = 'word'", -1,
				 &s, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int64(s, 0), words);
	sqlite3_finalize(s);
	sqlite3_close(sql);
	fixture_open(t);
}

STORE_TEST(a_deleted_message_leaves_the_index)
{
	for (int64_t i = 1; i <= 3; i++)
		say(t, "#a", i, "word");
	assert_int_equal(in_a(t, "word")->count, 3);
	assert_int_equal(fixture_by_key(t, STORE_DELETE, "#a", at(2)), STORE_OK);
	assert_int_equal(in_a(t, "word")->count, 2);
	check_index(t, 2);
}

STORE_TEST(expired_messages_leave_the_index)
{
	for (int64_t i = 1; i <= 2000; i++)
		say(t, "#a", i, "word");
	assert_int_equal(in_a(t, "word")->count, 100);
	t->store->retention.max_age = 500 * NSEC_SEC;
	while (t->store->seen.expired < 1499) {
		store_tick(t->store, 2000 * 1000);
		store_drain(t->store);
	}
	assert_int_equal(in_a(t, "word")->count, 100);
	check_index(t, 501);
}

/* A file of version 5: messages, no index. */
static void drop_index(struct store_fixture *t)
{
	sqlite3 *sql;

	store_close(t->store);
	assert_int_equal(sqlite3_open(t->path, &sql), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(sql,
			"DROP TABLE search; DROP TABLE search_state;"
			"DROP INDEX message_event; DROP TABLE forget; DROP TABLE account_push;"
			"DROP TABLE account_entry; DROP TABLE filter; DROP TABLE node_log;"
			"DROP TABLE version; DROP TABLE deleted; DROP INDEX channel_history;"
			"PRAGMA user_version = 5",
			NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(sql);
}

STORE_TEST(a_file_without_an_index_is_indexed_in_steps_newest_first)
{
	enum {
		COUNT = 3 * STORE_SEARCH_ROWS + 7
	};
	struct found *f;
	uint32_t steps = 0;

	for (int64_t i = 1; i <= COUNT; i++)
		say(t, "#a", i, i == 1 ? "first word" : "word");
	store_drain(t->store);
	drop_index(t);
	t->options.no_thread = true;
	fixture_open(t);
	f = in_a(t, "word");
	assert_true(f->partial);
	while (store_sqlite_has_work(t->store)) {
		f = in_a(t, "first");
		assert_true(f->count == 0 || !store_sqlite_has_work(t->store));
		store_sqlite_work(t->store);
		steps++;
	}
	assert_true(steps >= 3);
	f = in_a(t, "first");
	assert_int_equal(f->count, 1);
	assert_false(f->partial);
	check_index(t, COUNT);
}

STORE_TEST(a_message_deleted_before_it_is_indexed_is_not_taken_out_of_the_index)
{
	for (int64_t i = 1; i <= 3; i++)
		say(t, "#a", i, "word");
	store_drain(t->store);
	drop_index(t);
	fixture_open(t);
	assert_int_equal(fixture_by_key(t, STORE_DELETE, "#a", at(2)), STORE_OK);
	while (in_a(t, "word")->partial)
		continue;
	assert_int_equal(in_a(t, "word")->count, 2);
	check_index(t, 2);
}

STORE_TEST(a_damaged_index_is_made_anew_and_no_message_is_lost)
{
	sqlite3 *sql;

	for (int64_t i = 1; i <= 50; i++)
		say(t, "#a", i, "word");
	assert_int_equal(in_a(t, "word")->count, 50);
	store_close(t->store);
	assert_int_equal(sqlite3_open(t->path, &sql), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(sql, "DELETE FROM search_data WHERE id > 10", NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(sql);
	fixture_open(t);
	assert_int_equal(in_a(t, "word")->status, STORE_IO);
	assert_int_equal(fixture_put(t, "#a", at(60)), STORE_OK);
	for (int i = 0; i < 5; i++) {
		store_tick(t->store, 0);
		store_drain(t->store);
	}
	assert_int_equal(t->store->seen.health, STORE_OK);
	while (in_a(t, "word")->partial)
		continue;
	assert_int_equal(in_a(t, "word")->count, 50);
}

STORE_TEST(without_an_index_a_search_is_refused)
{
	store_close(t->store);
	t->options.search = false;
	fixture_open(t);
	assert_int_equal(in_a(t, "word")->status, STORE_OFF);
}

STORE_TEST(a_search_ends_when_its_budget_is_spent_and_says_so)
{
	enum {
		MANY = STORE_SEARCH_TOGETHER * (STORE_SEARCH_BUDGET / STORE_SEARCH_GROUP + 1)
	};
	struct fixture_append a = {.b = "me", .params = "me :word"};
	char name[32];
	struct found *f;

	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "u%d", i);
		a.a = name;
		a.id = at(i + 1);
		assert_int_equal(fixture_submit(t, &a), STORE_OK);
	}
	f = search(t, (struct store_search){.user = text("me"), .text = text("word"), .limit = 10});
	assert_int_equal(f->status, STORE_OK);
	assert_true(f->partial);
	assert_int_equal(f->count, 10);
}

/* Lists of words that are long and have nothing in common: FTS5 reads all of them before its first
 * answer, in one instruction of the query. */
STORE_TEST(a_search_that_reads_much_of_the_index_for_nothing_ends_when_its_budget_is_spent)
{
	enum {
		MANY = 60000
	};
	char words[STORE_SEARCH_TEXT_MAX];
	struct found *f;

	for (int i = 1; i <= MANY; i++) {
		say(t, "#a", i, i % 2 ? "a" : "n");
		if (i % STORE_SEARCH_ROWS == 0)
			store_drain(t->store);
	}
	while (in_a(t, "nothing")->partial)
		;
	assert_false(in_a(t, "a n")->partial);
	memset(words, '\0', sizeof(words));
	while (strlen(words) + 5 < sizeof(words))
		strcat(words, "a n ");
	f = in_a(t, words);
	assert_int_equal(f->status, STORE_OK);
	assert_true(f->partial);
	assert_int_equal(in_a(t, "a")->count, 100); /* and the connection goes on */
}
