/*
 * hidden_chars.h - hidden characters: invisible, or changing how others are displayed. Names may
 * not contain them, or two names could look the same (docs/decisions/0112).
 */
#ifndef BASE_HIDDEN_CHARS_H
#define BASE_HIDDEN_CHARS_H

#include "base/base.h"

/* UTF-8 with a character that is hidden: a control, a space, zero width, bidi, private, none. */
bool has_hidden_char(const char *s);

/* A code point is one. ASCII has only its controls and the space. */
bool char_is_hidden(uint32_t c);

#endif
