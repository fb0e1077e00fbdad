/*
 * banlist_test.c - expansion of masks, effect of the lists, lifetime of invitations.
 */
#include "base/test/test.h"
#include "base/utf8.h"
#include "chat/model/banlist.h"
#include "chat/server.h"

static struct server server; /* its counter of work */
static struct channel *channel;

static int set_up(void **state)
{
	channel = channel_new("#x", 1, 0);
	return channel ? 0 : -1;
}

static int tear_down(void **state)
{
	channel_extra_free(channel);
	channel_free(channel);
	return 0;
}

/* Owned by the caller: user_free(). */
static struct user *somebody(const char *nick)
{
	struct user *u = user_new(NULL, "host.example");

	assert_true(user_set_names(u, &(struct user_names){nick, "user", NULL, "Real"}));
	return u;
}

static enum mask_result add(enum banlist list, const char *text, uint32_t max)
{
	char both[MASK_MAX + 8];
	struct mask m = {.text = both, .since = 7 * NSEC_SEC};

	memcpy(both, text, strlen(text) + 1);
	memcpy(both + strlen(text) + 1, "setter", 7);
	return banlist_add(channel, list, &m, max);
}

TEST(typed_masks_are_completed)
{
	static const char *const rows[][2] = {
		{"nick", "nick!*@*"},
		{"user@host", "*!user@host"},
		{"@host", "*!*@host"},
		{"nick!user", "nick!user@*"},
		{"nick!user@host", "nick!user@host"},
		{"!@", "*!*@*"},
		{"", "*!*@*"},
		{"m:nick", "m:nick!*@*"},
		{"m:", "m:*!*@*"},
		{"a@b!c@d", "a@b!c@d"},
	};
	char out[MASK_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_true(mask_complete(out, rows[i][0]));
		assert_string_equal(out, rows[i][1]);
	}
}

TEST(a_mask_that_is_too_long_or_not_one_word_is_refused)
{
	static const char *const bad[] = {"two words", " ", "a!b@c d", ":colon", ":", "m:a b"};
	char typed[MASK_MAX + 1], out[MASK_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(mask_complete(out, bad[i]));
	memset(typed, 'a', sizeof(typed));
	typed[MASK_MAX - 1 - 4] = '\0'; /* room for !*@* */
	assert_true(mask_complete(out, typed));
	assert_int_equal(strlen(out), MASK_MAX - 1);
	typed[MASK_MAX - 1 - 4] = 'a';
	typed[MASK_MAX - 4] = '\0';
	assert_false(mask_complete(out, typed));
}

TEST_IN(a_list_holds_each_mask_once_in_any_case_and_in_its_order, set_up, tear_down)
{
	const struct mask_rows *r;

	assert_null(banlist_rows(channel, BANLIST_BAN));
	assert_int_equal(banlist_remove(channel, BANLIST_BAN, "a!*@*"), MASK_THERE);
	assert_int_equal(add(BANLIST_BAN, "a!*@*", 9), MASK_DONE);
	assert_int_equal(add(BANLIST_BAN, "A!*@*", 9), MASK_THERE);
	assert_int_equal(add(BANLIST_BAN, "b!*@*", 9), MASK_DONE);
	assert_int_equal(add(BANLIST_BAN, "c!*@*", 9), MASK_DONE);
	assert_int_equal(banlist_remove(channel, BANLIST_BAN, "B!*@*"), MASK_DONE);
	r = banlist_rows(channel, BANLIST_BAN);
	assert_int_equal(r->count, 2);
	assert_string_equal(r->at[0].text, "a!*@*");
	assert_string_equal(r->at[1].text, "c!*@*");
	assert_string_equal(mask_setter(&r->at[1]), "setter");
	assert_int_equal(r->at[1].since, 7 * NSEC_SEC);
	assert_int_equal(banlist_rows(channel, BANLIST_EXCEPT)->count, 0);
}

TEST_IN(a_full_list_takes_no_more_until_one_goes, set_up, tear_down)
{
	assert_int_equal(add(BANLIST_INVITE, "a!*@*", 2), MASK_DONE);
	assert_int_equal(add(BANLIST_INVITE, "b!*@*", 2), MASK_DONE);
	assert_int_equal(add(BANLIST_INVITE, "c!*@*", 2), MASK_FULL);
	assert_int_equal(banlist_remove(channel, BANLIST_INVITE, "a!*@*"), MASK_DONE);
	assert_int_equal(add(BANLIST_INVITE, "c!*@*", 2), MASK_DONE);
}

TEST_IN(a_ban_keeps_out_and_silent_whom_no_exception_covers, set_up, tear_down)
{
	struct user *a = somebody("alice"), *b = somebody("bob");

	assert_false(banlist_banned(channel, a, &server));
	assert_false(banlist_muted(channel, a, &server));
	add(BANLIST_BAN, "*!*@HOST.*", 9);
	add(BANLIST_EXCEPT, "bo?!*@*", 9);
	assert_true(banlist_banned(channel, a, &server));
	assert_true(banlist_muted(channel, a, &server));
	assert_false(banlist_banned(channel, b, &server));
	assert_false(banlist_muted(channel, b, &server));
	user_free(a);
	user_free(b);
}

TEST_IN(a_mute_lets_in_but_keeps_silent, set_up, tear_down)
{
	struct user *a = somebody("alice"), *b = somebody("bob"), *c = somebody("carol");

	add(BANLIST_BAN, "m:*!*@*", 9);
	add(BANLIST_EXCEPT, "m:bob!*@*", 9);
	add(BANLIST_EXCEPT, "carol!*@*", 9);
	assert_false(banlist_banned(channel, a, &server));
	assert_true(banlist_muted(channel, a, &server));
	assert_false(banlist_muted(channel, b, &server));
	assert_false(banlist_muted(channel, c, &server));
	user_free(a);
	user_free(b);
	user_free(c);
}

TEST_IN(an_invitation_is_good_once, set_up, tear_down)
{
	struct user *a = somebody("alice");

	assert_false(invites_has(channel, a, true));
	assert_true(invites_add(channel, a));
	assert_true(invites_add(channel, a)); /* twice is once */
	assert_true(invites_has(channel, a, false));
	assert_true(invites_has(channel, a, true));
	assert_false(invites_has(channel, a, true));
	user_free(a);
}

TEST_IN(an_invitation_is_not_for_somebody_else_at_the_same_address, set_up, tear_down)
{
	struct user *a = somebody("alice");

	a->signed_on = 1;
	assert_true(invites_add(channel, a));
	a->signed_on = 2; /* like a later user in the same memory */
	assert_false(invites_has(channel, a, false));
	user_free(a);
}

TEST_IN(the_oldest_invitation_makes_room_for_a_new_one, set_up, tear_down)
{
	struct user *u[INVITES_MAX + 1];

	for (int i = 0; i <= INVITES_MAX; i++) {
		u[i] = somebody("x");
		assert_true(invites_add(channel, u[i]));
	}
	assert_false(invites_has(channel, u[0], false));
	for (int i = 1; i <= INVITES_MAX; i++)
		assert_true(invites_has(channel, u[i], false));
	for (int i = 0; i <= INVITES_MAX; i++)
		user_free(u[i]);
}
