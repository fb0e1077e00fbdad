/*
 * text.h - bounded text writer: appends formatted text to a buffer of fixed size, for the print
 * verbs. Like snprintf it never overruns and counts what it would have written.
 */
#ifndef WIRE_TEXT_H
#define WIRE_TEXT_H

#include "base/base.h"

struct text {
	char *out;
	size_t size; /* bytes at out; always NUL-terminated */
	size_t len;  /* characters so far, including those that did not fit */
};

/* An empty string in the size bytes at out. */
struct text text_in(char *out, size_t size);

/* Appends, like printf(). */
void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
