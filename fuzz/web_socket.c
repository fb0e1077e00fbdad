/*
 * web_socket.c - a server of WebSockets that a hostile client talks to, in pieces and with little
 * room.
 *
 *     input = | what (1) | length (1) | bytes ... | what | ...
 *     what: bits 0-1 bytes as they are, a masked frame of them, a line that the server sends, a
 * turn 2 the client takes only a few bytes, 3 sends no more, 4-7 opcode of the frame, FIN if odd
 *
 * The handshake is done first. Whatever comes, each frame that the server sends is whole, not
 * masked, in the shortest form, of text in UTF-8, and nothing follows a close frame.
 */
#include "web/test/web_net.h"
#include "web/ws_net.h"

#include "base/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	RECORDS = 64, /* of an input; later ones are ignored */
	TAG = 5,
	LISTENER_TAG = 6,
	ROOM = 7,
	TURNS = 200,
};

static const char handshake[] =
	"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

struct run {
	struct net *ws;
	struct web_net *inner;
	int conn;
	bool ended;
	char lines[WEB_NET_TEXT]; /* for the client, not yet taken */
	size_t len;
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void get(void *arg, struct http_ask *ask, struct http_answer *out)
{
	out->status = 404;
}

static bool admit(void *arg, const struct http_request *r, struct net_addr *peer)
{
	return true;
}

static void receive(struct run *r)
{
	static char buf[1000];
	ssize_t n = r->ws->ops->recv(r->ws, r->conn, buf, sizeof(buf));

	must(n <= (ssize_t)sizeof(buf));
	r->ended |= n == 0;
}

/* By itself, or as a batch. */
static ssize_t send_some(struct run *r)
{
	struct iovec iov = {r->lines, r->len};
	struct net_send s = {.handle = r->conn, .iov_count = 1, .iov = &iov};

	if (r->len % 2 == 0)
		return r->ws->ops->send(r->ws, r->conn, &iov, 1);
	r->ws->ops->send_batch(r->ws, &s, 1);
	return s.done;
}

static void send_lines(struct run *r)
{
	ssize_t n = r->len ? send_some(r) : 0;

	must(n <= (ssize_t)r->len);
	if (n <= 0)
		return;
	r->len -= (size_t)n;
	memmove(r->lines, r->lines + n, r->len);
}

static void turn(struct run *r)
{
	struct net_event e[8];
	int n = r->ws->ops->wait(r->ws, e, 8, 0);

	for (int i = 0; i < n; i++)
		if (e[i].tag == TAG && !r->ended)
			receive(r);
	send_lines(r);
}

static void add_line(struct run *r, const uint8_t *p, size_t n)
{
	if (n + 2 > sizeof(r->lines) - r->len)
		return;
	for (size_t i = 0; i < n; i++)
		r->lines[r->len++] = (char)(p[i] == '\n' || p[i] == '\r' || !p[i] ? '?' : p[i]);
	memcpy(r->lines + r->len, "\r\n", 2);
	r->len += 2;
}

static void say_frame(struct run *r, uint8_t head, const uint8_t *p, size_t n)
{
	char f[8 + UINT8_MAX] = {(char)head, (char)(0x80 | (n < 126 ? n : 126))};
	size_t at = 2;

	if (n >= 126) {
		f[at++] = 0;
		f[at++] = (char)n;
	}
	at += 4; /* a mask of zeros */
	memcpy(f + at, p, n);
	web_net_say(r->inner, r->conn, f, at + n);
}

static void one_record(struct run *r, uint8_t what, const uint8_t *p, size_t n)
{
	struct web_net_conn *c = &r->inner->conns[r->conn];

	c->room = what & 1 << 2 ? ROOM : SIZE_MAX;
	c->eof |= (what & 1 << 3) != 0 && what >> 4 == 15;
	switch (what & 3) {
	case 0: web_net_say(r->inner, r->conn, (const char *)p, n); return;
	case 1: say_frame(r, (uint8_t)((what >> 4 & 1 ? 0x80 : 0) | (what >> 4)), p, n); return;
	case 2: add_line(r, p, n); return;
	case 3: turn(r); return;
	}
}

/* The length of the frame at p, with its head; checks its form. */
static size_t check_frame(const uint8_t *p, size_t n)
{
	size_t head = 2, len;

	must(n >= 2 && (p[0] & 0xf0) == 0x80 && !(p[1] & 0x80) && p[1] <= 126);
	len = p[1];
	if (len == 126) {
		must(n >= 4);
		len = (size_t)p[2] << 8 | p[3];
		must(len >= 126);
		head = 4;
	}
	must(head + len <= n);
	if ((p[0] & 0xf) == 1)
		must(utf8_valid((const char *)p + head, len) && !memchr(p + head, '\n', len));
	return head + len;
}

static void check_output(const struct web_net_conn *c)
{
	const uint8_t *p = (const uint8_t *)strstr(c->out, "\r\n\r\n") + 4;
	size_t n = c->out_len - (size_t)(p - (const uint8_t *)c->out);

	while (n > 0) {
		size_t len = check_frame(p, n);

		must((p[0] & 0xf) != 8 || len == n);
		p += len;
		n -= len;
	}
}

/* A connection as the server has it after the handshake. */
static bool open_conn(struct run *r, struct web_net *w)
{
	struct ws_world world = {.get = get, .admit = admit};
	struct net_addr at = {.family = 4, .port = 1}, peer;
	struct net_event e[8];
	int listener;

	web_net_init(w);
	r->inner = w;
	r->ws = ws_net_new(&w->net, &world);
	if (!r->ws || !ws_net_listener(r->ws, &at))
		return false;
	listener = r->ws->ops->listen(r->ws, &at, NULL, 1);
	r->ws->ops->watch(r->ws, listener, NET_IN, LISTENER_TAG);
	web_net_connect(w);
	r->ws->ops->wait(r->ws, e, 8, 0);
	web_net_say(w, 0, handshake, sizeof(handshake) - 1);
	must(r->ws->ops->wait(r->ws, e, 8, 0) == 1 && e[0].tag == LISTENER_TAG);
	r->conn = r->ws->ops->accept(r->ws, listener, &peer);
	must(r->conn == 0);
	r->ws->ops->watch(r->ws, r->conn, NET_IN | NET_OUT | NET_EDGE, TAG);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct web_net w;
	static struct run r;

	r = (struct run){0};
	if (!open_conn(&r, &w))
		return 0;
	for (int n = 0; n < RECORDS && size >= 2; n++) {
		size_t len = size_min(data[1], size - 2);

		one_record(&r, data[0], data + 2, len);
		data += 2 + len;
		size -= 2 + len;
	}
	w.conns[0].room = SIZE_MAX;
	for (int n = 0; n < TURNS; n++)
		turn(&r);
	r.ws->ops->close(r.ws, r.conn);
	if (w.conns[0].out_len < WEB_NET_TEXT - 1)
		check_output(&w.conns[0]);
	ws_net_free(r.ws);
	web_net_end(&w);
	return 0;
}
