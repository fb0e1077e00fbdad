/*
 * format_code.h - mIRC's codes in a text: bold, italic, underline and so on, colours with their
 * numbers. They are no part of a word.
 *
 *     \x03 4,12       colours: one or two digits, and perhaps a comma and one or two more
 *     \x04 ff0000     the same with six hexadecimal digits
 */
#ifndef CHAT_PROTO_FORMAT_CODE_H
#define CHAT_PROTO_FORMAT_CODE_H

#include "base/base.h"

#define FORMAT_CODES "\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f"

/* The length of the code at s, before end, with the numbers of its colours; 0 if there is none. */
size_t format_code_length(const char *s, const char *end);

#endif
