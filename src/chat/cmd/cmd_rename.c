/*
 * cmd_rename.c - RENAME (IRCv3 draft/channel-rename): renames a channel.
 *
 * Members whose clients do not support RENAME see themselves leave the old channel and join the new
 * one, with everything that a JOIN sends. The history stays with the channel.
 */
#include "base/utf8.h"
#include "chat/cmd/always_on.h"
#include "chat/cmd/cmd_channel.h"
#include "chat/cmd/command.h"
#include "chat/model/modes.h"
#include "chat/out/caps.h"
#include "chat/out/reply_stream.h"

#include <stdio.h>

struct rename {
	struct request *q;
	struct channel *channel;
	const char *from, *reason;
};

static void fail(struct request *q, const char *code, const char *text)
{
	reply_note_also(q, &(struct reply_note){"FAIL", "RENAME", code, q->msg->params[0], text},
		q->msg->params[1]);
}

/* Sends PART and JOIN to one member. */
static void rejoin(const struct rename *r, struct conn *c)
{
	struct request q = {.server = r->q->server, .conn = c, .user = c->user, .msg = r->q->msg};
	const char *mask = user_mask(c->user), *account = user_account(c->user);
	struct line_out part = {.time = server_time(q.server), .account = account}, join = part;

	reply_begin(&q);
	line_add_all(&part, ":", mask, " PART ", r->from, " :Renamed to ", r->channel->name, NULL);
	if (*r->reason)
		line_add_all(&part, ": ", r->reason, NULL);
	reply_line(&q, &part);
	line_add_all(&join, ":", mask, " JOIN ", r->channel->name, NULL);
	if (c->caps & CAP_EXTENDED_JOIN)
		line_add_all(&join, " ", account ? account : "*", " :", user_real(c->user), NULL);
	reply_line(&q, &join);
	if (r->channel->topic)
		send_topic(&q, r->channel);
	if (!(c->caps & CAP_NO_IMPLICIT_NAMES))
		send_names(&q, r->channel);
	reply_end(&q);
}

static void announce(const struct rename *r)
{
	struct request *q = r->q;
	struct channel *ch = r->channel;
	struct line_out o = {.time = server_time(q->server), .account = user_account(q->user)};
	struct delivery d;

	always_on_renamed(q->server, ch, r->from);
	line_add_all(&o, ":", user_mask(q->user), " RENAME ", r->from, " ", ch->name, " :",
		r->reason, NULL);
	if (q->conn->caps & CAP_CHANNEL_RENAME)
		reply_line(q, &o);
	for (uint32_t i = 0; i < ch->count; i++)
		for (struct conn *c = ch->members[i].conn; c; c = c->sibling)
			reply_streams_rename(c, r->from, ch->name);
	deliver_begin(&d, q->server, &o);
	d.need = CAP_CHANNEL_RENAME;
	deliver_channel(&d, ch, q->conn);
	for (uint32_t i = 0; i < ch->count; i++)
		for (struct conn *c = ch->members[i].conn; c; c = c->sibling)
			if (!(c->caps & CAP_CHANNEL_RENAME))
				rejoin(r, c);
}

/* Members whose clients do not support RENAME are sent all names: n * n of them. */
static bool too_many_names(const struct channel *ch)
{
	uint64_t readers = 0;

	for (uint32_t i = 0; i < ch->count; i++)
		for (const struct conn *c = ch->members[i].conn; c; c = c->sibling)
			readers += !(c->caps & (CAP_CHANNEL_RENAME | CAP_NO_IMPLICIT_NAMES));
	return readers * ch->count > RENAME_NAMES_MAX;
}

static void rename_channel(struct request *q, struct channel *ch, const char *name)
{
	struct rename r = {.q = q, .channel = ch};
	struct channel *other = registry_channel(q->server, name);
	char from[CHANNEL_BYTES_MAX + 1], reason[RENAME_REASON_MAX + 1];
	const char *given = msg_param(q->msg, 2);

	snprintf(reason, sizeof(reason), "%.*s", (int)utf8_cut(given, RENAME_REASON_MAX), given);
	snprintf(from, sizeof(from), "%s", ch->name);
	r.from = from;
	r.reason = reason;
	if (!channel_name_valid(name, (size_t)q->server->config->limits.channel_length))
		fail(q, "CANNOT_RENAME", "That is not a name of a channel");
	else if (strcmp(from, name) == 0 || (other && other != ch))
		fail(q, "CHANNEL_NAME_IN_USE", "There is a channel with that name");
	else if (too_many_names(ch))
		fail(q, "CANNOT_RENAME", "There are too many members whose clients cannot follow");
	else if (!registry_rename_channel(q->server, ch, name)) {
		server_count(q->server, COUNT_NO_MEMORY);
		fail(q, "CANNOT_RENAME", "Out of memory");
	} else
		announce(&r);
}

static void cmd_rename(struct request *q)
{
	const char *name = q->msg->params[0];
	struct channel *ch = registry_channel(q->server, name);
	const struct member *m = ch ? channel_member(ch, q->user) : NULL;

	if (!ch)
		reply(q, ERR_NOSUCHCHANNEL, "%.64s :No such channel", name);
	else if (!m)
		reply(q, ERR_NOTONCHANNEL, "%s :You're not on that channel", ch->name);
	else if (!(m->modes & MEMBER_FULL_OP))
		reply(q, ERR_CHANOPRIVSNEEDED, "%s :You're not a channel operator", ch->name);
	else
		rename_channel(q, ch, q->msg->params[1]);
}

static const struct command rows[] = {
	{"RENAME", 2, 0, 10, cmd_rename}, /* every member may be sent all names */
};

const struct command_group commands_rename = {rows, ARRAY_SIZE(rows)};
