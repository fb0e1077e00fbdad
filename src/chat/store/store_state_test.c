/* store_state_test.c - read markers and bans in the SQLite store. */
#include "chat/test/store_fixture.h"

#include <stdio.h>

static void note_marker(void *arg, const struct store_reply *r)
{
	assert_int_equal(r->status, STORE_OK);
	*(int64_t *)arg = r->marker_ms;
}

static int64_t marker(struct store_fixture *t, enum store_op op, const char *target, int64_t ms)
{
	int64_t got = -2;
	struct store_request r = {.op = op, .done = note_marker, .arg = &got};

	r.u.marker = (struct store_marker){text("bob"), text(target), ms};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	return got;
}

static int64_t set_of(struct store_fixture *t, const char *user, const char *target, int64_t ms)
{
	int64_t got = -2;
	struct store_request r = {.op = STORE_MARKER_SET, .done = note_marker, .arg = &got};

	r.u.marker = (struct store_marker){text(user), text(target), ms};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	return got;
}

STORE_TEST(a_read_marker_moves_forward_only_and_survives_a_restart)
{
	assert_int_equal(marker(t, STORE_MARKER_GET, "#a", 0), -1);
	assert_int_equal(marker(t, STORE_MARKER_SET, "#a", 500), 500);
	assert_int_equal(marker(t, STORE_MARKER_SET, "#a", 400), 500);
	assert_int_equal(marker(t, STORE_MARKER_SET, "#a", 600), 600);
	store_close(t->store);
	fixture_open(t);
	assert_int_equal(marker(t, STORE_MARKER_GET, "#a", 0), 600);
	assert_int_equal(marker(t, STORE_MARKER_GET, "#b", 0), -1);
}

STORE_TEST(a_user_with_too_many_markers_loses_the_oldest)
{
	char name[24];

	assert_int_equal(set_of(t, "ann", "#a", 1), 1);
	for (int i = 0; i < STORE_MARKERS_OF_USER + 10; i++) {
		snprintf(name, sizeof(name), "#%d", i);
		assert_int_equal(set_of(t, "bob", name, 1000 + i), 1000 + i);
	}
	assert_int_equal(marker(t, STORE_MARKER_GET, "#9", 0), -1);
	assert_int_equal(marker(t, STORE_MARKER_GET, "#10", 0), 1010);
	assert_int_equal(set_of(t, "ann", "#a", 0), 1);
	t->store->retention = (struct store_retention){.max_bytes = 1 << 20};
	store_tick(t->store, 1);
	for (int i = 0; i < 600; i++) {
		snprintf(name, sizeof(name), "#%d", i);
		set_of(t, "eve", name, 5000);
	}
	assert_int_equal(set_of(t, "eve", "#599", 0), 5000);
}

static void note_bans(void *arg, const struct store_reply *r)
{
	struct fixture_answer *a = arg;

	a->text[0] = '\0';
	a->count = r->count;
	for (uint32_t i = 0; i < r->count && i < 10; i++)
		snprintf(a->text + strlen(a->text), sizeof(a->text) - strlen(a->text),
			"%d %.*s %.*s %lld;", r->bans[i].kind, (int)r->bans[i].mask.len,
			r->bans[i].mask.p, (int)r->bans[i].reason.len, r->bans[i].reason.p,
			(long long)r->bans[i].expire_ms);
}

static void ban(struct store_fixture *t, enum store_op op, const struct store_ban *b)
{
	struct store_request r = {.op = op};

	r.u.ban = *b;
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
}

static struct fixture_answer bans(struct store_fixture *t)
{
	struct fixture_answer a = {.count = 99};
	struct store_request r = {.op = STORE_BAN_LIST, .done = note_bans, .arg = &a};

	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	return a;
}

STORE_TEST(bans_survive_a_restart_until_they_expire)
{
	char mask[16];

	ban(t, STORE_BAN_PUT, &(struct store_ban){1, text("*@a"), text("spam"), text("op"), 1, 0});
	ban(t, STORE_BAN_PUT, &(struct store_ban){1, text("*@b"), text("x"), text("op"), 2, 9000});
	ban(t, STORE_BAN_PUT, &(struct store_ban){2, text("*@b"), text("y"), text("op"), 3, 0});
	ban(t, STORE_BAN_PUT, &(struct store_ban){2, text("*@b"), text("z"), text("op"), 4, 0});
	ban(t, STORE_BAN_DELETE, &(struct store_ban){1, text("*@a"), text(""), text(""), 0, 0});
	store_close(t->store);
	fixture_open(t);
	assert_string_equal(bans(t).text, "1 *@b x 9000;2 *@b z 0;");
	store_tick(t->store, 9000);
	assert_string_equal(bans(t).text, "2 *@b z 0;");
	for (int i = 0; i < 100; i++) {
		snprintf(mask, sizeof(mask), "*@h%d", i);
		ban(t, STORE_BAN_PUT, &(struct store_ban){1, text(mask), text(""), text(""), i, 0});
	}
	assert_int_equal(bans(t).count, 101);
}

STORE_TEST(without_history_bans_are_kept_and_messages_are_not)
{
	struct store_history h = {.target = {text("#a"), text("")}, .limit = 1};

	store_close(t->store);
	t->options.history = false;
	fixture_open(t);
	assert_int_equal(fixture_put(t, "#a", 1), STORE_OFF);
	assert_int_equal(fixture_ask(t, &h).status, STORE_OFF);
	ban(t, STORE_BAN_PUT, &(struct store_ban){1, text("*@a"), text("r"), text("op"), 1, 0});
	assert_string_equal(bans(t).text, "1 *@a r 0;");
	assert_int_equal(t->store->seen.health, STORE_OK);
}
