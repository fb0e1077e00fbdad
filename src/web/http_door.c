/*
 * http_door.c - connections of an HTTP server, see http_door.h.
 *
 *     READING --request--> SENDING --taken--> READING (keep-alive), or closed
 *        |  |                 `--after a refusal--> LINGERING --end of input or time--> closed
 *        |  `--- to upgrade: the site takes the connection over
 *        `--- not complete in time: 408
 *
 * Each state has a deadline. A connection that lingers is read without being looked at: closing it
 * with bytes unread would reset it, and the client might lose the answer.
 */
#include "web/http_door.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	EVENTS = 64, /* of one wait() */
	BACKLOG = 128,
	JUNK_READS = 16, /* of a connection that lingers, in a turn */
	SENTENCE_MAX = 64,
};

/* Tags from here on, counted from the door's first, are listeners; below it connections. */
#define LISTENER_TAG (UINT64_C(1) << 32)

const uint16_t http_statuses[HTTP_STATUSES] = {
	200, 304, 400, 403, 404, 405, 408, 413, 414, 426, 431, 500, 503, 505};

enum phase {
	READING,
	SENDING,
	LINGERING,
};

struct http_conn {
	int handle, listener;
	struct net_addr peer;
	enum phase phase;
	bool idle; /* between two requests */
	bool full; /* NET_OUT is watched */
	bool keep, refused;
	nsec_t deadline;
	struct http_request request;
	size_t in_len; /* bytes received and not parsed */
	char in[HTTP_READ];
	char head[HTTP_RESPONSE_HEAD_MAX];
	size_t head_len, sent;
	const char *body;
	size_t body_len;
	bool lasting; /* not to be freed */
};

struct http_door {
	struct net *net;
	struct http_site site;
	uint64_t tags; /* the first of its own */
	nsec_t now;
	int budget; /* answers left in this turn */
	bool paused;
	nsec_t pause_end;
	int listeners[HTTP_LISTENERS_MAX];
	size_t listener_count;
	struct http_conn *conns[HTTP_CONNS_MAX]; /* NULL: free */
	struct http_counts counts;
};

/* --- connections ------------------------------------------------------------------------------ */

static void drop_body(struct http_conn *c)
{
	if (!c->lasting)
		free((void *)c->body);
	c->body = NULL;
}

static void conn_forget(struct http_door *d, size_t i)
{
	drop_body(d->conns[i]);
	free(d->conns[i]);
	d->conns[i] = NULL;
	d->counts.conns--;
}

static void conn_close(struct http_door *d, size_t i)
{
	d->net->ops->close(d->net, d->conns[i]->handle);
	conn_forget(d, i);
}

static void begin_request(struct http_door *d, struct http_conn *c, bool idle)
{
	c->phase = READING;
	c->idle = idle && c->in_len == 0;
	c->deadline = d->now + (c->idle ? HTTP_IDLE_TIME : HTTP_REQUEST_TIME);
	http_request_init(&c->request);
}

/* Of two connections the one to give up: an idle one, else that whose time ends first. */
static bool yields(const struct http_conn *a, const struct http_conn *b)
{
	return a->idle != b->idle ? a->idle : a->deadline < b->deadline;
}

/* A place for a connection: a free one, or else that of another: an address that fills them all
 * with connections that ask nothing takes its own places. */
static size_t find_place(struct http_door *d)
{
	size_t last = 0;

	for (size_t i = 0; i < HTTP_CONNS_MAX; i++) {
		if (!d->conns[i])
			return i;
		if (yields(d->conns[i], d->conns[last]))
			last = i;
	}
	d->counts.evicted++;
	conn_close(d, last);
	return last;
}

static void count_answer(struct http_door *d, unsigned status)
{
	size_t i = 0;

	while (i < HTTP_STATUSES && http_statuses[i] != status)
		i++;
	assert(i < HTTP_STATUSES);
	d->counts.answers[i]++;
}

/* --- answers ---------------------------------------------------------------------------------- */

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
		begin_request(d, c, true);
		watch(d, i, false);
	} else {
		conn_close(d, i);
	}
}

