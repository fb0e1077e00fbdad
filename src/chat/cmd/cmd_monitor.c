/*
 * cmd_monitor.c - MONITOR + - C L S (IRCv3 monitor).
 */
#include "chat/cmd/command.h"
#include "chat/out/monitor.h"
#include "chat/out/reply_stream.h"

#include <stdio.h>

/* Comma-separated nicks, sent whenever a line is full. */
struct nick_line {
	struct request *q;
	enum numeric numeric;
	char text[LINE_BODY_MAX];
	size_t len;
};

static void line_flush(struct nick_line *l)
{
	if (l->len)
		reply(l->q, l->numeric, ":%s", l->text);
	l->len = 0;
}

static void line_put(struct nick_line *l, const char *nick)
{
	if (l->len + strlen(nick) + 1 > LINE_BODY_MAX - 140)
		line_flush(l);
	l->len += (size_t)snprintf(
		l->text + l->len, sizeof(l->text) - l->len, "%s%s", l->len ? "," : "", nick);
}

static void state_of(const char *nick, struct nick_line *on, struct nick_line *off)
{
	const struct user *u = registry_registered(on->q->server, nick);

	if (u)
		line_put(on, user_mask(u));
	else
		line_put(off, nick);
}

static void monitor_list_full(struct request *q, const char *first, char *rest)
{
	reply(q, ERR_MONLISTFULL, "%lld %s%s%s :Monitor list is full.",
		(long long)q->server->config->limits.monitor, first, rest && *rest ? "," : "",
		rest ? rest : "");
}

static void add(struct request *q, char *targets)
{
	struct nick_line on = {.q = q, .numeric = RPL_MONONLINE};
	struct nick_line off = {.q = q, .numeric = RPL_MONOFFLINE};
	char *rest = targets;

	for (char *nick; (nick = strsep(&rest, ","));) {
		enum watch_result r;

		if (!nick_valid(nick, (size_t)q->server->config->limits.nick_length))
			continue;
		r = monitor_add(q->server, q->conn, nick);
		if (r == WATCH_FULL) {
			line_flush(&on);
			line_flush(&off);
			monitor_list_full(q, nick, rest);
			return;
		}
		state_of(nick, &on, &off);
	}
	line_flush(&on);
	line_flush(&off);
}

/* MONITOR L and S, a reply stream. Only the client's own lines change its watches, and they wait
 * for the end of the stream. */
struct watch_rows {
	struct reply_stream stream;
	const struct watch_link *at;
	bool states;           /* S: with online state */
	struct nick_line a, b; /* S: online, offline; L: all, none */
};

static bool watches_step(struct request *q, struct reply_stream *answer)
{
	struct watch_rows *r = container_of(answer, struct watch_rows, stream);

	r->a.q = r->b.q = q;
	if (r->at) {
		q->server->work += WORK_LOOK;
		if (r->states)
			state_of(r->at->watch->nick, &r->a, &r->b);
		else
			line_put(&r->a, r->at->watch->nick);
		r->at = r->at->next;
		return true;
	}
	line_flush(&r->a);
	line_flush(&r->b);
	if (!r->states)
		reply(q, RPL_ENDOFMONLIST, ":End of MONITOR list");
	return false;
}

static void show(struct request *q, bool states)
{
	struct watch_rows *r = reply_stream_new(q, sizeof(*r), watches_step);

	if (!r)
		return;
	r->at = q->conn->watches;
	r->states = states;
	r->a.numeric = states ? RPL_MONONLINE : RPL_MONLIST;
	r->b.numeric = RPL_MONOFFLINE;
	reply_stream_start(q, &r->stream);
}

static void cmd_monitor(struct request *q)
{
	char sign = q->msg->params[0][0];
	char *targets = q->msg->count > 1 ? q->msg->params[1] : NULL, *nick;

	if ((sign == '+' || sign == '-') && !targets) {
		reply(q, ERR_NEEDMOREPARAMS, "MONITOR :Not enough parameters");
		return;
	}
	switch (sign) {
	case '+': add(q, targets); break;
	case '-':
		while ((nick = strsep(&targets, ",")))
			monitor_remove(q->server, q->conn, nick);
		break;
	case 'C':
	case 'c': monitor_clear(q->server, q->conn); break;
	case 'L':
	case 'l': show(q, false); break;
	case 'S':
	case 's': show(q, true); break;
	default:
		reply_note(q, &(struct reply_note){"FAIL", "MONITOR", "INVALID_PARAMS", NULL,
				      "Write MONITOR with + - C L or S"});
		break;
	}
}

static const struct command rows[] = {
	{"MONITOR", 1, 0, 2, cmd_monitor},
};

const struct command_group commands_monitor = {rows, ARRAY_SIZE(rows)};
