/* filter_test.c - filters: what they match, in which bounds. */
#include "base/test/test.h"
#include "chat/model/filter.h"

#include <stdio.h>

static enum filter_result add(
	struct filters *f, const char *pattern, enum filter_action action, uint32_t targets)
{
	char error[FILTER_ERROR_MAX];

	return filters_add(
		f, &(struct filter_values){pattern, "spam", "op", action, targets, 1}, error);
}

/* The pattern that finds a PRIVMSG of this text; "": none. */
static const char *found(struct filters *f, const char *text)
{
	uint64_t work = 0;
	const struct filter *row = filters_find(f, FILTER_PRIVMSG, text, strlen(text), &work);

	return row ? row->pattern : "";
}

TEST(an_expression_matches_anywhere_in_any_case_and_through_colours)
{
	struct filters f = {0};

	assert_int_equal(add(&f, "buy .*pills$", FILTER_BLOCK, FILTER_ALL), FILTER_OK);
	assert_string_equal(found(&f, "BUY cheap Pills"), "buy .*pills$");
	assert_string_equal(found(&f, "b\x02uy \x03"
				      "04,12pil\x0f"
				      "ls"),
		"buy .*pills$");
	assert_string_equal(found(&f, "b\x04"
				      "00ff00,ff00ffuy pills"),
		"buy .*pills$");
	assert_string_equal(found(&f, "buy pills now"), "");
	assert_string_equal(found(&f, "hello\nbuy pills\nbye"), "buy .*pills$");
	assert_string_equal(found(&f, ""), "");
	filters_free(&f);
}

TEST(an_expression_is_of_characters_not_bytes)
{
	struct filters f = {0};

	assert_int_equal(add(&f, "^\xc3\xa4.$", FILTER_BLOCK, FILTER_ALL), FILTER_OK);
	assert_string_equal(found(&f, "\xc3\x84\xc3\xb6"), "^\xc3\xa4.$");
	filters_free(&f);
}

TEST(a_digit_after_a_colour_that_is_no_part_of_it_is_text)
{
	struct filters f = {0};

	assert_int_equal(add(&f, "^5,x6$", FILTER_BLOCK, FILTER_ALL), FILTER_OK);
	assert_string_equal(found(&f, "\x03"
				      "125,x\x03"
				      "6"),
		"");
	assert_string_equal(found(&f, "\x03"
				      "125,x\x03"
				      "016"),
		"^5,x6$");
	filters_free(&f);
}

TEST(the_strictest_of_those_that_match_is_found)
{
	struct filters f = {0};

	add(&f, "a", FILTER_WARN, FILTER_ALL);
	add(&f, "b", FILTER_KILL, FILTER_ALL);
	add(&f, "c", FILTER_BLOCK, FILTER_ALL);
	add(&f, "d", FILTER_KILL, FILTER_NOTICE);
	assert_string_equal(found(&f, "a d"), "a");
	assert_string_equal(found(&f, "a c"), "c");
	assert_string_equal(found(&f, "a\nb\nc"), "b");
	assert_true(filters_remove(&f, "b"));
	assert_false(filters_remove(&f, "b"));
	assert_string_equal(found(&f, "a\nb\nc"), "c");
	filters_free(&f);
}

TEST(an_expression_with_an_error_is_refused_with_its_place)
{
	struct filters f = {0};
	char error[FILTER_ERROR_MAX] = "", longest[FILTER_PATTERN_MAX + 2];
	struct filter_values v = {"a(b", "", "", FILTER_WARN, FILTER_ALL, 0};

	assert_int_equal(filters_add(&f, &v, error), FILTER_INVALID);
	assert_string_equal(error, "missing closing parenthesis, at character 4");
	v.pattern = "a\\Cb";
	assert_int_equal(filters_add(&f, &v, error), FILTER_INVALID);
	memset(longest, 'a', sizeof(longest));
	longest[FILTER_PATTERN_MAX + 1] = '\0';
	v.pattern = longest;
	assert_int_equal(filters_add(&f, &v, error), FILTER_INVALID);
	assert_string_equal(error, "it is longer than 200 bytes");
	longest[FILTER_PATTERN_MAX] = '\0';
	assert_int_equal(filters_add(&f, &v, error), FILTER_OK);
	filters_free(&f);
}

TEST(the_number_is_bounded_and_a_pattern_is_replaced)
{
	struct filters f = {0};
	char pattern[16];

	for (int i = 0; i < FILTERS_MAX; i++) {
		snprintf(pattern, sizeof(pattern), "x%d", i);
		assert_int_equal(add(&f, pattern, FILTER_WARN, FILTER_ALL), FILTER_OK);
	}
	assert_int_equal(add(&f, "more", FILTER_WARN, FILTER_ALL), FILTER_FULL);
	assert_int_equal(add(&f, "x0", FILTER_KILL, FILTER_PART), FILTER_OK);
	assert_int_equal(f.rows.count, FILTERS_MAX);
	assert_int_equal(f.rows.at[0].action, FILTER_KILL);
	filters_free(&f);
}

TEST(a_match_that_steps_back_too_often_is_given_up_and_paid)
{
	struct filters f = {0};
	char text[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";
	uint64_t work = 0;

	add(&f, "^(a+)+$", FILTER_KILL, FILTER_ALL);
	assert_null(filters_find(&f, FILTER_PRIVMSG, text, strlen(text), &work));
	assert_int_equal(f.rows.at[0].given_up, 1);
	assert_true(work >= (uint64_t)FILTER_STEPS * FILTER_STEP_WORK);
	text[strlen(text) - 1] = 'a';
	assert_non_null(filters_find(&f, FILTER_PRIVMSG, text, strlen(text), &work));
	filters_free(&f);
}

TEST(targets_and_actions_have_names)
{
	enum filter_action a;
	char text[8];

	assert_int_equal(filter_targets_of("*"), FILTER_ALL);
	assert_int_equal(filter_targets_of("pq"), FILTER_PRIVMSG | FILTER_QUIT);
	assert_int_equal(filter_targets_of("px"), 0);
	assert_int_equal(filter_targets_of(""), 0);
	filter_targets_text(FILTER_ALL, text);
	assert_string_equal(text, "pnPqt");
	assert_true(filter_action_find("KILL", &a));
	assert_int_equal(a, FILTER_KILL);
	assert_string_equal(filter_action_name(a), "kill");
	assert_false(filter_action_find("shun", &a));
}
