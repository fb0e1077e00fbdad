/* search_text.c - words of a message, and of a query: search_text.h. */
#include "chat/store/search_text.h"

#include "base/utf8.h"
#include "chat/proto/format_code.h"

/* Scripts written without spaces between words. */
static bool is_unspaced(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0x0e00, 0x0eff},   /* Thai, Lao */
		{0x1000, 0x109f},   /* Burmese */
		{0x1780, 0x17ff},   /* Khmer */
		{0x2e80, 0x312f},   /* radicals, kana, bopomofo */
		{0x3190, 0x9fff},   /* Han */
		{0xf900, 0xfaff},   /* ... compatibility */
		{0xff66, 0xff9f},   /* halfwidth katakana */
		{0x1b000, 0x1b16f}, /* kana */
		{0x20000, 0x3ffff}, /* Han, extensions */
	};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return c != UTF8_BAD;
	return false;
}

const char *search_said(const char *params, size_t *len)
{
	static const char action[] = "\001ACTION ";
	const char *space = memchr(params, ' ', *len);
	const char *text = space && space[1] == ':' ? space + 2 : params + *len;

	*len -= (size_t)(text - params);
	if (*len == 0 || *text != '\001')
		return text;
	if (*len < sizeof(action) - 1 || memcmp(text, action, sizeof(action) - 1) != 0) {
		*len = 0;
		return text;
	}
	*len -= sizeof(action) - 1;
	return text + sizeof(action) - 1;
}

/* The length of the run of printable ASCII at text, which is taken as it is. */
static size_t plain_run(const char *text, const char *end)
{
	const char *at = text;

	while (at < end && *at >= ' ' && *at < 0x7f)
		at++;
	return (size_t)(at - text);
}

size_t search_spread(const char *text, size_t len, char *out)
{
	const char *end = text + len;
	size_t n = 0, skip;

	while (text < end) {
		size_t run = plain_run(text, end);
		const char *at = text + run;
		bool apart;

		memcpy(out + n, text, run);
		n += run;
		text = at;
		if (text == end)
			break;
		skip = format_code_length(text, end);
		text += skip;
		if (skip)
			continue;
		apart = is_unspaced(utf8_next(&text));
		if (apart)
			out[n++] = ' ';
		memcpy(out + n, at, (size_t)(text - at));
		n += (size_t)(text - at);
		if (apart)
			out[n++] = ' ';
	}
	return n;
}

/* Writes a word as a phrase; returns its length. A quote is no part of a word: a space instead does
 * not end the phrase. */
static size_t quote(const char *word, size_t len, char *out)
{
	size_t n = search_spread(word, len, out + 1);

	for (size_t i = 1; i <= n; i++)
		if (out[i] == '"')
			out[i] = ' ';
	out[0] = '"';
	out[n + 1] = '"';
	out[n + 2] = ' ';
	return n + 3;
}

void search_match(const char *text, char *out)
{
	size_t n = 0, len;

	for (; *text; text += len) {
		len = strcspn(text, " ");
		if (len)
			n += quote(text, len, out + n);
		len += text[len] == ' ';
	}
	out[n] = '\0';
}
