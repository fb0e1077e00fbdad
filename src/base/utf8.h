/*
 * utf8.h - UTF-8 (RFC 3629): validation, cutting at character boundaries, decoding, and hidden
 * characters: invisible, or changing how others are displayed. Names may not contain them, or two
 * names could look the same (docs/decisions/0112).
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/base.h"

enum {
	UTF8_BAD = 0xffff, /* no character, and hidden */
};

/* len bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool utf8_valid(const char *s, size_t len);

/* The length of the longest prefix of s with at most max bytes that ends with a whole character. */
size_t utf8_cut(const char *s, size_t max);

/* The code point at *s, and *s behind it; of bytes that are no character, one by one, UTF8_BAD. */
uint32_t utf8_next(const char **s);

/* Takes out of s (len bytes and a NUL) every byte that is not part of a whole character: what
 * printf()'s %.64s leaves of one, and what was not UTF-8 when it came. The length that is left. */
size_t utf8_mend(char *s, size_t len);

/* Writes code point c, at most U+10FFFF; returns its bytes, at most 4. */
size_t utf8_put(char *out, uint32_t c);

/* A code point is hidden: a control, a space, zero width, bidi, private, none. ASCII has only its
 * controls and the space. */
bool char_is_hidden(uint32_t c);

/* UTF-8 with a character that is hidden. */
bool has_hidden_char(const char *s);

#endif
