/*
 * cmd_history.c - CHATHISTORY (IRCv3 draft/chathistory): requests for pages of history.
 *
 *     LATEST target *|ref limit    BEFORE, AFTER, AROUND target ref limit
 *     BETWEEN target ref ref limit    TARGETS timestamp timestamp limit      ref: timestamp=T or
 * msgid=ID
 *
 * The store answers in a later turn, and the page goes out over turns (history_page.h).
 */
#include "chat/cmd/cmd_history.h"

#include "chat/cmd/command.h"
#include "chat/history/history_page.h"
#include "chat/model/correspondent.h"
#include "chat/model/history_scope.h"
#include "chat/out/caps.h"

#include <stdlib.h>

static void fail(struct request *q, const char *code, const char *context, const char *text)
{
	reply_note_also(q,
		&(struct reply_note){"FAIL", "CHATHISTORY", code, msg_param(q->msg, 0), text},
		*context ? context : NULL);
}

static bool parse_point(const char *text, struct store_point *p)
{
	if (strncmp(text, "timestamp=", 10) == 0) {
		p->kind = STORE_AT_MS;
		return time_parse(text + 10, &p->ms);
	}
	if (strncmp(text, "msgid=", 6) == 0) {
		p->kind = STORE_AT_MSGID;
		return msgid_parse(&p->id, text + 6, strlen(text + 6));
	}
	return false;
}

static bool parse_limit(struct request *q, const char *text, uint32_t *limit)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end)
		return false;
	*limit = (uint32_t)(n < (unsigned long)q->server->config->history.page
				    ? n
				    : (unsigned long)q->server->config->history.page);
	return true;
}

/* Starts the reply; a refusal is reported at once. */
static void answer(struct request *q, const struct history_query *h)
{
	enum store_status status = history_page_start(q, h);

	if (status != STORE_OK)
		fail(q, "MESSAGE_ERROR", "", store_status_text(status));
}

/* Members may read their channels, users their own conversations. */
static bool may_read(struct request *q, const char *target)
{
	const struct channel *ch = registry_channel(q->server, target);

	if (*target != '#')
		return nick_valid(target, (size_t)q->server->config->limits.nick_length);
	return ch && channel_member(ch, q->user);
}

uint64_t history_private_since(const struct request *q)
{
	if (q->user->account || q->server->config->history.private_by_nick)
		return 0;
	return q->user->nick_since;
}

