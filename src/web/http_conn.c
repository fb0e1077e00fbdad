/* http_conn.c - connections and their answers: http_conn.h. */
#include "web/http_conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	SENTENCE_MAX = 64,
};

const uint16_t http_statuses[HTTP_STATUSES] = {200, 201, 204, 206, 304, 400, 401, 403, 404, 405,
	408, 411, 413, 414, 415, 416, 426, 431, 500, 503, 505, 507};

static void drop_body(struct http_conn *c)
{
	if (!c->lasting)
		free((void *)c->body);
	c->body = NULL;
}

void http_conn_drop_content(struct http_door *d, struct http_conn *c)
{
	free(c->content);
	c->content = NULL;
	d->contents -= c->content_size;
	c->content_size = c->content_len = 0;
}

void http_conn_forget(struct http_door *d, size_t i)
{
	drop_body(d->conns[i]);
	http_conn_drop_content(d, d->conns[i]);
	free(d->conns[i]);
	d->conns[i] = NULL;
	d->counts.conns--;
}

void http_conn_close(struct http_door *d, size_t i)
{
	d->net->ops->close(d->net, d->conns[i]->handle);
	http_conn_forget(d, i);
}

void http_conn_next(struct http_door *d, struct http_conn *c, bool idle)
{
	c->phase = READING;
	c->idle = idle && c->in_len == 0;
	c->deadline = d->now + (c->idle ? HTTP_IDLE_TIME : HTTP_REQUEST_TIME);
	http_request_init(&c->request);
}

static void count_answer(struct http_door *d, unsigned status)
{
	size_t i = 0;

	while (i < HTTP_STATUSES && http_statuses[i] != status)
		i++;
	assert(i < HTTP_STATUSES);
	d->counts.answers[i]++;
}

static void watch(struct http_door *d, size_t i, bool full)
{
	struct http_conn *c = d->conns[i];

	if (c->full != full)
		d->net->ops->rewatch(d->net, c->handle, full ? NET_OUT : NET_IN, d->tags + i);
	c->full = full;
}

/* After the last byte of an answer. */
static void answered(struct http_door *d, size_t i)
{
	struct http_conn *c = d->conns[i];

	drop_body(c);
	if (c->refused) {
		c->phase = LINGERING;
		c->deadline = d->now + HTTP_LINGER_TIME;
		watch(d, i, false);
	} else if (c->keep) {
		http_conn_next(d, c, true);
		watch(d, i, false);
	} else {
		http_conn_close(d, i);
	}
}

void http_conn_send(struct http_door *d, size_t i)
{
	struct http_conn *c = d->conns[i];

	while (c->sent < c->head_len + c->body_len) {
		size_t body = c->sent > c->head_len ? c->sent - c->head_len : 0;
		size_t head = size_min(c->sent, c->head_len);
		struct iovec iov[2] = {{c->head + head, c->head_len - head},
			{(void *)(c->body + c->body_from + body), c->body_len - body}};
		int first = iov[0].iov_len == 0, end = iov[1].iov_len > 0 ? 2 : 1;
		ssize_t n = d->net->ops->send(d->net, c->handle, iov + first, end - first);

		if (n == -EAGAIN || n == -EINTR) {
			watch(d, i, true);
			return;
		}
		if (n < 0) {
			http_conn_close(d, i);
			return;
		}
		c->sent += (size_t)n;
	}
	answered(d, i);
}

/* The body of an answer that has none. */
static void say_status(struct http_answer *a)
{
	char *sentence = malloc(SENTENCE_MAX);

	a->type = "text/plain; charset=utf-8";
	a->lasting = false;
	a->body = sentence;
	if (sentence)
		a->len = (size_t)snprintf(sentence, SENTENCE_MAX, "%u %s\n", a->status,
			http_response_reason(a->status));
}

/* Which part of the content is sent; without the content if the client asks beyond its end. */
static void take_part(struct http_conn *c, struct http_answer *a, struct http_range *part)
{
	*part = (struct http_range){.len = a->len};
	if (a->status != HTTP_STATUS_OK || !a->body || !*a->tag)
		return;
	http_range_of(&c->request, a->tag, a->len, part);
	a->status = part->status;
	if (part->status != HTTP_STATUS_RANGE_NOT_SATISFIABLE)
		return;
	if (!a->lasting)
		free((void *)a->body);
	a->body = NULL;
}

void http_conn_answer(struct http_door *d, size_t i, struct http_answer *a)
{
	struct http_conn *c = d->conns[i];
	struct http_range part;

	take_part(c, a, &part);
	if (!a->body && !http_response_bare(a->status))
		say_status(a);
	if (!a->body) {
		a->body = "";
		a->len = 0;
		a->lasting = true;
	}
	if (a->status != HTTP_STATUS_OK && a->status != HTTP_STATUS_PARTIAL_CONTENT)
		part.len = a->len;
	count_answer(d, a->status);
	c->head_len = http_response_head(c->head, &(struct http_response){.status = a->status,
							  .type = a->type,
							  .len = part.len,
							  .cache = a->cache ? a->cache : "no-store",
							  .more = a->more,
							  .range = part.fields,
							  .keep_alive = c->keep,
							  .wall = d->net->ops->wall(d->net)});
	c->body = a->body;
	c->lasting = a->lasting;
	c->body_from = part.from;
	c->body_len = c->request.method == HTTP_HEAD ? 0 : part.len;
	c->sent = 0;
	c->phase = SENDING;
	c->idle = false;
	c->deadline = d->now + HTTP_SEND_TIME;
	http_conn_send(d, i);
}

void http_conn_refuse(struct http_door *d, size_t i, unsigned status)
{
	struct http_answer a = {.status = status};

	d->conns[i]->keep = false;
	d->conns[i]->refused = true;
	http_conn_answer(d, i, &a);
}
