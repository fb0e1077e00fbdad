/* http_response.c - heads of responses: http_response.h. */
#include "web/http_response.h"

#include <http_parser.h>
#include <stdio.h>
#include <time.h>

const char *http_response_reason(unsigned status)
{
	return http_status_str((enum http_status)status);
}

/* The fields that tell a refused client how to ask: RFC 9110 sections 15.5.2, 15.5.6 and 15.5.22,
 * RFC 6455 section 4.4. */
static const char *accepted(unsigned status)
{
	switch (status) {
	case HTTP_STATUS_UNAUTHORIZED: return "WWW-Authenticate: Bearer\r\n";
	case HTTP_STATUS_METHOD_NOT_ALLOWED: return "Allow: GET, HEAD\r\n";
	case HTTP_STATUS_UPGRADE_REQUIRED:
		return "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
		       "Connection: Upgrade\r\n";
	default: return "";
	}
}

bool http_response_bare(unsigned status)
{
	return status == HTTP_STATUS_NO_CONTENT || status == HTTP_STATUS_NOT_MODIFIED;
}

/* IMF-fixdate: RFC 9110 section 5.6.7. The program never leaves the C locale. */
static void date(char out[32], nsec_t wall)
{
	time_t secs = (time_t)(wall / NSEC_SEC);
	struct tm tm;

	gmtime_r(&secs, &tm);
	strftime(out, 32, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

size_t http_response_head(char out[HTTP_RESPONSE_HEAD_MAX], const struct http_response *r)
{
	char now[32];
	char content[160] = "";
	int n;

	date(now, r->wall);
	if (!http_response_bare(r->status))
		snprintf(content, sizeof(content),
			"Content-Type: %.100s\r\nContent-Length: %zu\r\n", r->type, r->len);
	n = snprintf(out, HTTP_RESPONSE_HEAD_MAX,
		"HTTP/1.1 %u %s\r\nDate: %s\r\n%sCache-Control: %.100s\r\n"
		"X-Content-Type-Options: nosniff\r\n%s%s%sConnection: %s\r\n\r\n",
		r->status, http_response_reason(r->status), now, content, r->cache, r->more,
		r->range, accepted(r->status), r->keep_alive ? "keep-alive" : "close");
	assert(n > 0 && n < HTTP_RESPONSE_HEAD_MAX);
	return (size_t)n;
}
