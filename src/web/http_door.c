/*
 * http_door.c - connections of an HTTP server, see http_door.h.
 *
 *     READING --request--> SENDING --taken--> READING (keep-alive), or closed
 *      | | |                |  `--after a refusal--> LINGERING --end of input or time--> closed
 *      | | `- content -> TAKING -> WAITING, if the site answers later
 *      | `--- to upgrade: the site takes the connection over
 *      `--- not complete in time: 408
 *
 * Each state has a deadline. A connection that lingers is read without being looked at: closing it
 * with bytes unread would reset it, and the client might lose the answer.
 */
#include "web/http_ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	EVENTS = 64, /* of one wait() */
	BACKLOG = 128,
	JUNK_READS = 16, /* of a connection that lingers, in a turn */
};

/* Tags from here on, counted from the door's first, are listeners; below it connections. */
#define LISTENER_TAG (UINT64_C(1) << 32)

/* --- connections ------------------------------------------------------------------------------ */

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
	http_conn_close(d, last);
	return last;
}

/* RFC 6455 section 4.1: the client waits for the answer before it sends more. */
static void upgrade(struct http_door *d, size_t i)
{
	struct http_conn *c = d->conns[i];
	struct http_upgrade u = {c->handle, c->listener, c->peer, &c->request};
	unsigned status = c->in_len ? 400 : d->site.upgrade(d->site.arg, &u);

	if (status) {
		http_conn_refuse(d, i, status);
		return;
	}
	d->counts.upgraded++;
	http_conn_forget(d, i);
}

static void answer(struct http_door *d, size_t i)
{
	struct http_conn *c = d->conns[i];

	d->budget--;
	if (c->request.upgrade && d->site.upgrade) {
		upgrade(d, i);
		return;
	}
	http_ask_begin(d, i);
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
		http_conn_refuse(d, i, c->request.status);
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
			http_conn_close(d, i);
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
			http_conn_close(d, i);
			return;
		}
	}
}

static void conn_event(struct http_door *d, size_t i)
{
	switch (d->conns[i]->phase) {
	case READING: read_request(d, i); return;
	case TAKING: http_ask_take_content(d, i); return;
	case WAITING: return;
	case SENDING: http_conn_send(d, i); return;
	case LINGERING: discard(d, i); return;
	}
}

void http_door_answer(struct http_door *d, struct http_token t, struct http_answer *a)
{
	struct http_conn *c = d->conns[t.place];

	if (!c || c->phase != WAITING || c->serial != t.serial) {
		if (!a->lasting)
			free((void *)a->body);
		return;
	}
	d->now = d->net->ops->now(d->net);
	d->net->ops->rewatch(d->net, c->handle, NET_IN, d->tags + t.place);
	http_conn_answer(d, t.place, a);
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
	http_conn_next(d, c, false);
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

	if (c->phase == TAKING || (c->phase == READING && !c->idle)) {
		http_conn_refuse(d, i, 408);
		return;
	}
	if (c->phase == WAITING) {
		d->net->ops->rewatch(d->net, c->handle, NET_IN, d->tags + i);
		http_conn_refuse(d, i, 503);
		return;
	}
	d->counts.slow_readers += c->phase == SENDING;
	http_conn_close(d, i);
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
			http_conn_close(d, i);
	for (size_t i = 0; i < d->listener_count; i++)
		if (d->listeners[i] >= 0)
			d->net->ops->close(d->net, d->listeners[i]);
	free(d);
}
