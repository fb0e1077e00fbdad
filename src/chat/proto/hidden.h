/*
 * hidden.h - characters that nobody sees, or that make others see something else: no name has them,
 * or two names look the same (docs/decisions/0112).
 */
#ifndef CHAT_PROTO_HIDDEN_H
#define CHAT_PROTO_HIDDEN_H

#include "base/base.h"

/* UTF-8 with a character that is hidden: a control, a space, zero width, bidi, private, none. */
bool text_has_hidden(const char *s);

/* A code point is one. ASCII has only its controls and the space. */
bool char_is_hidden(uint32_t c);

#endif
