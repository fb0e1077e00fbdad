/*
 * cmd_moderate.c - INVITE and KICK.
 */
#include "chat/cmd/cmd_moderate.h"

#include "base/utf8.h"
#include "chat/cluster.h"
#include "chat/cmd/caller.h"
#include "chat/cmd/cmd_channel.h"
#include "chat/cmd/cmd_oper.h"
#include "chat/cmd/command.h"
#include "chat/history/history_event.h"
#include "chat/model/auditorium.h"
#include "chat/model/modes.h"
#include "chat/out/caps.h"
#include "chat/out/reply_stream.h"

#include <stdio.h>

/* Returns the named channel and the client's membership in it; NULL after replying 403 or 442. */
static struct channel *own_channel(struct request *q, const char *name, struct member **own)
{
	struct channel *ch = registry_channel(q->server, name);

	if (!ch) {
		reply(q, ERR_NOSUCHCHANNEL, "%s :No such channel", name);
		return NULL;
	}
	*own = channel_member(ch, q->user);
	if (!*own && !user_may(q->user, OPER_OVERRIDE)) {
		reply(q, ERR_NOTONCHANNEL, "%s :You're not on that channel", ch->name);
		return NULL;
	}
	return ch;
}

void invitation_tell(
	struct server *s, const struct channel *ch, const struct user *by, const struct user *u)
{
	struct line_out line = {.time = server_time(s), .account = user_account(by)};
	struct delivery d;

	line_add_all(&line, ":", user_mask(by), " INVITE ", user_nick(u), " ", ch->name, NULL);
	deliver_begin(&d, s, &line);
	deliver_user(&d, u, NULL);
	d.need = CAP_INVITE_NOTIFY;
	deliver_channel(&d, ch, by->conn);
}

/* INVITE without parameters: channels the user is invited to. Invitations are stored with channels,
 * so it walks all of them: a reply stream. */
struct invitations {
	struct reply_stream stream;
	struct request *q; /* of the current turn */
	uint32_t place;    /* hash_scan() of the channels */
};

static void each_invitation(struct hash_node *n, void *arg)
{
	struct invitations *i = arg;
	struct channel *ch = container_of(n, struct channel, by_name);

	i->q->server->work += INVITES_MAX;
	if (invites_has(ch, i->q->user, false))
		reply(i->q, RPL_INVITELIST, "%s", ch->name);
}

static bool invitations_step(struct request *q, struct reply_stream *a)
{
	struct invitations *i = container_of(a, struct invitations, stream);

	i->q = q;
	i->place = hash_scan(&q->server->channels, i->place, each_invitation, i);
	if (i->place)
		return true;
	reply(q, RPL_ENDOFINVITELIST, ":End of INVITE list");
	return false;
}

static void list_invitations(struct request *q)
{
	struct invitations *i = reply_stream_new(q, sizeof(*i), invitations_step);

	if (i)
		reply_stream_start(q, &i->stream);
}

/* Tells u and the members. Who is not heard by u does not notice. */
static void deliver_invitation(struct request *q, struct channel *ch, struct user *u, bool ranked)
{
	enum caller heard = caller_check(q, u, false);

	if (heard == CALLER_REFUSED)
		return;
	if (heard == CALLER_HEARD && !invites_add(ch, u)) {
		refuse_out_of_memory(q);
		return;
	}
	if (!ranked)
		oper_override(q, ch);
	reply(q, RPL_INVITING, "%s %s", user_nick(u), ch->name);
	if (user_away(u))
		reply(q, RPL_AWAY, "%s :%s", user_nick(u), user_away(u));
	if (heard == CALLER_HEARD) {
		cluster_invite(q->server, ch, q->user, u);
		invitation_tell(q->server, ch, q->user, u);
	}
}

static void invite(struct request *q)
{
	struct user *u = registry_registered(q->server, q->msg->params[0]);
	bool oper = user_may(q->user, OPER_OVERRIDE), ranked;
	struct member *own;
	struct channel *ch;

	if (!u) {
		reply(q, ERR_NOSUCHNICK, "%s :No such nick", q->msg->params[0]);
		return;
	}
	ch = own_channel(q, q->msg->params[1], &own);
	if (!ch)
		return;
	ranked = own && (!(ch->modes & CHANNEL_INVITE_ONLY) || (own->modes & MEMBER_ANY_OP));
	if (!ranked && !oper) {
		reply(q, ERR_CHANOPRIVSNEEDED, "%s :You're not channel operator", ch->name);
		return;
	}
	if (channel_member(ch, u)) {
		reply(q, ERR_USERONCHANNEL, "%s %s :is already on channel", user_nick(u), ch->name);
		return;
	}
	deliver_invitation(q, ch, u, ranked);
}

