/* modes_test.c - the letters of modes, and the powers of members' ranks over each other. */
#include "base/test/test.h"
#include "chat/model/modes.h"

/* Ranks by index: q a o h v, and none. */
static uint32_t rank_bit(int place)
{
	return place < 5 ? 1u << place : 0;
}

TEST(each_rank_gives_and_takes_only_the_modes_below_its_own)
{
	static const char *const gives[6] = {"yyyyy", "nnyyy", "nnyyy", "nnnny", "nnnnn", "nnnnn"};

	for (int by = 0; by < 6; by++)
		for (int mode = 0; mode < 5; mode++)
			assert_int_equal(member_may_give(rank_bit(by), rank_bit(mode)),
				gives[by][mode] == 'y');
}

TEST(each_rank_touches_nobody_above_it)
{
	static const char *const touches[6] = {
		"yyyyyy", "nyyyyy", "nnyyyy", "nnnnyy", "nnnnnn", "nnnnnn"};

	for (int by = 0; by < 6; by++)
		for (int target = 0; target < 6; target++)
			assert_int_equal(member_may_touch(rank_bit(by), rank_bit(target)),
				touches[by][target] == 'y');
}

TEST(the_highest_rank_counts)
{
	assert_true(member_may_give(MEMBER_OWNER | MEMBER_HALFOP, MEMBER_ADMIN));
	assert_false(member_may_touch(MEMBER_OP | MEMBER_VOICE, MEMBER_OWNER | MEMBER_VOICE));
}

TEST(every_letter_of_isupport_and_no_other_has_a_row)
{
	char letters[MODE_LETTERS_MAX];
	size_t n = mode_letters(~0u, letters);

	assert_int_equal(n, strlen(letters));
	for (size_t i = 0; i < n; i++)
		assert_int_equal(mode_find(letters[i])->letter, letters[i]);
	for (int c = 0; c < 256; c++)
		if (!c || !strchr(letters, c))
			assert_null(mode_find((char)c));
}

TEST(letters_are_those_of_the_requested_kinds)
{
	char letters[MODE_LETTERS_MAX];

	mode_letters(1u << MODE_MEMBER, letters);
	assert_string_equal(letters, "qaohv");
	mode_letters(1u << MODE_LIST, letters);
	assert_string_equal(letters, "beI");
	mode_letters(1u << MODE_KEY | 1u << MODE_LIMIT, letters);
	assert_string_equal(letters, "kl");
}

TEST(the_modes_of_a_channel_are_written_without_its_lists_and_ranks)
{
	char text[MODE_LETTERS_MAX];

	assert_int_equal(mode_flags_text(0, text), 0);
	assert_string_equal(text, "");
	mode_flags_text(CHANNEL_NO_EXTERNAL | CHANNEL_TOPIC_OPS | CHANNEL_KEY, text);
	assert_string_equal(text, "knt");
}

TEST(the_oper_mode_is_written_but_cannot_be_set_by_its_user)
{
	char text[MODE_LETTERS_MAX];

	user_modes_text(USER_OPER | USER_INVISIBLE, text);
	assert_string_equal(text, "io");
	assert_false(user_mode_find('o')->settable);
	assert_true(user_mode_find('i')->settable);
	assert_null(user_mode_find('y'));
}
