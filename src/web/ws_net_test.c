/*
 * ws_net_test.c - WebSocket connections on a network in memory: handshakes, messages as lines,
 * lines as messages, and clients that keep to no rule.
 */
#include "base/test/test.h"
#include "net/net_batch.h"
#include "web/test/web_net.h"
#include "web/ws_net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	TEXT = 1,
	BINARY = 2,
	CLOSE = 8,
	PING = 9,
	CONTINUATION = 0,
	FIN = 0x80,
	MASKED = 0x80,
	LISTENER = 7, /* tags */
	CONN = 11,
};

static struct web_net net;
static const char *origin; /* that is refused */

/* A wrapped network with a listener, and what the last wait() reported. */
struct ws {
	struct net *net;
	int listener;
	struct net_event events[16];
	int count;
};

static void get(void *arg, struct http_ask *ask, struct http_answer *out)
{
	out->status = strcmp(ask->request->path, "/") == 0 ? 200 : 404;
	out->type = "text/plain";
	if (out->status == 200)
		out->body = strdup("page\n");
	out->len = out->body ? strlen("page\n") : 0;
}

static bool admit(void *arg, const struct http_request *r, struct net_addr *peer)
{
	const char *proxy = http_request_field(r, HTTP_FORWARDED_FOR);

	if (*proxy)
		peer->port = (uint16_t)atoi(proxy);
	return !origin || strcmp(http_request_field(r, HTTP_ORIGIN), origin) != 0;
}

static void begin(struct ws *w)
{
	const struct net_addr at = {.family = 4, .port = 80};

	web_net_init(&net);
	net.now = NSEC_SEC;
	origin = NULL;
	*w = (struct ws){
		.net = ws_net_new(&net.net, &(struct ws_world){.get = get, .admit = admit})};
	assert_non_null(w->net);
	assert_true(ws_net_listener(w->net, &at));
	w->listener = w->net->ops->listen(w->net, &at, NULL, 1);
	assert_true(w->listener >= 0);
	assert_int_equal(w->net->ops->watch(w->net, w->listener, NET_IN, LISTENER), 0);
}

static void end(struct ws *w)
{
	w->net->ops->close(w->net, w->listener);
	ws_net_free(w->net);
	web_net_end(&net);
}

static void turn(struct ws *w)
{
	w->count = w->net->ops->wait(w->net, w->events, 16, 0);
}

static void say(int c, const char *text)
{
	web_net_say(&net, c, text, strlen(text));
}

#define ASK                                                                                        \
	"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"   \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

/* A client that has sent this request; what came back is in net.conns[].out. */
static int ask(struct ws *w, const char *request)
{
	int c = web_net_connect(&net);

	turn(w); /* accepted */
	say(c, request);
	turn(w);
	return c;
}

/* An accepted WebSocket with nothing in its output. */
static int open_conn(struct ws *w, const char *protocol)
{
	char request[512];
	struct net_addr peer;
	int c;

	snprintf(request, sizeof(request), ASK "Sec-WebSocket-Protocol: %s\r\n\r\n", protocol);
	c = ask(w, request);
	assert_int_equal(w->count, 1);
	assert_int_equal(w->events[0].tag, LISTENER);
	assert_int_equal(w->net->ops->accept(w->net, w->listener, &peer), c);
	assert_int_equal(w->net->ops->watch(w->net, c, NET_IN | NET_EDGE, CONN), 0);
	net.conns[c].out_len = 0;
	return c;
}

/* A frame of a client, masked with a key that is not 0. */
static size_t frame(char *out, int head, const char *payload, size_t len)
{
	static const char key[4] = {1, 2, 3, 4};
	size_t n = 0;

	out[n++] = (char)head;
	if (len < 126) {
		out[n++] = (char)(MASKED | len);
	} else {
		out[n++] = (char)(MASKED | 126);
		out[n++] = (char)(len >> 8);
		out[n++] = (char)len;
	}
	memcpy(out + n, key, sizeof(key));
	n += sizeof(key);
	for (size_t i = 0; i < len; i++)
		out[n++] = (char)(payload[i] ^ key[i % 4]);
	return n;
}

static void send_frame(int c, int head, const char *payload)
{
	static char buf[WEB_NET_TEXT];

	web_net_say(&net, c, buf, frame(buf, head, payload, strlen(payload)));
}

