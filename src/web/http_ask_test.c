/*
 * http_ask_test.c - requests with content, and answers that come later, in virtual time.
 */
#include "base/test/test.h"
#include "web/http_door.h"
#include "web/test/web_net.h"

#include <stdio.h>
#include <stdlib.h>

/* A site: /now echoes the content, /later is answered by the test; admits up to 1,000,000 bytes. */
struct site {
	struct web_net net;
	struct http_door *door;
	struct http_token token; /* of the last /later */
	int asked;
	char kept[1 << 20]; /* content of the last request */
	size_t kept_len;
};

static struct site site;

static void get(void *arg, struct http_ask *ask, struct http_answer *out)
{
	(void)arg;
	site.asked++;
	site.token = ask->token;
	site.kept_len = ask->content_len;
	if (ask->content)
		memcpy(site.kept, ask->content, ask->content_len);
	out->status = strcmp(ask->request->path, "/later") == 0 ? HTTP_LATER : 201;
	if (ask->request->method == HTTP_OPTIONS)
		out->status = 204;
	snprintf(out->more, sizeof(out->more), "Location: /x\r\n");
	if (out->status == 201 && ask->content) { /* taken over */
		out->type = "text/plain";
		out->body = ask->content;
		out->len = ask->content_len;
		ask->content = NULL;
	}
}

static unsigned admit(void *arg, const struct http_ask *ask)
{
	(void)arg;
	if (!*http_request_field(ask->request, HTTP_AUTHORIZATION))
		return 401;
	return ask->request->content > 1000000 ? 413 : 0;
}

static void begin(bool admits)
{
	struct http_site s = {.get = get, .admit = admits ? admit : NULL};

	memset(&site, 0, sizeof(site));
	web_net_init(&site.net);
	site.net.now = NSEC_SEC;
	site.door = http_door_new(&site.net.net, &s);
	assert_int_equal(http_door_listen(site.door, &(struct net_addr){.family = 4}), 0);
}

static void end(void)
{
	http_door_free(site.door);
	web_net_end(&site.net);
}

static void say(int c, const char *text)
{
	web_net_say(&site.net, c, text, strlen(text));
	for (int i = 0; i < 4; i++)
		http_door_turn(site.door);
}

static void pass(nsec_t span)
{
	site.net.now += span;
	http_door_turn(site.door);
}

static bool got(int c, const char *what)
{
	return site.net.conns[c].out && strstr(site.net.conns[c].out, what) != NULL;
}

#define POST(path, fields, length)                                                                 \
	"POST " path " HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\n" fields                         \
	"Content-Length: " length "\r\n\r\n"

TEST(content_in_pieces_is_whole_when_the_site_is_asked)
{
	static const char head[] = POST("/now", "", "9");
	int c;

	for (size_t cut = 1; cut < 9; cut++) {
		char first[200];

		begin(true);
		c = web_net_connect(&site.net);
		snprintf(first, sizeof(first), "%s%.*s", head, (int)cut, "123456789");
		say(c, first);
		assert_int_equal(site.asked, 0);
		say(c, &"123456789GET /now HTTP/1.1\r\nHost: a\r\n\r\n"[cut]);
		assert_int_equal(site.asked, 2); /* the next request, too */
		assert_true(got(c, "HTTP/1.1 201 Created\r\n"));
		assert_true(got(c, "Location: /x\r\n"));
		assert_true(got(c, "\r\n\r\n123456789"));
		end();
	}
}

