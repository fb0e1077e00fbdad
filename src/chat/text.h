/*
 * text.h - UTF-8: what the server accepts as text, and where text may be cut (UTF8ONLY).
 */
#ifndef CHAT_TEXT_H
#define CHAT_TEXT_H

#include "base/base.h"

/* len bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool text_is_utf8(const char *s, size_t len);

/* The length of the longest prefix of s with at most max bytes that ends with a whole character. */
size_t text_cut(const char *s, size_t max);

#endif
