/*
 * json_char.h - a byte of UTF-8 inside a JSON string (RFC 8259 section 7).
 */
#ifndef CHAT_PROTO_JSON_CHAR_H
#define CHAT_PROTO_JSON_CHAR_H

#include "base/base.h"

enum {
	JSON_CHAR_MAX = 6, /* characters that a byte may become: \\u001f */
};

/* Writes the byte, escaped if it must be; returns the number of characters. */
size_t json_char(char out[JSON_CHAR_MAX], char c);

#endif
