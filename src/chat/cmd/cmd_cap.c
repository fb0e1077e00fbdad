/*
 * cmd_cap.c - CAP LS, LIST, REQ, END, NEW, DEL (IRCv3 capability negotiation 302).
 */
#include "chat/cmd/cmd_cap.h"

#include "base/utf8.h"
#include "chat/cmd/cmd_registration.h"
#include "chat/cmd/cmd_sasl.h"
#include "chat/cmd/command.h"
#include "chat/out/caps.h"
#include "chat/out/reply.h"
#include "chat/proto/param.h"

#include <stdio.h>
#include <stdlib.h>

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
		if (rows[i].bit == CAP_LISTED && !*value)
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

		if (n && (!row || row->bit == CAP_LISTED || (off && row->bit == stays)))
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

/* --- NEW, DEL --- */

void cap_offer_note(const struct server *s, struct cap_offer *o)
{
	size_t count;
	const struct cap_row *rows = cap_rows(&count);

	assert(count <= CAP_ROWS_MAX);
	memset(o, 0, sizeof(*o));
	for (size_t i = 0; i < count; i++)
		for (int secure = 0; secure < 2; secure++) {
			char *value = o->value[i][secure];

			if (cap_offered(&rows[i], s->config) && rows[i].value)
				rows[i].value(s->config, secure, value);
			/* sts says nothing without its value */
			o->offered[i][secure] = cap_offered(&rows[i], s->config) &&
						(rows[i].bit != CAP_LISTED || *value);
		}
}

/* Tells one client of what is new or has another value, or (gone) of what is not offered any more.
 * An STS policy ends by its value only. */
static void announce(
	struct request *q, const struct cap_offer *was, const struct cap_offer *is, bool gone)
{
	bool secure = q->conn->flags & CONN_SECURE, values = q->conn->flags & CONN_CAP_302;
	struct cap_list l = {.q = q, .subcommand = gone ? "DEL" : "NEW", .more = ""};
	size_t count;
	const struct cap_row *rows = cap_rows(&count);

	for (size_t i = 0; i < count; i++) {
		bool before = was->offered[i][secure], now = is->offered[i][secure];
		const char *old = was->value[i][secure], *value = is->value[i][secure];
		char word[LINE_BODY_MAX];

		if (gone ? now || !before || rows[i].bit == CAP_LISTED
			 : !now || (before && (!values || strcmp(old, value) == 0)))
			continue;
		snprintf(word, sizeof(word), "%s%s%s", rows[i].name,
			!gone && values && *value ? "=" : "", !gone && values ? value : "");
		add_word(&l, word);
	}
	if (l.text[0])
		send_list(&l, "");
}

/* Of what is not offered any more nothing stays. */
static uint32_t still_offered(const struct server *s)
{
	size_t count;
	const struct cap_row *rows = cap_rows(&count);
	uint32_t caps = 0;

	for (size_t i = 0; i < count; i++)
		if (cap_offered(&rows[i], s->config))
			caps |= rows[i].bit;
	return caps;
}

static void announce_to(struct request *q, const struct cap_offer *was, const struct cap_offer *is)
{
	struct conn *c = q->conn;

	reply_begin(q);
	if (c->caps & CAP_CAP_NOTIFY) {
		announce(q, was, is, true);
		announce(q, was, is, false);
	}
	reply_end(q);
	c->caps &= still_offered(q->server);
	c->form = (uint8_t)cap_form(c->caps);
}

void cap_offer_announce(struct server *s, const struct cap_offer *was)
{
	struct cap_offer *is = malloc(sizeof(*is));

	if (!is) {
		server_count(s, COUNT_NO_MEMORY);
		return;
	}
	cap_offer_note(s, is);
	for (uint32_t i = 0; memcmp(is, was, sizeof(*is)) != 0 && i < s->slots.count; i++) {
		struct conn *c = s->slots.at[i].conn;
		struct request q = {.server = s, .conn = c, .user = c ? c->user : NULL};

		if (c && !(c->flags & CONN_LEAVING))
			announce_to(&q, was, is);
	}
	free(is);
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
