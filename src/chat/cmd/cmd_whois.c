/*
 * cmd_whois.c - WHOIS WHOWAS USERHOST ISON: information about users.
 */
#include "base/utf8.h"
#include "chat/cluster.h"
#include "chat/cmd/cmd_metadata.h"
#include "chat/cmd/command.h"
#include "chat/model/auditorium.h"
#include "chat/model/modes.h"
#include "chat/out/caps.h"
#include "chat/out/reply_stream.h"
#include "chat/proto/addr_text.h"
#include "chat/proto/glob.h"
#include "chat/proto/param.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	WHOWAS_ROWS_MAX = 50, /* of one reply */
};

static bool may_see_channel(const struct request *q, const struct user *u, const struct channel *ch)
{
	const struct member *own = channel_member(ch, q->user);

	if (u == q->user || user_may(q->user, OPER_OVERRIDE))
		return true;
	if (!member_shown(ch, channel_member(ch, u), own))
		return false;
	if (own)
		return true;
	return !(ch->modes & CHANNEL_SECRET) && !(u->modes & USER_INVISIBLE);
}

static void whois_channels(struct request *q, const struct user *u)
{
	char line[LINE_BODY_MAX], prefix[8];
	size_t len = 0, room = LINE_BODY_MAX - 120 - NICK_BYTES_MAX;
	const struct channel *ch;
	uint32_t i = 0;

	while ((ch = user_next_channel(u, &i))) {
		if (!may_see_channel(q, u, ch))
			continue;
		member_prefixes(
			channel_member(ch, u)->modes, q->conn->caps & CAP_MULTI_PREFIX, prefix);
		if (len && len + strlen(prefix) + strlen(ch->name) + 1 > room) {
			reply(q, RPL_WHOISCHANNELS, "%s :%s", user_nick(u), line);
			len = 0;
		}
		len += (size_t)snprintf(
			line + len, sizeof(line) - len, "%s%s%s", len ? " " : "", prefix, ch->name);
	}
	if (len)
		reply(q, RPL_WHOISCHANNELS, "%s :%s", user_nick(u), line);
}

/* The fingerprint identifies a person: shown to the user and to operators only. */
static void whois_secure(struct request *q, const struct user *u)
{
	struct net_secure about;
	char hex[2 * NET_FINGERPRINT + 1];

	if (u->conn && u->conn->gateway) {
		if (u->modes & USER_SECURE)
			reply(q, RPL_WHOISSECURE, "%s :is using a secure connection", user_nick(u));
		return;
	}
	if (!u->conn || !net_secure(q->server->net, u->conn->handle, &about) || !about.version)
		return;
	reply(q, RPL_WHOISSECURE, "%s :is using a secure connection (%s, %s)", user_nick(u),
		about.version, about.cipher);
	if (!about.has_certificate || (u != q->user && !user_may(q->user, OPER_ADDRESSES)))
		return;
	for (size_t i = 0; i < NET_FINGERPRINT; i++)
		snprintf(hex + 2 * i, 3, "%02x", about.fingerprint[i]);
	reply(q, RPL_WHOISCERTFP, "%s :has client certificate fingerprint %s", user_nick(u), hex);
}

/* An operator's capabilities are shown to operators. */
static void whois_oper(struct request *q, const struct user *u)
{
	char caps[OPER_CAPS_TEXT_MAX];

	if (!(u->modes & USER_OPER))
		return;
	reply(q, RPL_WHOISOPERATOR, "%s :is an IRC operator", user_nick(u));
	if (!(q->user->modes & USER_OPER) || u->oper == OPER_ALL)
		return;
	oper_caps_text(u->oper, caps);
	reply(q, RPL_WHOISSPECIAL, "%s :may: %s", user_nick(u), caps);
}

static void whois(struct request *q, const struct user *u)
{
	const struct server *s = q->server;
	const char *nick = user_nick(u);
	char text[ADDR_TEXT_MAX];

	reply(q, RPL_WHOISUSER, "%s %s %s * :%s", nick, user_name(u), user_host(u), user_real(u));
	whois_channels(q, u);
	reply(q, RPL_WHOISSERVER, "%s %s :%s", nick, cluster_server(s, u),
		user_remote(u) ? "another server of this network" : s->config->server.description);
	if (user_away(u))
		reply(q, RPL_AWAY, "%s :%s", nick, user_away(u));
	whois_oper(q, u);
	if (u->modes & USER_BOT)
		reply(q, RPL_WHOISBOT, "%s :is a bot", nick);
	whois_secure(q, u);
	if (user_account(u))
		reply(q, RPL_WHOISACCOUNT, "%s %s :is logged in as", nick, user_account(u));
	for (const struct conn *c = u->conn; c; c = c->sibling) {
		if (u != q->user && !user_may(q->user, OPER_ADDRESSES))
			break;
		addr_print(&c->peer, text);
		reply(q, RPL_WHOISACTUALLY, "%s %s :actually using host", nick, text);
	}
	metadata_whois(q, u);
	reply(q, RPL_WHOISIDLE, "%s %lld %lld :seconds idle, signon time", nick,
		(long long)((s->now - u->active) / NSEC_SEC),
		(long long)((s->wall - (s->now - u->signed_on)) / NSEC_SEC));
}

