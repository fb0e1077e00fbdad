/*
 * utf8_test.c - validation of UTF-8, and where it may be cut.
 */
#include "base/test/test.h"
#include "base/utf8.h"

#include "base/prng.h"

/* A plain encoder as reference: the bytes of a code point. */
static size_t encode(uint32_t c, char out[4])
{
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(n == 1 ? c : lead[n] | c);
	return n;
}

TEST(every_character_is_read_as_its_code_point)
{
	char s[5];

	for (uint32_t c = 1; c < 0x110000; c++) {
		const char *p = s;

		s[encode(c, s)] = '\0';
		if (c >= 0xd800 && c < 0xe000)
			continue;
		assert_int_equal(utf8_next(&p), c);
		assert_int_equal(*p, 0);
	}
}

TEST(every_code_point_but_the_surrogates_is_text)
{
	char s[4];

	for (uint32_t c = 0; c < 0x120000; c++) {
		size_t n = encode(c, s);
		bool valid = (c < 0xd800 || c > 0xdfff) && c < 0x110000;

		assert_int_equal(utf8_valid(s, n), valid);
		assert_false(n > 1 && utf8_valid(s, n - 1)); /* nor is a prefix of one */
	}
}

TEST(overlong_and_stray_bytes_are_not_text_wherever_they_stand)
{
	static const char *const bad[] = {"\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf",
		"\xf0\x8f\xbf\xbf", "\xf8\x88\x80\x80\x80", "\x80", "\xff", "\xe2\x82", "\xc3("};
	char s[32];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		for (size_t at = 0; at < 20; at++) {
			size_t n = strlen(bad[i]);

			memset(s, 'a', sizeof(s));
			memcpy(s + at, bad[i], n);
			assert_false(utf8_valid(s, at + n));
			assert_false(utf8_valid(s, sizeof(s)));
			assert_true(utf8_valid(s, at));
		}
}

TEST(a_cut_leaves_whole_characters_and_as_many_as_fit)
{
	static const char s[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82"; /* 1, 2, 3 and 4 bytes */
	static const size_t left[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};

	for (size_t max = 0; max < ARRAY_SIZE(left); max++)
		assert_int_equal(utf8_cut(s, max), left[max]);
}

TEST(mending_takes_out_what_is_no_character_and_nothing_else)
{
	char s[] = "a\xff"
		   "b\xe2\x82"
		   "c\xc3\xa9\xf0\x9f";

	assert_int_equal(utf8_mend(s, sizeof(s) - 1), 5);
	assert_string_equal(s, "abc\xc3\xa9");
	assert_int_equal(utf8_mend(s, 5), 5);
	assert_int_equal(utf8_mend(s, 0), 0);
}

TEST(whatever_came_is_text_after_mending)
{
	struct prng p;
	char s[65];

	prng_seed(&p, 3);
	for (int round = 0; round < 20000; round++) {
		size_t len = (size_t)prng_below(&p, sizeof(s)), n;

		for (size_t i = 0; i < len; i++)
			s[i] = (char)(1 + prng_below(&p, 255));
		s[len] = '\0';
		n = utf8_mend(s, len);
		assert_true(n <= len && s[n] == '\0');
		assert_true(utf8_valid(s, n));
	}
}
