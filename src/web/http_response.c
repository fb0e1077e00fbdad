/* http_response.c - heads of responses: http_response.h. */
#include "web/http_response.h"

#include <http_parser.h>
#include <stdio.h>
#include <time.h>

const char *http_response_reason(unsigned status)
{
	return http_status_str((enum http_status)status);
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
	int n;

	date(now, r->wall);
	n = snprintf(out, HTTP_RESPONSE_HEAD_MAX,
		"HTTP/1.1 %u %s\r\nDate: %s\r\nContent-Type: %.100s\r\nContent-Length: %zu\r\n"
		"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n%sConnection: "
		"%s\r\n\r\n",
		r->status, http_response_reason(r->status), now, r->type, r->len,
		r->status == HTTP_STATUS_METHOD_NOT_ALLOWED ? "Allow: GET, HEAD\r\n" : "",
		r->keep_alive ? "keep-alive" : "close");
	assert(n > 0 && n < HTTP_RESPONSE_HEAD_MAX);
	return (size_t)n;
}
