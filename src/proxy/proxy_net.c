/*
 * proxy_net.c - chat/net.h over another network, with headers of the PROXY protocol.
 *
 *     inner accept -> waiting: watched here, by a tag of our own -> ready: its listener is reported
 *                     readable -> accept() -> not our matter any more
 */
#include "proxy/proxy_net.h"

#include "proxy/proxy_header.h"

#include "base/list.h"
#include "base/tlv.h"
#include "net/net_around.h"

#include <errno.h>
#include <stdlib.h>

enum {
	ACCEPTS = 128, /* of one call */
};

/* Tags of our own; TLS, on top, has those without the second bit. */
#define OWN_TAG (NET_TAGS | (uint64_t)1 << 62)

enum count {
	COUNT_ACCEPTED,
	COUNT_MALFORMED,
	COUNT_TIMEOUT,
	COUNT_CLOSED,
	COUNT_FULL,
	COUNTS,
};

static const char *const count_names[COUNTS] = {
	"proxy-accepted", "proxy-malformed", "proxy-timeout", "proxy-closed", "proxy-full"};

/* A connection from a proxy: until accept(), and as long as it lives if the header told of TLS. */
struct proxied {
	struct list link; /* of proxy_net.waiting, by deadline; of listener.ready; or of none */
	int handle;
	struct listener *listener;
	struct net_addr proxy;
	nsec_t deadline;
	uint8_t *bytes; /* of the header; NULL: it is complete */
	size_t len, need;
	struct proxy_client client;
};

struct listener {
	int handle; /* -1: not in use */
	uint64_t tag;
	bool asked; /* for NET_IN */
	struct list ready;
};

struct proxy_net {
	struct net_around around; /* conns: proxied */
	struct proxy_world world;
	struct proxy_network from[PROXY_NETWORKS_MAX];
	size_t from_count;
	struct listener listeners[PROXY_LISTENERS_MAX];
	struct list waiting;
	uint32_t waiting_count;
	uint64_t counts[COUNTS];
};

static struct proxy_net *own(struct net *n)
{
	return container_of(n, struct proxy_net, around.net);
}

static struct proxied *conn_at(const struct proxy_net *t, int handle)
{
	return net_around_at(&t->around, handle);
}

static struct listener *listener_at(struct proxy_net *t, int handle)
{
	for (struct listener *l = t->listeners; l < t->listeners + PROXY_LISTENERS_MAX; l++)
		if (l->handle == handle)
			return l;
	return NULL;
}

/* --- proxies --- */

static bool covers(const struct proxy_network *n, const struct net_addr *a)
{
	uint32_t bytes = n->bits / 8, rest = n->bits % 8;

	return n->addr.family == a->family && memcmp(n->addr.ip, a->ip, bytes) == 0 &&
	       (rest == 0 || (n->addr.ip[bytes] ^ a->ip[bytes]) >> (8 - rest) == 0);
}

static bool is_proxy(const struct proxy_net *t, const struct net_addr *a)
{
	for (size_t i = 0; i < t->from_count; i++)
		if (covers(&t->from[i], a))
			return true;
	return false;
}

void proxy_net_trust(struct net *n, const struct proxy_network *from, size_t count)
{
	struct proxy_net *t = own(n);

	t->from_count = size_min(count, PROXY_NETWORKS_MAX);
	memcpy(t->from, from, t->from_count * sizeof(*from));
}

/* --- a connection and its header --- */

static void forget(struct proxy_net *t, struct proxied *c)
{
	t->waiting_count -= c->bytes != NULL;
	t->around.conns.at[c->handle] = NULL;
	list_del(&c->link);
	free(c->bytes);
	free(c);
}

static void drop(struct proxy_net *t, struct proxied *c, enum count why)
{
	int handle = c->handle;

	t->counts[why]++;
	if (why != COUNT_CLOSED) /* as a check of the proxy, whether the server lives, does */
		t->world.refused(t->world.arg, &c->proxy, count_names[why]);
	forget(t, c);
	t->around.inner->ops->close(t->around.inner, handle);
}

