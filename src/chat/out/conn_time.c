/*
 * conn_time.c - the one timer of a connection, and its uses:
 *
 *     not registered yet     `registration` after the accept it is cut
 *     new                    once, at an individual time, it is sent a PING
 *     quiet                  `ping_interval` after the last byte it is sent a PING
 *     pinged                 `ping_timeout` after that PING it is cut
 *     over the flood limit   its lines continue
 *
 * Arriving bytes only record the time (conn.heard); the timer checks it on expiry and is restarted
 * if nothing is due, so traffic costs no timer work.
 *
 * The first PING staggers connections. Connections made together, after a restart or a cut cable,
 * would otherwise be probed together for ever: by our PING and, worse, by the kernel's keepalive,
 * whose timer is coarse. Thousands of probes leave at once, the device's queue overflows, and a
 * peer that loses `keepalive_count` of them is cut although it is alive.
 *
 *     accept                  keepalive_idle (or ping_interval, if that is sooner)
 *       |-------[first PING, evenly]-------|
 *              1/4                3/4
 */
#include "chat/out/conn_time.h"

#include "chat/out/conn_table.h"
#include "chat/out/deliver.h"

#include <stdio.h>

void conn_time_start(struct server *s, struct conn *c, nsec_t when)
{
	if (!wheel_timer_pending(&c->timer) || when < c->timer.when)
		wheel_start(&s->wheel, &c->timer, when);
}

static bool is_oper(const struct conn *c)
{
	return user_registered(c->user) && (c->user->modes & USER_OPER);
}

/* A leaky bucket, stored as one time: when the allowance would be full again. */
void conn_charge(struct server *s, struct conn *c, uint32_t lines)
{
	int64_t rate = s->config->limits.flood_rate;

	if (rate == 0 || lines == 0 || is_oper(c))
		return;
	if (c->flood < s->now)
		c->flood = s->now;
	c->flood += lines * (NSEC_SEC / rate);
}

/* Work is charged too, but the debt of an expensive line is bounded. */
void conn_charge_work(struct server *s, struct conn *c, uint64_t work)
{
	int64_t rate = s->config->limits.flood_rate;
	nsec_t each = rate ? NSEC_SEC / rate : 0;
	nsec_t most = s->now + s->config->limits.flood_burst * each + WORK_DEBT_MAX;
	nsec_t price = each * (nsec_t)(work / (WORK_PER_PRICE / 100)) / 100;

	if (rate == 0 || c->flood > most || is_oper(c))
		return;
	if (c->flood < s->now)
		c->flood = s->now;
	c->flood = c->flood + price < most ? c->flood + price : most;
}

/* When c gets its first PING. Consecutive connections are a golden section apart, which spreads any
 * number of them evenly. */
static nsec_t first_ping(const struct server *s, const struct conn *c)
{
	const struct config_net *n = &s->config->net;
	nsec_t span = n->ping_interval;
	uint32_t turn = (c->slot + c->generation) * 2654435769u; /* 2^32 / golden ratio */

	if (n->keepalive_idle > 0 && n->keepalive_idle < span)
		span = n->keepalive_idle;
	return c->opened + span / 4 + span / 2 / 65536 * (turn >> 16);
}

void conn_set_queue(const struct server *s, struct conn *c)
{
	const struct config_limits *l = &s->config->limits;

	c->queue_max = (uint32_t)(user_registered(c->user) ? l->sendq : l->sendq_unregistered);
}

void conn_registered(struct server *s, struct conn *c)
{
	conn_set_queue(s, c);
	wheel_start(&s->wheel, &c->timer, first_ping(s, c));
}

static void ping_timeout(struct server *s, struct conn *c)
{
	char why[64];

	snprintf(why, sizeof(why), "Ping timeout: %lld seconds",
		(long long)((s->now - c->heard) / NSEC_SEC));
	conn_cut(s, c, COUNT_PING_TIMEOUT, why);
}

static void send_ping(struct server *s, struct conn *c)
{
	struct line_out o = {0};

	line_add_all(&o, "PING :", s->config->server.name, NULL);
	conn_line(s, c, &o);
	c->flags |= CONN_PINGED;
}

/* Does what is due for a registered connection; returns the next due time. */
static nsec_t registered_next(struct server *s, struct conn *c)
{
	const struct config_net *n = &s->config->net;
	nsec_t ping_at = c->heard + n->ping_interval, dead_at = ping_at + n->ping_timeout;

	if (!(c->flags & CONN_OUT_OF_STEP)) {
		if (s->now < first_ping(s, c))
			return first_ping(s, c);
		c->flags |= CONN_OUT_OF_STEP;
		send_ping(s, c);
		return c->heard + n->ping_interval;
	}
	if (s->now < ping_at)
		return ping_at;
	if (!(c->flags & CONN_PINGED)) {
		send_ping(s, c);
		return s->now + n->ping_timeout;
	}
	if (s->now < dead_at)
		return dead_at;
	ping_timeout(s, c);
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
			conn_cut(s, c, COUNT_REGISTRATION_TIMEOUT, "Registration timed out");
		}
	}
	if (!(c->flags & CONN_LEAVING))
		wheel_start(&s->wheel, &c->timer, next);
}
