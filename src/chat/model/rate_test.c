/* rate_test.c - the rates of a channel. */
#include "base/test/test.h"
#include "chat/model/rate.h"

static bool parses(const char *text)
{
	struct rate r;

	return rate_parse(text, true, &r);
}

TEST(a_rate_is_a_count_and_seconds_within_bounds)
{
	static const char *const bad[] = {"", "5", "5:", ":5", "0:5", "5:0", "5:5x", "x5:5", "-1:5",
		"1000:5", "5:3601", "99999999999:5", "5:99999999999", "* 5:5", "**5:5", "5 :5"};
	char text[RATE_TEXT_MAX];
	struct rate r;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(parses(bad[i]));
	assert_true(rate_parse("*999:3600", true, &r));
	rate_print(&r, text);
	assert_string_equal(text, "*999:3600");
	assert_false(rate_parse("*5:5", false, &r));
	assert_true(rate_parse("5:7", false, &r));
	rate_print(&r, text);
	assert_string_equal(text, "5:7");
}

static struct channel *channel_with(uint32_t mode, struct rate r)
{
	struct channel *ch = channel_new("#a", 0, 0);

	assert_true(channel_rate_set(ch, mode, &r));
	return ch;
}

TEST(joins_are_refused_until_the_window_is_over)
{
	struct channel *ch = channel_with(CHANNEL_JOIN_RATE, (struct rate){2, 10, false});

	rate_joined(ch, 100 * NSEC_SEC);
	assert_false(rate_is_full(ch, 105 * NSEC_SEC));
	rate_joined(ch, 105 * NSEC_SEC);
	assert_true(rate_is_full(ch, 109 * NSEC_SEC));
	assert_false(rate_is_full(ch, 110 * NSEC_SEC));
	rate_joined(ch, 110 * NSEC_SEC);
	assert_false(rate_is_full(ch, 111 * NSEC_SEC));
	channel_free(ch);
}

TEST(lines_are_counted_for_each_user_and_begin_anew_after_the_window_and_after_an_excess)
{
	struct channel *ch = channel_with(CHANNEL_LINE_RATE, (struct rate){2, 10, false});

	assert_false(rate_said(ch, 1, 2, 0));
	assert_false(rate_said(ch, 2, 2, NSEC_SEC));
	assert_true(rate_said(ch, 1, 1, 9 * NSEC_SEC));
	assert_false(rate_said(ch, 1, 2, 9 * NSEC_SEC));
	assert_false(rate_said(ch, 2, 2, 11 * NSEC_SEC));
	assert_true(rate_said(ch, 3, 3, 11 * NSEC_SEC));
	channel_free(ch);
}

TEST(the_user_heard_longest_ago_is_forgotten_first)
{
	struct channel *ch = channel_with(CHANNEL_LINE_RATE, (struct rate){1, 1000, false});

	for (uint64_t i = 1; i <= RATE_TALKERS + 1; i++)
		assert_false(rate_said(ch, i, 1, (nsec_t)i));
	assert_true(rate_said(ch, 2, 1, 100));
	assert_true(rate_said(ch, RATE_TALKERS + 1, 1, 100));
	assert_false(rate_said(ch, 1, 1, 100));
	channel_free(ch);
}

TEST(a_mode_is_there_while_its_rate_is)
{
	struct channel *ch = channel_with(CHANNEL_LINE_RATE, (struct rate){2, 10, true});
	const struct rate none = {0}, joins = {3, 4, false};

	assert_true(channel_rate_set(ch, CHANNEL_JOIN_RATE, &joins));
	assert_int_equal(ch->modes & (CHANNEL_JOIN_RATE | CHANNEL_LINE_RATE),
		CHANNEL_JOIN_RATE | CHANNEL_LINE_RATE);
	assert_true(channel_rate_set(ch, CHANNEL_LINE_RATE, &none));
	assert_int_equal(ch->modes & CHANNEL_LINE_RATE, 0);
	assert_int_equal(channel_rate(ch, CHANNEL_JOIN_RATE).seconds, 4);
	assert_true(channel_rate_set(ch, CHANNEL_JOIN_RATE, &none));
	assert_null(ch->rates);
	assert_int_equal(channel_rate(ch, CHANNEL_JOIN_RATE).count, 0);
	channel_free(ch);
}
