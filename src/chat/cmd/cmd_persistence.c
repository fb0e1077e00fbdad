/*
 * cmd_persistence.c - PERSISTENCE (draft/persistence): whether the account's user stays without a
 * connection, for clients that show it as a switch. The same choice as NickServ SET ALWAYS-ON.
 *
 *     PERSISTENCE GET                    :server PERSISTENCE STATUS DEFAULT OFF
 *     PERSISTENCE SET ON|OFF|DEFAULT     :server PERSISTENCE STATUS ON ON
 *
 * A STATUS has the account's choice, and what follows from it and accounts.always_on.
 */
#include "chat/cmd/cmd_persistence.h"

#include "chat/cmd/always_on.h"
#include "chat/cmd/command.h"
#include "chat/out/caps.h"
#include "chat/out/deliver.h"

static const struct {
	const char *name;
	uint32_t flag;
} choices[] = {{"DEFAULT", 0}, {"ON", ACCOUNT_ALWAYS_ON}, {"OFF", ACCOUNT_NOT_ALWAYS_ON}};

static void fail(struct request *q, const char *code, const char *text)
{
	reply_note(q, &(struct reply_note){"FAIL", "PERSISTENCE", code, NULL, text});
}

static const char *choice_of(const struct account *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(choices); i++)
		if (a->flags & choices[i].flag)
			return choices[i].name;
	return choices[0].name;
}

static const char *effect_of(const struct server *s, const struct account *a)
{
	return always_on_wanted(s, a) ? "ON" : "OFF";
}

static void send_status(struct request *q)
{
	const struct account *a = q->user->account;

	reply_text(q, ":%s PERSISTENCE STATUS %s %s", q->server->config->server.name, choice_of(a),
		effect_of(q->server, a));
}

void persistence_welcome(struct request *q)
{
	if (q->user->account && (q->conn->caps & CAP_PERSISTENCE))
		send_status(q);
}

void persistence_changed(struct server *s, const struct account *a, const struct conn *but)
{
	struct line_out line = {0};

	line_add_all(&line, ":", s->config->server.name, " PERSISTENCE STATUS ", choice_of(a), " ",
		effect_of(s, a), NULL);
	for (uint32_t i = 0; i < a->sessions.count; i++)
		for (struct conn *c = a->sessions.at[i]->conn; c; c = c->sibling)
			if (c != but && (c->caps & CAP_PERSISTENCE))
				conn_line(s, c, &line);
}

static void chosen(struct request *q, enum store_status status)
{
	if (status == STORE_OK && q->user->account)
		send_status(q);
	else
		fail(q, "INTERNAL_ERROR", store_status_text(status));
}

static void set(struct request *q, const char *choice)
{
	for (size_t i = 0; i < ARRAY_SIZE(choices); i++)
		if (case_equal(choices[i].name, choice)) {
			always_on_choose(q, choices[i].flag, chosen);
			return;
		}
	fail(q, "INVALID_PARAMS", "SET takes ON, OFF or DEFAULT");
}

static void cmd_persistence(struct request *q)
{
	if (!q->user->account)
		fail(q, "ACCOUNT_REQUIRED", "You are not logged in to an account");
	else if (case_equal(q->msg->params[0], "GET"))
		send_status(q);
	else if (case_equal(q->msg->params[0], "SET"))
		set(q, msg_param(q->msg, 1));
	else
		fail(q, "INVALID_PARAMS", "PERSISTENCE has GET and SET");
}

static const struct command rows[] = {
	{"PERSISTENCE", 1, 0, 2, cmd_persistence},
};

const struct command_group commands_persistence = {rows, ARRAY_SIZE(rows)};
