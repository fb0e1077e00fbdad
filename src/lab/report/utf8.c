/* utf8.c - reading UTF-8 that may be anything: utf8.h. */
#include "lab/report/utf8.h"

/* Bytes of a sequence by its first, and the least code point that needs them; 0: none begins so. */
static unsigned sequence(uint8_t first, uint32_t *cp, uint32_t *least)
{
	if (first < 0x80) {
		*cp = first;
		*least = 0;
		return 1;
	}
	for (unsigned n = 2; n <= 4; n++) {
		uint8_t mask = (uint8_t)(0xff << (7 - n)); /* n ones and a zero */

		if ((first & mask) == (uint8_t)(mask << 1)) {
			*cp = first & (uint8_t)~mask;
			*least = n == 2 ? 0x80 : n == 3 ? 0x800 : 0x10000;
			return n;
		}
	}
	return 0;
}

uint32_t utf8_next(const char **p)
{
	const uint8_t *b = (const uint8_t *)*p;
	uint32_t cp = 0, least = 0;
	unsigned n = sequence(b[0], &cp, &least);

	for (unsigned i = 1; i < n; i++) {
		if ((b[i] & 0xc0) != 0x80) /* the NUL is none either */
			n = 0;
		else
			cp = cp << 6 | (b[i] & 0x3f);
	}
	if (n == 0 || cp < least || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000)) {
		(*p)++;
		return UTF8_BAD;
	}
	*p += n;
	return cp;
}

size_t utf8_put(char *out, uint32_t cp)
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xe0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

bool utf8_hidden(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad || cp == 0x61c ||
	       (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff || (cp >= 0xfff0 && cp < 0xfffd) ||
	       (cp & 0xfffe) == 0xfffe || (cp >= 0xe0000 && cp <= 0xe0fff);
}

char *utf8_cut(char *out, size_t size, const char *text, size_t n)
{
	const char *p = text;
	size_t points = 0, at = 0;

	for (; *p; points++)
		utf8_next(&p);
	n = points > n && n > 0 ? n - 1 : n;
	for (p = text; *p && n > 0 && at + 8 <= size; n--) /* with room for two and the NUL */
		at += utf8_put(out + at, utf8_next(&p));
	if (*p && at + 4 <= size)
		at += utf8_put(out + at, 0x2026);
	out[at] = '\0';
	return out;
}
