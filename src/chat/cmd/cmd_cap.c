/*
 * cmd_cap.c - CAP LS, LIST, REQ, END (IRCv3 capability negotiation 302).
 */
#include "base/utf8.h"
#include "chat/cmd/cmd_registration.h"
#include "chat/cmd/cmd_sasl.h"
#include "chat/cmd/command.h"
#include "chat/out/caps.h"
#include "chat/proto/param.h"

#include <stdio.h>

enum {
	CAP_VERSION = 302,
};

/* A list of words, sent in as many lines as needed. */
struct cap_list {
	struct request *q;
	const char *subcommand;
	const char *more; /* marks a line that is continued */
	char text[LINE_BODY_MAX];
};

static const char *nick_of(const struct request *q)
{
	return q->user ? user_nick(q->user) : "*";
}

static void send_list(struct cap_list *l, const char *more)
{
	reply_text(l->q, *more ? ":%s CAP %s %s * :%s" : ":%s CAP %s %s :%s",
		l->q->server->config->server.name, nick_of(l->q), l->subcommand, l->text);
	l->text[0] = '\0';
}

static void add_word(struct cap_list *l, const char *word)
{
	size_t frame = strlen(l->q->server->config->server.name) + strlen(nick_of(l->q)) +
		       strlen(": CAP  LIST * :\r\n");
	size_t len = strlen(l->text);

	if (len && frame + len + 1 + strlen(word) > LINE_BODY_MAX) {
		send_list(l, l->more);
		len = 0;
	}
	snprintf(l->text + len, sizeof(l->text) - len, "%s%s", len ? " " : "", word);
}

static void list(struct request *q, const char *subcommand, bool all)
{
	bool can_go_on = q->conn->flags & CONN_CAP_302, values = all && can_go_on;
	struct cap_list l = {.q = q, .subcommand = subcommand, .more = can_go_on ? "*" : ""};
	size_t count;
	const struct cap_row *rows = cap_rows(&count);

	for (size_t i = 0; i < count; i++) {
		char value[CAP_VALUE_MAX] = "", word[LINE_BODY_MAX];

		if (all ? !cap_offered(&rows[i], q->server->config)
			: !(q->conn->caps & rows[i].bit))
			continue;
		if (values && rows[i].value)
			rows[i].value(q->server->config, q->conn->flags & CONN_SECURE, value);
		if (rows[i].bit == CAP_STS && !*value)
			continue; /* says nothing without its value */
		snprintf(word, sizeof(word), "%s%s%s", rows[i].name, *value ? "=" : "", value);
		add_word(&l, word);
	}
	send_list(&l, "");
}

static void cap_ls(struct request *q)
{
	if (param_number(msg_param(q->msg, 1), CAP_VERSION) == CAP_VERSION) {
		q->conn->flags |= CONN_CAP_302;
		q->conn->caps |= CAP_CAP_NOTIFY;
	}
	if (!user_registered(q->user))
		q->conn->flags |= CONN_CAP;
	list(q, "LS", true);
}

static void cap_list(struct request *q)
{
	list(q, "LIST", false);
}

/* Applies all of the request or nothing. With version 302 cap-notify cannot be disabled. */
static bool apply(const struct request *q, const char *words, uint32_t *caps)
{
	uint32_t stays = q->conn->flags & CONN_CAP_302 ? CAP_CAP_NOTIFY : 0;

	for (const char *p = words; *p;) {
		bool off = *p == '-';
		size_t n = strcspn(p + off, " ");
		const struct cap_row *row = cap_find(q->server->config, p + off, n);

		if (n && (!row || row->bit == CAP_STS || (off && row->bit == stays)))
			return false;
		if (row)
			*caps = off ? *caps & ~row->bit : *caps | row->bit;
		p += off + n;
		p += strspn(p, " ");
	}
	return true;
}

/* Replies with the words of the request, in possibly more lines than it had: each repeats the names
 * of server and client. */
static void cap_req(struct request *q)
{
	char *words = q->msg->count > 1 ? q->msg->params[1] : NULL, *word;
	uint32_t caps = q->conn->caps;
	bool ok = !words || apply(q, words, &caps);
	struct cap_list l = {.q = q, .subcommand = ok ? "ACK" : "NAK", .more = ""};

	if (!user_registered(q->user))
		q->conn->flags |= CONN_CAP;
	while ((word = strsep(&words, " ")))
		if (*word)
			add_word(&l, word);
	send_list(&l, "");
	if (!ok)
		return;
	q->conn->caps = caps;
	q->conn->form = (uint8_t)cap_form(caps);
}

static void cap_end(struct request *q)
{
	q->conn->flags &= (uint16_t)~CONN_CAP;
	if (!user_registered(q->user))
		sasl_abort(q);
	if (q->user)
		registration_check(q);
}

static void cmd_cap(struct request *q)
{
	static const struct {
		const char *name;
		void (*run)(struct request *q);
	} subcommands[] = {{"LS", cap_ls}, {"LIST", cap_list}, {"REQ", cap_req}, {"END", cap_end}};
	const char *name = q->msg->params[0];

	for (size_t i = 0; i < ARRAY_SIZE(subcommands); i++)
		if (case_equal(name, subcommands[i].name)) {
			subcommands[i].run(q);
			return;
		}
	reply(q, ERR_INVALIDCAPCMD, "%.64s :Invalid CAP command", name);
}

static const struct command rows[] = {
	{"CAP", 1, COMMAND_EARLY, 1, cmd_cap},
};

const struct command_group commands_cap = {rows, ARRAY_SIZE(rows)};
