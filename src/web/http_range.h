/*
 * http_range.h - a part of a content, as a client asks for it (RFC 9110 section 14): players of
 * sound and film seek by it, downloads that broke off are gone on with.
 *
 * Single ranges of bytes. Several at once are answered with the whole content, as section 14.2
 * allows: players ask for one at a time, and the answer to several is a form of its own.
 */
#ifndef WEB_HTTP_RANGE_H
#define WEB_HTTP_RANGE_H

#include "web/http_request.h"

enum {
	HTTP_TAG_MAX = 48,     /* characters of a content's tag */
	HTTP_RANGE_TEXT = 192, /* bytes of the fields that tell of it, with the NUL */
};

struct http_range {
	unsigned status;  /* 200: all of it; 206: from `from`, len bytes; 416: there is nothing */
	size_t from, len; /* of 200 and 206 */
	char fields[HTTP_RANGE_TEXT]; /* of the answer's head */
};

/* The answer to a request that asks for a content of `len` bytes, whose tag (RFC 9110
 * section 8.8.3, strong: of letters, digits, - and _) is `tag`. */
void http_range_of(
	const struct http_request *r, const char *tag, size_t len, struct http_range *out);

#endif
