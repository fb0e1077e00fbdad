/* multiline_test.c - a stored text splits into its sender's lines. */
#include "base/test/test.h"
#include "chat/history/multiline.h"

#include <stdio.h>

/* "line|line+joined|" of a text. */
static const char *lines_of(const char *text, char out[200])
{
	struct multiline_walk w = multiline_begin(text, strlen(text));
	size_t n = 0;

	out[0] = '\0';
	while (multiline_next(&w))
		n += (size_t)snprintf(
			out + n, 200 - n, "%s%.*s|", w.concat ? "+" : "", (int)w.n, w.line);
	return out;
}

TEST(a_text_is_walked_line_by_line)
{
	char out[200];

	assert_string_equal(lines_of("one", out), "one|");
	assert_string_equal(lines_of("one\ntwo", out), "one|two|");
	assert_string_equal(lines_of("one\rtwo\nthree", out), "one|+two|three|");
}

TEST(blank_lines_are_lines)
{
	char out[200];

	assert_string_equal(lines_of("", out), "|");
	assert_string_equal(lines_of("\n", out), "||");
	assert_string_equal(lines_of("a\n\n", out), "a|||");
}