static bool parse_select(const char *name, enum store_select *select)
{
	static const char *const names[] = {
		[STORE_BEFORE] = "BEFORE",
		[STORE_AFTER] = "AFTER",
		[STORE_LATEST] = "LATEST",
		[STORE_AROUND] = "AROUND",
		[STORE_BETWEEN] = "BETWEEN",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (case_equal(names[i], name)) {
			*select = (enum store_select)i;
			return true;
		}
	return false;
}

static bool parse_history(struct request *q, struct store_history *h)
{
	const struct msg *m = q->msg;
	uint32_t refs = h->select == STORE_BETWEEN ? 2 : 1;

	if (m->count < 3 + refs) {
		fail(q, "NEED_MORE_PARAMS", "", "Missing parameters");
		return false;
	}
	if (h->select == STORE_LATEST && strcmp(m->params[2], "*") == 0)
		h->from.kind = STORE_AT_NONE;
	else if (!parse_point(m->params[2], &h->from)) {
		fail(q, "INVALID_PARAMS", m->params[2], "Invalid message reference");
		return false;
	}
	if (refs == 2 && !parse_point(m->params[3], &h->to)) {
		fail(q, "INVALID_PARAMS", m->params[3], "Invalid message reference");
		return false;
	}
	if (!parse_limit(q, m->params[2 + refs], &h->limit)) {
		fail(q, "INVALID_PARAMS", m->params[2 + refs], "Invalid limit");
		return false;
	}
	return true;
}

static void query_history(struct request *q, enum store_select select)
{
	struct store_request r = {.op = STORE_HISTORY};
	struct store_history *h = &r.u.history;
	char a[CHANNEL_BYTES_MAX + 1], b[CHANNEL_BYTES_MAX + 1];
	const char *target = msg_param(q->msg, 1);
	const struct channel *ch = registry_channel(q->server, target);

	h->select = select;
	if (!parse_history(q, h))
		return;
	if (!may_read(q, target)) {
		fail(q, "INVALID_TARGET", target, "Messages could not be retrieved");
		return;
	}
	if (ch) {
		h->target.a = store_name(target, a);
		h->begun = history_scope_begun(q->server, ch);
	} else {
		h->target.a = correspondent_named(q->server, target, a);
		h->target.b = correspondent_of(q->user, b);
		h->after = history_private_since(q);
	}
	/* stored events are TAGMSGs: useless without message-tags */
	h->events = (q->conn->caps & (CAP_EVENT_PLAYBACK | CAP_MESSAGE_TAGS)) ==
		    (CAP_EVENT_PLAYBACK | CAP_MESSAGE_TAGS);
	answer(q, &(struct history_query){&r, ch ? ch->name : NULL, ch ? NULL : target, false});
}

/* Only with server-time: without it a client, or a bot, would mistake old messages for new ones.
 * Not for a JOIN with a label, whose reply is one batch that ends with the command. */
void history_joined(struct request *q, const struct channel *ch)
{
	const struct config_history *c = &q->server->config->history;
	uint32_t caps = q->conn->caps;
	char name[CHANNEL_BYTES_MAX + 1];
	struct store_request r = {.op = STORE_HISTORY};

	if (!config_keeps_history(q->server->config) || c->on_join == 0 || q->label || q->split ||
		(caps & CAP_CHATHISTORY) || !(caps & CAP_SERVER_TIME))
		return;
	r.u.history = (struct store_history){
		.select = STORE_LATEST,
		.target = {store_name(ch->name, name), {"", 0}},
		.limit = (uint32_t)c->on_join,
		.begun = history_scope_begun(q->server, ch),
		.after = history_scope_seen(q->server, ch, q->user),
	};
	history_page_start(q, &(struct history_query){&r, ch->name, NULL, true});
}

static void query_targets(struct request *q)
{
	struct store_request r = {.op = STORE_TARGETS};
	struct store_targets *t = &r.u.targets;
	struct store_channel *channels;
	char *names, own[CORRESPONDENT_MAX];
	struct store_point from = {0}, to = {0};
	const struct channel *ch;
	uint32_t i = 0;

	if (q->msg->count < 4 || !parse_point(q->msg->params[1], &from) ||
		!parse_point(q->msg->params[2], &to) || from.kind != STORE_AT_MS ||
		to.kind != STORE_AT_MS || !parse_limit(q, q->msg->params[3], &t->limit)) {
		fail(q, "INVALID_PARAMS", "", "Expected two timestamps and a limit");
		return;
	}
	channels = calloc(q->user->channel_count + 1, sizeof(*channels));
	names = calloc(q->user->channel_count + 1, CHANNEL_BYTES_MAX + 1);
	while (channels && names && (ch = user_next_channel(q->user, &i))) {
		char *at = names + t->channel_count * (CHANNEL_BYTES_MAX + 1);

		channels[t->channel_count++] =
			(struct store_channel){.name = store_name(ch->name, at),
				.begun = history_scope_begun(q->server, ch)};
	}
	t->channels = channels;
	t->user = correspondent_of(q->user, own);
	t->after = history_private_since(q);
	t->from_ms = from.ms;
	t->to_ms = to.ms;
	answer(q, &(struct history_query){&r, NULL, NULL, false});
	free(channels);
	free(names);
}

static void cmd_chathistory(struct request *q)
{
	enum store_select select;

	if (!config_keeps_history(q->server->config))
		fail(q, "MESSAGE_ERROR", "", "This server keeps no history");
	else if (case_equal(q->msg->params[0], "TARGETS"))
		query_targets(q);
	else if (parse_select(q->msg->params[0], &select))
		query_history(q, select);
	else
		fail(q, "INVALID_PARAMS", "", "Unknown subcommand");
}

static const struct command rows[] = {
	{"CHATHISTORY", 1, 0, 4, cmd_chathistory},
};

const struct command_group commands_history = {rows, ARRAY_SIZE(rows)};
