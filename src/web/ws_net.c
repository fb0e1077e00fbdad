/*
 * ws_net.c - chat/net.h over another network, with HTTP and WebSocket on some listeners.
 *
 *     listener -> http_door --upgrade--> queue -> accept(): a ws_conn, events pass
 *                    `-- pages                              `more`: stopped without an event to
 *                                                           come, reported in the next turn
 *
 * The table of WebSocket connections is indexed by handle; NULL: none. In the wrapped network they
 * are watched under a tag of our own, which holds the handle; the door's tags are above these.
 */
#include "web/ws_net.h"

#include "web/ws_arrivals.h"

#include "base/tlv.h"
#include "net/net_batch.h"

#include <errno.h>
#include <stdlib.h>

enum {
	DOOR_EVENTS = 64, /* in a turn; they are levels, so further ones are reported again */
};

#define DOOR_TAGS (NET_TAGS_WEB | NET_TAGS_WEB >> 1)

_Static_assert(DOOR_TAGS + HTTP_TAGS < NET_TAGS_TLS, "tags of our own");

struct ws_listener {
	struct net_addr at;
	int handle; /* -1: not listening */
	uint32_t asked;
	uint64_t tag;
};

struct ws_net {
	struct net_around around; /* conns: ws_conn; more: those with WS_LISTED */
	struct net_batch batch;
	struct ws_world world;
	struct ws_shared shared;
	struct http_door *door;
	struct ws_listener listeners[WS_LISTENERS_MAX];
	uint32_t listener_count;
	struct ws_arrivals arrivals;
	struct net_event door_events[DOOR_EVENTS];
};

static struct ws_net *own(struct net *n)
{
	return container_of(n, struct ws_net, around.net);
}

static struct ws_conn *conn_at(const struct ws_net *w, int handle)
{
	return net_around_at(&w->around, handle);
}

static uint64_t tag_of(const struct ws_conn *c)
{
	return NET_TAGS_WEB | (uint64_t)c->handle;
}

/* ---- listeners, and connections that become WebSockets ---- */

static struct ws_listener *listener_of(struct ws_net *w, int handle)
{
	for (uint32_t i = 0; i < w->listener_count; i++)
		if (w->listeners[i].handle == handle)
			return &w->listeners[i];
	return NULL;
}

static struct ws_listener *listener_at(struct ws_net *w, const struct net_addr *at)
{
	for (uint32_t i = 0; i < w->listener_count; i++) {
		struct ws_listener *l = &w->listeners[i];

		if (l->at.family == at->family && l->at.port == at->port &&
			memcmp(l->at.ip, at->ip, sizeof(at->ip)) == 0)
			return l;
	}
	return NULL;
}

static int on_listen(
	struct net *n, const struct net_addr *at, const struct net_tuning *tuning, int backlog)
{
	struct ws_net *w = own(n);
	struct net *inner = w->shared.inner;
	struct ws_listener *l = listener_at(w, at);
	int handle = inner->ops->listen(inner, at, tuning, backlog), err;

	if (handle < 0 || !l)
		return handle;
	err = http_door_add(w->door, handle);
	if (err) {
		inner->ops->close(inner, handle);
		return err;
	}
	l->handle = handle;
	return handle;
}

static unsigned refuse(struct ws_net *w, const struct net_addr *peer, enum ws_count why, unsigned s)
{
	w->shared.counts[why]++;
	if (w->world.refused)
		w->world.refused(w->world.arg, peer, ws_count_name(why), ws_count_text(why));
	return s;
}

/* The door's site: 0, or the status of a refusal. */
static unsigned on_upgrade(void *arg, const struct http_upgrade *u)
{
	struct ws_net *w = arg;
	struct net *inner = w->shared.inner;
	struct ws_handshake h;
	struct ws_arrival a = {u->handle, u->listener, u->peer};
	unsigned status = ws_handshake_check(u->request, &h);
	char response[WS_RESPONSE_MAX];
	struct ws_conn *c;

	if (status)
		return refuse(w, &u->peer, WS_BAD_HANDSHAKE, status);
	if (!w->world.admit(w->world.arg, u->request, &a.peer))
		return refuse(w, &a.peer, WS_OTHER_ORIGIN, HTTP_STATUS_FORBIDDEN);
	if (w->arrivals.count == WS_ARRIVALS_MAX)
		return refuse(w, &a.peer, WS_QUEUE_FULL, HTTP_STATUS_SERVICE_UNAVAILABLE);
	c = net_around_reserve(&w->around, u->handle) ? calloc(1, sizeof(*c)) : NULL;
	if (!c)
		return refuse(w, &a.peer, WS_NO_MEMORY, HTTP_STATUS_SERVICE_UNAVAILABLE);
	c->shared = &w->shared;
	c->handle = u->handle;
	c->flags = h.protocol == WS_BINARY ? 0 : WS_UTF8;
	w->around.conns.at[c->handle] = c;
	ws_arrivals_add(&w->arrivals, &a);
	inner->ops->rewatch(inner, c->handle, NET_EDGE, tag_of(c)); /* until it is accepted */
	ws_conn_put(c, response, ws_handshake_response(response, &h));
	return 0;
}

