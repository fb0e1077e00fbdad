/*
 * http_door_test.c - connections of an HTTP server and their bounds, in virtual time.
 */
#include "base/test/test.h"
#include "web/http_door.h"
#include "web/test/web_net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct web_net net;

static void get(void *arg, struct http_ask *ask, struct http_answer *out)
{
	++*(int *)arg;
	out->status = strcmp(ask->request->path, "/x") == 0 ? 200 : 404;
	if (out->status == 404)
		return;
	out->type = "text/plain";
	out->body = strdup("content\n");
	out->len = strlen("content\n");
}

static struct http_door *door_new(int *calls)
{
	struct http_site site = {.get = get, .arg = calls};
	struct http_door *d;

	*calls = 0;
	web_net_init(&net);
	net.now = NSEC_SEC;
	d = http_door_new(&net.net, &site);
	assert_int_equal(http_door_listen(d, &(struct net_addr){.family = 4}), 0);
	return d;
}

static void door_end(struct http_door *d)
{
	http_door_free(d);
	web_net_end(&net);
}

static void say(int i, const char *text)
{
	web_net_say(&net, i, text, strlen(text));
}

static void turns(struct http_door *d, int n)
{
	while (n-- > 0)
		http_door_turn(d);
}

/* As a clock would: jumps to when the next turn is due. */
static void pass(struct http_door *d, nsec_t span)
{
	nsec_t end = net.now + span;

	while (http_door_due(d) <= end) {
		net.now = http_door_due(d) > net.now ? http_door_due(d) : net.now;
		http_door_turn(d);
	}
	net.now = end;
}

static int answers(int i, const char *what)
{
	int n = 0;

	for (const char *p = net.conns[i].out; (p = strstr(p, what)); p++)
		n++;
	return n;
}

#define ASK "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"

