/*
 * tls_net.c - chat/net.h over another network, with TLS on the connections of some listeners.
 *
 *     accept -> handshake (tls_handshake.c) -> open: events pass
 *                                              `more`: stopped without an event to come, reported
 *                                              in the next turn
 *
 * Connections that are not encrypted pass through. Readiness of an encrypted one is watched in the
 * wrapped network under a tag of our own, which holds the handle.
 */
#include "tls/tls_net.h"

#include "tls/tls_bio.h"
#include "tls/tls_conn.h"
#include "tls/tls_give.h"
#include "tls/tls_handshake.h"
#include "tls/tls_stream.h"

#include "base/tlv.h"
#include "net/net_batch.h"

#include <errno.h>
#include <stdlib.h>

struct tls_listener {
	struct net_addr at;
	int handle; /* -1: not listening */
	struct tls_protocol protocol;
};

struct tls_net {
	struct net_around around; /* conns: tls_conn */
	struct net_batch batch;
	struct tls_shared shared;
	struct handshakes handshakes;
	struct tls_listener listeners[TLS_LISTENERS_MAX];
	uint32_t listener_count;
};

static struct tls_net *own(struct net *n)
{
	return container_of(n, struct tls_net, around.net);
}

static struct tls_conn *conn_at(const struct tls_net *t, int handle)
{
	return net_around_at(&t->around, handle);
}

/* ---- listeners and accepted connections ---- */

static int on_listen(
	struct net *n, const struct net_addr *at, const struct net_tuning *tuning, int backlog)
{
	struct tls_net *t = own(n);
	struct net *inner = t->shared.inner;
	int handle = inner->ops->listen(inner, at, tuning, backlog);

	for (uint32_t i = 0; handle >= 0 && i < t->listener_count; i++) {
		struct tls_listener *l = &t->listeners[i];

		if (l->at.family == at->family && l->at.port == at->port &&
			memcmp(l->at.ip, at->ip, sizeof(at->ip)) == 0)
			l->handle = handle;
	}
	return handle;
}

static const struct tls_listener *listener_of(const struct tls_net *t, int handle)
{
	for (uint32_t i = 0; i < t->listener_count; i++)
		if (t->listeners[i].handle == handle)
			return &t->listeners[i];
	return NULL;
}

static struct tls_conn *conn_new(
	struct tls_net *t, const struct tls_listener *l, int handle, const struct net_addr *peer)
{
	struct tls_conn *c = net_around_reserve(&t->around, handle) ? calloc(1, sizeof(*c)) : NULL;

	if (!c)
		return NULL;
	c->shared = &t->shared;
	c->handle = handle;
	if (!handshake_new(&t->handshakes, c, peer)) {
		free(c);
		return NULL;
	}
	c->handshake->version_min = l->protocol.only_13 ? TLS1_3_VERSION : TLS1_2_VERSION;
	c->handshake->alpn = l->protocol.alpn;
	t->around.conns.at[handle] = c;
	return c;
}

static int on_accept(struct net *n, int listener, struct net_addr *peer)
{
	struct tls_net *t = own(n);
	struct net *inner = t->shared.inner;
	const struct tls_listener *l = listener_of(t, listener);
	int handle = inner->ops->accept(inner, listener, peer);

	if (handle < 0 || !l || conn_new(t, l, handle, peer))
		return handle;
	inner->ops->close(inner, handle);
	return -ENOMEM;
}

/* ---- wait ---- */

static nsec_t limit_wait(struct tls_net *t, nsec_t timeout)
{
	nsec_t left = t->around.more.count ? 0 : handshakes_due(&t->handshakes);

	return left < timeout ? left : timeout;
}

