/*
 * utf8.h - UTF-8 (RFC 3629): validation, cutting at character boundaries, decoding, and hidden
 * characters: invisible, or changing how others are displayed. Names may not contain them, or two
 * names could look the same (docs/decisions/0112).
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/base.h"

enum {
	UTF8_BAD = 0xffff, /* not a code point; counts as hidden */
	UTF8_MAX = 4,      /* bytes of a character */
};

/* Whether the len bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool utf8_valid(const char *s, size_t len);

/* The length of the longest prefix of s with at most max bytes that ends with a whole character. */
size_t utf8_cut(const char *s, size_t max);

/* Returns the code point at *s and advances *s; UTF8_BAD for each byte that is not part of a
 * character. */
uint32_t utf8_next(const char **s);

/* Removes every byte that is not part of a whole character from s (len bytes and a NUL): bytes that
 * were never UTF-8, and a character truncated by printf()'s %.64s. Returns the new length. */
size_t utf8_mend(char *s, size_t len);

/* Writes code point c, at most U+10FFFF; returns the number of bytes, at most UTF8_MAX. */
size_t utf8_put(char *out, uint32_t c);

/* Whether code point c is hidden: control, space, zero-width, bidirectional, private use or
 * unassigned. In ASCII: the controls and the space. */
bool char_is_hidden(uint32_t c);

/* Whether s, which is UTF-8, contains a hidden character. */
bool has_hidden_char(const char *s);

#endif