static struct proxied *conn_new(struct proxy_net *t, int handle)
{
	struct proxied *c = net_around_reserve(&t->around, handle) ? calloc(1, sizeof(*c)) : NULL;

	if (!c)
		return NULL;
	c->bytes = malloc(PROXY_HEADER_MAX);
	c->handle = handle;
	c->need = PROXY_FIRST;
	list_init(&c->link);
	if (c->bytes && t->around.inner->ops->watch(
				t->around.inner, handle, NET_IN, OWN_TAG | (uint64_t)handle) == 0)
		return c;
	free(c->bytes);
	free(c);
	return NULL;
}

/* Begins to wait for the header of a connection. */
static void begin(struct proxy_net *t, struct listener *l, int handle, const struct net_addr *proxy)
{
	struct proxied *c = t->waiting_count < PROXY_WAITING_MAX ? conn_new(t, handle) : NULL;

	if (!c) {
		t->counts[COUNT_FULL]++;
		t->world.refused(t->world.arg, proxy, count_names[COUNT_FULL]);
		t->around.inner->ops->close(t->around.inner, handle);
		return;
	}
	t->around.conns.at[handle] = c;
	t->waiting_count++;
	c->listener = l;
	c->proxy = *proxy;
	c->deadline = t->around.inner->ops->now(t->around.inner) + PROXY_PATIENCE;
	list_add_tail(&t->waiting, &c->link);
}

/* The header is complete: the listener has a connection. */
static void complete(struct proxy_net *t, struct proxied *c)
{
	t->around.inner->ops->unwatch(t->around.inner, c->handle);
	t->waiting_count--;
	free(c->bytes);
	c->bytes = NULL;
	list_del(&c->link);
	list_add_tail(&c->listener->ready, &c->link);
}

static void read_header(struct proxy_net *t, struct proxied *c)
{
	enum proxy_parse result = PROXY_MORE;

	while (result == PROXY_MORE) {
		ssize_t n = t->around.inner->ops->recv(
			t->around.inner, c->handle, c->bytes + c->len, c->need - c->len);

		if (n == -EAGAIN)
			return;
		if (n <= 0) {
			drop(t, c, COUNT_CLOSED);
			return;
		}
		c->len += (size_t)n;
		if (c->len == c->need)
			result = proxy_header_parse(c->bytes, c->len, &c->need, &c->client);
	}
	if (result == PROXY_READY)
		complete(t, c);
	else
		drop(t, c, COUNT_MALFORMED);
}

/* --- listeners --- */

static int on_listen(
	struct net *n, const struct net_addr *at, const struct net_tuning *tuning, int backlog)
{
	struct proxy_net *t = own(n);
	struct listener *l = listener_at(t, -1);
	int handle = t->around.inner->ops->listen(t->around.inner, at, tuning, backlog);

	if (l && handle >= 0)
		l->handle = handle;
	return handle;
}

/* The next connection whose header is complete; -1: there is none. */
static int take_ready(struct proxy_net *t, struct listener *l, struct net_addr *peer)
{
	struct proxied *c;
	int handle;

	if (list_empty(&l->ready))
		return -1;
	c = container_of(l->ready.next, struct proxied, link);
	handle = c->handle;
	*peer = c->client.known ? c->client.addr : c->proxy;
	t->counts[COUNT_ACCEPTED]++;
	list_del(&c->link);
	if (!c->client.secure)
		forget(t, c);
	return handle;
}

static int on_accept(struct net *n, int listener, struct net_addr *peer)
{
	struct proxy_net *t = own(n);
	struct listener *l = listener_at(t, listener);
	int handle = l ? take_ready(t, l, peer) : -1;

	for (int i = 0; handle < 0 && i < ACCEPTS; i++) {
		handle = t->around.inner->ops->accept(t->around.inner, listener, peer);
		if (handle < 0 || !l || !is_proxy(t, peer))
			return handle;
		begin(t, l, handle, peer);
		handle = -1;
	}
	return handle < 0 ? -EAGAIN : handle; /* the listener is still readable */
}

