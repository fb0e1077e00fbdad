/* store_event_test.c - bounds of events, which are not those of messages. */
#include "chat/test/store_fixture.h"

static void put(struct store_fixture *t, int64_t n, bool event)
{
	struct fixture_append a = {
		.a = "#a", .params = "#a :x", .id = msgid_floor(n * 1000), .event = event};

	assert_int_equal(fixture_submit(t, &a), STORE_OK);
}

static uint32_t count(struct store_fixture *t, bool events)
{
	struct store_history h = {.target = {text("#a"), text("")},
		.select = STORE_LATEST,
		.limit = STORE_PAGE_MAX,
		.events = events};

	return fixture_ask(t, &h).count;
}

static void tick(struct store_fixture *t, int64_t seconds)
{
	for (int i = 0; i < 10; i++) {
		store_tick(t->store, seconds * 1000);
		store_drain(t->store);
	}
}

STORE_TEST(events_expire_by_an_age_of_their_own)
{
	for (int64_t i = 1; i <= 100; i++)
		put(t, i, i % 2);
	t->store->retention.events_max_age = 50 * NSEC_SEC;
	tick(t, 100);
	assert_int_equal(count(t, false), 50);
	assert_int_equal(count(t, true), 75);
}

STORE_TEST(events_beyond_their_share_of_the_file_go_before_any_message)
{
	for (int64_t i = 1; i <= 900; i++)
		put(t, i, i > 100);
	t->store->retention.max_bytes = 1 << 20; /* an eighth, of 256 bytes each: 512 */
	tick(t, 1000);
	assert_int_equal(count(t, false), 100);
	assert_true(count(t, true) - 100 <= 512);
}

STORE_TEST(events_are_counted_after_a_restart_too)
{
	for (int64_t i = 1; i <= 900; i++)
		put(t, i, i > 100);
	store_drain(t->store);
	store_close(t->store);
	fixture_open(t);
	t->store->retention.max_bytes = 1 << 20;
	for (int64_t i = 901; i <= 910; i++)
		put(t, i, true);
	tick(t, 1000);
	assert_int_equal(count(t, false), 100);
	assert_true(count(t, true) - 100 <= 512);
}