TEST(the_site_judges_a_request_before_its_content)
{
	int c;

	begin(true);
	c = web_net_connect(&site.net);
	say(c, "POST /now HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
	assert_true(got(c, "HTTP/1.1 401 Unauthorized\r\n"));
	c = web_net_connect(&site.net);
	say(c, POST("/now", "", "1000001"));
	assert_true(got(c, "HTTP/1.1 413 "));
	c = web_net_connect(&site.net);
	say(c, POST("/now", "", "0"));
	assert_true(got(c, "HTTP/1.1 201 Created\r\n"));
	assert_int_equal(site.asked, 1);
	end();
}

TEST(a_site_without_contents_has_get_and_head_only)
{
	int c;

	begin(false);
	c = web_net_connect(&site.net);
	say(c, POST("/now", "", "3"));
	assert_true(got(c, "HTTP/1.1 405 Method Not Allowed\r\n"));
	c = web_net_connect(&site.net);
	say(c, "OPTIONS /now HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_true(got(c, "HTTP/1.1 405 Method Not Allowed\r\n"));
	assert_int_equal(site.asked, 0);
	end();
}

TEST(options_are_answered_without_content)
{
	int c;

	begin(true);
	c = web_net_connect(&site.net);
	say(c, "OPTIONS /now HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_true(got(c, "HTTP/1.1 204 No Content\r\n"));
	assert_false(got(c, "Content-Length"));
	end();
}

TEST(a_client_that_waits_is_told_to_continue)
{
	int c;

	begin(true);
	c = web_net_connect(&site.net);
	say(c, POST("/now", "Expect: 100-continue\r\n", "3"));
	assert_string_equal(site.net.conns[c].out, "HTTP/1.1 100 Continue\r\n\r\n");
	say(c, "abc");
	assert_true(got(c, "HTTP/1.1 201 Created\r\n"));
	c = web_net_connect(&site.net);
	say(c, POST("/now", "Expect: 100-continue\r\n", "2000000"));
	assert_false(got(c, "100 Continue"));
	end();
}

TEST(content_that_comes_too_slowly_is_given_up)
{
	int c;

	begin(true);
	c = web_net_connect(&site.net);
	say(c, POST("/now", "", "32768"));
	pass(HTTP_REQUEST_TIME);
	assert_false(got(c, "408"));
	say(c, "some");
	pass(NSEC_SEC);
	assert_true(got(c, "HTTP/1.1 408 Request Timeout\r\n"));
	assert_int_equal(site.asked, 0);
	end();
}

TEST(contents_together_have_a_bound)
{
	int c = -1;

	begin(true);
	for (uint64_t n = 0; n <= HTTP_CONTENTS_MAX; n += 1000000) {
		assert_true(c < 0 || !got(c, "503"));
		c = web_net_connect(&site.net);
		say(c, POST("/now", "", "1000000"));
	}
	assert_true(got(c, "HTTP/1.1 503 Service Unavailable\r\n"));
	site.net.conns[0].eof = true; /* one of them goes */
	http_door_turn(site.door);
	c = web_net_connect(&site.net);
	say(c, POST("/now", "", "1000000"));
	assert_false(got(c, "503"));
	end();
}

TEST(a_site_may_answer_later)
{
	struct http_answer a = {
		.status = 200, .type = "text/plain", .body = "late", .len = 4, .lasting = true};
	struct http_token token;
	int c;

	begin(true);
	c = web_net_connect(&site.net);
	say(c, POST("/later", "", "3") "abc" POST("/later", "", "2"));
	say(c, "de");
	assert_int_equal(site.asked, 1);
	assert_memory_equal(site.kept, "abc", 3);
	assert_int_equal(site.net.conns[c].out_len, 0);
	token = site.token;
	http_door_answer(site.door, token, &a);
	assert_true(got(c, "\r\n\r\nlate"));
	http_door_turn(site.door);
	http_door_turn(site.door);
	assert_int_equal(site.asked, 2);
	assert_memory_equal(site.kept, "de", 2);
	site.net.conns[c].out_len = 0;
	http_door_answer(site.door, token, &a); /* a second answer to the first is none */
	assert_int_equal(site.net.conns[c].out_len, 0);
	end();
}

TEST(an_answer_that_does_not_come_is_503)
{
	struct http_answer a = {.status = 200, .type = "text/plain"};
	int c;

	begin(true);
	c = web_net_connect(&site.net);
	say(c, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
	pass(HTTP_WAIT_TIME);
	assert_true(got(c, "HTTP/1.1 503 Service Unavailable\r\n"));
	a.body = strdup("too late"); /* is freed */
	a.len = 8;
	http_door_answer(site.door, site.token, &a);
	assert_false(got(c, "too late"));
	pass(HTTP_LINGER_TIME);
	a.body = strdup("even later");
	http_door_answer(site.door, site.token, &a);
	end();
}