/* An event of an encrypted connection. True if the caller learns of it. */
static bool take_event(struct tls_net *t, struct net_event *e)
{
	struct tls_conn *c = conn_at(t, (int)(e->tag & ~NET_TAGS_TLS));

	if (!c)
		return false;
	if ((e->ready & NET_OUT) && c->pending)
		tls_flush(c); /* an error is found by the next call */
	if (c->handshake) {
		c->flags |= e->ready & NET_GONE ? TLS_GONE : 0;
		handshake_input(&t->handshakes, c);
		return false;
	}
	e->tag = c->tag;
	e->ready &= NET_IN | NET_GONE | (c->asked & NET_OUT);
	return e->ready;
}

static int take_events(struct tls_net *t, struct net_event *events, int count)
{
	int kept = 0;

	for (int i = 0; i < count; i++)
		if (!(events[i].tag & NET_TAGS_TLS) || take_event(t, &events[i]))
			events[kept++] = events[i];
	return kept;
}

/* The end of a handshake: bytes may have come with it, and the caller may have output. */
static int add_done(struct tls_net *t, struct net_event *events, int count, int max)
{
	struct tls_conn *c;

	while (count < max && (c = handshake_done(&t->handshakes))) {
		uint32_t gone = c->reason || (c->flags & TLS_GONE) ? NET_GONE : 0;

		if (c->flags & TLS_WATCHED)
			events[count++] =
				(struct net_event){c->tag, NET_IN | (c->asked & NET_OUT) | gone};
	}
	return count;
}

static int add_more(struct tls_net *t, struct net_event *events, int count, int max)
{
	uint32_t done = 0;

	for (; done < t->around.more.count && count < max; done++) {
		struct tls_conn *c = t->around.conns.at[t->around.more.at[done]];

		c->flags &= (uint16_t) ~(TLS_LISTED | TLS_MORE);
		events[count++] = (struct net_event){c->tag, NET_IN | (c->asked & NET_OUT)};
	}
	net_around_listed(&t->around, done);
	return count;
}

static int on_wait(struct net *n, struct net_event *events, int max, nsec_t timeout)
{
	struct tls_net *t = own(n);
	struct net *inner = t->shared.inner;
	int count = inner->ops->wait(inner, events, max, limit_wait(t, timeout));

	if (count < 0)
		return count;
	t->shared.now = inner->ops->now(inner);
	ticket_keys_expire(&t->shared.tickets, t->shared.now);
	count = take_events(t, events, count);
	count = add_more(t, events, count, max);
	handshakes_run(&t->handshakes);
	return add_done(t, events, count, max);
}

/* ---- bytes ---- */

/* The caller's next turn goes on where this call has stopped. */
static void list_more(struct tls_net *t, struct tls_conn *c)
{
	if (!(c->flags & TLS_MORE) || (c->flags & TLS_LISTED))
		return;
	c->flags |= TLS_LISTED;
	net_around_list(&t->around, c->handle);
}

static ssize_t on_recv(struct net *n, int handle, void *buf, size_t len)
{
	struct tls_net *t = own(n);
	struct net *inner = t->shared.inner;
	struct tls_conn *c = conn_at(t, handle);
	ssize_t got;

	if (!c)
		return inner->ops->recv(inner, handle, buf, len);
	if (c->handshake)
		return -EAGAIN;
	got = tls_conn_recv(c, buf, len);
	list_more(t, c);
	return got;
}

/* Nothing is sent before the handshake is done: the caller then has no reason to, but to refuse. */
static ssize_t on_send(struct net *n, int handle, const struct iovec *iov, int count)
{
	struct tls_net *t = own(n);
	struct net *inner = t->shared.inner;
	struct tls_conn *c = conn_at(t, handle);
	ssize_t sent;

	if (!c)
		return inner->ops->send(inner, handle, iov, count);
	if (c->handshake)
		return -ENOTCONN;
	sent = tls_conn_send(c, iov, count);
	list_more(t, c);
	return sent;
}

/* ---- many sends at once: of those whose records we make ---- */

static size_t on_room(struct net *n, const struct net_send *s)
{
	const struct tls_conn *c = conn_at(own(n), s->handle);

	return c->handshake || !c->stream ? 0 : tls_stream_room(c, s->iov, (int)s->iov_count);
}