/* All that recv() gives, as text, until it returns `how`. */
static const char *hear(struct ws *w, int c, ssize_t how)
{
	static char text[WEB_NET_TEXT];
	size_t len = 0;
	ssize_t n;

	turn(w);
	while ((n = w->net->ops->recv(w->net, c, text + len, 1000)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	assert_int_equal(n, how);
	return text;
}

static ssize_t tell(struct ws *w, int c, const char *lines)
{
	struct iovec iov = {(void *)lines, strlen(lines)};

	return w->net->ops->send(w->net, c, &iov, 1);
}

static void assert_out(int c, const char *bytes, size_t len)
{
	assert_int_equal(net.conns[c].out_len, len);
	assert_memory_equal(net.conns[c].out, bytes, len);
	net.conns[c].out_len = 0;
}

/* ---- the handshake ---- */

TEST(the_handshake_of_rfc_6455_and_the_clients_first_known_protocol)
{
	struct ws w;
	int c;

	begin(&w);
	c = ask(&w, ASK "Sec-WebSocket-Protocol: x, binary.ircv3.net\r\n"
			"Sec-WebSocket-Protocol: text.ircv3.net\r\n\r\n");
	assert_string_equal(net.conns[c].out,
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
		"Sec-WebSocket-Protocol: binary.ircv3.net\r\n\r\n");
	c = ask(&w, ASK "\r\n");
	assert_non_null(strstr(net.conns[c].out, "+xOo=\r\n\r\n"));
	assert_int_equal(ws_net_http(w.net)->upgraded, 2);
	end(&w);
}

TEST(requests_that_are_no_handshake_are_refused)
{
	static const struct {
		const char *request, *status;
	} cases[] = {
		{"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", "400"},
		{"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
		 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
			"426"},
		{"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
		 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n",
			"426"},
		{"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
		 "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ===\r\n\r\n",
			"400"},
		{ASK "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", "400"},
		{ASK "\r\nNICK x\r\n", "400"},
	};
	struct ws w;

	begin(&w);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int c = ask(&w, cases[i].request);

		assert_memory_equal(net.conns[c].out + strlen("HTTP/1.1 "), cases[i].status, 3);
		assert_int_equal(w.count, 0);
		if (cases[i].status[1] == '2')
			assert_non_null(strstr(net.conns[c].out, "Sec-WebSocket-Version: 13\r\n"));
	}
	assert_int_equal(ws_net_count(w.net, WS_BAD_HANDSHAKE), ARRAY_SIZE(cases) - 1);
	end(&w);
}

TEST(a_page_of_another_origin_is_refused)
{
	struct ws w;
	int c;

	begin(&w);
	origin = "https://evil.example";
	c = ask(&w, ASK "Origin: https://evil.example\r\n\r\n");
	assert_memory_equal(net.conns[c].out, "HTTP/1.1 403 ", 13);
	assert_int_equal(ws_net_count(w.net, WS_OTHER_ORIGIN), 1);
	end(&w);
}

TEST(a_page_is_served_without_a_connection_for_the_owner)
{
	struct ws w;
	int c;

	begin(&w);
	c = ask(&w, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	assert_non_null(strstr(net.conns[c].out, "\r\n\r\npage\n"));
	assert_int_equal(w.count, 0);
	end(&w);
}

TEST(a_connection_that_nobody_accepts_stays_reported_and_is_closed_with_its_listener)
{
	struct net_addr peer;
	struct ws w;
	int c;

	begin(&w);
	w.net->ops->rewatch(w.net, w.listener, 0, LISTENER);
	c = ask(&w, ASK "X-Forwarded-For: 9\r\n\r\n");
	assert_int_equal(w.count, 0);
	w.net->ops->rewatch(w.net, w.listener, NET_IN, LISTENER);
	turn(&w);
	turn(&w);
	assert_int_equal(w.count, 1);
	assert_int_equal(w.net->ops->accept(w.net, w.listener, &peer), c);
	assert_int_equal(peer.port, 9);
	assert_int_equal(w.net->ops->accept(w.net, w.listener, &peer), -EAGAIN);
	w.net->ops->close(w.net, c);
	c = ask(&w, ASK "\r\n");
	assert_true(net.conns[c].open);
	end(&w);
	assert_false(net.conns[c].open);
}

/* ---- messages in ---- */

TEST(a_message_is_a_line)
{
	struct ws w;
	int c;

	begin(&w);
	c = open_conn(&w, "text.ircv3.net");
	send_frame(c, FIN | TEXT, "NICK x");
	send_frame(c, FIN | BINARY, "USER \xff 0 * :y\r\n");
	send_frame(c, FIN | TEXT, "");
	assert_string_equal(hear(&w, c, -EAGAIN), "NICK x\r\nUSER \xff 0 * :y\r\n\r\n");
	assert_int_equal(w.events[0].tag, CONN);
	end(&w);
}

TEST(fragments_are_one_line_also_with_a_ping_between_them)
{
	struct ws w;
	int c;

	begin(&w);
	c = open_conn(&w, "text.ircv3.net");
	send_frame(c, TEXT, "PRIVMSG #x :\xc3"); /* a character in two pieces */
	assert_string_equal(hear(&w, c, -EAGAIN), "PRIVMSG #x :\xc3");
	send_frame(c, FIN | PING, "are you there");
	send_frame(c, CONTINUATION, "\xa4");
	assert_string_equal(hear(&w, c, -EAGAIN), "\xa4");
	assert_out(c,
		"\x8a\x0d"
		"are you there",
		15);
	send_frame(c, FIN | CONTINUATION, " end");
	assert_string_equal(hear(&w, c, -EAGAIN), " end\r\n");
	end(&w);
}

TEST(bytes_that_come_one_at_a_time_are_the_same_lines)
{
	static const char line[] =
		"PRIVMSG #x :a message whose length needs two bytes of the "
		"head, as there are more than one hundred and twenty-five of them to send";
	char frames[512], all[512] = "";
	size_t n = frame(frames, FIN | TEXT, "JOIN #x", 7);
	struct ws w;
	int c;

	n += frame(frames + n, FIN | PING, "", 0);
	n += frame(frames + n, FIN | TEXT, "", 0);
	n += frame(frames + n, FIN | TEXT, line, strlen(line));
	begin(&w);
	c = open_conn(&w, "binary.ircv3.net");
	for (size_t i = 0; i < n; i++) {
		web_net_say(&net, c, frames + i, 1);
		strcat(all, hear(&w, c, -EAGAIN));
	}
	assert_memory_equal(all, "JOIN #x\r\n\r\nPRIVMSG #x :a message", 31);
	assert_true(strlen(line) > 125);
	assert_int_equal(strlen(all), 9 + 2 + strlen(line) + 2);
	end(&w);
}

/* wslay reads 4,096 bytes, then the one that is left of what may be read, which is no head. */
TEST(a_frame_whose_head_is_cut_by_the_end_of_the_buffer_is_gone_on_with)
{
	enum {
		PAYLOAD = 4096 - 8
	};
	static char text[PAYLOAD + 1], sent[WEB_NET_TEXT], buf[4096 + 1 + 2];
	struct ws w;
	size_t len;
	int c;

	begin(&w);
	c = open_conn(&w, "text.ircv3.net");
	memset(text, 'x', PAYLOAD);
	len = frame(sent, TEXT, text, PAYLOAD);
	len += frame(sent + len, FIN, "end", 3);
	web_net_say(&net, c, sent, len);
	turn(&w);
	assert_int_equal(w.net->ops->recv(w.net, c, buf, sizeof(buf)), PAYLOAD);
	net.conns[c].ready = 0; /* the edge was reported */
	turn(&w);
	assert_int_equal(w.count, 1);
	assert_int_equal(w.net->ops->recv(w.net, c, buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "end\r\n", 5);
	end(&w);
}

TEST(a_small_buffer_gets_all_of_a_burst_turn_by_turn)
{
	size_t sum = 0;
	char buf[WS_READ_MIN];
	struct ws w;
	int c;

	begin(&w);
	c = open_conn(&w, "text.ircv3.net");
	for (int i = 0; i < 100; i++)
		send_frame(c, FIN | (i % 2 ? PING : TEXT), "PING 1234");
	for (turn(&w); w.count; turn(&w)) {
		ssize_t n = w.net->ops->recv(w.net, c, buf, sizeof(buf));

		assert_int_equal(w.events[0].tag, CONN);
		sum += n > 0 ? (size_t)n : 0;
	}
	assert_int_equal(sum, 50 * 11);
	end(&w);
}

TEST(what_breaks_the_protocol_ends_the_connection_with_the_code_for_it)
{
	static const struct {
		const char *bytes;
		size_t len;
		int code;
		enum ws_count why;
	} cases[] = {
		{"\x81\x01x", 3, 1002, WS_PROTOCOL_ERROR},                   /* not masked */
		{"\xc1\x80\x01\x02\x03\x04", 6, 1002, WS_PROTOCOL_ERROR},    /* compressed */
		{"\x83\x80\x01\x02\x03\x04", 6, 1002, WS_PROTOCOL_ERROR},    /* opcode 3 */
		{"\x80\x80\x01\x02\x03\x04", 6, 1002, WS_PROTOCOL_ERROR},    /* continues nothing */
		{"\x09\x80\x01\x02\x03\x04", 6, 1002, WS_PROTOCOL_ERROR},    /* ping in pieces */
		{"\x88\x81\x01\x02\x03\x04x", 7, 1002, WS_PROTOCOL_ERROR},   /* half a code */
		{"\x81\xfe\x00\x05", 4, 1002, WS_PROTOCOL_ERROR},            /* length too long */
		{"\x81\xff\x80\0\0\0\0\0\0\0", 10, 1002, WS_PROTOCOL_ERROR}, /* negative */
		{"\x81\xfe\xff\xff\x01\x02\x03\x04x", 9, 1009, WS_TOO_BIG},
		{"\x82\xff\0\0\0\x01\0\0\0\0\x01\x02\x03\x04x", 15, 1009, WS_TOO_BIG},
		{"\x81\x81\x01\x02\x03\x04\xfe", 7, 1007, WS_NOT_UTF8}, /* 0xff */
		{"\x81\x81\x01\x02\x03\x04\xc2", 7, 1007, WS_NOT_UTF8}, /* half a character */
		{"\x88\x82\x01\x02\x03\x04\x02\xee", 8, 1002, WS_PROTOCOL_ERROR}, /* closes: 1004 */
	};
	struct ws w;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char want[4] = {
			(char)(FIN | CLOSE), 2, (char)(cases[i].code >> 8), (char)cases[i].code};
		int c;

		begin(&w);
		c = open_conn(&w, "text.ircv3.net");
		web_net_say(&net, c, cases[i].bytes, cases[i].len);
		hear(&w, c, 0);
		assert_string_equal(w.net->ops->why(w.net, c), ws_count_text(cases[i].why));
		assert_int_equal(tell(&w, c, "ERROR :late\r\n"), 13); /* is not sent */
		assert_out(c, want, sizeof(want));
		assert_int_equal(ws_net_count(w.net, cases[i].why), 1);
		end(&w);
	}
}

TEST(a_close_frame_is_answered_and_ends_the_stream_behind_the_lines)
{
	struct ws w;
	int c;

	begin(&w);
	c = open_conn(&w, "text.ircv3.net");
	send_frame(c, FIN | TEXT, "QUIT :bye");
	send_frame(c, FIN | CLOSE, "\x03\xe9");
	send_frame(c, FIN | TEXT, "NICK late");
	assert_string_equal(hear(&w, c, 0), "QUIT :bye\r\n");
	assert_null(w.net->ops->why(w.net, c));
	w.net->ops->close(w.net, c);
	assert_out(c, "\x88\x02\x03\xe9", 4);
	end(&w);
}

TEST(the_end_of_the_socket_is_reported_behind_the_lines)
{
	struct ws w;
	int c;

	begin(&w);
	c = open_conn(&w, "text.ircv3.net");
	send_frame(c, FIN | TEXT, "NICK x");
	net.conns[c].eof = true;
	assert_string_equal(hear(&w, c, 0), "NICK x\r\n");
	end(&w);
}

/* ---- lines out ---- */

TEST(a_line_is_a_message_of_its_own)
{
	struct iovec iov[] = {{"A b\r\n:irc.ex", 12}, {"ample 001\r\n", 11}, {"", 0}, {"C\r\n", 3}};
	struct ws w;
	int c;

	begin(&w);
	c = open_conn(&w, "text.ircv3.net");
	assert_int_equal(w.net->ops->send(w.net, c, iov, 4), 26);
	assert_out(c,
		"\x81\x03"
		"A b\x81\x10:irc.example 001\x81\x01"
		"C",
		26);
	w.net->ops->close(w.net, c);
	assert_out(c, "\x88\x02\x03\xe8", 4);
	c = open_conn(&w, "binary.ircv3.net");
	assert_int_equal(tell(&w, c, "\xe9\r\n"), 3);
	assert_out(c, "\x82\x01\xe9", 3);
	end(&w);
}

/* Sends the same to each of three connections in one batch. */
static void tell_all(struct ws *w, const int c[3], const char *text, struct net_send sends[3])
{
	static struct iovec iov;

	iov = (struct iovec){(void *)text, strlen(text)};
	for (int i = 0; i < 3; i++)
		sends[i] = (struct net_send){.handle = c[i], .iov_count = 1, .iov = &iov};
	w->net->ops->send_batch(w->net, sends, 3);
}

static void open_three(struct ws *w, int c[3])
{
	c[0] = open_conn(w, "text.ircv3.net");
	c[1] = open_conn(w, "binary.ircv3.net");
	c[2] = open_conn(w, "text.ircv3.net");
}

TEST(a_batch_of_messages_is_one_of_the_wrapped_network)
{
	struct net_send sends[3];
	struct ws w;
	int c[3];

	begin(&w);
	open_three(&w, c);
	tell_all(&w, c, "A b\r\n\r\nc\xe9\n", sends);
	assert_int_equal(net.batches, 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(sends[i].done, 10);
	assert_out(c[0],
		"\x81\x03"
		"A b\x81\x04"
		"c\xef\xbf\xbd",
		11);
	assert_out(c[1],
		"\x82\x03"
		"A b\x82\x02"
		"c\xe9",
		9);
	tell_all(&w, c, "\r\n\n", sends); /* nothing to say */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(sends[i].done, 3);
		assert_int_equal(net.conns[c[i]].out_len, i == 2 ? 11 : 0);
	}
	end(&w);
}

TEST(what_a_full_socket_refuses_of_a_batch_is_sent_once)
{
	static const char lines[] = "first line\r\nsecond line\r\n";
	static const char frames[] = "\x81\x0a"
				     "first line\x81\x0bsecond line";
	struct net_send sends[3];
	struct ws w;
	int c[3];

	begin(&w);
	open_three(&w, c);
	net.conns[c[0]].room = 5;
	net.conns[c[1]].room = 0;
	tell_all(&w, c, lines, sends);
	assert_int_equal(sends[0].done, -EAGAIN);
	assert_int_equal(sends[1].done, -EAGAIN);
	assert_int_equal(sends[2].done, strlen(lines));
	assert_int_equal(net.conns[c[0]].out_len, 5);
	net.conns[c[0]].room = SIZE_MAX;
	turn(&w); /* the rest goes without the owner, who does not know */
	tell_all(&w, c, lines, sends);
	assert_int_equal(sends[0].done, strlen(lines));
	assert_out(c[0], frames, sizeof(frames) - 1);
	assert_int_equal(sends[1].done, -EAGAIN);
	assert_int_equal(net.conns[c[2]].out_len, 2 * (sizeof(frames) - 1));
	end(&w);
}

TEST(in_a_batch_bytes_that_are_all_mended_and_lines_of_one_byte_have_room)
{
	static char text[NET_BATCH_BYTES / 5];
	struct net_send sends[3];
	struct ws w;
	int c[3];

	begin(&w);
	open_three(&w, c);
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "\xe9\n", 2);
	tell_all(&w, c, text, sends);
	assert_int_equal(sends[0].done, strlen(text));
	assert_int_equal(net.conns[c[0]].out_len, strlen(text) / 2 * 5);
	memset(text, '\xe9', sizeof(text) - 1);
	tell_all(&w, c, text, sends);
	assert_int_equal(sends[2].done, strlen(text));
	end(&w);
}

TEST(a_line_too_long_for_a_batch_is_sent_by_itself)
{
	static char text[NET_BATCH_BYTES / 4];
	struct net_send sends[3];
	struct ws w;
	int c[3];

	begin(&w);
	open_three(&w, c);
	memset(text, 'x', sizeof(text) - 1);
	tell_all(&w, c, text, sends);
	assert_int_equal(net.batches, 0);
	assert_int_equal(sends[1].done, strlen(text));
	assert_int_equal(net.conns[c[1]].out_len, strlen(text) + 8); /* two messages */
	end(&w);
}

TEST(a_connection_that_fails_in_a_batch_says_so)
{
	struct net_send sends[3];
	struct ws w;
	int c[3];

	begin(&w);
	open_three(&w, c);
	net.conns[c[1]].error = EPIPE;
	tell_all(&w, c, "A\r\n", sends);
	assert_int_equal(sends[0].done, 3);
	assert_int_equal(sends[1].done, -EPIPE);
	assert_int_equal(sends[2].done, 3);
	end(&w);
}

TEST(a_long_line_has_two_bytes_of_length)
{
	char line[304];
	struct ws w;
	int c;

	memset(line, 'x', sizeof(line));
	memcpy(line + 300, "\r\n", 3);
	begin(&w);
	c = open_conn(&w, "text.ircv3.net");
	assert_int_equal(tell(&w, c, line), 302);
	assert_int_equal(net.conns[c].out_len, 304);
	assert_memory_equal(net.conns[c].out, "\x81\x7e\x01\x2cxxxx", 8);
	end(&w);
}

TEST(bytes_that_are_not_utf8_are_replaced_in_frames_of_text)
{
	struct ws w;
	int c;

	begin(&w);
	c = open_conn(&w, "text.ircv3.net");
	assert_int_equal(tell(&w, c, "caf\xe9 \xc3\xa9\xc3\r\n"), 10);
	assert_out(c,
		"\x81\x0c"
		"caf\xef\xbf\xbd \xc3\xa9\xef\xbf\xbd",
		14);
	end(&w);
}

TEST(a_socket_that_takes_little_gets_every_byte_once)
{
	static const char lines[] = "first line\r\nsecond line\r\nthird\r\n";
	static const char frames[] = "\x81\x0a"
				     "first line\x81\x0bsecond line\x81\x05third";
	size_t at = 0;
	struct ws w;
	int c;

	begin(&w);
	c = open_conn(&w, "text.ircv3.net");
	w.net->ops->rewatch(w.net, c, NET_IN | NET_OUT | NET_EDGE, CONN);
	for (int turns = 0; at < strlen(lines); turns++) {
		ssize_t n;

		net.conns[c].room = 3;
		turn(&w);
		n = tell(&w, c, lines + at);
		assert_true(n > 0 || n == -EAGAIN);
		at += n > 0 ? (size_t)n : 0;
		assert_true(turns < 100);
	}
	assert_out(c, frames, sizeof(frames) - 1);
	end(&w);
}

TEST(pongs_wait_for_room_and_then_go_without_the_owner)
{
	struct ws w;
	int c;

	begin(&w);
	c = open_conn(&w, "text.ircv3.net");
	net.conns[c].room = 0;
	send_frame(c, FIN | PING, "x");
	hear(&w, c, -EAGAIN);
	assert_int_equal(net.conns[c].out_len, 0);
	net.conns[c].room = SIZE_MAX;
	turn(&w);
	assert_int_equal(w.count, 0); /* the owner did not ask for NET_OUT */
	assert_out(c, "\x8a\x01x", 3);
	end(&w);
}

TEST(a_client_that_takes_no_pongs_is_read_no_further)
{
	struct ws w;
	char buf[1000];
	size_t sent = 0;
	int c;

	begin(&w);
	c = open_conn(&w, "text.ircv3.net");
	net.conns[c].room = 0;
	while (net.conns[c].in_len == 0 && sent < WEB_NET_TEXT * 4) {
		for (int i = 0; i < 100; i++, sent += 100)
			send_frame(c, FIN | PING,
				"012345678901234567890123456789012345678901234567890123456789012345"
				"6"
				"789012345678901234567");
		hear(&w, c, -EAGAIN);
	}
	assert_true(net.conns[c].in_len > 0);
	net.conns[c].room = SIZE_MAX;
	for (turn(&w); w.count; turn(&w))
		w.net->ops->recv(w.net, c, buf, sizeof(buf));
	assert_int_equal(net.conns[c].in_len, 0);
	end(&w);
}

TEST(an_idle_websocket_is_a_small_structure)
{
	assert_true(sizeof(struct ws_conn) <= 64);
}