static void cmd_invite(struct request *q)
{
	if (q->msg->count == 0)
		list_invitations(q);
	else if (q->msg->count == 1)
		reply(q, ERR_NEEDMOREPARAMS, "INVITE :Not enough parameters");
	else
		invite(q);
}

/* Context of a kick besides its target. */
struct kick {
	struct channel *ch;
	struct member *own;
	const char *why;
};

/* Why rank forbids kicking this member, or NULL. */
static const char *kick_refusal(const struct kick *k, const struct member *target)
{
	if (!k->own || !(k->own->modes & MEMBER_ANY_OP))
		return "You're not channel operator";
	return member_may_touch(k->own->modes, target->modes)
		       ? NULL
		       : "Your rank is not above this member's";
}

static void kick_one(struct request *q, const struct kick *k, const char *nick)
{
	struct server *s = q->server;
	struct user *u = registry_registered(s, nick);
	struct member *m = u ? channel_member(k->ch, u) : NULL;
	struct line_out line = {.time = server_time(s), .account = user_account(q->user)};
	struct history_event e = {.user = q->user, .source = user_mask(q->user), .command = "KICK"};
	const char *refusal;
	struct delivery d;

	if (!u) {
		reply(q, ERR_NOSUCHNICK, "%s :No such nick", nick);
		return;
	}
	if (!m) {
		reply(q, ERR_USERNOTINCHANNEL, "%s %s :They aren't on that channel", nick,
			k->ch->name);
		return;
	}
	refusal = kick_refusal(k, m);
	if (refusal && !user_may(q->user, OPER_OVERRIDE)) {
		reply(q, ERR_CHANOPRIVSNEEDED, "%s :%s", k->ch->name, refusal);
		return;
	}
	if (refusal)
		oper_override(q, k->ch);
	line_add_all(&line, ":", user_mask(q->user), " KICK ", k->ch->name, " ", user_nick(u), " :",
		k->why, NULL);
	history_event_params(&e, k->ch->name, " ", user_nick(u), " :", k->why, NULL);
	if (!channel_audience(k->ch, u))
		history_event(s, k->ch, &e, &line);
	cluster_kick(s, k->ch, q->user, u, k->why);
	deliver_begin(&d, s, &line);
	deliver_about(&d, k->ch, u, q->conn);
	if (k->own)
		reply_line(q, &line);
	part_channel(s, k->ch, u);
}

/* Returns the next non-empty item of a comma-separated list; NULL at the end. */
static char *next_item(char **list)
{
	char *item;

	do
		item = strsep(list, ",");
	while (item && !*item);
	return item;
}

static uint32_t items_of(const char *list)
{
	uint32_t n = 0;

	for (const char *p = list; *p; p++)
		n += *p != ',' && (p == list || p[-1] == ',');
	return n;
}

/* Several nicks of one channel, or as many channels as nicks (RFC 2812 3.2.8). */
static void kick_all(struct request *q, const char *why)
{
	char *names = q->msg->params[0], *nicks = q->msg->params[1], *name = NULL, *nick;
	uint32_t channels = items_of(names), count = 0;
	struct kick k = {.why = why};

	if (channels != 1 && channels != items_of(nicks)) {
		reply(q, ERR_NEEDMOREPARAMS, "KICK :Not as many channels as nicks");
		return;
	}
	while ((nick = next_item(&nicks))) {
		if (count++ == TARGETS_MAX) {
			reply(q, ERR_TOOMANYTARGETS, "%.64s :Too many targets", nick);
			return;
		}
		if (!name || channels > 1)
			name = next_item(&names);
		/* each kick may have freed the channel, or removed the client */
		k.ch = own_channel(q, name, &k.own);
		if (k.ch)
			kick_one(q, &k, nick);
		else if (channels == 1)
			return;
	}
}

static void cmd_kick(struct request *q)
{
	size_t max = (size_t)q->server->config->limits.kick_length;
	char why[LINE_BODY_MAX];

	snprintf(why, sizeof(why), "%.*s", (int)utf8_cut(msg_param(q->msg, 2), max),
		msg_param(q->msg, 2));
	if (!why[0])
		snprintf(why, sizeof(why), "%s", user_nick(q->user));
	kick_all(q, why);
}

static const struct command rows[] = {
	{"INVITE", 0, 0, 1, cmd_invite},
	{"KICK", 2, 0, 1, cmd_kick},
};

const struct command_group commands_moderate = {rows, ARRAY_SIZE(rows)};
