/* presence.c - connections that join and leave a user. */
#include "chat/cmd/presence.h"

#include "chat/cmd/oper_list.h"

#include "chat/cluster.h"
#include "chat/cmd/always_on.h"
#include "chat/cmd/cmd_channel.h"
#include "chat/cmd/cmd_metadata.h"
#include "chat/cmd/login.h"
#include "chat/history/history_event.h"
#include "chat/model/quota.h"
#include "chat/model/registry.h"
#include "chat/out/caps.h"
#include "chat/out/conn_time.h"
#include "chat/out/monitor.h"

void presence_tell_away(struct server *s, const struct user *u)
{
	struct line_out line = {.time = server_time(s), .account = user_account(u)};
	const char *away = user_away(u);
	struct delivery d;

	line_add_all(&line, ":", user_mask(u), " AWAY", NULL);
	if (away)
		line_add_all(&line, " :", away, NULL);
	deliver_begin(&d, s, &line);
	d.need = CAP_AWAY_NOTIFY;
	deliver_peers(&d, u);
	monitor_tell(s, u, &line, CAP_AWAY_NOTIFY | CAP_EXTENDED_MONITOR);
}

/* Tells whether u is away, if that has changed. */
static void tell_if_changed(struct server *s, const struct user *u, bool was_away)
{
	if (user_registered(u) && (user_away(u) != NULL) != was_away) {
		cluster_user(s, u);
		presence_tell_away(s, u);
	}
}

/* --- joining --- */

bool presence_may_wait(const struct request *q, const struct user *holder)
{
	if (user_registered(q->user) || !holder->account || user_remote(holder))
		return false;
	return (q->conn->flags & CONN_CAP) || q->user->account == holder->account;
}

struct user *presence_of(const struct request *q)
{
	const struct account *a = q->user->account;
	struct user *u = a ? always_on_user(a) : NULL;

	if (!u)
		u = registry_registered(q->server, user_nick(q->user));
	if (!u || !a || user_remote(u) || u->account != a ||
		(u->conn && !q->server->config->accounts.multiclient))
		return NULL;
	return u;
}

/* The first connection of u has changed. */
static void first_changed(struct user *u)
{
	struct channel *ch;
	uint32_t i = 0;

	while ((ch = user_next_channel(u, &i)))
		channel_member(ch, u)->conn = u->conn;
	quota_user_moved(u);
}

static void link_conn(struct user *u, struct conn *c)
{
	struct conn **at = &u->conn;
	bool first = !u->conn;

	while (*at)
		at = &(*at)->sibling;
	*at = c;
	c->user = u;
	if (first)
		first_changed(u);
}

static void unlink_conn(struct user *u, struct conn *c)
{
	struct conn **at = &u->conn;
	bool first = u->conn == c;

	while (*at != c)
		at = &(*at)->sibling;
	*at = c->sibling;
	c->sibling = NULL;
	c->user = NULL;
	if (first)
		first_changed(u);
}

static bool in_secure_channel(const struct user *u)
{
	const struct channel *ch;
	uint32_t i = 0;

	while ((ch = user_next_channel(u, &i)))
		if (ch->modes & CHANNEL_SECURE)
			return true;
	return false;
}

/* Why q's client may not join u, or NULL. */
static const char *refusal(const struct request *q, const struct user *u)
{
	int64_t left = q->server->config->accounts.sessions;

	for (const struct conn *c = u->conn; c; c = c->sibling)
		left--;
	if (left <= 0)
		return "Too many are logged in to this account";
	if (!(q->conn->flags & CONN_SECURE) && (u->modes & USER_SECURE) && in_secure_channel(u))
		return "You are in channels for which the connection must be encrypted (+z)";
	return NULL;
}

/* The message that was set before registration; "*" is none. */
static void take_away(struct user *u, struct user *from)
{
	if (!from->away || (u->away && strcmp(from->away, "*") == 0))
		return;
	free(u->away);
	u->away = from->away;
	from->away = NULL;
}

bool presence_join(struct request *q, struct user *u, uint64_t *gone)
{
	struct server *s = q->server;
	struct user *own = q->user;
	const char *why = refusal(q, u);
	bool was_away = user_away(u) != NULL;

	if (why) {
		reply(q, ERR_NICKNAMEINUSE, "%s :%s", user_nick(u), why);
		conn_leave(s, q->conn, why);
		return false;
	}
	take_away(u, own);
	own->conn = NULL;
	login_forget(own);
	registry_drop_nick(s, own);
	user_free(own);
	link_conn(u, q->conn);
	q->user = u;
	*gone = u->conn->sibling ? 0 : always_on_back(s, u);
	if (!(q->conn->flags & CONN_SECURE))
		u->modes &= (uint16_t)~USER_SECURE;
	conn_registered(s, q->conn);
	tell_if_changed(s, u, was_away);
	return true;
}

void presence_show_channels(struct request *q)
{
	struct channel *ch;
	uint32_t i = 0;

	while ((ch = user_next_channel(q->user, &i)))
		show_channel(q, ch);
}

/* --- leaving --- */

static void announce_quit(struct server *s, struct user *u, const char *why)
{
	struct line_out o = {
		.time = server_time(s), .account = user_account(u), .batch = cluster_batch(s)};
	struct history_event e = {.user = u, .source = user_mask(u), .command = "QUIT"};
	struct delivery d;
	struct channel *ch;
	uint32_t i = 0;

	line_add_all(&o, ":", user_mask(u), " QUIT :", why, NULL);
	history_event_params(&e, ":", why, NULL);
	history_event_of_all(s, u, &e);
	deliver_begin(&d, s, &o);
	deliver_peers(&d, u);
	while ((ch = user_next_channel(u, &i))) {
		uint32_t size = u->channel_size;

		part_channel(s, ch, u);
		i = user_parted(u, i, size);
	}
}

/* Removes the user from the server; it is invisible afterwards. */
void presence_quit(struct server *s, struct user *u, const char *why)
{
	if (user_registered(u)) {
		cluster_quit(s, u, why);
		announce_quit(s, u, why);
		whowas_add(&s->whowas, u, s->wall, (uint32_t)s->config->limits.whowas);
		monitor_offline(s, u);
		s->user_count -= !user_remote(u);
		s->invisible_count -= (u->modes & USER_INVISIBLE) != 0;
		if (u->modes & USER_OPER)
			oper_end(s, u);
		if (!user_remote(u))
			oper_notify(s, NOTICE_CLIENTS, "%s quits: %s", user_mask(u), why);
	}
	always_on_end(s, u);
	login_forget(u);
	registry_drop_nick(s, u);
	user_free(u);
}

void presence_leave(struct server *s, struct conn *c, const char *why)
{
	struct user *u = c->user;
	bool was_away = u && user_away(u);

	if (!u)
		return;
	monitor_clear(s, c);
	if (u->conn == c && !c->sibling && !(u->modes & USER_ALWAYS_ON)) {
		presence_quit(s, u, why);
		c->user = NULL;
		return;
	}
	unlink_conn(u, c);
	if (!u->conn)
		always_on_gone(s, u);
	tell_if_changed(s, u, was_away);
}

void presence_end(struct server *s, struct user *u, const char *why)
{
	if (cluster_kill(s, u, s->config->server.name, why))
		return;
	always_on_end(s, u);
	for (struct conn *c = u->conn; c; c = c->sibling)
		conn_leave(s, c, why);
	if (!u->conn)
		presence_quit(s, u, why);
}
