/*
 * utf8.h - reading UTF-8 that may be anything: every byte sequence gives code points, what is
 * malformed gives UTF8_BAD and is passed over a byte at a time.
 */
#ifndef LAB_REPORT_UTF8_H
#define LAB_REPORT_UTF8_H

#include "base/base.h"

enum {
	UTF8_BAD = 0xfffd, /* REPLACEMENT CHARACTER: also what is shown for it */
};

/* The next code point of the NUL-terminated text at *p, which is not at its end; moves *p past it.
 */
uint32_t utf8_next(const char **p);

/* Writes cp, at most U+10FFFF, as UTF-8; returns its bytes, at most 4. */
size_t utf8_put(char *out, uint32_t cp);

/* True for what must not reach a reader's screen as it is: controls, and the marks that turn the
 * direction of writing around or have no width. */
bool utf8_hidden(uint32_t cp);

/* Copies at most n code points of text into the size bytes at out; what is longer ends in an
 * ellipsis. Returns out. */
char *utf8_cut(char *out, size_t size, const char *text, size_t n);

#endif
