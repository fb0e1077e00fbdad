/*
 * dispatch.c - command dispatch: parsing, lookup, checks common to all commands.
 */
#include "chat/loop/dispatch.h"

#include "base/utf8.h"
#include "chat/cmd/cmd_batch.h"
#include "chat/cmd/command.h"
#include "chat/config/oper_cap.h"
#include "chat/history/multiline.h"
#include "chat/out/caps.h"
#include "chat/out/conn_time.h"
#include "chat/out/reply_barrier.h"
#include "chat/proto/tags.h"

#include <stdlib.h>

static const struct command_group *const groups[] = {
	&commands_ban,
	&commands_batch,
	&commands_cap,
	&commands_channel,
	&commands_chghost,
	&commands_filter,
	&commands_force,
	&commands_guard,
	&commands_history,
	&commands_info,
	&commands_extjwt,
	&commands_knock,
	&commands_relay,
	&commands_list,
	&commands_marker,
	&commands_message,
	&commands_metadata,
	&commands_mode,
	&commands_moderate,
	&commands_monitor,
	&commands_oper,
	&commands_persistence,
	&commands_redact,
	&commands_registration,
	&commands_register,
	&commands_rename,
	&commands_sasl,
	&commands_search,
	&commands_service,
	&commands_token,
	&commands_uban,
	&commands_user,
	&commands_webirc,
	&commands_webpush,
	&commands_who,
	&commands_whois,
};

static uint32_t command_hash(const char *name)
{
	uint32_t h = 2166136261u; /* FNV-1a: names are constants, no attack possible */

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h;
}

static const struct command **slot(const struct server *s, const char *name)
{
	uint32_t i = command_hash(name) & (s->command_size - 1);

	while (s->commands[i] && strcmp(s->commands[i]->name, name) != 0)
		i = (i + 1) & (s->command_size - 1);
	return &s->commands[i];
}

bool commands_init(struct server *s)
{
	size_t count = 0;

	for (size_t g = 0; g < ARRAY_SIZE(groups); g++)
		count += groups[g]->count;
	s->command_size = 16;
	while (s->command_size < 4 * count)
		s->command_size *= 2;
	s->commands = calloc(s->command_size, sizeof(*s->commands));
	if (!s->commands)
		return false;
	for (size_t g = 0; g < ARRAY_SIZE(groups); g++)
		for (size_t i = 0; i < groups[g]->count; i++)
			*slot(s, groups[g]->rows[i].name) = &groups[g]->rows[i];
	return true;
}

void commands_free(struct server *s)
{
	free(s->commands);
	s->commands = NULL;
}

/* A web page can make a browser POST lines of IRC to this server: nothing after the verb is
 * executed. */
static bool is_http(const char *verb)
{
	static const char *const verbs[] = {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH",
		"POST", "PRI", "PUT", "TRACE"};

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(verb, verbs[i]) == 0)
			return true;
	return false;
}

static void unknown(struct request *q)
{
	if (!user_registered(q->user) && is_http(q->msg->command)) {
		conn_cut(q->server, q->conn, COUNT_NOT_IRC, "This is an IRC server, not HTTP");
		return;
	}
	if (!user_registered(q->user) && strcmp(q->msg->command, "PROXY") == 0) {
		conn_cut(q->server, q->conn, COUNT_NOT_IRC, "No proxy is known at this address");
		return;
	}
	server_count(q->server, COUNT_UNKNOWN_COMMAND);
	reply(q, ERR_UNKNOWNCOMMAND, "%.64s :Unknown command", q->msg->command);
}

/* ISUPPORT UTF8ONLY: a line that is not UTF-8 is not executed. */
static void not_utf8(struct request *q)
{
	server_count(q->server, COUNT_LINE_NOT_UTF8);
	const char *name = q->msg->command;

	reply_note(q, &(struct reply_note){"FAIL", utf8_valid(name, strlen(name)) ? name : "*",
			      "INVALID_UTF8", NULL,
			      "Message rejected, your IRC software MUST use UTF-8 encoding"});
}

/* Whether q's user may run the command of a row; if not, replies. */
static bool permitted(struct request *q, const struct command *row)
{
	uint16_t missing = (uint16_t)(row->flags >> COMMAND_CAPS) & (uint16_t)~q->user->oper;
	char names[OPER_CAPS_TEXT_MAX];

	if (!(row->flags & COMMAND_OPER))
		return true;
	if (!(q->user->modes & USER_OPER)) {
		reply(q, ERR_NOPRIVILEGES, ":Permission Denied- You're not an IRC operator");
		return false;
	}
	if (!missing)
		return true;
	oper_caps_text(missing, names);
	reply(q, ERR_NOPRIVS, "%s :Insufficient oper privileges", names);
	return false;
}

/* The checks required by a row, then the handler. */
static void execute(struct request *q, const struct command *row)
{
	if (!(row->flags & COMMAND_EARLY) && !user_registered(q->user))
		reply(q, ERR_NOTREGISTERED, ":You have not registered");
	else if (q->user && !permitted(q, row))
		return;
	else if (q->msg->count < row->min_params && !(row->flags & COMMAND_QUIET))
		reply(q, ERR_NEEDMOREPARAMS, "%s :Not enough parameters", row->name);
	else
		row->run(q);
}

static const char *label_of(const struct conn *c, const struct msg *m, char out[LINE_BODY_MAX])
{
	const uint32_t need = CAP_LABELED_RESPONSE | CAP_BATCH; /* a reply may be a batch */
	struct tag t;

	if (!m->tags || (c->caps & need) != need || !tag_find(m->tags, "label", &t) ||
		t.value_len == 0 || t.value_len > LABEL_MAX || !utf8_valid(t.value, t.value_len))
		return NULL;
	memcpy(out, t.value, t.value_len); /* returned as received, with its escapes */
	out[t.value_len] = '\0';
	return out;
}

static void refuse(struct request *q, enum parse_error e)
{
	if (e == PARSE_EMPTY)
		return;
	server_count(q->server, COUNT_LINE_TOO_LONG);
	reply_begin(q);
	reply(q, ERR_INPUTTOOLONG, ":Input line was too long");
	reply_end(q);
}

void command_line(struct server *s, struct conn *c, struct span line)
{
	struct msg m;
	struct request q = {.server = s, .conn = c, .user = c->user, .msg = &m};
	char label[LINE_BODY_MAX];
	bool utf8 = utf8_valid(line.p, line.n);
	enum parse_error e = parse_message(&m, line);
	const struct command *row;
	uint64_t start = s->work;

	server_count(s, COUNT_LINES_IN);
	s->work += WORK_LINE + line.n;
	q.label = label_of(c, &m, label);
	if (e != PARSE_OK) {
		refuse(&q, e);
		conn_charge(s, c, 1);
		return;
	}
	row = *slot(s, m.command);
	reply_begin(&q);
	if (!utf8)
		not_utf8(&q);
	else if (m.tags && batch_take(&q))
		row = NULL;
	else if (row)
		execute(&q, row);
	else
		unknown(&q);
	reply_end(&q);
	conn_charge(s, c, row ? row->cost : 1);
	if (s->work - start > WORK_FREE)
		conn_charge_work(s, c, s->work - start - WORK_FREE);
}
