/* format_code_test.c - how long mIRC's codes are. */
#include "base/test/test.h"
#include "chat/proto/format_code.h"

static size_t length(const char *text)
{
	return format_code_length(text, text + strlen(text));
}

TEST(a_code_is_one_character)
{
	for (const char *p = FORMAT_CODES; *p; p++) {
		char text[] = {*p, 'x', '\0'};

		assert_int_equal(length(text), 1);
	}
	assert_int_equal(length("x"), 0);
	assert_int_equal(length("\x01"), 0);
	assert_int_equal(format_code_length("", ""), 0);
}

TEST(a_colour_has_up_to_two_digits_and_perhaps_another)
{
	assert_int_equal(length("\x03"
				"4x"),
		2);
	assert_int_equal(length("\x03"
				"045"),
		3);
	assert_int_equal(length("\x03"
				"4,12x"),
		5);
	assert_int_equal(length("\x03"
				"4,123"),
		5);
	assert_int_equal(length("\x03"
				"4,x"),
		2);
	assert_int_equal(length("\x03,4"), 1);
	assert_int_equal(length("\x03"
				"a"),
		1);
}

TEST(a_hexadecimal_colour_has_up_to_six)
{
	assert_int_equal(length("\x04"
				"ff00AAx"),
		7);
	assert_int_equal(length("\x04"
				"ff00aa1"),
		7);
	assert_int_equal(length("\x04"
				"ff00aa,001122x"),
		14);
	assert_int_equal(length("\x04"
				"ff00aa,x"),
		7);
	assert_int_equal(length("\x04g"), 1);
}

TEST(nothing_behind_the_end_is_looked_at)
{
	static const char text[] = "\x03"
				   "12,34";

	for (size_t n = 1; n < sizeof(text); n++)
		assert_int_equal(format_code_length(text, text + n), n == 4 ? 3 : n);
}