static void on_get(void *arg, struct http_ask *ask, struct http_answer *out)
{
	struct ws_net *w = arg;

	w->world.get(w->world.arg, ask, out);
}

static unsigned on_content(void *arg, const struct http_ask *ask)
{
	struct ws_net *w = arg;

	return w->world.content(w->world.arg, ask);
}

void ws_net_answer(struct net *n, struct http_token t, struct http_answer *a)
{
	http_door_answer(own(n)->door, t, a);
}

static int on_accept(struct net *n, int listener, struct net_addr *peer)
{
	struct ws_net *w = own(n);
	struct net *inner = w->shared.inner;
	struct ws_arrival a;

	if (!listener_of(w, listener))
		return inner->ops->accept(inner, listener, peer);
	if (!ws_arrivals_take(&w->arrivals, listener, &a))
		return -EAGAIN;
	*peer = a.peer;
	return a.handle;
}

/* ---- wait ---- */

/* Whether the caller is to accept. */
static bool has_arrival(const struct ws_net *w, const struct ws_listener *l)
{
	return (l->asked & NET_IN) && ws_arrivals_has(&w->arrivals, l->handle);
}

static nsec_t limit_wait(struct ws_net *w, nsec_t timeout)
{
	struct net *inner = w->shared.inner;
	nsec_t due = http_door_due(w->door), now;

	if (w->around.more.count)
		return 0;
	for (uint32_t i = 0; w->arrivals.count && i < w->listener_count; i++)
		if (has_arrival(w, &w->listeners[i]))
			return 0;
	if (due == NSEC_MAX)
		return timeout;
	now = inner->ops->now(inner);
	due = due > now ? due - now : 0;
	return due < timeout ? due : timeout;
}

/* An event of a WebSocket. True if the caller learns of it. */
static bool take_event(struct ws_net *w, struct net_event *e)
{
	struct ws_conn *c = conn_at(w, (int)(e->tag & ~NET_TAGS_WEB));

	if (!c || !(c->flags & WS_WATCHED))
		return false;
	if ((e->ready & NET_OUT) && c->pending)
		ws_conn_flush(c); /* an error is found by the next call */
	if ((c->flags & WS_PAUSED) && !c->pending) {
		c->flags &= (uint8_t)~WS_PAUSED;
		e->ready |= NET_IN;
	}
	e->tag = c->tag;
	e->ready &= NET_IN | NET_GONE | (c->asked & NET_OUT);
	return e->ready;
}

/* Sorts events: the door's go to the door, those of WebSockets are translated. The number that the
 * caller learns of. */
static int take_events(struct ws_net *w, struct net_event *events, int count)
{
	int kept = 0, doors = 0;

	for (int i = 0; i < count; i++) {
		if ((events[i].tag & DOOR_TAGS) == DOOR_TAGS) {
			if (doors < DOOR_EVENTS)
				w->door_events[doors++] = events[i];
		} else if (!(events[i].tag & NET_TAGS_WEB) || take_event(w, &events[i])) {
			events[kept++] = events[i];
		}
	}
	if (doors || http_door_due(w->door) < NSEC_MAX)
		http_door_take(w->door, w->door_events, doors);
	return kept;
}

static int add_arrivals(struct ws_net *w, struct net_event *events, int count, int max)
{
	for (uint32_t i = 0; w->arrivals.count && i < w->listener_count && count < max; i++)
		if (has_arrival(w, &w->listeners[i]))
			events[count++] = (struct net_event){w->listeners[i].tag, NET_IN};
	return count;
}

static int add_more(struct ws_net *w, struct net_event *events, int count, int max)
{
	uint32_t done = 0;

	for (; done < w->around.more.count && count < max; done++) {
		struct ws_conn *c = w->around.conns.at[w->around.more.at[done]];

		c->flags &= (uint8_t) ~(WS_LISTED | WS_MORE);
		events[count++] = (struct net_event){c->tag, NET_IN | (c->asked & NET_OUT)};
	}
	net_around_listed(&w->around, done);
	return count;
}

static int on_wait(struct net *n, struct net_event *events, int max, nsec_t timeout)
{
	struct ws_net *w = own(n);
	struct net *inner = w->shared.inner;
	int count = inner->ops->wait(inner, events, max, limit_wait(w, timeout));

	if (count < 0)
		return count;
	count = take_events(w, events, count);
	count = add_more(w, events, count, max);
	return add_arrivals(w, events, count, max);
}