TEST(a_connection_is_kept_for_the_next_request)
{
	int calls, c;
	struct http_door *d = door_new(&calls);

	c = web_net_connect(&net);
	say(c, ASK);
	turns(d, 2);
	say(c, ASK);
	turns(d, 2);
	assert_int_equal(answers(c, "HTTP/1.1 200 OK\r\n"), 2);
	assert_int_equal(answers(c, "Connection: keep-alive\r\n\r\ncontent\n"), 2);
	assert_int_equal(answers(c, "Date: Thu, 01 Jan 1970 00:00:01 GMT\r\n"), 2);
	assert_true(net.conns[c].open);
	say(c, "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	turns(d, 2);
	assert_int_equal(answers(c, "Connection: close\r\n\r\ncontent\n"), 1);
	assert_false(net.conns[c].open);
	assert_int_equal(http_door_counts(d)->answers[0], 3);
	door_end(d);
}

TEST(requests_that_arrive_together_are_answered_in_order)
{
	int calls, c;
	struct http_door *d = door_new(&calls);

	c = web_net_connect(&net);
	say(c, ASK "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\nGET /y HTTP/1.1\r\nHost: a\r\n\r\n" ASK);
	turns(d, 1);
	turns(d, 1);
	assert_int_equal(http_door_due(d), 0);
	pass(d, 0);
	assert_int_equal(answers(c, "HTTP/1.1 "), 4);
	assert_int_equal(answers(c, "\r\n\r\ncontent\n"), 2);
	assert_int_equal(answers(c, "Content-Length: 8\r\n"), 3);
	assert_int_equal(answers(c, "404 Not Found\n"), 1);
	door_end(d);
}

TEST(a_turn_answers_a_bounded_number_of_requests)
{
	int calls;
	struct http_door *d = door_new(&calls);

	for (int i = 0; i < 20; i++)
		say(web_net_connect(&net), ASK);
	turns(d, 1);
	turns(d, 1);
	assert_int_equal(calls, HTTP_ANSWERS);
	turns(d, 4);
	assert_int_equal(calls, 20);
	door_end(d);
}

TEST(a_client_that_is_slow_to_ask_is_cut_and_the_others_are_not)
{
	int calls, slow, silent, c;
	struct http_door *d = door_new(&calls);

	slow = web_net_connect(&net);
	silent = web_net_connect(&net);
	turns(d, 1);
	for (int i = 0; i < 12; i++) {
		if (net.conns[slow].open)
			say(slow, i ? "X: y\r\n" : "GET /x HTTP/1.1\r\n");
		turns(d, 1);
		pass(d, NSEC_SEC);
	}
	assert_int_equal(answers(slow, "HTTP/1.1 408 Request Timeout\r\n"), 1);
	assert_int_equal(answers(silent, "HTTP/1.1 408 Request Timeout\r\n"), 1);
	pass(d, HTTP_LINGER_TIME);
	assert_false(net.conns[slow].open || net.conns[silent].open);
	c = web_net_connect(&net);
	say(c, ASK);
	turns(d, 2);
	assert_int_equal(answers(c, "200 OK"), 1);
	door_end(d);
}

TEST(a_client_that_does_not_take_the_answer_is_cut)
{
	int calls, c;
	struct http_door *d = door_new(&calls);

	c = web_net_connect(&net);
	net.conns[c].room = 10;
	say(c, ASK);
	turns(d, 2);
	net.conns[c].room = 10;
	pass(d, HTTP_SEND_TIME / 2);
	turns(d, 1);
	assert_int_equal(net.conns[c].out_len, 20);
	pass(d, HTTP_SEND_TIME / 2);
	assert_false(net.conns[c].open);
	assert_int_equal(http_door_counts(d)->slow_readers, 1);
	door_end(d);
}

TEST(the_remainder_of_an_answer_follows_when_there_is_room)
{
	int calls, c;
	struct http_door *d = door_new(&calls);

	c = web_net_connect(&net);
	net.conns[c].room = 0;
	say(c, ASK);
	turns(d, 2);
	for (int i = 0; i < 1000; i++) {
		net.conns[c].room = 1;
		turns(d, 1);
	}
	assert_int_equal(answers(c, "\r\n\r\ncontent\n"), 1);
	say(c, ASK);
	net.conns[c].room = SIZE_MAX;
	turns(d, 2);
	assert_int_equal(answers(c, "\r\n\r\ncontent\n"), 2);
	door_end(d);
}

TEST(an_idle_connection_gives_way_or_else_the_one_that_keeps_us_waiting_for_longest)
{
	int calls, extra;
	struct http_door *d = door_new(&calls);

	for (int i = 0; i < HTTP_CONNS_MAX; i++)
		say(web_net_connect(&net), i == 7 ? ASK : "G");
	turns(d, 2 * HTTP_CONNS_MAX / HTTP_ACCEPTS);
	turns(d, 64);
	assert_int_equal(http_door_counts(d)->conns, HTTP_CONNS_MAX);
	web_net_connect(&net);
	turns(d, 1);
	assert_false(net.conns[7].open);
	assert_int_equal(http_door_counts(d)->evicted, 1);
	extra = web_net_connect(&net);
	turns(d, 1);
	assert_false(net.conns[0].open);
	assert_int_equal(http_door_counts(d)->evicted, 2);
	say(extra, ASK);
	turns(d, 2);
	assert_int_equal(answers(extra, "content\n"), 1);
	door_end(d);
}

TEST(an_idle_connection_ends_after_a_while)
{
	int calls, c;
	struct http_door *d = door_new(&calls);

	c = web_net_connect(&net);
	say(c, ASK);
	turns(d, 2);
	pass(d, HTTP_IDLE_TIME - 1);
	assert_true(net.conns[c].open);
	pass(d, 1);
	assert_false(net.conns[c].open);
	assert_int_equal(answers(c, "HTTP/1.1 "), 1);
	door_end(d);
}

TEST(a_refused_client_can_still_read_why)
{
	int calls, c;
	struct http_door *d = door_new(&calls);

	c = web_net_connect(&net);
	say(c, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n");
	turns(d, 2);
	assert_int_equal(answers(c, "HTTP/1.1 405 Method Not Allowed\r\n"), 1);
	assert_int_equal(answers(c, "Allow: GET, HEAD\r\n"), 1);
	for (int i = 0; i < 9000; i += 9)
		say(c, "content\r\n");
	turns(d, 1);
	assert_true(net.conns[c].open);
	assert_int_equal(net.conns[c].in_len, 0);
	net.conns[c].eof = true;
	turns(d, 1);
	assert_false(net.conns[c].open);
	door_end(d);
}

TEST(out_of_descriptors_accepting_pauses)
{
	int calls, c;
	struct http_door *d = door_new(&calls);

	c = web_net_connect(&net);
	say(c, ASK);
	net.accept_error = -EMFILE;
	turns(d, 3);
	assert_int_equal(http_door_counts(d)->accept_pauses, 1);
	assert_false(net.listening);
	net.accept_error = 0;
	pass(d, HTTP_ACCEPT_PAUSE);
	turns(d, 2);
	assert_int_equal(answers(c, "200 OK"), 1);
	door_end(d);
}
