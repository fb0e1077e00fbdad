/*
 * http_request.h - a request of HTTP/1.1 or 1.0, read from pieces of any size (RFC 9112). Only GET
 * and HEAD without content: everything else is refused with the status to answer.
 *
 *     http_request_init(&r)
 *     http_request_feed(&r, bytes, n, &used)   HTTP_MORE: the next piece, please
 *                                              HTTP_WHOLE: r.path, r.is_head, r.keep_alive
 *                                              HTTP_REFUSED: answer r.status, then close
 *
 * Bytes behind a whole request belong to the next one: used tells where it begins.
 */
#ifndef WEB_HTTP_REQUEST_H
#define WEB_HTTP_REQUEST_H

#include "base/base.h"

#include <http_parser.h>

enum {
	HTTP_HEAD_MAX = 8192,   /* bytes of a request; a longer one is refused with 431 */
	HTTP_TARGET_MAX = 1024, /* bytes of its target; a longer one is refused with 414 */
	HTTP_FIELD_KEPT = 16,   /* bytes of a field's name that are looked at */
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
	bool whole, is_head, keep_alive;
	bool in_value;            /* of a field, not its name */
	uint8_t field_len, hosts; /* hosts: fields named Host */
	uint16_t target_len;
	char field[HTTP_FIELD_KEPT];
	char target[HTTP_TARGET_MAX + 1]; /* as received */
	char path[HTTP_TARGET_MAX + 1];   /* of the target: without host and query */
};

/* Begins a request. */
void http_request_init(struct http_request *r);

/* Takes the next n bytes, or the first *used of them if the request ends within. After a verdict
 * other than HTTP_MORE it must be begun anew. */
enum http_verdict http_request_feed(
	struct http_request *r, const char *bytes, size_t n, size_t *used);

#endif
