/*
 * whowas_test.c - the WHOWAS ring.
 */
#include <stdio.h>

#include "base/test/test.h"
#include "chat/model/whowas.h"

static void leave(struct whowas *w, const char *nick, nsec_t at, uint32_t max)
{
	struct user *u = user_new(NULL, "host");

	assert_true(user_set_names(u, &(struct user_names){nick, "user", NULL, "Real Name"}));
	whowas_add(w, u, at, max);
	user_free(u);
}

TEST(all_four_parts_of_a_departed_user_are_kept)
{
	static const char kept[] = "Nick\0user\0host\0Real Name";
	struct whowas w = {0};
	uint64_t place = WHOWAS_NEWEST;
	const struct whowas_entry *e;

	leave(&w, "Nick", 5, 4);
	e = whowas_before(&w, &place);
	assert_non_null(e);
	assert_int_equal(e->left, 5);
	assert_memory_equal(e->text, kept, sizeof(kept));
	assert_null(whowas_before(&w, &place));
	whowas_free(&w);
}

TEST(the_latest_comes_first_and_the_oldest_is_forgotten)
{
	struct whowas w = {0};
	char nick[16];
	uint64_t place = WHOWAS_NEWEST;

	for (int k = 0; k < 10; k++) {
		snprintf(nick, sizeof(nick), "n%d", k);
		leave(&w, nick, k, 4);
	}
	for (int k = 9; k > 5; k--)
		assert_int_equal(whowas_before(&w, &place)->left, k);
	assert_null(whowas_before(&w, &place));
	whowas_free(&w);
}

TEST(entries_added_during_a_walk_are_not_returned_and_dropped_ones_are_skipped)
{
	struct whowas w = {0};
	uint64_t place = WHOWAS_NEWEST;

	for (int k = 0; k < 4; k++)
		leave(&w, "n", k, 4);
	assert_int_equal(whowas_before(&w, &place)->left, 3);
	assert_int_equal(whowas_before(&w, &place)->left, 2);
	leave(&w, "n", 4, 4);
	assert_int_equal(whowas_before(&w, &place)->left, 1);
	leave(&w, "n", 5, 4);
	assert_null(whowas_before(&w, &place)); /* 0 was dropped */
	whowas_free(&w);
}

TEST(none_are_kept_when_the_configuration_says_so)
{
	struct whowas w = {0};
	uint64_t place = WHOWAS_NEWEST;

	leave(&w, "a", 1, 0);
	assert_null(whowas_before(&w, &place));
	whowas_free(&w);
}

TEST(another_size_begins_anew)
{
	struct whowas w = {0};
	uint64_t place = WHOWAS_NEWEST;

	for (int k = 0; k < 5; k++)
		leave(&w, "old", k, 3);
	leave(&w, "new", 9, 6);
	assert_int_equal(whowas_before(&w, &place)->left, 9);
	assert_null(whowas_before(&w, &place));
	whowas_free(&w);
}
