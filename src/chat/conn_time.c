/*
 * conn_time.c - the one timer of a connection, and what it is for:
 *
 *     not registered yet     `registration` after the accept it leaves
 *     quiet                  `ping_interval` after the last byte it is sent a PING
 *     pinged                 `ping_timeout` after that PING it leaves
 *     over the flood limit   its lines go on
 *
 * Bytes that arrive only note the time (conn.heard); the timer looks at it when it expires and runs
 * on if there is nothing to do, so traffic costs no timer work.
 */
#include "chat/command.h"
#include "chat/conn_priv.h"

#include <stdio.h>

void conn_time_start(struct server *s, struct conn *c, nsec_t when)
{
	if (!wheel_timer_pending(&c->timer) || when < c->timer.when)
		wheel_start(&s->wheel, &c->timer, when);
}

void conn_registered(struct server *s, struct conn *c)
{
	c->queue_max = (uint32_t)s->config->limits.sendq;
	wheel_start(&s->wheel, &c->timer, s->now + s->config->net.ping_interval);
}

static void leave_with_time(struct server *s, struct conn *c, const char *what, nsec_t span)
{
	char why[64];

	snprintf(why, sizeof(why), "%s: %lld seconds", what, (long long)(span / NSEC_SEC));
	conn_leave(s, c, why);
}

static void send_ping(struct server *s, struct conn *c)
{
	struct line_out o = {0};

	line_add_all(&o, "PING :", s->config->server.name, NULL);
	conn_line(s, c, &o);
	c->flags |= CONN_PINGED;
}

/* What a registered connection waits for next, after having done what is due. */
static nsec_t registered_next(struct server *s, struct conn *c)
{
	const struct config_net *n = &s->config->net;
	nsec_t ping_at = c->heard + n->ping_interval, dead_at = ping_at + n->ping_timeout;

	if (s->now < ping_at)
		return ping_at;
	if (!(c->flags & CONN_PINGED)) {
		send_ping(s, c);
		return s->now + n->ping_timeout;
	}
	if (s->now < dead_at)
		return dead_at;
	server_count(s, COUNT_PING_TIMEOUT);
	leave_with_time(s, c, "Ping timeout", s->now - c->heard);
	return NSEC_MAX;
}

void conn_time_expired(struct server *s, struct conn *c)
{
	nsec_t next;

	if (c->flags & CONN_LEAVING)
		return;
	if (c->flags & CONN_SLOWED) {
		c->flags &= (uint16_t)~CONN_SLOWED;
		server_ready(s, c);
	}
	if (user_registered(c->user)) {
		next = registered_next(s, c);
	} else {
		next = c->opened + s->config->net.registration;
		if (s->now >= next) {
			server_count(s, COUNT_REGISTRATION_TIMEOUT);
			conn_leave(s, c, "Registration timed out");
		}
	}
	if (!(c->flags & CONN_LEAVING))
		wheel_start(&s->wheel, &c->timer, next);
}
