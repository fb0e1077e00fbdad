/*
 * utf8.h - UTF-8: what the server accepts as text, and where text may be cut (UTF8ONLY).
 */
#ifndef CHAT_PROTO_UTF8_H
#define CHAT_PROTO_UTF8_H

#include "base/base.h"

/* len bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool utf8_valid(const char *s, size_t len);

/* The length of the longest prefix of s with at most max bytes that ends with a whole character. */
size_t utf8_cut(const char *s, size_t max);

/* The code point at *s, and *s behind it; of bytes that are no character, one by one, U+FFFF. */
uint32_t utf8_next(const char **s);

/* The decimal number that s begins with, -max .. max however large it is; 0 if there is none. */
int64_t parse_number(const char *s, int64_t max);

/* Takes out of s (len bytes and a NUL) every byte that is not part of a whole character: what
 * printf()'s %.64s leaves of one, and what was not UTF-8 when it came. The length that is left. */
size_t utf8_mend(char *s, size_t len);

#endif
