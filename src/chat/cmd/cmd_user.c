/*
 * cmd_user.c - AWAY and SETNAME: state that users set for themselves.
 */
#include "chat/cmd/cmd_user.h"

#include "base/utf8.h"
#include "chat/cmd/always_on.h"
#include "chat/cmd/command.h"
#include "chat/cmd/presence.h"
#include "chat/cmd/request.h"
#include "chat/out/caps.h"
#include "chat/out/monitor.h"

#include <stdlib.h>

/* Whether another client of q's user is away. */
static bool another_away(const struct request *q)
{
	for (const struct conn *c = q->user->conn; c; c = c->sibling)
		if (c != q->conn && c->away)
			return true;
	return false;
}

/* Keeps the message of q's client; "*" is none, and replaces no other. Without a text, the message
 * remains while another client is away. False if out of memory. */
static bool keep_message(struct request *q, const char *text)
{
	struct user *u = q->user;
	size_t max = (size_t)q->server->config->limits.away_length;
	char *away = *text ? strndup(text, utf8_cut(text, max)) : NULL;

	if (*text && !away)
		return false;
	if (*text ? u->away && strcmp(text, "*") == 0 && another_away(q) : another_away(q)) {
		free(away);
		return true;
	}
	free(u->away);
	u->away = away;
	return true;
}

/* A user is away while all its clients are. With draft/pre-away also before registration. */
static void cmd_away(struct request *q)
{
	const char *text = msg_param(q->msg, 0);
	bool was_away;

	if (!user_registered(q->user) && !(q->conn->caps & CAP_PRE_AWAY)) {
		reply(q, ERR_NOTREGISTERED, ":You have not registered");
		return;
	}
	if (!request_user(q))
		return;
	was_away = user_away(q->user) != NULL;
	if (!keep_message(q, text)) {
		refuse_out_of_memory(q);
		return;
	}
	q->conn->away = *text;
	always_on_changed(q->server, q->user);
	if (*text)
		reply(q, RPL_NOWAWAY, ":You have been marked as being away");
	else
		reply(q, RPL_UNAWAY, ":You are no longer marked as being away");
	if (user_registered(q->user) && (was_away || user_away(q->user)))
		presence_tell_away(q->server, q->user);
}

/* q: the request of one of u's clients; NULL: of none. */
static bool change_real(struct server *s, struct user *u, const char *name, struct request *q)
{
	struct line_out line = {.time = server_time(s), .account = user_account(u)};
	struct delivery d;

	if (!user_set_names(u, &(struct user_names){.real = name}))
		return false;
	always_on_changed(s, u);
	line_add_all(&line, ":", user_mask(u), " SETNAME :", user_real(u), NULL);
	deliver_begin(&d, s, &line);
	d.need = CAP_SETNAME;
	deliver_peers(&d, u);
	monitor_tell(s, u, &line, CAP_SETNAME | CAP_EXTENDED_MONITOR);
	deliver_user(&d, u, q ? q->conn : NULL);
	if (q && (q->conn->caps & CAP_SETNAME))
		reply_line(q, &line);
	return true;
}

bool real_change(struct server *s, struct user *u, const char *name)
{
	return change_real(s, u, name, NULL);
}

static void cmd_setname(struct request *q)
{
	struct server *s = q->server;
	const char *name = q->msg->params[0];

	if (!*name || strlen(name) > (size_t)s->config->limits.real_length) {
		reply_note(q, &(struct reply_note){"FAIL", "SETNAME", "INVALID_REALNAME", NULL,
				      "Realname is not valid"});
		return;
	}
	if (!change_real(s, q->user, name, q))
		refuse_out_of_memory(q);
}

static const struct command rows[] = {
	{"AWAY", 0, COMMAND_EARLY, 1, cmd_away},
	{"SETNAME", 1, 0, 1, cmd_setname},
};

const struct command_group commands_user = {rows, ARRAY_SIZE(rows)};
