/* utf8.c - UTF-8, and a table of hidden characters: utf8.h. */
#include "base/utf8.h"

#include "base/hidden_table.h"

/* The length of the well-formed character at s; 0 if there is none. */
static size_t utf8_char(const unsigned char *s, size_t len)
{
	static const struct {
		unsigned char first_low, first_high, second_low, second_high, length;
	} row[] = {
		/* RFC 3629 section 4 */
		{0x01, 0x7f, 0, 0, 1},
		{0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		if (s[0] < row[i].first_low || s[0] > row[i].first_high)
			continue;
		size_t n = row[i].length;

		if (n > len || (n > 1 && (s[1] < row[i].second_low || s[1] > row[i].second_high)))
			return 0;
		for (size_t k = 2; k < n; k++)
			if ((s[k] & 0xc0) != 0x80)
				return 0;
		return n;
	}
	return 0;
}

bool utf8_valid(const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t i = 0;

	while (i < len) {
		uint64_t word;

		/* eight ASCII bytes at a time: most lines contain nothing else */
		while (i + 8 <= len && (memcpy(&word, p + i, 8), (word & 0x8080808080808080u) == 0))
			i += 8;
		if (i == len)
			break;
		size_t n = p[i] == 0 ? 1 : utf8_char(p + i, len - i);

		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

size_t utf8_cut(const char *s, size_t max)
{
	size_t len = strnlen(s, max);

	if (s[len] == '\0')
		return len;
	while (max > 0 && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	return max;
}

uint32_t utf8_next(const char **s)
{
	const unsigned char *p = (const unsigned char *)*s;
	size_t n = utf8_char(p, strnlen(*s, 4));
	uint32_t c = p[0];

	if (n == 0) {
		*s += 1;
		return UTF8_BAD;
	}
	if (n > 1)
		c &= 0x7fu >> n;
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3fu);
	*s += n;
	return c;
}

size_t utf8_mend(char *s, size_t len)
{
	size_t to = 0;

	if (utf8_valid(s, len))
		return len;
	for (size_t at = 0, n; at < len; at += n ? n : 1) {
		n = utf8_char((unsigned char *)s + at, len - at);
		memmove(s + to, s + at, n);
		to += n;
	}
	s[to] = '\0';
	return to;
}

size_t utf8_put(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

bool char_is_hidden(uint32_t c)
{
	size_t low = 0, high = ARRAY_SIZE(hidden_ranges);

	if (c < 0x80)
		return c <= ' ' || c == 0x7f;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c > hidden_ranges[middle].high)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ARRAY_SIZE(hidden_ranges) && c >= hidden_ranges[low].low;
}

bool has_hidden_char(const char *s)
{
	while (*s)
		if (char_is_hidden(utf8_next(&s)))
			return true;
	return false;
}