static size_t on_encode(struct net *n, struct net_send *s, uint8_t *to)
{
	struct tls_conn *c = conn_at(own(n), s->handle);
	size_t size = tls_stream_seal(c, s->iov, (int)s->iov_count, to);

	if (size == 0)
		s->done = -c->error;
	return size;
}

static ssize_t on_result(struct net *n, const struct net_send *s, const struct net_send *made)
{
	struct tls_conn *c = conn_at(own(n), s->handle);
	ssize_t sent =
		tls_stream_sealed(c, made->iov, made->iov->iov_len - RECORD_OVERHEAD, made->done);

	list_more(own(n), c);
	return sent;
}

static void on_send_batch(struct net *n, struct net_send *sends, size_t count)
{
	static const struct net_encoder encoder = {on_room, on_encode, on_result};

	net_batch_send(&own(n)->batch, &own(n)->around, &encoder, sends, count);
}

/* ---- the rest of a connection ---- */

static void forget(struct tls_net *t, struct tls_conn *c)
{
	t->around.conns.at[c->handle] = NULL;
	if (c->flags & TLS_LISTED)
		net_around_unlist(&t->around, c->handle);
	if (c->handshake)
		handshake_free(&t->handshakes, c);
	free(c);
}

static void on_close(struct net *n, int handle)
{
	struct tls_net *t = own(n);
	struct net *inner = t->shared.inner;
	struct tls_conn *c = conn_at(t, handle);

	for (uint32_t i = 0; i < t->listener_count; i++)
		if (t->listeners[i].handle == handle)
			t->listeners[i].handle = -1;
	if (c) {
		tls_conn_end(c);
		forget(t, c);
	}
	inner->ops->close(inner, handle);
}

static int on_watch(struct net *n, int handle, uint32_t ready, uint64_t tag)
{
	struct net *inner = own(n)->shared.inner;
	struct tls_conn *c = conn_at(own(n), handle);
	int err;

	assert(tag < NET_TAGS_TLS);
	if (!c)
		return inner->ops->watch(inner, handle, ready, tag);
	err = inner->ops->watch(inner, handle, ready, tls_tag(c));
	if (err)
		return err;
	c->tag = tag;
	c->asked = (uint8_t)ready;
	c->flags |= TLS_WATCHED;
	return 0;
}

static int on_rewatch(struct net *n, int handle, uint32_t ready, uint64_t tag)
{
	struct net *inner = own(n)->shared.inner;
	struct tls_conn *c = conn_at(own(n), handle);

	if (!c)
		return inner->ops->rewatch(inner, handle, ready, tag);
	c->tag = tag;
	c->asked = (uint8_t)ready;
	return inner->ops->rewatch(inner, handle, ready, tls_tag(c));
}

static void on_unwatch(struct net *n, int handle)
{
	struct net *inner = own(n)->shared.inner;
	struct tls_conn *c = conn_at(own(n), handle);

	if (c)
		c->flags &= (uint16_t)~TLS_WATCHED;
	inner->ops->unwatch(inner, handle);
}

static bool on_secure(struct net *n, int handle, struct net_secure *to)
{
	const struct tls_conn *c = conn_at(own(n), handle);

	if (!c)
		return net_around_secure(n, handle, to);
	if (to)
		tls_conn_about(c, to);
	return true;
}

static int on_give(struct net *n, int handle, struct tlv_out *state)
{
	const struct tls_conn *c = conn_at(own(n), handle);
	int err = c ? tls_give(c, state) : 0;

	return err ? err : net_around_give(n, handle, state);
}

