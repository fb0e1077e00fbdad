/* search_text_test.c - words of messages and of queries. */
#include "chat/store/search_text.h"

#include "base/test/test.h"

static const char *spread(const char *text)
{
	static char out[400];

	out[search_spread(text, strlen(text), out)] = '\0';
	return out;
}

static const char *match(const char *text)
{
	static char out[800];

	search_match(text, out);
	return out;
}

static const char *said(const char *params)
{
	static char out[100];
	size_t len = strlen(params);
	const char *text = search_said(params, &len);

	memcpy(out, text, len);
	out[len] = '\0';
	return out;
}

TEST(what_is_said_is_the_text_and_of_ctcp_only_that_of_an_action)
{
	assert_string_equal(said("#a :hello there"), "hello there");
	assert_string_equal(said("#a :\001ACTION waves\001"), "waves\001");
	assert_string_equal(said("#a :\001VERSION\001"), "");
	assert_string_equal(said("#a :\001ACT"), "");
	assert_string_equal(said("#a :"), "");
	assert_string_equal(said("#a"), "");
	assert_string_equal(said(""), "");
}

TEST(characters_of_scripts_without_spaces_stand_apart_and_others_do_not)
{
	assert_string_equal(spread("the 中文 word"), "the  中  文  word");
	assert_string_equal(spread("ไท"), " ไ  ท ");
	assert_string_equal(spread("かな"), " か  な ");
	assert_string_equal(spread("한국어 żółw"), "한국어 żółw");
	assert_string_equal(spread("\xff\xe4\xb8"), "\xff\xe4\xb8");
}

TEST(formatting_codes_and_their_colours_are_left_out)
{
	assert_string_equal(spread("a\002b\002c \0034red\017"), "abc red");
	assert_string_equal(spread("\00304,12on \0031,x \003,1"), "on ,x ,1");
	assert_string_equal(spread("\004ff8800deep \004ff88,00aa11deep"), "deep deep");
	assert_string_equal(spread("\003"), "");
}

TEST(each_word_of_a_query_is_a_phrase_without_syntax)
{
	assert_string_equal(match("fast cars"), "\"fast\" \"cars\" ");
	assert_string_equal(match("  a  "), "\"a\" ");
	assert_string_equal(match("中文"), "\" 中  文 \" ");
	assert_string_equal(match("a\"b OR target:1*"), "\"a b\" \"OR\" \"target:1*\" ");
	assert_string_equal(match(" "), "");
}
