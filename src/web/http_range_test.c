/* http_range_test.c - which part of a content a client is sent (RFC 9110 section 14). */
#include "base/test/test.h"
#include "web/http_range.h"

#include <stdio.h>

static struct http_request request;

/* The answer to a request with these fields. */
static struct http_range ask(const char *method, const char *fields, size_t len)
{
	struct http_range out;
	char text[1024];
	size_t used;

	http_request_init(&request);
	snprintf(text, sizeof(text), "%s / HTTP/1.1\r\nHost: a\r\n%s\r\n", method, fields);
	assert_int_equal(http_request_feed(&request, text, strlen(text), &used), HTTP_WHOLE);
	http_range_of(&request, "tag-1", len, &out);
	return out;
}

TEST(a_range_is_the_bytes_from_the_first_to_the_last_as_far_as_there_are_any)
{
	static const struct {
		const char *range;
		unsigned status;
		size_t from, len;
	} rows[] = {{"bytes=0-4", 206, 0, 5}, {"bytes=0-0", 206, 0, 1}, {"bytes=9-9", 206, 9, 1},
		{"bytes=2-", 206, 2, 8}, {"bytes=0-", 206, 0, 10}, {"bytes=5-100", 206, 5, 5},
		{"bytes=0-99999999999999999999999", 206, 0, 10}, {"bytes=-3", 206, 7, 3},
		{"bytes=-10", 206, 0, 10}, {"bytes=-11", 206, 0, 10}, {"Bytes= 1-2", 206, 1, 2},
		{"bytes=10-", 416, 0, 10}, {"bytes=10-12", 416, 0, 10}, {"bytes=-0", 416, 0, 10},
		{"bytes=99999999999999999999999-", 416, 0, 10}, {"bytes=4-3", 200, 0, 10},
		{"bytes=", 200, 0, 10}, {"bytes=-", 200, 0, 10}, {"bytes=a-b", 200, 0, 10},
		{"bytes=1-2x", 200, 0, 10}, {"bytes=-3x", 200, 0, 10}, {"bytes=1", 200, 0, 10},
		{"bytes=0-1,3-4", 200, 0, 10}, {"bytes=0-1, -1", 200, 0, 10},
		{"bytes=+1-2", 200, 0, 10}, {"lines=0-1", 200, 0, 10}, {"", 200, 0, 10}};
	char field[128];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct http_range r;

		snprintf(field, sizeof(field), "Range: %s\r\n", rows[i].range);
		r = ask("GET", field, 10);
		if (r.status != rows[i].status || r.from != rows[i].from || r.len != rows[i].len)
			fail_msg("%s: %u %zu %zu", rows[i].range, r.status, r.from, r.len);
	}
}

TEST(the_answer_says_which_part_it_is_of_what)
{
	assert_string_equal(ask("GET", "Range: bytes=2-4\r\n", 10).fields,
		"Accept-Ranges: bytes\r\nETag: \"tag-1\"\r\nContent-Range: bytes 2-4/10\r\n");
	assert_string_equal(ask("GET", "Range: bytes=20-\r\n", 10).fields,
		"Accept-Ranges: bytes\r\nETag: \"tag-1\"\r\nContent-Range: bytes */10\r\n");
	assert_string_equal(
		ask("GET", "", 10).fields, "Accept-Ranges: bytes\r\nETag: \"tag-1\"\r\n");
}

TEST(only_get_has_parts_and_only_of_the_content_that_the_client_means)
{
	static const struct {
		const char *if_range;
		unsigned status;
	} rows[] = {{"\"tag-1\"", 206}, {"\"tag-2\"", 200}, {"W/\"tag-1\"", 200}, {"tag-1", 200},
		{"\"tag-1\", \"x\"", 200}, {"Sat, 29 Oct 1994 19:43:31 GMT", 200}};
	char field[128];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(field, sizeof(field), "Range: bytes=1-2\r\nIf-Range: %s\r\n",
			rows[i].if_range);
		assert_int_equal(ask("GET", field, 10).status, rows[i].status);
	}
	assert_int_equal(ask("HEAD", "Range: bytes=1-2\r\n", 10).status, 200);
	assert_int_equal(ask("OPTIONS", "Range: bytes=1-2\r\n", 10).status, 200);
}

TEST(an_empty_content_has_no_first_byte)
{
	assert_int_equal(ask("GET", "Range: bytes=0-\r\n", 0).status, 416);
	assert_int_equal(ask("GET", "Range: bytes=-1\r\n", 0).status, 200);
}
