/* param_test.c - parameters match their format, whatever a user typed. */
#include "base/test/test.h"
#include "chat/proto/param.h"

#include <stdio.h>

__attribute__((format(printf, 1, 2))) static const char *printed(const char *format, ...)
{
	static char out[LINE_BODY_MAX];
	va_list ap;
	size_t n;

	va_start(ap, format);
	n = params_print(out, sizeof(out), format, ap);
	va_end(ap);
	assert_int_equal(n, strlen(out));
	return out;
}

TEST(a_middle_parameter_is_one_word)
{
	assert_string_equal(printed("%s :No such nick", "bob"), "bob :No such nick");
	assert_string_equal(printed("%s :No such nick", "two words"), "* :No such nick");
	assert_string_equal(printed("%s :No such nick", ""), "* :No such nick");
	assert_string_equal(printed("%s :No such nick", ":bob"), "* :No such nick");
	assert_string_equal(printed("a %s %.3s b", "::1", "abcdef"), "a * abc b");
	assert_string_equal(printed("%s", " "), "*");
}

TEST(the_continuation_of_a_word_may_be_empty_or_a_colon)
{
	assert_string_equal(printed("+%s x", ""), "+ x");
	assert_string_equal(printed("m%s x", ":y"), "m:y x");
	assert_string_equal(printed("a,%s x", "b c"), "a,* x");
}

TEST(the_last_parameter_is_free)
{
	assert_string_equal(printed("%s :%s is not here", "a b", "a b"), "* :a b is not here");
	assert_string_equal(printed(":%s", ""), ":");
	assert_string_equal(printed("a:b %s :%%", ":"), "a:b * :%");
}

TEST(numbers_and_characters)
{
	assert_string_equal(printed("%d %u %lld %llu :%d", -1, 2u, -3LL, 4ULL, 5), "-1 2 -3 4 :5");
	assert_string_equal(
		printed(":%d %u %lld %llu %c%s %02d %s", -1, 2u, -3LL, 4ULL, 'c', "", 7, "end"),
		":-1 2 -3 4 c 07 end");
	assert_string_equal(printed("%c %c %c %c :x", 'a', ' ', ':', "\xc3\xa9"[0]), "a * * * :x");
}

TEST(a_long_word_is_cut_at_a_whole_character)
{
	char word[2 * PARAM_MAX];
	const char *out;

	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	memcpy(word + PARAM_MAX - 1, "\xc3\xa9", 2);
	out = printed("%s :end", word);
	assert_int_equal(strcspn(out, " "), PARAM_MAX - 1);
	assert_string_equal(out + PARAM_MAX - 1, " :end");
}

TEST(nothing_is_written_behind_the_end)
{
	char line[LINE_BODY_MAX] = "", word[PARAM_MAX + 1];
	int words = 0;

	memset(word, 'y', PARAM_MAX);
	word[PARAM_MAX] = '\0';
	while (params_add(line, word))
		words++;
	assert_int_equal(words, 2);
	assert_int_equal(strlen(line), 2 * PARAM_MAX + 1);
	assert_true(params_add(line, "a b"));
	assert_string_equal(line + 2 * PARAM_MAX + 1, " *");
}
