/* http_range.c - parts of contents: http_range.h. */
#include "web/http_range.h"

#include <stdio.h>
#include <strings.h>

/* Digits, of which a number too large is the largest; -1: there are none. */
static int take_number(const char **at, uint64_t *out)
{
	const char *begin = *at;

	*out = 0;
	for (; **at >= '0' && **at <= '9'; ++*at) {
		uint64_t digit = (uint64_t)(**at - '0');

		*out = *out > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *out * 10 + digit;
	}
	return *at == begin ? -1 : 0;
}

static void part(struct http_range *out, uint64_t from, uint64_t len)
{
	out->status = HTTP_STATUS_PARTIAL_CONTENT;
	out->from = (size_t)from;
	out->len = (size_t)len;
}

/* "-500": the last bytes. */
static void suffix(const char *at, size_t len, struct http_range *out)
{
	uint64_t n;

	if (take_number(&at, &n) || *at)
		return;
	if (n == 0)
		out->status = HTTP_STATUS_RANGE_NOT_SATISFIABLE;
	else if (len)
		part(out, n < len ? len - n : 0, n < len ? n : len);
}

/* "0-499", "500-": from the first byte to the last one, or to the end. What is not of that form is
 * ignored: out stays as it is. */
static void range(const char *at, size_t len, struct http_range *out)
{
	uint64_t first, last;
	bool open;

	if (take_number(&at, &first) || *at++ != '-')
		return;
	open = take_number(&at, &last);
	if (*at || (!open && last < first))
		return;
	if (first >= len) {
		out->status = HTTP_STATUS_RANGE_NOT_SATISFIABLE;
		return;
	}
	if (open || last >= len)
		last = len - 1;
	part(out, first, last - first + 1);
}

/* Section 13.1.5: the range counts only if the client's part is of this content. A date is none of
 * ours, and a weak tag says too little. */
static bool same(const struct http_request *r, const char *tag)
{
	const char *if_range = http_request_field(r, HTTP_IF_RANGE);
	size_t n = strlen(tag);

	return !*if_range || (strlen(if_range) == n + 2 && if_range[0] == '"' &&
				     if_range[n + 1] == '"' && memcmp(if_range + 1, tag, n) == 0);
}

void http_range_of(
	const struct http_request *r, const char *tag, size_t len, struct http_range *out)
{
	const char *asked = http_request_field(r, HTTP_RANGE);
	char where[96] = "";

	*out = (struct http_range){.status = HTTP_STATUS_OK, .len = len};
	if (r->method == HTTP_GET && strncasecmp(asked, "bytes=", 6) == 0 && same(r, tag)) {
		asked += 6;
		asked += strspn(asked, " \t");
		if (*asked == '-')
			suffix(asked + 1, len, out);
		else
			range(asked, len, out);
	}
	if (out->status == HTTP_STATUS_PARTIAL_CONTENT)
		snprintf(where, sizeof(where), "Content-Range: bytes %zu-%zu/%zu\r\n", out->from,
			out->from + out->len - 1, len);
	else if (out->status == HTTP_STATUS_RANGE_NOT_SATISFIABLE)
		snprintf(where, sizeof(where), "Content-Range: bytes */%zu\r\n", len);
	snprintf(out->fields, sizeof(out->fields), "Accept-Ranges: bytes\r\nETag: \"%.48s\"\r\n%s",
		tag, where);
}
