/*
 * http_request_test.c - requests in pieces of every size, and why they are refused.
 */
#include "base/test/test.h"
#include "web/http_request.h"

#include <stdlib.h>

/* Feeds text in pieces of `step` bytes; *used: all bytes taken. */
static enum http_verdict feed(struct http_request *r, const char *text, size_t step, size_t *used)
{
	size_t n = strlen(text), part;
	enum http_verdict v = HTTP_MORE;

	http_request_init(r);
	for (*used = 0; *used < n && v == HTTP_MORE; *used += part) {
		char *piece = malloc(step); /* of its own: a read beyond it is seen */

		memcpy(piece, text + *used, size_min(step, n - *used));
		v = http_request_feed(r, piece, size_min(step, n - *used), &part);
		free(piece);
	}
	return v;
}

static void expect_refusal(const char *text, int status)
{
	struct http_request r;
	size_t used;

	for (size_t step = 1; step <= strlen(text); step += step < 4 ? 1 : 97) {
		assert_int_equal(feed(&r, text, step, &used), HTTP_REFUSED);
		assert_int_equal(r.status, status);
	}
}

TEST(a_request_comes_in_pieces_of_any_size)
{
	static const char text[] = "GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
	struct http_request r;
	size_t used;

	for (size_t step = 1; step <= strlen(text); step++) {
		assert_int_equal(feed(&r, text, step, &used), HTTP_WHOLE);
		assert_int_equal(used, strlen(text));
		assert_string_equal(r.path, "/metrics");
		assert_true(r.keep_alive && r.method == HTTP_GET);
	}
}

TEST(the_next_request_begins_where_the_first_ends)
{
	static const char
		first[] = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
		both[] = "GET /a HTTP/1.1\r\nHost: a\r\n\r\nHEAD /b HTTP/1.1\r\nHost: a\r\n\r\n";
	struct http_request r;
	size_t used;

	assert_int_equal(feed(&r, both, sizeof(both), &used), HTTP_WHOLE);
	assert_int_equal(used, strlen(first));
	assert_string_equal(r.path, "/a");
	assert_int_equal(feed(&r, both + used, sizeof(both), &used), HTTP_WHOLE);
	assert_string_equal(r.path, "/b");
	assert_int_equal(r.method, HTTP_HEAD);
}

TEST(content_follows_the_head_of_a_post)
{
	static const char text[] = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
				   "Content-Type: image/png\r\n\r\nabcGET ";
	struct http_request r;
	size_t used;

	for (size_t step = 1; step <= strlen(text); step++) {
		assert_int_equal(feed(&r, text, step, &used), HTTP_WHOLE);
		assert_string_equal(text + used, "abcGET ");
		assert_int_equal(r.method, HTTP_POST);
		assert_int_equal(r.content, 3);
		assert_string_equal(http_request_field(&r, HTTP_CONTENT_TYPE), "image/png");
	}
}

TEST(the_first_request_to_upgrade_is_answered_like_another)
{
	static const char text[] = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
				   "Upgrade: websocket\r\n\r\n";
	struct http_request r;
	size_t used;

	assert_int_equal(feed(&r, text, sizeof(text), &used), HTTP_WHOLE);
	assert_int_equal(used, strlen(text));
}

static bool keeps_alive(const char *text)
{
	struct http_request r;
	size_t used;

	assert_int_equal(feed(&r, text, sizeof(r), &used), HTTP_WHOLE);
	return r.keep_alive;
}

TEST(a_connection_is_kept_by_default_in_1_1_and_on_request_in_1_0)
{
	assert_true(keeps_alive("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
	assert_false(keeps_alive("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
	assert_false(keeps_alive("GET / HTTP/1.0\r\n\r\n"));
	assert_true(keeps_alive("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(a_whole_url_may_be_the_target)
{
	struct http_request r;
	size_t used;

	feed(&r, "GET http://a:9/x/y?z HTTP/1.1\r\nHost: a\r\n\r\n", sizeof(r), &used);
	assert_string_equal(r.path, "/x/y");
	feed(&r, "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", sizeof(r), &used);
	assert_string_equal(r.path, "/");
}

TEST(other_methods_versions_and_contents_are_refused)
{
	expect_refusal("POST / HTTP/1.1\r\nHost: a\r\n\r\n", 411);
	expect_refusal("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 411);
	expect_refusal(
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
		400);
	expect_refusal("OPTIONS / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 413);
	expect_refusal("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", 405);
	expect_refusal("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505);
	expect_refusal("GET /\r\n\r\n", 505);
	expect_refusal("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 413);
	expect_refusal(
		"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413);
	expect_refusal("GET / HTTP/1.1\r\n\r\n", 400);
	expect_refusal("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", 400);
	expect_refusal("NICK alice\r\nUSER alice 0 * :x\r\n", 400);
	expect_refusal("GET http://:x/ HTTP/1.1\r\nHost: a\r\n\r\n", 400);
}

TEST(what_is_too_long_is_refused)
{
	static char text[2 * HTTP_HEAD_MAX];
	static const char begin[] = "GET /", field[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ";

	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, begin, strlen(begin));
	expect_refusal(text, 414);
	memcpy(text, field, strlen(field));
	expect_refusal(text, 431);
	memset(text, '\n', sizeof(text) - 1); /* empty lines before a request are allowed */
	expect_refusal(text, 431);
}
