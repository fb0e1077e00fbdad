/*
 * conn_table.c - connection table, per-turn lists, departures, turn time.
 */
#include "chat/out/conn_table.h"

#include "base/utf8.h"
#include "chat/proto/addr_text.h"
#include "chat/proto/cloak.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const counter_names[] = {"accepted", "refused-full", "refused-address",
	"refused-rate", "refused-ban", "accept-paused", "lines-in", "bytes-in", "replies",
	"deliveries", "bytes-out", "line-nul", "line-too-long", "line-not-utf8", "unknown-command",
	"not-irc", "slowed", "sendq-exceeded", "no-memory", "ping-timeout", "registration-timeout",
	"messages", "not-kept", "memory-refused", "password-wrong", "password-refused",
	"password-tries", "logins", "accounts-registered", "register-refused", "nick-reserved",
	"mails", "mail-failed", "login-checks", "login-check-failed", "webirc-refused", "pushes",
	"push-failed", "push-dropped", "silenced", "caller-id", "channel-flood", "filter-warned",
	"filter-blocked", "filter-killed", "filter-given-up", "dnsbl-refused", "dnsbl-account",
	"dnsbl-warned", "dnsbl-unanswered", "sends", "sends-blocked"};

_Static_assert(ARRAY_SIZE(counter_names) == SERVER_COUNTERS, "a name for each counter");

const char *server_counter_name(enum server_counter c)
{
	return counter_names[c];
}

uint32_t server_mark(struct server *s)
{
	if (++s->mark == 0) { /* wrapped: old marks must not look new */
		for (uint32_t i = 0; i < s->slots.count; i++)
			if (s->slots.at[i].conn)
				s->slots.at[i].conn->mark = 0;
		s->mark = 1;
	}
	return s->mark;
}

const char *server_time_at(struct server *s, int64_t ms)
{
	if (ms != s->time_ms) {
		s->time_ms = ms;
		time_text(s->time, ms);
	}
	return s->time;
}

const char *server_time(struct server *s)
{
	return server_time_at(s, s->wall / NSEC_MSEC);
}

void server_batch_ref(struct server *s, char ref[BATCH_REF_MAX])
{
	snprintf(ref, BATCH_REF_MAX, "%x", ++s->batches);
}

struct conn *server_conn(const struct server *s, uint64_t tag)
{
	uint32_t slot = (uint32_t)tag;

	if (slot >= s->slots.count || s->slots.at[slot].generation != tag >> 32)
		return NULL;
	return s->slots.at[slot].conn;
}

void conn_leave(struct server *s, struct conn *c, const char *why)
{
	char *text;

	if (c->flags & CONN_LEAVING)
		return;
	if (!VEC_RESERVE(&s->leaving, 1, CONNS_MAX)) {
		server_count(s, COUNT_NO_MEMORY);
		return; /* the client stays, until it is cut again */
	}
	c->flags |= CONN_LEAVING;
	text = strdup(why);
	if (text)
		utf8_mend(text, strlen(text));
	s->leaving.at[s->leaving.count++] = (struct leaving){c, text};
}

void conn_cut(struct server *s, struct conn *c, enum server_counter counter, const char *why)
{
	char peer[ADDR_TEXT_MAX];

	if (c->flags & CONN_LEAVING)
		return;
	server_count(s, counter);
	addr_print(&c->peer, peer);
	LOG(s->log, WARN, "conn.cut", log_str("reason", server_counter_name(counter)),
		log_str("said", why), log_str("address", peer),
		log_str("who", user_registered(c->user) ? user_mask(c->user) : ""));
	conn_leave(s, c, why);
}

void conn_out_of_memory(struct server *s, struct conn *c)
{
	conn_cut(s, c, COUNT_NO_MEMORY, "Out of memory");
}

void conn_dirty(struct server *s, struct conn *c)
{
	if (c->flags & CONN_DIRTY)
		return;
	if (VEC_PUSH(&s->dirty, c, CONNS_MAX))
		c->flags |= CONN_DIRTY;
	else
		conn_out_of_memory(s, c);
}

void server_ready(struct server *s, struct conn *c)
{
	if ((c->flags & CONN_READY) || ((c->flags & CONN_LEAVING) && !s->stopping))
		return;
	if (VEC_PUSH(&s->ready, conn_tag(c), CONNS_MAX))
		c->flags |= CONN_READY;
	else
		conn_out_of_memory(s, c);
}

bool conn_waits(const struct conn *c)
{
	return c->streams || (c->flags & CONN_READABLE) || line_waiting(&c->in);
}

void conn_host(const struct conn *c, char out[HOST_BYTES_MAX])
{
	_Static_assert((int)ADDR_TEXT_MAX <= (int)HOST_BYTES_MAX, "an address is a host");

	addr_print(&c->peer, out);
}

bool conn_cloak(const struct server *s, const struct conn *c, char out[HOST_BYTES_MAX])
{
	if (addr_is_loopback(&c->peer))
		return false;
	cloak_host(out, &c->peer, &s->cloak_key, s->config->cloak.suffix);
	return true;
}
