/* http_request.c - requests, by http-parser: http_request.h. */
#include "web/http_request.h"

#include <strings.h>

enum {
	SKIP_CONTENT = 1, /* on_headers_complete: the message ends here for the parser */
};

static struct http_request *of(struct http_parser *p)
{
	return p->data;
}

/* A callback that refuses the request: what is not 0 ends the parsing. */
static int refuse(struct http_request *r, unsigned status)
{
	r->status = (uint16_t)status;
	return -1;
}

static int on_url(struct http_parser *p, const char *at, size_t n)
{
	struct http_request *r = of(p);

	if (n > HTTP_TARGET_MAX - (size_t)r->target_len)
		return refuse(r, HTTP_STATUS_URI_TOO_LONG);
	memcpy(r->target + r->target_len, at, n);
	r->target_len = (uint16_t)(r->target_len + n);
	return 0;
}

/* Names and values come in pieces. */
static int on_field(struct http_parser *p, const char *at, size_t n)
{
	struct http_request *r = of(p);

	if (r->in_value)
		r->name_len = 0;
	r->in_value = false;
	for (size_t i = 0; i < n && r->name_len < HTTP_NAME_MAX + 1; i++, r->name_len++)
		if (r->name_len < HTTP_NAME_MAX)
			r->name[r->name_len] = at[i];
	return 0;
}

static enum http_field field_of(const struct http_request *r)
{
	static const char *const names[HTTP_FIELDS] = {[HTTP_HOST] = "host",
		[HTTP_ORIGIN] = "origin",
		[HTTP_UPGRADE] = "upgrade",
		[HTTP_WEBSOCKET_KEY] = "sec-websocket-key",
		[HTTP_WEBSOCKET_VERSION] = "sec-websocket-version",
		[HTTP_WEBSOCKET_PROTOCOL] = "sec-websocket-protocol",
		[HTTP_FORWARDED_FOR] = "x-forwarded-for",
		[HTTP_FORWARDED_PROTO] = "x-forwarded-proto",
		[HTTP_ACCEPT_ENCODING] = "accept-encoding",
		[HTTP_IF_NONE_MATCH] = "if-none-match",
		[HTTP_IF_RANGE] = "if-range",
		[HTTP_RANGE] = "range",
		[HTTP_AUTHORIZATION] = "authorization",
		[HTTP_CONTENT_TYPE] = "content-type",
		[HTTP_CONTENT_DISPOSITION] = "content-disposition",
		[HTTP_EXPECT] = "expect"};
	unsigned f = 0;

	while (f < HTTP_FIELDS && (strlen(names[f]) != r->name_len ||
					  strncasecmp(names[f], r->name, r->name_len) != 0))
		f++;
	return f;
}

static int add_value(struct http_request *r, const char *at, size_t n)
{
	uint16_t *len = &r->value_len[r->field];

	if (n > HTTP_VALUE_MAX - (size_t)*len)
		return refuse(r, HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE);
	memcpy(r->value[r->field] + *len, at, n);
	*len = (uint16_t)(*len + n);
	return 0;
}

static int on_value(struct http_parser *p, const char *at, size_t n)
{
	struct http_request *r = of(p);
	bool begins = !r->in_value;

	if (begins)
		r->field = (uint8_t)field_of(r);
	r->in_value = true;
	if (r->field == HTTP_FIELDS)
		return 0;
	if (begins && r->lines[r->field] && add_value(r, ", ", 2))
		return -1;
	if (begins && r->lines[r->field] < 2)
		r->lines[r->field]++;
	return add_value(r, at, n);
}

/* The cheapest checks first. RFC 9112 section 3.2: one Host, which only HTTP/1.0 may lack. */
static int on_head(struct http_parser *p)
{
	struct http_request *r = of(p);
	bool has_length = p->content_length != UINT64_MAX;

	if (p->http_major != 1)
		return refuse(r, HTTP_STATUS_HTTP_VERSION_NOT_SUPPORTED);
	if (p->method != HTTP_GET && p->method != HTTP_HEAD && p->method != HTTP_POST &&
		p->method != HTTP_OPTIONS)
		return refuse(r, HTTP_STATUS_METHOD_NOT_ALLOWED);
	if (r->lines[HTTP_HOST] > 1 || (r->lines[HTTP_HOST] == 0 && p->http_minor > 0))
		return refuse(r, HTTP_STATUS_BAD_REQUEST);
	if (p->method == HTTP_POST && (p->uses_transfer_encoding || !has_length))
		return refuse(r, HTTP_STATUS_LENGTH_REQUIRED);
	if (p->method != HTTP_POST &&
		(p->uses_transfer_encoding || (has_length && p->content_length)))
		return refuse(r, HTTP_STATUS_PAYLOAD_TOO_LARGE);
	r->method = p->method;
	r->content = p->method == HTTP_POST ? p->content_length : 0;
	return SKIP_CONTENT;
}

/* Stops the parser in front of the next request. */
static int on_end(struct http_parser *p)
{
	struct http_request *r = of(p);

	r->whole = true;
	r->keep_alive = http_should_keep_alive(p);
	r->upgrade = p->upgrade;
	http_parser_pause(p, 1);
	return 0;
}

static const struct http_parser_settings callbacks = {.on_url = on_url,
	.on_header_field = on_field,
	.on_header_value = on_value,
	.on_headers_complete = on_head,
	.on_message_complete = on_end};

void http_request_init(struct http_request *r)
{
	*r = (struct http_request){0};
	http_parser_init(&r->parser, HTTP_REQUEST);
	r->parser.data = r;
}

/* The path of the target, which may be a whole URL (RFC 9112 section 3.2.2). */
static bool find_path(struct http_request *r)
{
	struct http_parser_url u;
	const char *at = "/";
	size_t n = 1;

	http_parser_url_init(&u);
	if (http_parser_parse_url(r->target, r->target_len, 0, &u) != 0)
		return false;
	if (u.field_set & 1 << UF_PATH) {
		at = r->target + u.field_data[UF_PATH].off;
		n = u.field_data[UF_PATH].len;
	}
	memcpy(r->path, at, n);
	r->path[n] = '\0';
	return true;
}

static enum http_verdict refused(struct http_request *r)
{
	enum http_errno why = HTTP_PARSER_ERRNO(&r->parser);

	if (r->status == 0)
		r->status = why == HPE_INVALID_VERSION ? HTTP_STATUS_HTTP_VERSION_NOT_SUPPORTED
						       : HTTP_STATUS_BAD_REQUEST;
	return HTTP_REFUSED;
}

enum http_verdict http_request_feed(
	struct http_request *r, const char *bytes, size_t n, size_t *used)
{
	size_t part = size_min(n, HTTP_HEAD_MAX - r->bytes);

	assert(!r->whole && r->status == 0);
	*used = http_parser_execute(&r->parser, &callbacks, bytes, part);
	assert(*used <= part);
	r->bytes += (uint32_t)*used;
	if (r->whole)
		return find_path(r) ? HTTP_WHOLE : refused(r);
	if (HTTP_PARSER_ERRNO(&r->parser) != HPE_OK || *used < part)
		return refused(r);
	if (r->bytes < HTTP_HEAD_MAX)
		return HTTP_MORE;
	r->status = HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE;
	return HTTP_REFUSED;
}
