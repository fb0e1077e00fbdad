/* store_channel_age_test.c - channels whose founder wants messages deleted sooner. */
#include "chat/test/store_fixture.h"

#include <sqlite3.h>
#include <stdio.h>

enum {
	DAY = 86400, /* s */
};

static void put(struct store_fixture *t, const char *channel, int64_t day, bool event)
{
	struct fixture_append a = {.a = channel,
		.params = "x",
		.id = msgid_floor(day * DAY * 1000) + 2u * (uint8_t)channel[2] + event,
		.event = event};

	assert_int_equal(fixture_submit(t, &a), STORE_OK);
}

/* Says one message a day, from day 1 to day 20, and a TAGMSG on each. */
static void talk(struct store_fixture *t, const char *channel)
{
	for (int64_t day = 1; day <= 20; day++) {
		put(t, channel, day, false);
		if (day < 20)
			put(t, channel, day, true);
	}
}

static void choose(struct store_fixture *t, const char *channel, const char *choice)
{
	struct store_request r = {.op = *choice ? STORE_RECORD_PUT : STORE_RECORD_DELETE};

	r.u.record = (struct store_record){.table = STORE_CHANNEL_MASK,
		.text = {text(channel), text("h"), text(""), text(choice)}};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
}

static void tick(struct store_fixture *t, int steps)
{
	for (int i = 0; i < steps; i++) {
		store_tick(t->store, 20 * DAY * 1000LL + 1);
		store_drain(t->store);
	}
}

static uint32_t count(struct store_fixture *t, const char *channel, bool events)
{
	struct store_history h = {.target = {text(channel), text("")},
		.select = STORE_LATEST,
		.limit = STORE_PAGE_MAX,
		.events = events};

	return fixture_ask(t, &h).count;
}

STORE_TEST(a_channel_keeps_messages_for_its_own_days_and_others_as_the_server_says)
{
	static const char *const channels[] = {"#all", "#days", "#off", "#on"};

	for (size_t i = 0; i < ARRAY_SIZE(channels); i++)
		talk(t, channels[i]);
	choose(t, "#days", "7");
	choose(t, "#off", "off");
	choose(t, "#on", "on");
	t->store->retention.max_age = 15 * DAY * NSEC_SEC;
	tick(t, 4);
	assert_int_equal(count(t, "#all", false), 15);
	assert_int_equal(count(t, "#on", false), 15);
	assert_int_equal(count(t, "#days", false), 7);
	assert_int_equal(count(t, "#days", true), 13);
	assert_int_equal(count(t, "#off", true), 0);
}

STORE_TEST(a_choice_that_is_taken_back_or_is_none_deletes_nothing)
{
	talk(t, "#days");
	talk(t, "#odd");
	choose(t, "#days", "7");
	choose(t, "#days", "");
	choose(t, "#odd", "never");
	tick(t, 4);
	assert_int_equal(count(t, "#days", false), 20);
	assert_int_equal(count(t, "#odd", false), 20);
}

/* More channels than one step looks at, and one with more messages than it deletes. */
STORE_TEST(steps_come_to_every_channel_and_to_every_message)
{
	char name[16];
	struct fixture_append a = {.a = "#050", .params = "x", .id = msgid_floor(DAY * 1000)};

	for (int i = 0; i < 120; i++) {
		snprintf(name, sizeof(name), "#%03d", i);
		choose(t, name, "7");
		for (int64_t day = 10; day <= 20; day += 10) {
			struct fixture_append m = {.a = name,
				.params = "x",
				.id = msgid_floor(day * DAY * 1000) + (uint64_t)i};
			assert_int_equal(fixture_submit(t, &m), STORE_OK);
		}
	}
	for (int i = 0; i < 5000; i++) {
		a.id++;
		assert_int_equal(fixture_submit(t, &a), STORE_OK);
	}
	tick(t, 8);
	for (int i = 0; i < 120; i++) {
		snprintf(name, sizeof(name), "#%03d", i);
		assert_int_equal(count(t, name, false), 1);
	}
}

/* Version 14 knew no such choice. */
STORE_TEST(a_file_of_version_14_learns_to_find_the_choices)
{
	sqlite3 *sql;

	talk(t, "#days");
	store_drain(t->store);
	store_close(t->store);
	assert_int_equal(sqlite3_open(t->path, &sql), SQLITE_OK);
	assert_int_equal(sqlite3_exec(sql, "DROP INDEX channel_history; PRAGMA user_version = 14;",
				 NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(sql);
	fixture_open(t);
	assert_int_equal(t->store->seen.health, STORE_OK);
	choose(t, "#days", "7");
	tick(t, 4);
	assert_int_equal(count(t, "#days", false), 7);
}
