/* http_ask.c - requests are passed to the site: http_ask.h. */
#include "web/http_ask.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

static struct http_ask ask_of(const struct http_door *d, size_t i)
{
	const struct http_conn *c = d->conns[i];

	return (struct http_ask){
		&c->request, &c->peer, c->content, c->content_len, {(uint32_t)i, c->serial}};
}

/* The connection is not looked at until the site answers. */
static void wait_for_site(struct http_door *d, size_t i)
{
	struct http_conn *c = d->conns[i];

	c->phase = WAITING;
	c->idle = false;
	c->deadline = d->now + HTTP_WAIT_TIME;
	d->net->ops->rewatch(d->net, c->handle, NET_EDGE, d->tags + i);
}

static void ask(struct http_door *d, size_t i)
{
	struct http_conn *c = d->conns[i];
	struct http_answer a = {.status = 500};
	struct http_ask q;

	if (c->request.method == HTTP_OPTIONS && !d->site.admit) {
		http_conn_refuse(d, i, 405);
		return;
	}
	c->serial = ++d->serial;
	q = ask_of(d, i);
	d->site.get(d->site.arg, &q, &a);
	c->content = q.content;
	http_conn_drop_content(d, c);
	if (a.status == HTTP_LATER)
		wait_for_site(d, i);
	else
		http_conn_answer(d, i, &a);
}

/* Content is taken into memory of its announced size, of which the system gives what is used. */
static unsigned reserve_content(struct http_door *d, size_t i)
{
	struct http_conn *c = d->conns[i];
	struct http_ask q = ask_of(d, i);
	unsigned status = d->site.admit ? d->site.admit(d->site.arg, &q) : 405;

	if (status)
		return status;
	if (c->request.content > HTTP_CONTENTS_MAX - d->contents)
		return 503;
	c->content = malloc(c->request.content + 1);
	if (!c->content)
		return 503;
	c->content_size = (size_t)c->request.content;
	d->contents += c->content_size;
	return 0;
}

/* RFC 9110 section 10.1.1. A socket that does not even take this is given up. */
static bool say_continue(struct http_door *d, struct http_conn *c)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct iovec iov = {(void *)text, strlen(text)};

	return strcasecmp(http_request_field(&c->request, HTTP_EXPECT), "100-continue") != 0 ||
	       d->net->ops->send(d->net, c->handle, &iov, 1) == (ssize_t)strlen(text);
}

static void begin_content(struct http_door *d, size_t i)
{
	struct http_conn *c = d->conns[i];
	unsigned status = reserve_content(d, i);

	if (status) {
		http_conn_refuse(d, i, status);
		return;
	}
	c->phase = TAKING;
	c->deadline =
		d->now + HTTP_REQUEST_TIME + (nsec_t)c->content_size * NSEC_SEC / HTTP_CONTENT_RATE;
	if (!say_continue(d, c))
		http_conn_close(d, i);
	else
		http_ask_take_content(d, i);
}

void http_ask_begin(struct http_door *d, size_t i)
{
	struct http_conn *c = d->conns[i];

	c->keep = c->request.keep_alive;
	if (c->request.method == HTTP_POST)
		begin_content(d, i);
	else
		ask(d, i);
}

/* Of what came together with the head. */
static size_t early_content(struct http_conn *c)
{
	size_t n = size_min(c->in_len, c->content_size - c->content_len);

	memcpy(c->content + c->content_len, c->in, n);
	c->in_len -= n;
	memmove(c->in, c->in + n, c->in_len);
	return n;
}

void http_ask_take_content(struct http_door *d, size_t i)
{
	struct http_conn *c = d->conns[i];
	size_t want;
	ssize_t n;

	c->content_len += early_content(c);
	want = size_min(c->content_size - c->content_len, HTTP_CONTENT_READ);
	if (want) {
		n = d->net->ops->recv(d->net, c->handle, c->content + c->content_len, want);
		if (n == -EAGAIN || n == -EINTR)
			return;
		if (n <= 0) {
			http_conn_close(d, i);
			return;
		}
		c->content_len += (size_t)n;
	}
	if (c->content_len == c->content_size)
		ask(d, i);
}
