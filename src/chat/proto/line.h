/*
 * line.h - line splitting. Bytes arrive in any pieces; a line that is whole in the bytes read is
 * returned in place; only one that is split by the end of a read is copied, once.
 *
 *     read   [ whole | whole | whole | cut ...   ]
 *                                        v  line_keep
 *     pending                        [ cut ...  |  ]   + head of the next read up to its end of
 * line
 *
 * Modern IRC, "Compatibility with incorrect software": LF alone and CR alone end a line like CR LF.
 * Empty lines are skipped. A line with NUL, or longer than LINE_IN_MAX, is marked, so that its
 * sender gets an error.
 */
#ifndef CHAT_PROTO_LINE_H
#define CHAT_PROTO_LINE_H

#include "base/base.h"

enum line_kind {
	LINE_NONE, /* no whole line left */
	LINE_OK,
	LINE_NUL,      /* contains a NUL: to be dropped */
	LINE_TOO_LONG, /* dropped; `out` is empty */
	LINE_NO_MEMORY,
};

struct span {
	char *p;
	size_t n;
};

/* State of a connection between reads: empty, unless a line is incomplete. */
struct line_pending {
	char *data;                /* malloc'd; NULL while empty */
	uint32_t taken, len, size; /* bytes already returned, bytes held, bytes allocated */
	bool skipping;             /* an overlong line has not ended yet */
};

/* Takes the next line off `in`, which is advanced past it, joined with pending bytes. *out is the
 * line without its end, NUL-terminated in place; it is in `in` or in pending and valid until the
 * next call on the same pending. At LINE_NONE the caller must keep the remainder of `in`
 * (line_keep). */
enum line_kind line_next(struct line_pending *pend, struct span *in, struct span *out);

/* Copies the remainder of `in` after line_next(). It may contain whole lines: line_next() on an
 * empty `in` returns them. False if out of memory. */
bool line_keep(struct line_pending *pend, struct span in);

/* Whether a whole line is pending. */
bool line_waiting(const struct line_pending *pend);

/* Frees the memory. */
void line_free(struct line_pending *pend);

#endif
