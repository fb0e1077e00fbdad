/*
 * cmd_force.c - SAJOIN SAPART SANICK SAMODE: operators make a user, or the server, do something
 * that its own rank or the modes of a channel would not allow. Each use is logged (oper.*).
 */
#include "chat/cmd/cmd_channel.h"
#include "chat/cmd/cmd_mode.h"
#include "chat/cmd/cmd_registration.h"
#include "chat/cmd/command.h"
#include "chat/cmd/service.h"
#include "chat/config/oper_cap.h"
#include "chat/out/conn_time.h"

#include <stdio.h>

/* The user who is forced; NULL, with a reply, if there is none. */
static struct user *target(struct request *q)
{
	struct user *u = registry_registered(q->server, q->msg->params[0]);

	if (!u)
		reply(q, ERR_NOSUCHNICK, "%s :No such nick", q->msg->params[0]);
	else if (!u->conn)
		reply(q, ERR_NOSUCHNICK, "%s :That user is not connected now", user_nick(u));
	return u && u->conn ? u : NULL;
}

/* Makes a request of u: replies go to u, in its own order. */
static void begin_as(struct request *mine, const struct request *q, struct user *u)
{
	*mine = (struct request){.server = q->server, .conn = u->conn, .user = u, .msg = q->msg};
	if (u != q->user)
		reply_begin(mine);
}

static void end_as(struct request *mine, const struct request *q)
{
	if (mine->user != q->user)
		reply_end(mine);
}

/* Confirms it to the operator, whose own client may see nothing of it. */
static void done(struct request *q, const struct user *u, const char *what)
{
	reply_text(q, ":%s NOTICE %s :%s %s %s", q->server->config->server.name, user_nick(q->user),
		q->msg->command, user_nick(u), what);
}

static void cmd_sajoin(struct request *q)
{
	struct user *u = target(q);
	char *names = q->msg->params[1], *name;
	struct request mine;

	if (!u)
		return;
	LOG(q->server->log, INFO, "oper.sajoin", log_str("who", user_mask(q->user)),
		log_str("whom", user_mask(u)), log_str("channel", names));
	while ((name = strsep(&names, ","))) {
		if (!channel_name_valid(name, (size_t)q->server->config->limits.channel_length)) {
			reply(q, ERR_NOSUCHCHANNEL, "%.64s :No such channel", name);
			continue;
		}
		conn_charge(q->server, q->conn, 1);
		begin_as(&mine, q, u);
		join_forced(u == q->user ? q : &mine, name);
		end_as(&mine, q);
		done(q, u, name);
	}
}

static void cmd_sapart(struct request *q)
{
	struct user *u = target(q);
	struct channel *ch = u ? registry_channel(q->server, q->msg->params[1]) : NULL;
	struct request mine;

	if (!u)
		return;
	if (!ch || !channel_member(ch, u)) {
		reply(q, ERR_USERNOTINCHANNEL, "%s %s :They aren't on that channel", user_nick(u),
			q->msg->params[1]);
		return;
	}
	LOG(q->server->log, INFO, "oper.sapart", log_str("who", user_mask(q->user)),
		log_str("whom", user_mask(u)), log_str("channel", ch->name));
	done(q, u, ch->name);
	begin_as(&mine, q, u);
	part_forced(u == q->user ? q : &mine, ch, msg_param(q->msg, 2));
	end_as(&mine, q);
}

static void cmd_sanick(struct request *q)
{
	struct user *u = target(q);
	const char *nick = q->msg->params[1];
	const struct user *other = registry_user(q->server, nick);
	struct request mine;

	if (!u)
		return;
	if (!nick_valid(nick, (size_t)q->server->config->limits.nick_length) ||
		service_find(nick)) {
		reply(q, ERR_ERRONEUSNICKNAME, "%.64s :Erroneous nickname", nick);
		return;
	}
	if (other && other != u) {
		reply(q, ERR_NICKNAMEINUSE, "%s :Nickname is already in use", nick);
		return;
	}
	LOG(q->server->log, INFO, "oper.sanick", log_str("who", user_mask(q->user)),
		log_str("whom", user_mask(u)), log_str("nick", nick));
	done(q, u, nick);
	begin_as(&mine, q, u);
	nick_change(u == q->user ? q : &mine, nick);
	end_as(&mine, q);
}

static void cmd_samode(struct request *q)
{
	LOG(q->server->log, INFO, "oper.samode", log_str("who", user_mask(q->user)),
		log_str("channel", q->msg->params[0]), log_str("modes", q->msg->params[1]),
		log_str("parameter", msg_param(q->msg, 2)));
	mode_forced(q);
}

static const struct command rows[] = {
	{"SAJOIN", 2, COMMAND_NEEDS(OPER_FORCE), 2, cmd_sajoin},
	{"SAPART", 2, COMMAND_NEEDS(OPER_FORCE), 2, cmd_sapart},
	{"SANICK", 2, COMMAND_NEEDS(OPER_FORCE), 2, cmd_sanick},
	{"SAMODE", 2, COMMAND_NEEDS(OPER_FORCE), 2, cmd_samode},
};

const struct command_group commands_force = {rows, ARRAY_SIZE(rows)};
