/*
 * http_files_test.c - files in memory, through an HTTP server: which form a client is sent, and
 * when it keeps its own.
 */
#include "base/test/test.h"
#include "web/http_files.h"
#include "web/test/web_net.h"

#include <stdio.h>

static const struct http_file table[] = {
	{"/", "text/html", "v1", false, "plain page", "GZ", "B", 10, 2, 1},
	{"/assets/app-7.js", "text/javascript", "v2", true, "plain code", "gz", NULL, 10, 2, 0},
};

static const struct http_files files = {table, 2, "X-Owner: says\r\n"};

static void get(void *arg, struct http_ask *ask, struct http_answer *out)
{
	(void)arg;
	if (!http_files_get(&files, ask->request, out))
		out->status = 404;
}

struct asked {
	struct web_net net;
	struct http_door *door;
	const char *got; /* the whole answer */
};

/* Asks for a path with further fields. */
static void ask(struct asked *a, const char *path, const char *fields)
{
	struct http_site site = {.get = get};
	char text[1024];
	int c;

	web_net_init(&a->net);
	a->door = http_door_new(&a->net.net, &site);
	assert_int_equal(http_door_listen(a->door, &(struct net_addr){.family = 4}), 0);
	c = web_net_connect(&a->net);
	snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n", path, fields);
	web_net_say(&a->net, c, text, strlen(text));
	http_door_turn(a->door);
	http_door_turn(a->door);
	a->got = a->net.conns[c].out;
}

static void asked_end(struct asked *a)
{
	http_door_free(a->door);
	web_net_end(&a->net);
}

static bool answered(const char *path, const char *fields, const char *with)
{
	static struct asked a;
	bool found;

	ask(&a, path, fields);
	found = strstr(a.got, with) != NULL;
	asked_end(&a);
	return found;
}

TEST(a_file_is_sent_as_it_is_with_its_tag_and_the_owners_fields)
{
	assert_true(answered("/", "", "HTTP/1.1 200 OK\r\n"));
	assert_true(answered("/", "", "Content-Type: text/html\r\nContent-Length: 10\r\n"));
	assert_true(
		answered("/", "", "ETag: \"v1\"\r\nVary: Accept-Encoding\r\nX-Owner: says\r\n"));
	assert_true(answered("/?query", "", "\r\n\r\nplain page"));
	assert_true(answered("/app.js", "", "HTTP/1.1 404 "));
	assert_true(answered("/../", "", "HTTP/1.1 404 "));
}

TEST(what_changes_its_name_with_its_content_may_be_kept_for_a_year)
{
	assert_true(answered(
		"/assets/app-7.js", "", "Cache-Control: public, max-age=31536000, immutable\r\n"));
	assert_true(answered("/", "", "Cache-Control: no-cache\r\n"));
}

TEST(a_client_that_takes_gzip_is_sent_the_compressed_form)
{
	static const struct {
		const char *accept;
		bool gzip;
	} rows[] = {{"gzip", true}, {"GZIP ; q=1", true}, {"br;q=0, *", true}, {"gzip;q=0", false},
		{"gzip; q=0.000, *;q=0", false}, {"*;q=0", false}, {"gzippy", false}, {"", false},
		{",,gzip", true}, {"*;q=0, gzip", true}, {"br;q=0.5, gzip", true}};
	char field[128];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(field, sizeof(field), "Accept-Encoding: %s\r\n", rows[i].accept);
		assert_int_equal(answered("/", field, "Content-Encoding: gzip\r\n"), rows[i].gzip);
		assert_int_equal(answered("/", field, "\r\n\r\nGZ"), rows[i].gzip);
		assert_int_equal(answered("/", field, "ETag: \"v1-gzip\"\r\n"), rows[i].gzip);
	}
}

TEST(the_form_is_the_one_that_the_client_wants_most_and_the_shorter_of_equals)
{
	static const struct {
		const char *accept, *path, *body;
	} rows[] = {{"gzip, br", "/", "B"}, {"br, gzip", "/", "B"},
		{"gzip, deflate, br, zstd", "/", "B"}, {"br;q=0, gzip", "/", "GZ"},
		{"br;q=0.000, gzip;q=0.001", "/", "GZ"}, {"br;q=0.8, gzip;q=0.9", "/", "GZ"},
		{"br;q=0.81, gzip;q=0.809", "/", "B"}, {"gzip;q=0.5, *", "/", "B"}, {"*", "/", "B"},
		{"br", "/", "B"}, {"BR", "/", "B"}, {"br;q=0", "/", "plain page"},
		{"br;q=0.3, identity", "/", "plain page"}, {"br, identity", "/", "B"},
		{"brotli", "/", "plain page"}, {"br;q=x", "/", "B"},
		{"br", "/assets/app-7.js", "plain code"},
		{"br, gzip;q=0.1", "/assets/app-7.js", "gz"}};
	char field[128], body[64];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(field, sizeof(field), "Accept-Encoding: %s\r\n", rows[i].accept);
		snprintf(body, sizeof(body), "\r\n\r\n%s", rows[i].body);
		if (!answered(rows[i].path, field, body))
			fail_msg("%s %s", rows[i].path, rows[i].accept);
		assert_true(answered(rows[i].path, field, "Vary: Accept-Encoding\r\n"));
	}
	assert_true(answered("/", "Accept-Encoding: br\r\n", "Content-Encoding: br\r\n"));
	assert_true(answered("/", "Accept-Encoding: br\r\n", "ETag: \"v1-br\"\r\n"));
	assert_true(answered("/", "Accept-Encoding: br\r\nIf-None-Match: \"v1-br\"\r\n", " 304 "));
	assert_true(
		answered("/", "Accept-Encoding: br\r\nIf-None-Match: \"v1-gzip\"\r\n", " 200 "));
}

TEST(a_client_that_has_the_file_is_told_so_without_a_body)
{
	static const struct {
		const char *tags;
		bool has;
	} rows[] = {{"\"v1\"", true}, {"W/\"v1\"", true}, {"\"v0\", \"v1\"", true}, {"*", true},
		{"\"v0\"", false}, {"\"v1-gzip\"", false}, {"v1", false}};
	char field[128];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(field, sizeof(field), "If-None-Match: %s\r\n", rows[i].tags);
		assert_int_equal(
			answered("/", field, "HTTP/1.1 304 Not Modified\r\n"), rows[i].has);
		assert_int_equal(answered("/", field, "Content-Length"), !rows[i].has);
		assert_int_equal(answered("/", field, "plain page"), !rows[i].has);
		assert_true(answered("/", field, "ETag: \"v1\"\r\n"));
	}
}