/* --- wait --- */

static bool has_ready(const struct listener *l)
{
	return l->handle >= 0 && l->asked && !list_empty(&l->ready);
}

static nsec_t limit_wait(const struct proxy_net *t, nsec_t timeout)
{
	nsec_t left = NSEC_MAX, now;

	for (size_t i = 0; i < PROXY_LISTENERS_MAX; i++)
		if (has_ready(&t->listeners[i]))
			return 0;
	if (!list_empty(&t->waiting)) {
		now = t->around.inner->ops->now(t->around.inner);
		left = container_of(t->waiting.next, struct proxied, link)->deadline;
		left = left > now ? left - now : 0;
	}
	return left < timeout ? left : timeout;
}

static int take_events(struct proxy_net *t, struct net_event *events, int count)
{
	int kept = 0;

	for (int i = 0; i < count; i++) {
		struct proxied *c;

		if ((events[i].tag & OWN_TAG) != OWN_TAG) {
			events[kept++] = events[i];
			continue;
		}
		c = conn_at(t, (int)(events[i].tag & ~OWN_TAG));
		if (c && c->bytes)
			read_header(t, c);
	}
	return kept;
}

static void expire(struct proxy_net *t)
{
	nsec_t now = t->around.inner->ops->now(t->around.inner);

	while (!list_empty(&t->waiting)) {
		struct proxied *c = container_of(t->waiting.next, struct proxied, link);

		if (c->deadline > now)
			return;
		drop(t, c, COUNT_TIMEOUT);
	}
}

static int on_wait(struct net *n, struct net_event *events, int max, nsec_t timeout)
{
	struct proxy_net *t = own(n);
	int count =
		t->around.inner->ops->wait(t->around.inner, events, max, limit_wait(t, timeout));

	if (count < 0)
		return count;
	count = take_events(t, events, count);
	if (!list_empty(&t->waiting))
		expire(t);
	for (size_t i = 0; i < PROXY_LISTENERS_MAX && count < max; i++)
		if (has_ready(&t->listeners[i]))
			events[count++] = (struct net_event){t->listeners[i].tag, NET_IN};
	return count;
}

/* --- the rest passes through --- */

static void close_listener(struct proxy_net *t, struct listener *l)
{
	struct list *at, *next;

	while (!list_empty(&l->ready))
		drop(t, container_of(l->ready.next, struct proxied, link), COUNT_CLOSED);
	list_for_each_safe(at, next, &t->waiting) {
		struct proxied *c = container_of(at, struct proxied, link);

		if (c->listener == l)
			drop(t, c, COUNT_CLOSED);
	}
	*l = (struct listener){.handle = -1};
	list_init(&l->ready);
}

static void on_close(struct net *n, int handle)
{
	struct proxy_net *t = own(n);
	struct proxied *c = conn_at(t, handle);
	struct listener *l = listener_at(t, handle);

	if (c)
		forget(t, c);
	if (l)
		close_listener(t, l);
	t->around.inner->ops->close(t->around.inner, handle);
}

static void note_listener(struct proxy_net *t, int handle, uint32_t ready, uint64_t tag)
{
	struct listener *l = listener_at(t, handle);

	if (!l)
		return;
	l->tag = tag;
	l->asked = ready & NET_IN;
}

static int on_watch(struct net *n, int handle, uint32_t ready, uint64_t tag)
{
	struct net *inner = own(n)->around.inner;

	note_listener(own(n), handle, ready, tag);
	return inner->ops->watch(inner, handle, ready, tag);
}

static int on_rewatch(struct net *n, int handle, uint32_t ready, uint64_t tag)
{
	struct net *inner = own(n)->around.inner;

	note_listener(own(n), handle, ready, tag);
	return inner->ops->rewatch(inner, handle, ready, tag);
}

