/* line_test.c - line splitting is independent of the pieces in which the bytes arrive. */
#include <stdlib.h>

#include "base/test/test.h"
#include "chat/limits.h"
#include "chat/proto/line.h"

/* Passes text to the framer in pieces of `piece` bytes; out gets the lines joined with '|'. A
 * refused line appears as "<long>" or "<nul>". */
static void cut(const char *text, size_t len, size_t piece, char *out)
{
	struct line_pending pend = {0};
	struct span line;

	*out = '\0';
	for (size_t at = 0; at < len; at += piece) {
		char *copy = malloc(piece);
		struct span in = {copy, size_min(piece, len - at)};
		enum line_kind k;

		memcpy(copy, text + at, in.n);
		while ((k = line_next(&pend, &in, &line)) != LINE_NONE) {
			out = stpcpy(out, k == LINE_OK    ? line.p
					  : k == LINE_NUL ? "<nul>"
							  : "<long>");
			out = stpcpy(out, "|");
		}
		assert_true(line_keep(&pend, in));
		free(copy);
	}
	line_free(&pend);
}

static void check(const char *text, size_t len, const char *want)
{
	char got[4 * LINE_IN_MAX];

	for (size_t piece = 1; piece <= len; piece++) {
		cut(text, len, piece, got);
		assert_string_equal(got, want);
	}
}

TEST(a_line_does_not_depend_on_the_pieces_it_arrives_in)
{
	static const char text[] = "NICK a\r\nUSER b\nJOIN #c\rPART\r\n\r\n\n:x y\r\ncut";

	check(text, sizeof(text) - 1, "NICK a|USER b|JOIN #c|PART|:x y|");
}

TEST(a_line_with_nul_is_reported_and_the_next_is_whole)
{
	static const char text[] = "a\0b\r\nnext\r\n";

	check(text, sizeof(text) - 1, "<nul>|next|");
}

TEST(a_line_that_is_too_long_is_refused_once_and_skipped_to_its_end)
{
	size_t n = LINE_IN_MAX + 1000;
	char *text = malloc(n + 8), got[4 * LINE_IN_MAX];

	memset(text, 'x', n);
	memcpy(text + n, "\r\nok\r\n", 6);
	for (size_t piece = 1; piece < n + 6; piece += piece < 20 ? 1 : 997) {
		cut(text, n + 6, piece, got);
		assert_string_equal(got, "<long>|ok|");
	}
	free(text);
}

TEST(the_longest_line_passes)
{
	char *text = malloc(LINE_IN_MAX), got[4 * LINE_IN_MAX];

	memset(text, 'x', LINE_IN_MAX - 2);
	memcpy(text + LINE_IN_MAX - 2, "\r\n", 2);
	cut(text, LINE_IN_MAX, 1000, got);
	assert_int_equal(strlen(got), LINE_IN_MAX - 2 + 1);
	assert_int_equal(got[0], 'x');
	free(text);
}

TEST(nothing_is_kept_when_no_line_is_cut)
{
	struct line_pending pend = {0};
	char text[] = "a\r\nb\r\n";
	struct span in = {text, sizeof(text) - 1}, line;

	while (line_next(&pend, &in, &line) != LINE_NONE)
		assert_ptr_equal(pend.data, NULL);
	assert_true(line_keep(&pend, in));
	assert_ptr_equal(pend.data, NULL);
}

TEST(lines_kept_for_the_next_turn_come_before_new_bytes)
{
	struct line_pending pend = {0};
	char first[] = "one\r\ntwo\r\nthr", second[] = "ee\r\nfour\r\n";
	struct span in = {first, sizeof(first) - 1}, line;

	assert_int_equal(line_next(&pend, &in, &line), LINE_OK);
	assert_true(line_keep(&pend, in));
	assert_true(line_waiting(&pend));
	in = (struct span){NULL, 0};
	assert_int_equal(line_next(&pend, &in, &line), LINE_OK);
	assert_string_equal(line.p, "two");
	assert_int_equal(line_next(&pend, &in, &line), LINE_NONE);
	assert_false(line_waiting(&pend));
	in = (struct span){second, sizeof(second) - 1};
	assert_int_equal(line_next(&pend, &in, &line), LINE_OK);
	assert_string_equal(line.p, "three");
	assert_int_equal(line_next(&pend, &in, &line), LINE_OK);
	assert_string_equal(line.p, "four");
	assert_int_equal(line_next(&pend, &in, &line), LINE_NONE);
	line_free(&pend);
}