/* ---- bytes ---- */

/* After a call: what it left is gone on with in the caller's next turn, or when there is room. */
static void look_after(struct ws_net *w, struct ws_conn *c)
{
	struct net *inner = w->shared.inner;

	if (c->pending && !(c->asked & NET_OUT) && (c->flags & WS_WATCHED))
		inner->ops->rewatch(inner, c->handle, c->asked | NET_OUT, tag_of(c));
	if (!(c->flags & WS_MORE) || (c->flags & WS_LISTED) || !(c->flags & WS_WATCHED))
		return;
	c->flags |= WS_LISTED;
	net_around_list(&w->around, c->handle);
}

static ssize_t on_recv(struct net *n, int handle, void *buf, size_t len)
{
	struct ws_net *w = own(n);
	struct net *inner = w->shared.inner;
	struct ws_conn *c = conn_at(w, handle);
	ssize_t got;

	if (!c)
		return inner->ops->recv(inner, handle, buf, len);
	got = ws_conn_recv(c, buf, len);
	look_after(w, c);
	return got;
}

static ssize_t on_send(struct net *n, int handle, const struct iovec *iov, int count)
{
	struct ws_net *w = own(n);
	struct net *inner = w->shared.inner;
	struct ws_conn *c = conn_at(w, handle);
	ssize_t sent;

	if (!c)
		return inner->ops->send(inner, handle, iov, count);
	sent = ws_conn_send(c, iov, count);
	look_after(w, c);
	return sent;
}

/* ---- many sends at once ---- */

static size_t on_room(struct net *n, const struct net_send *s)
{
	return ws_conn_room(conn_at(own(n), s->handle), s->iov, (int)s->iov_count);
}

static size_t on_encode(struct net *n, struct net_send *s, uint8_t *to)
{
	struct ws_conn *c = conn_at(own(n), s->handle);
	size_t size = ws_conn_encode(c, s->iov, (int)s->iov_count, (char *)to);

	if (size == 0)
		s->done = ws_conn_encoded(c, s, NULL, 0, 0);
	return size;
}

static ssize_t on_result(struct net *n, const struct net_send *s, const struct net_send *made)
{
	struct ws_conn *c = conn_at(own(n), s->handle);
	ssize_t sent = ws_conn_encoded(c, s, made->iov->iov_base, made->iov->iov_len, made->done);

	look_after(own(n), c);
	return sent;
}

static void on_send_batch(struct net *n, struct net_send *sends, size_t count)
{
	static const struct net_encoder encoder = {on_room, on_encode, on_result};

	net_batch_send(&own(n)->batch, &own(n)->around, &encoder, sends, count);
}

/* ---- the rest of a connection ---- */

static void forget(struct ws_net *w, struct ws_conn *c)
{
	w->around.conns.at[c->handle] = NULL;
	if (c->flags & WS_LISTED)
		net_around_unlist(&w->around, c->handle);
	free(c);
}

/* Closes the arrivals that will not be accepted. */
static void drop_arrivals(struct ws_net *w, int listener)
{
	struct net *inner = w->shared.inner;
	struct ws_arrival a;

	while (ws_arrivals_take(&w->arrivals, listener, &a)) {
		struct ws_conn *c = conn_at(w, a.handle);

		ws_conn_end(c);
		forget(w, c);
		inner->ops->close(inner, a.handle);
	}
}

static void on_close(struct net *n, int handle)
{
	struct ws_net *w = own(n);
	struct net *inner = w->shared.inner;
	struct ws_listener *l = listener_of(w, handle);
	struct ws_conn *c = conn_at(w, handle);

	if (l) {
		drop_arrivals(w, handle);
		l->handle = -1;
		http_door_remove(w->door, handle);
		return;
	}
	if (c) {
		ws_conn_end(c);
		forget(w, c);
	}
	inner->ops->close(inner, handle);
}

/* The door watches listeners itself. */
static int watch_listener(struct ws_listener *l, uint32_t ready, uint64_t tag)
{
	l->asked = ready;
	l->tag = tag;
	return 0;
}

static int on_rewatch(struct net *n, int handle, uint32_t ready, uint64_t tag)
{
	struct ws_net *w = own(n);
	struct net *inner = w->shared.inner;
	struct ws_listener *l = listener_of(w, handle);
	struct ws_conn *c = conn_at(w, handle);

	assert(tag < NET_TAGS_WEB);
	if (l)
		return watch_listener(l, ready, tag);
	if (!c)
		return inner->ops->rewatch(inner, handle, ready, tag);
	c->tag = tag;
	c->asked = (uint8_t)ready;
	return inner->ops->rewatch(inner, handle, ready | (c->pending ? NET_OUT : 0), tag_of(c));
}

