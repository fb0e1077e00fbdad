/*
 * accept.c - accepting of connections: a bounded number per turn, and a pause when the system is
 * out of descriptors or memory; waiting connections stay in the kernel's queue.
 */
#include "chat/loop/accept.h"

#include "chat/history/ban_enforce.h"
#include "chat/model/conn_limit.h"
#include "chat/out/conn_table.h"
#include "chat/out/conn_time.h"
#include "chat/out/deliver.h"
#include "chat/proto/addr_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

_Static_assert(LISTENER_TAG + LISTENERS_MAX < NET_TAGS, "tags of the server");

static struct net_tuning tuning_of(const struct config_net *c)
{
	return (struct net_tuning){
		.keepalive_idle = (int)(c->keepalive_idle / NSEC_SEC),
		.keepalive_interval = (int)(c->keepalive_interval / NSEC_SEC),
		.keepalive_count = (int)c->keepalive_count,
		.user_timeout_ms = (int)(c->user_timeout / NSEC_MSEC),
		.nodelay = c->nodelay,
	};
}

int server_listen(struct server *s, const struct net_addr *at)
{
	struct net_tuning tuning = tuning_of(&s->config->net);
	int handle, err;

	if (s->listener_count == LISTENERS_MAX)
		return -EMFILE;
	handle = s->net->ops->listen(s->net, at, &tuning, (int)s->config->net.backlog);
	if (handle < 0)
		return handle;
	err = s->net->ops->watch(s->net, handle, NET_IN, LISTENER_TAG + s->listener_count);
	if (err < 0) {
		s->net->ops->close(s->net, handle);
		return err;
	}
	s->listeners[s->listener_count++] = (struct listener){.handle = handle, .at = *at};
	return 0;
}

void server_unlisten(struct server *s)
{
	for (size_t i = 0; i < s->listener_count; i++) {
		s->net->ops->unwatch(s->net, s->listeners[i].handle);
		s->net->ops->close(s->net, s->listeners[i].handle);
	}
	s->listener_count = 0;
	s->accepting = false;
	wheel_stop(&s->wheel, &s->accept_pause);
}

void server_tune(struct server *s)
{
	struct net_tuning tuning = tuning_of(&s->config->net);

	for (size_t i = 0; i < s->listener_count; i++)
		s->net->ops->tune(s->net, s->listeners[i].handle, &tuning);
	for (uint32_t i = 0; i < s->slots.count; i++)
		if (s->slots.at[i].conn)
			s->net->ops->tune(s->net, s->slots.at[i].conn->handle, &tuning);
}

static void take_slot(struct server *s, struct conn *c)
{
	struct conn_slot *slot;

	if (s->free_slot == NO_SLOT) {
		slot = &s->slots.at[s->slots.count];
		*slot = (struct conn_slot){.next_free = NO_SLOT};
		c->slot = s->slots.count++;
	} else {
		c->slot = s->free_slot;
		slot = &s->slots.at[c->slot];
		s->free_slot = slot->next_free;
	}
	slot->conn = c;
	c->generation = slot->generation;
	s->conn_count++;
	if (s->conn_count > s->conn_peak)
		s->conn_peak = s->conn_count;
}

/* A new connection on handle, watched and with its timer running; NULL if out of memory: the caller
 * then keeps handle. */
static struct conn *conn_new(struct server *s, int handle, const struct net_addr *peer)
{
	bool room = s->free_slot != NO_SLOT || VEC_RESERVE(&s->slots, 1, CONNS_MAX);
	struct conn *c = room ? calloc(1, sizeof(*c)) : NULL;

	if (!c)
		return NULL;
	c->handle = handle;
	c->peer = *peer;
	c->flags = handle >= 0 && net_secure(s->net, handle, NULL) ? CONN_SECURE : 0;
	conn_set_queue(s, c);
	c->opened = c->heard = s->now;
	wheel_timer_init(&c->timer);
	take_slot(s, c);
	if (handle >= 0 && s->net->ops->watch(s->net, handle, NET_IN | NET_EDGE, conn_tag(c)) < 0) {
		conn_out_of_memory(s, c);
		return c;
	}
	conn_time_start(s, c, s->now + s->config->net.registration);
	return c;
}

