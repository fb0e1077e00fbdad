/* store_channel_test.c - the history of a channel in the SQLite store: its start, and its names. */
#include "chat/test/store_fixture.h"

static void tell(struct store_fixture *t, enum store_op op, struct store_channel c)
{
	enum store_status status = STORE_STATUS_COUNT;
	struct store_request r = {.op = op, .done = note_status, .arg = &status};

	r.u.channel = c;
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	assert_int_equal(status, STORE_OK);
}

static void say(struct store_fixture *t, const char *name, uint64_t id, bool open)
{
	struct fixture_append a = {.a = name, .id = id, .open = open};

	assert_int_equal(fixture_submit(t, &a), STORE_OK);
}

STORE_TEST(a_channel_has_the_past_since_it_began)
{
	struct store_channel c = {.name = text("#a"), .begun = 10};

	tell(t, STORE_CHANNEL_BEGIN, c);
	say(t, "#a", 11, true);
	say(t, "#a", 12, true);
	assert_int_equal(fixture_past(t, "#a", 10), 2);
	tell(t, STORE_CHANNEL_END, c);
	c.begun = 20;
	assert_int_equal(fixture_past(t, "#a", 20), 0); /* also if the store was not told */
	tell(t, STORE_CHANNEL_BEGIN, c);
	assert_int_equal(fixture_past(t, "#a", 20), 0);
	say(t, "#a", 21, true);
	assert_int_equal(fixture_past(t, "#a", 20), 1);
	assert_int_equal(fixture_by_key(t, STORE_FIND, "#a", 12), STORE_OK);
	struct store_request r = {.op = STORE_DELETE};
	r.u.key = (struct store_key){{text("#a"), text("")}, 12, 20};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	assert_int_equal(fixture_by_key(t, STORE_FIND, "#a", 12), STORE_OK);
}

STORE_TEST(after_a_restart_only_an_open_channel_has_its_past)
{
	static const char *const names[] = {"#open", "#closed", "#was-open", "#ended"};
	static const uint32_t want[] = {2, 0, 0, 0};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct store_channel c = {.name = text(names[i]), .begun = 10};
		tell(t, STORE_CHANNEL_BEGIN, c);
		say(t, names[i], 11 + 2 * i, i != 1);
		say(t, names[i], 12 + 2 * i, i != 1 && i != 2);
		if (i == 3)
			tell(t, STORE_CHANNEL_END, c);
	}
	store_close(t->store);
	fixture_open(t);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct store_channel c = {.name = text(names[i]), .begun = 100};
		assert_int_equal(fixture_past(t, names[i], 100), 0);
		tell(t, STORE_CHANNEL_BEGIN, c);
		assert_int_equal(fixture_past(t, names[i], 100), want[i]);
	}
}

STORE_TEST(a_renamed_channel_takes_its_past_along)
{
	struct store_channel old = {.name = text("#old"), .begun = 10}, new = old;

	tell(t, STORE_CHANNEL_BEGIN, old);
	say(t, "#old", 11, false);
	new.name = text("#new");
	new.begun = 12;
	tell(t, STORE_CHANNEL_BEGIN, new);
	say(t, "#new", 13, true);
	tell(t, STORE_CHANNEL_END, new);
	old.to = text("#new");
	old.renamed = 20;
	tell(t, STORE_CHANNEL_RENAME, old);
	assert_int_equal(fixture_past(t, "#new", 20), 1);
	assert_int_equal(fixture_past(t, "#old", 21), 0);
	say(t, "#new", 22, false);
	assert_int_equal(fixture_past(t, "#new", 20), 2);
}