static void send_more(struct http_door *d, size_t i)
{
	struct http_conn *c = d->conns[i];

	while (c->sent < c->head_len + c->body_len) {
		size_t body = c->sent > c->head_len ? c->sent - c->head_len : 0;
		size_t head = size_min(c->sent, c->head_len);
		struct iovec iov[2] = {{c->head + head, c->head_len - head},
			{(void *)(c->body + body), c->body_len - body}};
		int first = iov[0].iov_len == 0, end = iov[1].iov_len > 0 ? 2 : 1;
		ssize_t n = d->net->ops->send(d->net, c->handle, iov + first, end - first);

		if (n == -EAGAIN || n == -EINTR) {
			watch(d, i, true);
			return;
		}
		if (n < 0) {
			conn_close(d, i);
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

static void send_answer(struct http_door *d, size_t i, struct http_answer *a)
{
	struct http_conn *c = d->conns[i];

	if (!a->body && a->status != HTTP_STATUS_NOT_MODIFIED)
		say_status(a);
	count_answer(d, a->status);
	c->head_len = http_response_head(c->head, &(struct http_response){.status = a->status,
							  .type = a->type,
							  .len = a->len,
							  .cache = a->cache ? a->cache : "no-store",
							  .more = a->more,
							  .keep_alive = c->keep,
							  .wall = d->net->ops->wall(d->net)});
	c->body = a->body;
	c->lasting = a->lasting;
	c->body_len = c->request.is_head || !a->body ? 0 : a->len;
	c->sent = 0;
	c->phase = SENDING;
	c->idle = false;
	c->deadline = d->now + HTTP_SEND_TIME;
	send_more(d, i);
}

static void refuse(struct http_door *d, size_t i, unsigned status)
{
	struct http_answer a = {.status = status};

	d->conns[i]->keep = false;
	d->conns[i]->refused = true;
	send_answer(d, i, &a);
}

/* RFC 6455 section 4.1: the client waits for the answer before it sends more. */
static void upgrade(struct http_door *d, size_t i)
{
	struct http_conn *c = d->conns[i];
	struct http_upgrade u = {c->handle, c->listener, c->peer, &c->request};
	unsigned status = c->in_len ? 400 : d->site.upgrade(d->site.arg, &u);

	if (status) {
		refuse(d, i, status);
		return;
	}
	d->counts.upgraded++;
	conn_forget(d, i);
}

static void answer(struct http_door *d, size_t i)
{
	struct http_conn *c = d->conns[i];
	struct http_answer a = {.status = 500};

	d->budget--;
	if (c->request.upgrade && d->site.upgrade) {
		upgrade(d, i);
		return;
	}
	c->keep = c->request.keep_alive;
	d->site.get(d->site.arg, &c->request, &a);
	send_answer(d, i, &a);
}

/* --- requests --------------------------------------------------------------------------------- */

/* Parses what was received. */
static void parse(struct http_door *d, size_t i)
{
	struct http_conn *c = d->conns[i];
	size_t used;
	enum http_verdict v = http_request_feed(&c->request, c->in, c->in_len, &used);

	c->in_len -= used;
	memmove(c->in, c->in + used, c->in_len);
	if (v == HTTP_WHOLE)
		answer(d, i);
	else if (v == HTTP_REFUSED)
		refuse(d, i, c->request.status);
}

static void read_request(struct http_door *d, size_t i)
{
	struct http_conn *c = d->conns[i];
	ssize_t n;

	if (d->budget <= 0)
		return; /* it stays readable */
	if (c->in_len == 0) {
		n = d->net->ops->recv(d->net, c->handle, c->in, sizeof(c->in));
		if (n == -EAGAIN || n == -EINTR)
			return;
		if (n <= 0) {
			conn_close(d, i);
			return;
		}
		c->in_len = (size_t)n;
	}
	if (c->idle) {
		c->idle = false;
		c->deadline = d->now + HTTP_REQUEST_TIME;
	}
	parse(d, i);
}

static void discard(struct http_door *d, size_t i)
{
	struct http_conn *c = d->conns[i];

	for (int k = 0; k < JUNK_READS; k++) {
		ssize_t n = d->net->ops->recv(d->net, c->handle, c->in, sizeof(c->in));

		if (n == -EAGAIN || n == -EINTR)
			return;
		if (n <= 0) {
			conn_close(d, i);
			return;
		}
	}
}

static void conn_event(struct http_door *d, size_t i)
{
	switch (d->conns[i]->phase) {
	case READING: read_request(d, i); return;
	case SENDING: send_more(d, i); return;
	case LINGERING: discard(d, i); return;
	}
}

/* --- listeners -------------------------------------------------------------------------------- */

static void set_accepting(struct http_door *d, bool on)
{
	for (size_t i = 0; i < d->listener_count; i++)
		if (d->listeners[i] >= 0)
			d->net->ops->rewatch(d->net, d->listeners[i], on ? NET_IN : 0,
				d->tags + LISTENER_TAG + i);
	d->paused = !on;
}

static void pause_accepting(struct http_door *d)
{
	d->counts.accept_pauses++;
	set_accepting(d, false);
	d->pause_end = d->now + HTTP_ACCEPT_PAUSE;
}

/* False: out of memory. */
static bool conn_open(struct http_door *d, int listener, int handle, const struct net_addr *peer)
{
	size_t i = find_place(d);
	struct http_conn *c = calloc(1, sizeof(*c));

	if (!c || d->net->ops->watch(d->net, handle, NET_IN, d->tags + i) < 0) {
		d->net->ops->close(d->net, handle);
		free(c);
		return false;
	}
	c->handle = handle;
	c->listener = listener;
	c->peer = *peer;
	d->conns[i] = c;
	d->counts.conns++;
	begin_request(d, c, false);
	return true;
}

/* Errors of a single connection that failed in the queue: accept(2). */
static bool failed_alone(int err)
{
	return err == -ECONNABORTED || err == -EINTR || err == -EPROTO || err == -EPERM;
}

static void accept_all(struct http_door *d, int listener)
{
	struct net_addr peer;

	for (int n = 0; n < HTTP_ACCEPTS; n++) {
		int handle = d->net->ops->accept(d->net, listener, &peer);

		if (handle == -EAGAIN)
			return;
		if (handle < 0 && failed_alone(handle))
			continue;
		if (handle < 0 || !conn_open(d, listener, handle, &peer)) {
			pause_accepting(d);
			return;
		}
		d->counts.accepted++;
	}
}

int http_door_add(struct http_door *d, int listener)
{
	int err;

	if (d->listener_count == HTTP_LISTENERS_MAX)
		return -EMFILE;
	err = d->net->ops->watch(
		d->net, listener, NET_IN, d->tags + LISTENER_TAG + d->listener_count);
	if (err == 0)
		d->listeners[d->listener_count++] = listener;
	return err;
}

int http_door_listen(struct http_door *d, const struct net_addr *at)
{
	struct net_tuning tuning = {.nodelay = true};
	int handle = d->net->ops->listen(d->net, at, &tuning, BACKLOG), err;

	if (handle < 0)
		return handle;
	err = http_door_add(d, handle);
	if (err)
		d->net->ops->close(d->net, handle);
	return err;
}

void http_door_remove(struct http_door *d, int listener)
{
	for (size_t i = 0; i < d->listener_count; i++)
		if (d->listeners[i] == listener) {
			d->net->ops->close(d->net, listener);
			d->listeners[i] = -1; /* its tag is not used again */
		}
}

/* --- the turn --------------------------------------------------------------------------------- */

static void expire(struct http_door *d, size_t i)
{
	struct http_conn *c = d->conns[i];

	if (c->phase == READING && !c->idle) {
		refuse(d, i, 408);
		return;
	}
	d->counts.slow_readers += c->phase == SENDING;
	conn_close(d, i);
}

/* Whether a request is waiting that was received together with the one before. */
static bool has_input(const struct http_conn *c)
{
	return c && c->phase == READING && c->in_len > 0;
}

/* The connection of an event; HTTP_CONNS_MAX: of none. */
static size_t conn_of(const struct http_door *d, const struct net_event *e)
{
	uint64_t i = e->tag - d->tags;

	return e->tag >= d->tags && i < HTTP_CONNS_MAX && d->conns[i] ? i : HTTP_CONNS_MAX;
}

static bool is_listener(const struct http_door *d, const struct net_event *e)
{
	uint64_t i = e->tag - d->tags - LISTENER_TAG;

	return e->tag >= d->tags + LISTENER_TAG && i < d->listener_count && d->listeners[i] >= 0;
}

void http_door_take(struct http_door *d, const struct net_event *events, int count)
{
	d->now = d->net->ops->now(d->net);
	d->budget = HTTP_ANSWERS;
	for (size_t i = 0; d->counts.conns && i < HTTP_CONNS_MAX; i++)
		if (has_input(d->conns[i]))
			read_request(d, i);
	for (int k = 0; k < count; k++) {
		size_t i = conn_of(d, &events[k]);

		if (i < HTTP_CONNS_MAX)
			conn_event(d, i);
	}
	for (size_t i = 0; d->counts.conns && i < HTTP_CONNS_MAX; i++)
		if (d->conns[i] && d->conns[i]->deadline <= d->now)
			expire(d, i);
	if (d->paused && d->pause_end <= d->now)
		set_accepting(d, true);
	for (int k = 0; k < count; k++) /* last: a place that was left may be taken */
		if (is_listener(d, &events[k]) && !d->paused)
			accept_all(d, d->listeners[events[k].tag - d->tags - LISTENER_TAG]);
}

void http_door_turn(struct http_door *d)
{
	struct net_event events[EVENTS];
	int n = d->net->ops->wait(d->net, events, EVENTS, 0);

	http_door_take(d, events, n > 0 ? n : 0);
}

nsec_t http_door_due(const struct http_door *d)
{
	nsec_t due = d->paused ? d->pause_end : NSEC_MAX;

	for (size_t i = 0; d->counts.conns && i < HTTP_CONNS_MAX; i++) {
		if (has_input(d->conns[i]))
			return 0;
		if (d->conns[i] && d->conns[i]->deadline < due)
			due = d->conns[i]->deadline;
	}
	return due;
}

const struct http_counts *http_door_counts(const struct http_door *d)
{
	return &d->counts;
}

struct http_door *http_door_new(struct net *n, const struct http_site *site)
{
	struct http_door *d = calloc(1, sizeof(*d));

	if (d) {
		d->net = n;
		d->site = *site;
		d->now = n->ops->now(n);
	}
	return d;
}

void http_door_tags(struct http_door *d, uint64_t first)
{
	assert(d->listener_count == 0);
	d->tags = first;
}

void http_door_free(struct http_door *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < HTTP_CONNS_MAX; i++)
		if (d->conns[i])
			conn_close(d, i);
	for (size_t i = 0; i < d->listener_count; i++)
		if (d->listeners[i] >= 0)
			d->net->ops->close(d->net, d->listeners[i]);
	free(d);
}