/* Enables or disables events of the listeners. They stay registered: re-adding one would need
 * memory. */
static void set_accepting(struct server *s, bool on)
{
	for (size_t i = 0; i < s->listener_count; i++)
		s->net->ops->rewatch(
			s->net, s->listeners[i].handle, on ? NET_IN : 0, LISTENER_TAG + i);
	s->accepting = on;
}

/* Out of descriptors or memory: pending connections stay in the kernel's queue; retried later. */
static void pause_accept(struct server *s, int err)
{
	server_count(s, COUNT_ACCEPT_PAUSED);
	LOG(s->log, WARN, "accept.paused", log_str("reason", strerror(-err)),
		log_int("connections", s->conn_count));
	set_accepting(s, false);
	wheel_start(&s->wheel, &s->accept_pause, s->now + ACCEPT_PAUSE);
}

void server_accept_resume(struct server *s)
{
	set_accepting(s, true);
}

static void log_refusal(struct server *s, const struct net_addr *peer, const char *why)
{
	char text[ADDR_TEXT_MAX];

	addr_print(peer, text);
	LOG(s->log, WARN, "conn.refused", log_str("reason", why), log_str("address", text));
}

/* Refuses a connection: one line with the reason, then close. */
static void refuse(struct server *s, int handle, const struct net_addr *peer, const char *why)
{
	char text[CLOSING_LINE_MAX];
	int n = snprintf(text, sizeof(text), "ERROR :Closing Link: (%s)\r\n", why);
	struct iovec iov = {text, (size_t)n};

	log_refusal(s, peer, why);
	s->net->ops->send(s->net, handle, &iov, 1);
	s->net->ops->close(s->net, handle);
}

/* False: out of memory. */
static bool admit(struct server *s, size_t listener, int handle, const struct net_addr *peer)
{
	char text[CLOSING_LINE_MAX / 2];
	struct conn *c;
	const char *why;

	if (ban_enforce_address(s, peer, text)) {
		server_count(s, COUNT_REFUSED_BAN);
		refuse(s, handle, peer, text);
		return true;
	}
	if (s->conn_count >= s->config->limits.clients) {
		server_count(s, COUNT_REFUSED_FULL);
		refuse(s, handle, peer, "Server is full");
		return true;
	}
	c = conn_new(s, handle, peer);
	if (!c) {
		server_count(s, COUNT_NO_MEMORY);
		s->net->ops->close(s->net, handle);
		return false;
	}
	c->listener = (uint8_t)listener;
	s->listeners[listener].conns++;
	why = conn_limit_join(s, c);
	if (why) {
		log_refusal(s, peer, why);
		conn_leave(s, c, why);
	}
	return true;
}

static size_t listener_at(const struct server *s, const struct net_addr *at)
{
	for (size_t i = 0; i < s->listener_count; i++)
		if (s->listeners[i].at.port == at->port && addr_equal(&s->listeners[i].at, at))
			return i;
	return 0; /* the configuration has it no more */
}

struct conn *server_adopt(
	struct server *s, int handle, const struct net_addr *peer, const struct net_addr *at)
{
	struct conn *c = conn_new(s, handle, peer);

	if (!c)
		return NULL;
	c->listener = (uint8_t)listener_at(s, at);
	s->listeners[c->listener].conns++;
	if (!conn_limit_adopt(s, c))
		conn_out_of_memory(s, c);
	return c;
}

/* Errors of a single connection that failed in the queue (accept(2), "Error handling"). */
static bool failed_alone(int err)
{
	return err == -ECONNABORTED || err == -EINTR || err == -EPROTO || err == -ENETDOWN ||
	       err == -EHOSTDOWN || err == -EHOSTUNREACH || err == -ENETUNREACH || err == -EPERM;
}

void server_accept(struct server *s, size_t listener)
{
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		struct net_addr peer;
		int handle = s->net->ops->accept(s->net, s->listeners[listener].handle, &peer);

		if (handle == -EAGAIN)
			return;
		if (handle < 0 && failed_alone(handle))
			continue;
		if (handle < 0 || !admit(s, listener, handle, &peer)) {
			pause_accept(s, handle < 0 ? handle : -ENOMEM);
			return;
		}
		server_count(s, COUNT_ACCEPTED);
	}
}
