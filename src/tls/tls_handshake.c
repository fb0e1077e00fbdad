/* tls_handshake.c - queue of the handshakes in progress. */
#include "tls/tls_handshake.h"

#include <openssl/crypto.h>

#include <stdlib.h>

#define DEFAULT_TIME (10 * NSEC_SEC)

enum {
	DEFAULT_AT_ONCE = 256,
};

void handshakes_init(struct handshakes *h, struct tls_shared *shared, const struct tls_world *world)
{
	h->shared = shared;
	h->world = *world;
	h->limits = (struct tls_limits){DEFAULT_TIME, DEFAULT_AT_ONCE, false};
	h->in_progress = 0;
	list_init(&h->by_age);
	list_init(&h->started);
	list_init(&h->queue);
	list_init(&h->parked);
	list_init(&h->done);
}

bool handshake_new(struct handshakes *h, struct tls_conn *c, const struct net_addr *peer)
{
	struct tls_handshake *own = calloc(1, sizeof(*own));

	if (!own)
		return false;
	own->conn = c;
	own->peer = *peer;
	own->deadline = h->shared->now + h->limits.handshake_time;
	list_init(&own->queue);
	list_init(&own->started);
	list_add_tail(&h->by_age, &own->by_age);
	c->handshake = own;
	return true;
}

/* Lets the parked one that waits longest begin. */
static void unpark(struct handshakes *h)
{
	struct list *first = h->parked.next;

	if (list_empty(&h->parked))
		return;
	list_del(first);
	list_add_tail(&h->queue, first);
}

static void leave_place(struct handshakes *h, struct tls_conn *c)
{
	if (!(c->flags & TLS_STARTED))
		return;
	c->flags &= (uint16_t)~TLS_STARTED;
	list_del(&c->handshake->started);
	h->in_progress--;
	unpark(h);
}

/* It is over, well or badly. */
static void finish(struct handshakes *h, struct tls_conn *c)
{
	list_del(&c->handshake->by_age);
	list_del(&c->handshake->queue);
	list_add_tail(&h->done, &c->handshake->queue);
	leave_place(h, c);
}

/* A client that speaks plain IRC can read the reason. */
static void answer_plain(struct tls_conn *c)
{
	static const char text[] = "ERROR :Closing Link: (This port takes TLS only)\r\n";
	struct net *inner = c->shared->inner;
	struct iovec iov = {(void *)text, sizeof(text) - 1};

	inner->ops->send(inner, c->handle, &iov, 1);
}

static void refused(struct handshakes *h, struct tls_conn *c)
{
	if (c->reason == TLS_PLAIN_TEXT)
		answer_plain(c);
	if (h->world.refused)
		h->world.refused(h->world.arg, &c->handshake->peer, tls_count_name(c->reason),
			tls_count_text(c->reason));
	finish(h, c);
}

/* The rest of a message that the socket did not take waits for room. */
static void watch_output(struct tls_conn *c)
{
	struct net *inner = c->shared->inner;

	if (c->pending && (c->flags & TLS_WATCHED))
		inner->ops->rewatch(inner, c->handle, NET_IN | NET_OUT | NET_EDGE, tls_tag(c));
}

static void step(struct handshakes *h, struct tls_conn *c)
{
	if (!(c->flags & TLS_STARTED) && h->in_progress >= h->limits.handshakes) {
		h->shared->counts[TLS_PARKED]++;
		list_add_tail(&h->parked, &c->handshake->queue);
		return;
	}
	if (!(c->flags & TLS_STARTED)) {
		c->flags |= TLS_STARTED;
		c->handshake->began = h->shared->now;
		list_add_tail(&h->started, &c->handshake->started);
		h->in_progress++;
	}
	switch (tls_conn_handshake(c)) {
	case TLS_WANTS_INPUT: watch_output(c); break;
	case TLS_DONE:
		watch_output(c);
		finish(h, c);
		break;
	case TLS_REFUSED: refused(h, c); break;
	}
}

void handshake_input(struct handshakes *h, struct tls_conn *c)
{
	if (list_empty(&c->handshake->queue)) /* else parked, done, or it has its place */
		list_add_tail(&h->queue, &c->handshake->queue);
}

static void refuse_late(struct handshakes *h, struct tls_conn *c)
{
	tls_conn_fail(c, TLS_TIMEOUT);
	tls_conn_end(c);
	refused(h, c);
}

/* The time at which the oldest in progress must go for one that is parked; NSEC_MAX: none must. */
static nsec_t patience_ends(const struct handshakes *h)
{
	if (list_empty(&h->parked) || list_empty(&h->started))
		return NSEC_MAX;
	return list_entry(h->started.next, struct tls_handshake, started)->began + TLS_PATIENCE;
}

static void expire(struct handshakes *h)
{
	while (patience_ends(h) <= h->shared->now)
		refuse_late(h, list_entry(h->started.next, struct tls_handshake, started)->conn);
	while (!list_empty(&h->by_age)) {
		struct tls_handshake *own =
			list_entry(h->by_age.next, struct tls_handshake, by_age);

		if (own->deadline > h->shared->now)
			return;
		refuse_late(h, own->conn);
	}
}

void handshakes_run(struct handshakes *h)
{
	struct net *inner = h->shared->inner;
	nsec_t until = h->shared->now + TLS_TURN;

	expire(h);
	while (!list_empty(&h->queue)) {
		struct tls_handshake *own = list_entry(h->queue.next, struct tls_handshake, queue);

		list_del(&own->queue);
		step(h, own->conn);
		if (inner->ops->now(inner) >= until)
			return;
	}
}

struct tls_conn *handshake_done(struct handshakes *h)
{
	struct tls_handshake *own = list_entry(h->done.next, struct tls_handshake, queue);
	struct tls_conn *c;

	if (list_empty(&h->done))
		return NULL;
	c = own->conn;
	handshake_free(h, c);
	return c;
}

void handshake_free(struct handshakes *h, struct tls_conn *c)
{
	list_del(&c->handshake->by_age);
	list_del(&c->handshake->queue);
	leave_place(h, c);
	OPENSSL_cleanse(c->handshake->secrets, sizeof(c->handshake->secrets));
	free(c->handshake);
	c->handshake = NULL;
}

nsec_t handshakes_due(const struct handshakes *h)
{
	struct net *inner = h->shared->inner;
	nsec_t due = patience_ends(h), deadline, left;

	if (!list_empty(&h->done) || !list_empty(&h->queue))
		return 0;
	if (list_empty(&h->by_age))
		return NSEC_MAX;
	deadline = list_entry(h->by_age.next, struct tls_handshake, by_age)->deadline;
	left = (due < deadline ? due : deadline) - inner->ops->now(inner);
	return left > 0 ? left : 0;
}