/* A WebSocket is watched since it was a connection of the door, without a wish. */
static int on_watch(struct net *n, int handle, uint32_t ready, uint64_t tag)
{
	struct ws_net *w = own(n);
	struct net *inner = w->shared.inner;
	struct ws_conn *c = conn_at(w, handle);

	assert(tag < NET_TAGS_WEB);
	if (!c && !listener_of(w, handle))
		return inner->ops->watch(inner, handle, ready, tag);
	if (c)
		c->flags |= WS_WATCHED;
	if (c)
		look_after(w, c); /* it may have been taken over with something to go on with */
	return on_rewatch(n, handle, ready, tag);
}

static void on_unwatch(struct net *n, int handle)
{
	struct ws_net *w = own(n);
	struct net *inner = w->shared.inner;
	struct ws_listener *l = listener_of(w, handle);
	struct ws_conn *c = conn_at(w, handle);

	if (l) {
		l->asked = 0;
		return;
	}
	if (c)
		c->flags &= (uint8_t)~WS_WATCHED;
	inner->ops->unwatch(inner, handle);
}

/* ---- to another process ---- */

static int on_give(struct net *n, int handle, struct tlv_out *state)
{
	const struct ws_conn *c = conn_at(own(n), handle);
	int err = c ? ws_conn_give(c, state) : 0;

	return err ? err : net_around_give(n, handle, state);
}

/* Watched without a wish, as one that the door has passed on. */
static int on_take(struct net *n, int fd, const struct tlv_in *state)
{
	struct ws_net *w = own(n);
	struct net *inner = w->shared.inner;
	int handle = net_around_take(n, fd, state);
	struct ws_conn *c;
	struct tlv r;

	if (handle < 0 || !tlv_find(state, NET_LAYER_WEB, &r))
		return handle;
	c = net_around_reserve(&w->around, handle) ? calloc(1, sizeof(*c)) : NULL;
	if (!c)
		return -ENOMEM;
	c->shared = &w->shared;
	c->handle = handle;
	if (!ws_conn_take(c, tlv_inside(&r)) ||
		inner->ops->watch(inner, handle, NET_EDGE, tag_of(c)) < 0) {
		free(c->pending);
		free(c);
		return -EINVAL;
	}
	w->around.conns.at[handle] = c;
	return handle;
}

static const char *on_why(struct net *n, int handle)
{
	const struct ws_conn *c = conn_at(own(n), handle);

	return c && c->reason ? ws_count_text(c->reason) : net_around_why(n, handle);
}

static const struct net_ops ws_ops = {
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
	.secure = net_around_secure,
	.why = on_why,
	.counter = net_around_counter, /* our own: ws_net_count() */
	.give = on_give,
	.take = on_take,
	.inherit = net_around_inherit,
};

/* ---- for the owner ---- */

struct net *ws_net_new(struct net *inner, const struct ws_world *world)
{
	struct ws_net *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->around.net.ops = &ws_ops;
	w->around.inner = w->shared.inner = inner;
	w->world = *world;
	w->door = http_door_new(inner, &(struct http_site){.get = on_get,
					       .admit = world->content ? on_content : NULL,
					       .upgrade = on_upgrade,
					       .arg = w});
	if (!w->door) {
		free(w);
		return NULL;
	}
	http_door_tags(w->door, DOOR_TAGS);
	return &w->around.net;
}

void ws_net_free(struct net *n)
{
	struct ws_net *w;

	if (!n)
		return;
	w = own(n);
	for (uint32_t i = 0; i < w->listener_count; i++)
		if (w->listeners[i].handle >= 0)
			drop_arrivals(w, w->listeners[i].handle);
	for (uint32_t i = 0; i < w->around.conns.count; i++)
		if (w->around.conns.at[i]) {
			ws_conn_end(w->around.conns.at[i]);
			forget(w, w->around.conns.at[i]);
		}
	http_door_free(w->door);
	net_around_free(&w->around);
	free(w);
}

bool ws_net_listener(struct net *n, const struct net_addr *at)
{
	struct ws_net *w = own(n);

	if (w->listener_count == WS_LISTENERS_MAX)
		return false;
	w->listeners[w->listener_count++] = (struct ws_listener){.at = *at, .handle = -1};
	return true;
}

const struct http_counts *ws_net_http(const struct net *n)
{
	return http_door_counts(container_of(n, const struct ws_net, around.net)->door);
}

uint64_t ws_net_count(const struct net *n, enum ws_count why)
{
	return container_of(n, const struct ws_net, around.net)->shared.counts[why];
}