static void cmd_whois(struct request *q)
{
	/* WHOIS server nick queries that server; there is only one */
	char *nick = q->msg->params[q->msg->count > 1 ? 1 : 0];
	const struct user *u;

	nick[strcspn(nick, ",")] = '\0';
	u = registry_registered(q->server, nick);
	if (u)
		whois(q, u);
	else
		reply(q, ERR_NOSUCHNICK, "%s :No such nick", nick);
	reply(q, RPL_ENDOFWHOIS, "%s :End of /WHOIS list", u ? user_nick(u) : nick);
}

static void whowas_row(struct request *q, const struct whowas_entry *e)
{
	const char *nick = e->text, *name = nick + strlen(nick) + 1;
	const char *host = name + strlen(name) + 1, *real = host + strlen(host) + 1;
	time_t left = (time_t)(e->left / NSEC_SEC);
	char when[64];
	struct tm tm;

	gmtime_r(&left, &tm);
	strftime(when, sizeof(when), "%a %b %d %H:%M:%S %Y", &tm);
	reply(q, RPL_WHOWASUSER, "%s %s %s * :%s", nick, name, host, real);
	reply(q, RPL_WHOISSERVER, "%s %s :%s", nick, q->server->config->server.name, when);
}

/* The newest entries that match the mask, a reply stream. */
struct whowas_rows {
	struct reply_stream stream;
	uint64_t place;
	uint32_t rows, max;
	char mask[];
};

static bool whowas_step(struct request *q, struct reply_stream *a)
{
	struct whowas_rows *w = container_of(a, struct whowas_rows, stream);
	const struct whowas_entry *e = NULL;

	if (w->rows < w->max)
		e = whowas_before(&q->server->whowas, &w->place);
	if (e && glob_match(w->mask, e->text, &q->server->work)) {
		whowas_row(q, e);
		w->rows++;
	}
	if (e)
		return true;
	if (w->rows == 0)
		reply(q, ERR_WASNOSUCHNICK, "%s :There was no such nickname", w->mask);
	reply(q, RPL_ENDOFWHOWAS, "%s :End of WHOWAS", w->mask);
	return false;
}

static void cmd_whowas(struct request *q)
{
	const char *mask = msg_param(q->msg, 0);
	int64_t count = param_number(msg_param(q->msg, 1), WHOWAS_ROWS_MAX);
	struct whowas_rows *w;

	if (!*mask) {
		reply(q, ERR_NONICKNAMEGIVEN, ":No nickname given");
		return;
	}
	w = reply_stream_new(q, sizeof(*w) + strlen(mask) + 1, whowas_step);
	if (!w)
		return;
	w->place = WHOWAS_NEWEST;
	w->max = count > 0 ? (uint32_t)count : WHOWAS_ROWS_MAX;
	memcpy(w->mask, mask, strlen(mask) + 1);
	reply_stream_start(q, &w->stream);
}

/* Adds a word to a line if all of it fits: a truncated nick would be another user. */
static void add_word(const struct request *q, char line[LINE_BODY_MAX], const char *word)
{
	size_t len = strlen(line);
	size_t frame = strlen(q->server->config->server.name) + strlen(user_nick(q->user)) +
		       sizeof(":  302  :\r\n");

	if (frame + len + 1 + strlen(word) <= LINE_BODY_MAX)
		snprintf(line + len, LINE_BODY_MAX - len, "%s%s", len ? " " : "", word);
}

static void cmd_userhost(struct request *q)
{
	char line[LINE_BODY_MAX] = "", word[LINE_BODY_MAX];

	for (uint32_t i = 0; i < q->msg->count && i < 5; i++) {
		const struct user *u = registry_registered(q->server, q->msg->params[i]);

		if (!u)
			continue;
		snprintf(word, sizeof(word), "%s%s=%c%s@%s", user_nick(u),
			u->modes & USER_OPER ? "*" : "", user_away(u) ? '-' : '+', user_name(u),
			user_host(u));
		add_word(q, line, word);
	}
	reply(q, RPL_USERHOST, ":%s", line);
}

static void cmd_ison(struct request *q)
{
	char line[LINE_BODY_MAX] = "", *rest;

	for (uint32_t i = 0; i < q->msg->count; i++)
		for (char *nick = strtok_r(q->msg->params[i], " ", &rest); nick;
			nick = strtok_r(NULL, " ", &rest)) {
			const struct user *u = registry_registered(q->server, nick);

			if (u)
				add_word(q, line, user_nick(u));
		}
	reply(q, RPL_ISON, ":%s", line);
}

static const struct command rows[] = {
	{"WHOIS", 1, 0, 2, cmd_whois},
	{"WHOWAS", 0, 0, 2, cmd_whowas},
	{"USERHOST", 1, 0, 1, cmd_userhost},
	{"ISON", 1, 0, 1, cmd_ison},
};

const struct command_group commands_whois = {rows, ARRAY_SIZE(rows)};
