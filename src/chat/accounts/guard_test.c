/* guard_test.c - SILENCE and ACCEPT as lists. */
#include "base/test/test.h"
#include "chat/accounts/guard.h"

static const struct guard_who ann = {"ann", "ann!a@one.example", "Ann", 1};
static const struct guard_who bob = {"bob", "bob!b@two.example", NULL, 2};

static bool silences(const struct guard *g, const struct guard_who *w)
{
	uint64_t work = 0;

	return guard_silences(g, w, &work);
}

TEST(a_mask_silences_whom_it_covers_until_it_is_removed)
{
	struct guard *g = NULL;

	assert_false(silences(NULL, &ann));
	assert_int_equal(guard_silence(&g, "*!*@*.EXAMPLE", 2), GUARD_DONE);
	assert_int_equal(guard_silence(&g, "*!*@*.example", 2), GUARD_SAME);
	assert_true(silences(g, &ann));
	assert_int_equal(guard_unsilence(g, "*!*@*.example"), GUARD_DONE);
	assert_int_equal(guard_unsilence(g, "*!*@*.example"), GUARD_SAME);
	assert_false(silences(g, &ann));
	guard_free(g);
}

TEST(an_account_is_silenced_whatever_its_nick)
{
	struct guard *g = NULL;

	assert_int_equal(guard_silence(&g, "a:an?", 2), GUARD_DONE);
	assert_true(silences(g, &ann));
	assert_false(silences(g, &bob));
	guard_free(g);
}

TEST(the_lists_are_bounded_and_keep_their_order)
{
	struct guard *g = NULL;

	assert_int_equal(guard_silence(&g, "a!*@*", 3), GUARD_DONE);
	assert_int_equal(guard_silence(&g, "b!*@*", 3), GUARD_DONE);
	assert_int_equal(guard_silence(&g, "c!*@*", 3), GUARD_DONE);
	assert_int_equal(guard_silence(&g, "d!*@*", 3), GUARD_FULL);
	assert_int_equal(guard_unsilence(g, "a!*@*"), GUARD_DONE);
	assert_int_equal(g->silenced.count, 2);
	assert_string_equal(g->silenced.at[0], "b!*@*");
	assert_int_equal(guard_accept(&g, &ann, 1), GUARD_DONE);
	assert_int_equal(guard_accept(&g, &ann, 1), GUARD_SAME);
	assert_int_equal(guard_accept(&g, &bob, 1), GUARD_FULL);
	guard_free(g);
}

TEST(an_account_is_accepted_under_any_nick_and_nobody_else_under_that_nick)
{
	const struct guard_who renamed = {"other", "other!x@y", "ANN", 9};
	const struct guard_who thief = {"ann", "ann!x@y", NULL, 3};
	struct guard *g = NULL;

	assert_int_equal(guard_accept(&g, &ann, 5), GUARD_DONE);
	assert_true(guard_accepts(g, &renamed));
	assert_false(guard_accepts(g, &thief));
	guard_free(g);
}

TEST(without_an_account_the_session_is_accepted)
{
	const struct guard_who renamed = {"rob", "rob!b@two.example", NULL, 2};
	const struct guard_who next = {"bob", "bob!b@two.example", NULL, 4};
	struct guard *g = NULL;

	assert_int_equal(guard_accept(&g, &bob, 5), GUARD_DONE);
	assert_true(guard_accepts(g, &renamed));
	assert_false(guard_accepts(g, &next));
	guard_free(g);
}

TEST(an_entry_is_found_by_who_it_is_and_by_the_nick_it_was_made_with)
{
	const struct guard_who gone = {"ANN", "", NULL, 0};
	struct guard *g = NULL;

	assert_null(guard_find(g, &ann));
	assert_int_equal(guard_accept(&g, &bob, 5), GUARD_DONE);
	assert_int_equal(guard_accept(&g, &ann, 5), GUARD_DONE);
	assert_ptr_equal(guard_find(g, &ann), &g->accepted.at[1]);
	assert_ptr_equal(guard_find(g, &gone), &g->accepted.at[1]);
	guard_unaccept(g, guard_find(g, &bob));
	assert_int_equal(g->accepted.count, 1);
	assert_string_equal(g->accepted.at[0].nick, "ann");
	assert_string_equal(guard_account(&g->accepted.at[0]), "Ann");
	guard_free(g);
}