static void on_unwatch(struct net *n, int handle)
{
	struct net *inner = own(n)->around.inner;

	note_listener(own(n), handle, 0, 0);
	inner->ops->unwatch(inner, handle);
}

static bool on_secure(struct net *n, int handle, struct net_secure *to)
{
	const struct proxied *c = conn_at(own(n), handle);

	if (!c || !c->client.secure)
		return net_around_secure(n, handle, to);
	if (to)
		*to = (struct net_secure){
			.version = c->client.version[0] ? c->client.version : "TLS",
			.cipher = c->client.cipher[0] ? c->client.cipher : "cipher unknown"};
	return true;
}

static bool on_counter(struct net *n, unsigned number, const char **name, uint64_t *value)
{
	if (number >= COUNTS)
		return net_around_counter(n, number - COUNTS, name, value);
	*name = count_names[number];
	*value = own(n)->counts[number];
	return true;
}

/* --- to another process --- */

/* The numbers are read by other releases. */
enum {
	FIELD_VERSION = 1,
	FIELD_CIPHER = 2,
};

/* Only what a proxy said of TLS outlasts accept(). */
static int on_give(struct net *n, int handle, struct tlv_out *state)
{
	const struct proxied *c = conn_at(own(n), handle);
	size_t begun;

	if (!c)
		return net_around_give(n, handle, state);
	if (c->bytes)
		return -EINPROGRESS;
	begun = tlv_begin(state, NET_LAYER_PROXY);
	tlv_text(state, FIELD_VERSION, c->client.version);
	tlv_text(state, FIELD_CIPHER, c->client.cipher);
	tlv_end(state, begun);
	return net_around_give(n, handle, state);
}

static void copy_word(struct tlv_in *in, uint16_t type, char out[PROXY_WORD_MAX])
{
	struct tlv r = {0};
	size_t len = tlv_find(in, type, &r) ? size_min(r.len, PROXY_WORD_MAX - 1) : 0;

	if (len)
		memcpy(out, r.at, len);
	out[len] = '\0';
}

static int on_take(struct net *n, int fd, const struct tlv_in *state)
{
	struct proxy_net *t = own(n);
	int handle = net_around_take(n, fd, state);
	struct proxied *c;
	struct tlv_in in;
	struct tlv r;

	if (handle < 0 || !tlv_find(state, NET_LAYER_PROXY, &r))
		return handle;
	c = net_around_reserve(&t->around, handle) ? calloc(1, sizeof(*c)) : NULL;
	if (!c)
		return -ENOMEM;
	in = tlv_inside(&r);
	c->handle = handle;
	c->client.secure = true;
	copy_word(&in, FIELD_VERSION, c->client.version);
	copy_word(&in, FIELD_CIPHER, c->client.cipher);
	list_init(&c->link);
	t->around.conns.at[handle] = c;
	return handle;
}

static const struct net_ops proxy_ops = {
	.listen = on_listen,
	.accept = on_accept,
	.recv = net_around_recv,
	.send = net_around_send,
	.send_batch = net_around_send_batch,
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
	.why = net_around_why,
	.counter = on_counter,
	.give = on_give,
	.take = on_take,
	.inherit = net_around_inherit,
};

struct net *proxy_net_new(struct net *inner, const struct proxy_world *world)
{
	struct proxy_net *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->around.net.ops = &proxy_ops;
	t->around.inner = inner;
	t->world = *world;
	list_init(&t->waiting);
	for (size_t i = 0; i < PROXY_LISTENERS_MAX; i++) {
		t->listeners[i].handle = -1;
		list_init(&t->listeners[i].ready);
	}
	return &t->around.net;
}

void proxy_net_free(struct net *n)
{
	struct proxy_net *t = n ? own(n) : NULL;

	if (!t)
		return;
	for (uint32_t i = 0; i < t->around.conns.count; i++)
		if (t->around.conns.at[i])
			forget(t, t->around.conns.at[i]);
	net_around_free(&t->around);
	free(t);
}
