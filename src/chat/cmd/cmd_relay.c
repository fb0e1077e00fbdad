/*
 * cmd_relay.c - RELAYMSG (draft/relaymsg): a bot that joins a channel to one of another network
 * says there what others have said here, in the name of each.
 *
 *     bot       RELAYMSG #channel bob/discord :hello
 *     members   @draft/relaymsg=bot :bob/discord!bot@its.host PRIVMSG #channel :hello
 *
 * The nick contains a '/', which no user's does; user and host stay the bot's, whom bans and the
 * history's rules concern.
 */
#include "chat/cmd/cmd_message.h"
#include "chat/cmd/command.h"
#include "chat/model/modes.h"
#include "chat/proto/casemap.h"

#include <stdio.h>

enum {
	MASK_TEXT_MAX = NICK_BYTES_MAX + USERNAME_MAX + HOST_BYTES_MAX + 3, /* with '!', '@', NUL */
};

static void fail(struct request *q, const char *code, const char *text)
{
	reply_note(q, &(struct reply_note){"FAIL", "RELAYMSG", code, NULL, text});
}

/* Whether it is a nick with separators, behind the first character: without them it would be one
 * that a user may have, but that it may begin with a digit. */
static bool is_relay_nick(const char *nick)
{
	char rest[NICK_BYTES_MAX + 1] = "x";
	size_t n = 1;

	if (*nick == RELAY_SEPARATOR || strlen(nick) >= NICK_BYTES_MAX)
		return false;
	for (const char *p = nick; *p; p++)
		if (*p != RELAY_SEPARATOR)
			rest[n++] = *p;
	rest[n] = '\0';
	return n <= strlen(nick) && nick_valid(rest, NICK_BYTES_MAX);
}

static bool may_relay(const struct request *q, const struct channel *ch)
{
	const struct member *m = channel_member(ch, q->user);

	return (m && (m->modes & (MEMBER_OWNER | MEMBER_ADMIN | MEMBER_OP))) ||
	       user_may(q->user, OPER_OVERRIDE);
}

static void cmd_relaymsg(struct request *q)
{
	const char *name = q->msg->params[0], *nick = q->msg->params[1];
	struct channel *ch = registry_channel(q->server, name);
	char source[MASK_TEXT_MAX];

	if (!q->server->config->server.relaymsg)
		fail(q, "NOT_ENABLED", "RELAYMSG is switched off");
	else if (!ch)
		reply(q, ERR_NOSUCHCHANNEL, "%.64s :No such channel", name);
	else if (!may_relay(q, ch))
		fail(q, "PRIVS_NEEDED", "Only operators of the channel relay messages");
	else if (!is_relay_nick(nick))
		fail(q, "INVALID_NICK", "The nick must be one with a '/' in it");
	else if (!q->msg->lens[2])
		reply(q, ERR_NOTEXTTOSEND, ":No text to send");
	else {
		snprintf(source, sizeof(source), "%s!%s@%s", nick, user_name(q->user),
			user_host(q->user));
		message_relay(q, source);
	}
}

static const struct command rows[] = {
	{"RELAYMSG", 3, 0, 1, cmd_relaymsg},
};

const struct command_group commands_relay = {rows, ARRAY_SIZE(rows)};