/* Text that was decrypted before is reported without an event. */
static int on_take(struct net *n, int fd, const struct tlv_in *state)
{
	struct tls_net *t = own(n);
	int handle = net_around_take(n, fd, state);
	struct tls_conn *c;
	struct tlv r;

	if (handle < 0 || !tlv_find(state, NET_LAYER_TLS, &r))
		return handle;
	c = net_around_reserve(&t->around, handle) ? calloc(1, sizeof(*c)) : NULL;
	if (!c)
		return -ENOMEM;
	c->shared = &t->shared;
	c->handle = handle;
	if (!tls_take(c, tlv_inside(&r))) {
		tls_conn_drop(c);
		free(c);
		return -EINVAL;
	}
	t->around.conns.at[handle] = c;
	list_more(t, c);
	return handle;
}

static const char *on_why(struct net *n, int handle)
{
	const struct tls_conn *c = conn_at(own(n), handle);

	return c && c->reason ? tls_count_text(c->reason) : NULL;
}

static bool on_counter(struct net *n, unsigned number, const char **name, uint64_t *value)
{
	if (number >= TLS_COUNTS)
		return net_around_counter(n, number - TLS_COUNTS, name, value);
	*name = tls_count_name((enum tls_count)number);
	*value = own(n)->shared.counts[number];
	return true;
}

static const struct net_ops tls_ops = {
	.listen = on_listen,
	.accept = on_accept,
	.recv = on_recv,
	.send = on_send,
	.send_batch = on_send_batch,
	.close = on_close,
	.tune = net_around_tune,
	.watch = on_watch,
	.rewatch = on_rewatch,
	.unwatch = on_unwatch,
	.wait = on_wait,
	.wake = net_around_wake,
	.now = net_around_now,
	.wall = net_around_wall,
	.secure = on_secure,
	.why = on_why,
	.counter = on_counter,
	.give = on_give,
	.take = on_take,
	.inherit = net_around_inherit,
};

/* ---- for the owner ---- */

struct net *tls_net_new(struct net *inner, const struct tls_world *world)
{
	struct tls_net *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->around.net.ops = &tls_ops;
	t->around.inner = t->shared.inner = inner;
	t->shared.now = inner->ops->now(inner);
	handshakes_init(&t->handshakes, &t->shared, world);
	t->shared.bio = tls_bio_method();
	if (t->shared.bio && tls_ciphers_init(&t->shared.ciphers))
		return &t->around.net;
	tls_net_free(&t->around.net);
	return NULL;
}

void tls_net_free(struct net *n)
{
	struct tls_net *t;

	if (!n)
		return;
	t = own(n);
	for (uint32_t i = 0; i < t->around.conns.count; i++)
		if (t->around.conns.at[i]) {
			tls_conn_end(t->around.conns.at[i]);
			forget(t, t->around.conns.at[i]);
		}
	BIO_meth_free(t->shared.bio);
	tls_ciphers_free(&t->shared.ciphers);
	tls_context_free(t->shared.context);
	ticket_keys_clear(&t->shared.tickets);
	net_around_free(&t->around);
	free(t);
}

bool tls_net_listener(struct net *n, const struct net_addr *at, const struct tls_protocol *p)
{
	struct tls_net *t = own(n);

	if (t->listener_count == TLS_LISTENERS_MAX)
		return false;
	t->listeners[t->listener_count++] = (struct tls_listener){*at, -1, *p};
	return true;
}

void tls_net_limit(struct net *n, const struct tls_limits *l)
{
	own(n)->handshakes.limits = *l;
	own(n)->shared.own_records = l->own_records;
}

bool tls_net_load(struct net *n, const struct tls_settings *s, char why[TLS_WHY_MAX])
{
	struct tls_shared *shared = &own(n)->shared;
	struct tls_context *fresh;

	if (shared->context && s->pair_count == 0)
		return true; /* the one made at the start */
	fresh = tls_context_new(s, why);
	if (!fresh)
		return false;
	tls_context_free(shared->context);
	shared->context = fresh;
	return true;
}

bool tls_net_about(struct net *n, size_t i, struct tls_about *out)
{
	const struct tls_context *c = own(n)->shared.context;

	return c && tls_context_about(c, i, out);
}
