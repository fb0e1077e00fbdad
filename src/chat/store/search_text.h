/*
 * search_text.h - text of a message as the index of words (SQLite's FTS5) is given it, and what a
 * user looks for as FTS5's query syntax.
 *
 * The index cuts text into words at whatever is not a letter or digit. Chinese, Japanese, Thai,
 * Lao, Khmer and Burmese have no spaces: each of their characters is made a word, and several in a
 * row are found as a phrase.
 */
#ifndef CHAT_STORE_SEARCH_TEXT_H
#define CHAT_STORE_SEARCH_TEXT_H

#include "base/base.h"

/* Returns what is said in the params of a PRIVMSG or NOTICE, "target :text": the text, that of an
 * ACTION, nothing for other CTCP. Sets *len. */
const char *search_said(const char *params, size_t *len);

/* Writes the len bytes of text, which ends with a NUL, with its words apart and without IRC's
 * formatting to out, which has 2 * len bytes. Returns the length. */
size_t search_spread(const char *text, size_t len, char *out);

/* Writes a query of FTS5 for messages with all words of text to out, which has 4 * strlen(text) + 1
 * bytes: each word is quoted, so nothing in it is syntax. "" if text is blank. */
void search_match(const char *text, char *out);

#endif
