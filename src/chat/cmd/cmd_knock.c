/*
 * cmd_knock.c - KNOCK (as solanum has it): asks the operators of a channel that one may not join
 * for an invitation.
 */
#include "chat/cmd/command.h"
#include "chat/model/banlist.h"

enum {
	KNOCK_LINES = 5, /* of the flood limit */
};

/* Whether anything but a ban keeps a user out. */
static bool is_closed(const struct channel *ch)
{
	return (ch->modes & CHANNEL_INVITE_ONLY) || ch->key ||
	       (ch->limit && ch->count >= ch->limit);
}

static void tell_operators(struct request *q, const struct channel *ch)
{
	struct line_out o = {.time = server_time(q->server)};
	struct delivery d;

	line_add_all(&o, ":", q->server->config->server.name, " 710 ", ch->name, " ", ch->name, " ",
		user_mask(q->user), " :has asked for an invite.", NULL);
	deliver_begin(&d, q->server, &o);
	d.rank = MEMBER_ANY_OP;
	deliver_channel(&d, ch, NULL);
}

static void knock(struct request *q, struct channel *ch)
{
	switch (knock_add(ch, q->user, q->server->now)) {
	case KNOCK_TAKEN:
		tell_operators(q, ch);
		reply(q, RPL_KNOCKDLVR, "%s :Your KNOCK has been delivered.", ch->name);
		break;
	case KNOCK_TOO_SOON:
		reply(q, ERR_TOOMANYKNOCK, "%s :Too many KNOCKs (user).", ch->name);
		break;
	case KNOCK_TOO_MANY:
		reply(q, ERR_TOOMANYKNOCK, "%s :Too many KNOCKs (channel).", ch->name);
		break;
	}
}

static void cmd_knock(struct request *q)
{
	const char *name = q->msg->params[0];
	struct channel *ch = registry_channel(q->server, name);

	if (!ch)
		reply(q, ERR_NOSUCHCHANNEL, "%.64s :No such channel", name);
	else if (channel_member(ch, q->user))
		reply(q, ERR_KNOCKONCHAN, "%s :You are already on that channel.", ch->name);
	else if (!is_closed(ch))
		reply(q, ERR_CHANOPEN, "%s :Channel is open.", ch->name);
	else if (banlist_muted(ch, q->user, q->server))
		reply(q, ERR_CANNOTSENDTOCHAN, "%s :You are banned there", ch->name);
	else
		knock(q, ch);
}

static const struct command rows[] = {
	{"KNOCK", 1, 0, KNOCK_LINES, cmd_knock},
};

const struct command_group commands_knock = {rows, ARRAY_SIZE(rows)};
