/*
 * admin_text.h - lines of JSON:
 *
 *     json_begin(out);
 *     json_text(out, "nick", nick);
 *     json_number(out, "port", 6667);
 *     json_end(out);                       {"nick":"...","port":6667} and a newline
 */
#ifndef CHAT_ADMIN_ADMIN_TEXT_H
#define CHAT_ADMIN_ADMIN_TEXT_H

#include "base/base.h"

/* Grows as needed; freed by its owner with free(at). */
struct admin_text {
	char *at;
	size_t len, size;
	bool failed; /* out of memory: bytes are missing */
};

/* Appends bytes as they are. */
void admin_text_add(struct admin_text *t, const char *bytes, size_t n);

/* Appends a string as it is. */
void admin_text_line(struct admin_text *t, const char *text);

/* Begins and ends an object that is a line. */
void json_begin(struct admin_text *t);
void json_end(struct admin_text *t);

/* Adds a member. A text that is NULL is left out. */
void json_text(struct admin_text *t, const char *key, const char *text);
void json_number(struct admin_text *t, const char *key, int64_t n);
void json_flag(struct admin_text *t, const char *key, bool on);

/* Begins and ends a member that is an object ('{') or an array ('['), in which key is NULL. */
void json_open(struct admin_text *t, const char *key, char bracket);
void json_close(struct admin_text *t, char bracket);

#endif
