/*
 * param.h - formatting of parameters, so that clients parse the intended ones.
 *
 * A middle parameter is one word, not empty and without a leading ':'; the last one may be any text
 * after " :". User input that is not a word is replaced by '*' where a word is required:
 *
 *     "%s :No such nick"      "bob"    ->   bob :No such nick
 *                             "a b"    ->   * :No such nick
 *     ":%s is not here"       "a b"    ->   :a b is not here
 */
#ifndef CHAT_PROTO_PARAM_H
#define CHAT_PROTO_PARAM_H

#include "base/base.h"
#include "chat/limits.h"

#include <stdarg.h>

/* Whether the n bytes are one middle parameter. */
bool param_is_middle(const char *word, size_t n);

/* Like vsnprintf(), but conversions before the format's own ':' at the start of a word are, or are
 * part of, middle parameters: %c, %s, %.Ns, %d, %u, %lld or %llu. A word longer than N, or else
 * PARAM_MAX, is cut at a whole character. Returns the length, which is less than size. */
size_t params_print(char *out, size_t size, const char *format, va_list ap);

/* Adds a middle parameter, with a space if it is not the first; false if there is no room. */
bool params_add(char line[LINE_BODY_MAX], const char *word);

/* The decimal number at the start of s, clamped to -max .. max; 0 if there is none. */
int64_t param_number(const char *s, int64_t max);

#endif
