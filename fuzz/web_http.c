/*
 * web_http.c - an HTTP server that hostile clients talk to, in pieces, out of turn and slowly.
 *
 *     input = | what (1) | length (1) | bytes ... | what | ...
 *     what: bits 0-1 the connection, 2 a turn follows, 3 seconds pass, 4 it takes only a few bytes
 *     of answers, 5 it sends no more, 6 another connection takes its place
 *
 * The bytes of all pieces are also one stream of requests, which must be the same requests however
 * it is cut. Answers begin where the last one ended, and none follows the announced end.
 */
#include "base/utf8.h"
#include "web/http_door.h"
#include "web/http_media.h"
#include "web/http_request.h"
#include "web/test/web_net.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	CLIENTS = 4,
	RECORDS = 128, /* of an input; later ones are ignored */
	SECONDS = 3,
	ROOM = 5,
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* --- the stream, cut in two ways -------------------------------------------------------------- */

/* One request from pieces of `step` bytes; returns the bytes taken. */
static size_t one_request(
	struct http_request *r, enum http_verdict *v, const char *p, size_t n, size_t step)
{
	size_t at = 0, used;

	http_request_init(r);
	for (*v = HTTP_MORE; *v == HTTP_MORE && at < n; at += used)
		*v = http_request_feed(r, p + at, size_min(step, n - at), &used);
	must(at <= HTTP_HEAD_MAX);
	return at;
}

static void check_stream(const char *p, size_t n)
{
	static struct http_request a, b;
	enum http_verdict va, vb;
	size_t used;

	do {
		used = one_request(&a, &va, p, n, n);
		size_t slow = one_request(&b, &vb, p, n, 1);

		must(va == vb && a.status == b.status);
		if (va != HTTP_WHOLE)
			return;
		must(used == slow && strcmp(a.path, b.path) == 0);
		must(a.keep_alive == b.keep_alive && a.method == b.method &&
			a.content == b.content);
		p += used;
		n -= used;
	} while (n > 0);
}

/* --- the server ------------------------------------------------------------------------------- */

/* Paths that begin with /l are answered in a later turn. */
struct site {
	struct http_token token;
	bool waiting;
};

static void check_content(const struct http_ask *ask)
{
	char type[HTTP_MEDIA_MAX], name[HTTP_NAME_LEN], percent[HTTP_PERCENT_MAX];

	must(ask->content_len == ask->request->content);
	if (http_media_type(type, http_request_field(ask->request, HTTP_CONTENT_TYPE)))
		must(strchr(type, '/') && strlen(type) < HTTP_MEDIA_MAX);
	http_media_name(name, http_request_field(ask->request, HTTP_CONTENT_DISPOSITION));
	must(*name && !strpbrk(name, "/\\\"\r\n") && utf8_valid(name, strlen(name)));
	http_media_percent(percent, name);
	must(!strpbrk(percent, " \"/\\;,"));
}

static void get(void *arg, struct http_ask *ask, struct http_answer *out)
{
	struct site *s = arg;
	const char *path = ask->request->path;

	must(strlen(path) <= HTTP_TARGET_MAX);
	check_content(ask);
	if (strncmp(path, "/l", 2) == 0) {
		s->token = ask->token;
		s->waiting = true;
		out->status = HTTP_LATER;
		return;
	}
	out->status = path[0] == '/' && path[1] ? 404 : 200;
	if (out->status == 404)
		return;
	out->type = "text/plain";
	out->body = strdup("content\n");
	out->len = out->body ? strlen("content\n") : 0;
}

static unsigned admit(void *arg, const struct http_ask *ask)
{
	(void)arg;
	must(ask->content == NULL);
	return ask->request->content > 4096 ? 413 : 0;
}

static void answer_later(struct http_door *d, struct site *s)
{
	struct http_answer a = {.status = 404};

	if (s->waiting)
		http_door_answer(d, s->token, &a);
	s->waiting = false;
}

static void check_answers(const struct web_net_conn *c)
{
	static const char begin[] = "HTTP/1.1 ", end[] = "Connection: close\r\n";
	const char *closed;

	if (c->out_len == 0)
		return;
	must(strncmp(c->out, begin, size_min(c->out_len, strlen(begin))) == 0);
	closed = strstr(c->out, end);
	must(!closed || !strstr(closed, begin));
}

static void run(
	struct http_door *d, struct site *s, struct web_net *w, const uint8_t *data, size_t size)
{
	int conn[CLIENTS];

	for (int i = 0; i < CLIENTS; i++)
		conn[i] = web_net_connect(w);
	for (int n = 0; n < RECORDS && size >= 2; n++) {
		int *i = &conn[data[0] & (CLIENTS - 1)];
		size_t len = size_min(data[1], size - 2);

		if (data[0] & 1 << 6)
			*i = web_net_connect(w);
		web_net_say(w, *i, (const char *)data + 2, len);
		w->conns[*i].room = data[0] & 1 << 4 ? ROOM : SIZE_MAX;
		w->conns[*i].eof |= (data[0] & 1 << 5) != 0;
		if (data[0] & 1 << 3)
			w->now += SECONDS * NSEC_SEC;
		if (data[0] & 1 << 2) {
			answer_later(d, s);
			http_door_turn(d);
		}
		data += 2 + len;
		size -= 2 + len;
	}
	for (int n = 0; n < RECORDS || http_door_due(d) == 0; n++)
		http_door_turn(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct web_net w;
	struct site own = {0};
	struct http_site site = {.get = get, .admit = admit, .arg = &own};
	struct http_door *d;

	check_stream((const char *)data, size);
	web_net_init(&w);
	d = http_door_new(&w.net, &site);
	must(d && http_door_listen(d, &(struct net_addr){.family = 4}) == 0);
	run(d, &own, &w, data, size);
	for (int n = 0; n < 3; n++) { /* a request, its refusal, and what lingers */
		w.now += HTTP_IDLE_TIME;
		http_door_turn(d);
	}
	must(http_door_counts(d)->conns == 0);
	for (int i = 0; i < w.opened; i++)
		check_answers(&w.conns[i]);
	http_door_free(d);
	web_net_end(&w);
	return 0;
}
