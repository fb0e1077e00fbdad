/*
 * cmd_user.c - AWAY and SETNAME: state that users set for themselves.
 */
#include "base/utf8.h"
#include "chat/cmd/command.h"
#include "chat/out/caps.h"
#include "chat/out/monitor.h"

#include <stdlib.h>

/* away-notify: informs users who share a channel. */
static void tell_away(struct request *q)
{
	struct server *s = q->server;
	struct line_out line = {.time = server_time(s), .account = user_account(q->user)};
	struct delivery d;

	line_add_all(&line, ":", user_mask(q->user), " AWAY", NULL);
	if (q->user->away)
		line_add_all(&line, " :", q->user->away, NULL);
	deliver_begin(&d, s, &line);
	d.need = CAP_AWAY_NOTIFY;
	deliver_peers(&d, q->user);
	monitor_tell(s, q->user, &line, CAP_AWAY_NOTIFY | CAP_EXTENDED_MONITOR);
}

static void cmd_away(struct request *q)
{
	const char *text = msg_param(q->msg, 0);
	size_t max = (size_t)q->server->config->limits.away_length;
	char *away = *text ? strndup(text, utf8_cut(text, max)) : NULL;

	if (*text && !away) {
		refuse_out_of_memory(q);
		return;
	}
	free(q->user->away);
	q->user->away = away;
	if (away)
		reply(q, RPL_NOWAWAY, ":You have been marked as being away");
	else
		reply(q, RPL_UNAWAY, ":You are no longer marked as being away");
	tell_away(q);
}

static void cmd_setname(struct request *q)
{
	struct server *s = q->server;
	const char *name = q->msg->params[0];
	struct line_out line = {.time = server_time(s), .account = user_account(q->user)};
	struct delivery d;

	if (!*name || strlen(name) > (size_t)s->config->limits.real_length) {
		reply_note(q, &(struct reply_note){"FAIL", "SETNAME", "INVALID_REALNAME", NULL,
				      "Realname is not valid"});
		return;
	}
	if (!user_set_names(q->user, &(struct user_names){.real = name})) {
		refuse_out_of_memory(q);
		return;
	}
	line_add_all(&line, ":", user_mask(q->user), " SETNAME :", user_real(q->user), NULL);
	deliver_begin(&d, s, &line);
	d.need = CAP_SETNAME;
	deliver_peers(&d, q->user);
	monitor_tell(s, q->user, &line, CAP_SETNAME | CAP_EXTENDED_MONITOR);
	if (q->conn->caps & CAP_SETNAME)
		reply_line(q, &line);
}

static const struct command rows[] = {
	{"AWAY", 0, 0, 1, cmd_away},
	{"SETNAME", 1, 0, 1, cmd_setname},
};

const struct command_group commands_user = {rows, ARRAY_SIZE(rows)};
