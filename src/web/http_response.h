/*
 * http_response.h - the head of a response (RFC 9112, RFC 9110).
 */
#ifndef WEB_HTTP_RESPONSE_H
#define WEB_HTTP_RESPONSE_H

#include "base/base.h"

enum {
	HTTP_MORE_MAX = 768,           /* bytes of an answer's own fields, with the NUL */
	HTTP_RESPONSE_HEAD_MAX = 1536, /* bytes of a head, with the NUL */
};

struct http_response {
	unsigned status;
	const char *type;  /* of the content, at most 100 bytes */
	size_t len;        /* of the content */
	const char *cache; /* Cache-Control, at most 100 bytes */
	const char *more;  /* further fields, each with its CRLF, less than HTTP_MORE_MAX bytes */
	const char *range; /* likewise, of http_range.h */
	bool keep_alive;
	nsec_t wall; /* the present, since 1970 */
};

/* Writes the head, with its empty line; returns its length. */
size_t http_response_head(char out[HTTP_RESPONSE_HEAD_MAX], const struct http_response *r);

/* Whether a response of this status has no content (RFC 9110 sections 15.3.5 and 15.4.5). */
bool http_response_bare(unsigned status);

/* The meaning of a status, as in "Not Found". */
const char *http_response_reason(unsigned status);

#endif
