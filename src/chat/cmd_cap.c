/*
 * cmd_cap.c - CAP LS, LIST, REQ, END (IRCv3 capability negotiation 302).
 */
#include "chat/command.h"

#include "chat/caps.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	CAP_LINE_MAX = 400, /* of capabilities in one line */
};

/* A list of words that is sent in as many lines as it needs. */
struct cap_list {
	struct request *q;
	const char *subcommand;
	size_t len;
	char text[CAP_LINE_MAX + 1];
};

static const char *nick_of(const struct request *q)
{
	return q->user ? user_nick(q->user) : "*";
}

static void send_list(struct cap_list *l, bool more)
{
	reply_text(l->q, more ? ":%s CAP %s %s * :%s" : ":%s CAP %s %s :%s",
		l->q->server->config->server.name, nick_of(l->q), l->subcommand, l->text);
	l->len = 0;
	l->text[0] = '\0';
}

static void add_word(struct cap_list *l, const char *name, const char *value)
{
	char word[CAP_LINE_MAX];
	int n = snprintf(word, sizeof(word), "%s%s%s", name, *value ? "=" : "", value);

	if (l->len && l->len + 1 + (size_t)n > CAP_LINE_MAX)
		send_list(l, (l->q->conn->flags & CONN_CAP_302) != 0);
	l->len += (size_t)sprintf(l->text + l->len, "%s%s", l->len ? " " : "", word);
}

static void list(struct request *q, const char *subcommand, bool all)
{
	struct cap_list l = {.q = q, .subcommand = subcommand};
	bool values = all && (q->conn->flags & CONN_CAP_302);
	size_t count;
	const struct cap_row *rows = cap_rows(&count);

	for (size_t i = 0; i < count; i++) {
		char value[CAP_VALUE_MAX] = "";

		if (all ? !cap_offered(&rows[i], q->server->config)
			: !(q->conn->caps & rows[i].bit))
			continue;
		if (values && rows[i].value)
			rows[i].value(q->server->config, value);
		add_word(&l, rows[i].name, value);
	}
	send_list(&l, false);
}

static void cap_ls(struct request *q)
{
	if (atoi(msg_param(q->msg, 1)) >= 302) {
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

/* All of the request or nothing. */
static bool apply(const struct config *c, const char *words, uint32_t *caps)
{
	for (const char *p = words; *p;) {
		bool off = *p == '-';
		size_t n = strcspn(p + off, " ");
		const struct cap_row *row = cap_find(c, p + off, n);

		if (n && !row)
			return false;
		if (row)
			*caps = off ? *caps & ~row->bit : *caps | row->bit;
		p += off + n;
		p += strspn(p, " ");
	}
	return true;
}

static void cap_req(struct request *q)
{
	const char *words = msg_param(q->msg, 1);
	uint32_t caps = q->conn->caps;
	bool ok = apply(q->server->config, words, &caps);

	if (!user_registered(q->user))
		q->conn->flags |= CONN_CAP;
	reply_text(q, ":%s CAP %s %s :%s", q->server->config->server.name, nick_of(q),
		ok ? "ACK" : "NAK", words);
	if (!ok)
		return;
	q->conn->caps = caps;
	q->conn->form = (uint8_t)cap_form(caps);
}

static void cap_end(struct request *q)
{
	q->conn->flags &= (uint16_t)~CONN_CAP;
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
