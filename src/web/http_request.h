/*
 * http_request.h - a request of HTTP/1.1 or 1.0, read from pieces of any size (RFC 9112): its head.
 * GET, HEAD and OPTIONS without content, and POST with a Content-Length; everything else is refused
 * with the status to answer.
 *
 *     http_request_init(&r)
 *     http_request_feed(&r, bytes, n, &used)   HTTP_MORE: the next piece, please
 *                                              HTTP_WHOLE: r.method, r.path, r.keep_alive,
 *                                                r.upgrade, http_request_field()
 *                                              HTTP_REFUSED: answer r.status, then close
 *
 * What follows a whole head, from where used tells, is r.content bytes of content and then the next
 * request.
 */
#ifndef WEB_HTTP_REQUEST_H
#define WEB_HTTP_REQUEST_H

#include "base/base.h"

#include <http_parser.h>

enum {
	HTTP_HEAD_MAX = 8192,   /* bytes of a head; a longer one is refused with 431 */
	HTTP_TARGET_MAX = 1024, /* bytes of its target; a longer one is refused with 414 */
	HTTP_NAME_MAX = 24,     /* bytes of a field's name that are looked at */
	HTTP_VALUE_MAX = 512, /* bytes of a kept field's value; a longer one is refused with 431 */
};

/* The fields that are kept. */
enum http_field {
	HTTP_HOST,
	HTTP_ORIGIN,
	HTTP_UPGRADE,
	HTTP_WEBSOCKET_KEY,
	HTTP_WEBSOCKET_VERSION,
	HTTP_WEBSOCKET_PROTOCOL,
	HTTP_FORWARDED_FOR,   /* X-Forwarded-For */
	HTTP_FORWARDED_PROTO, /* X-Forwarded-Proto */
	HTTP_ACCEPT_ENCODING,
	HTTP_IF_NONE_MATCH,
	HTTP_IF_RANGE,
	HTTP_RANGE,
	HTTP_AUTHORIZATION,
	HTTP_CONTENT_TYPE,
	HTTP_CONTENT_DISPOSITION,
	HTTP_EXPECT,
	HTTP_FIELDS,
};

enum http_verdict {
	HTTP_MORE,
	HTTP_WHOLE,
	HTTP_REFUSED,
};

struct http_request {
	struct http_parser parser;
	uint32_t bytes;  /* taken so far */
	uint16_t status; /* of a refusal */
	enum http_method method;
	uint64_t content; /* bytes of it */
	bool whole, keep_alive;
	bool upgrade;               /* Connection: upgrade, to what HTTP_UPGRADE says */
	bool in_value;              /* of a field, not its name */
	uint8_t name_len;           /* of that field */
	uint8_t field;              /* that the value is of; HTTP_FIELDS: one that is not kept */
	uint8_t lines[HTTP_FIELDS]; /* of that name; 2: or more */
	uint16_t value_len[HTTP_FIELDS];
	uint16_t target_len;
	char name[HTTP_NAME_MAX];
	char value[HTTP_FIELDS][HTTP_VALUE_MAX + 1];
	char target[HTTP_TARGET_MAX + 1]; /* as received */
	char path[HTTP_TARGET_MAX + 1];   /* of the target: without host and query */
};

/* Begins a request. */
void http_request_init(struct http_request *r);

/* Takes the next n bytes, or the first *used of them if the request ends within. After a verdict
 * other than HTTP_MORE it must be begun anew. */
enum http_verdict http_request_feed(
	struct http_request *r, const char *bytes, size_t n, size_t *used);

/* The value of a field of a whole request; "" if it has none. Several of a name are joined by ", "
 * (RFC 9110 section 5.3). */
static inline const char *http_request_field(const struct http_request *r, enum http_field f)
{
	return r->value[f];
}

#endif
