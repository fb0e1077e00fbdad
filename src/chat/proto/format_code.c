/* format_code.c - mIRC's codes in a text: format_code.h. */
#include "chat/proto/format_code.h"

enum {
	COLOUR = 0x03,
	HEX_COLOUR = 0x04,
	COLOUR_DIGITS = 2,
	HEX_DIGITS = 6,
};

static bool is_digit(char c, char code)
{
	bool decimal = c >= '0' && c <= '9';

	return decimal || (code == HEX_COLOUR && (c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* The digits of one colour. */
static size_t digits(const char *s, const char *end, char code)
{
	size_t max = code == COLOUR ? COLOUR_DIGITS : HEX_DIGITS, n = 0;

	while (n < max && s + n < end && is_digit(s[n], code))
		n++;
	return n;
}

size_t format_code_length(const char *s, const char *end)
{
	size_t n, second;

	if (!*s || !strchr(FORMAT_CODES, *s))
		return 0;
	if (*s != COLOUR && *s != HEX_COLOUR)
		return 1;
	n = 1 + digits(s + 1, end, *s);
	if (n == 1 || s + n == end || s[n] != ',')
		return n;
	second = digits(s + n + 1, end, *s);
	return second ? n + 1 + second : n;
}
