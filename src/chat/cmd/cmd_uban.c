/*
 * cmd_uban.c - UBAN: server bans of every kind by one command, with a dry run.
 *
 *     UBAN ADD mask [DURATION time] [reason]     UBAN TEST mask
 *     UBAN DEL mask                              UBAN LIST
 *
 * mask: an address or a network, user@host, nick!user@host, a nick (its host), a:account.
 */
#include "chat/cluster.h"
#include "chat/cmd/cmd_ban.h"
#include "chat/cmd/cmd_info.h"
#include "chat/cmd/command.h"
#include "chat/history/ban_enforce.h"

#include <stdio.h>

enum {
	SHOWN_MAX = 50, /* users that one TEST names; the rest are counted */
};

static void say(struct request *q, const char *text)
{
	reply_text(
		q, ":%s NOTICE %s :%s", q->server->config->server.name, user_nick(q->user), text);
}

/* --- TEST --- */

/* A dry run. */
struct hits {
	struct request *q;
	struct ban_hits_count n;
	uint32_t shown;
};

static void show(void *arg, const struct user *u, const struct conn *c)
{
	struct hits *h = arg;
	const char *account = user_account(u);
	char text[LINE_BODY_MAX];

	if (h->shown++ >= SHOWN_MAX)
		return;
	snprintf(text, sizeof(text), "Hits %s%s%s%s", user_mask(u), account ? " account " : "",
		account ? account : "",
		c                ? ""
		: user_remote(u) ? " (on another server)"
				 : " (always-on, no client)");
	say(h->q, text);
}

static void test(struct request *q)
{
	struct ban_order o = {.setter = "", .kind = ban_kind_of(q->msg->params[1])};
	struct hits h = {.q = q};
	char full[BAN_MASK_MAX], text[LINE_BODY_MAX];
	const struct ban *ban;
	struct store_ban from;
	struct bans one;
	enum ban_result result;

	ban_full_mask(q->server, o.kind, q->msg->params[1], full);
	o.mask = full;
	from = ban_record(q->server, &o);
	bans_init(&one, &q->server->key);
	result = bans_add(&one, &from, &ban);
	if (result == BAN_OK) {
		h.n = ban_enforce_hits(q->server, ban, show, &h);
		snprintf(text, sizeof(text),
			"%s would hit %u connections here, %u always-on users without one, %u "
			"users of other servers",
			ban->mask, h.n.connections, h.n.always_on, h.n.elsewhere);
		say(q, text);
	} else {
		ban_refused(q, "INVALID_MASK", full, ban_result_text(result));
	}
	bans_free(&one);
}

/* --- ADD, DEL, LIST --- */

/* Joins the parameters from `at` on. */
static void join(const struct msg *m, uint32_t at, char out[LINE_BODY_MAX])
{
	size_t n = 0;

	out[0] = '\0';
	for (uint32_t i = at; i < m->count && n < LINE_BODY_MAX; i++)
		n += (size_t)snprintf(
			out + n, LINE_BODY_MAX - n, "%s%s", i > at ? " " : "", m->params[i]);
}

static void add(struct request *q)
{
	const struct msg *m = q->msg;
	struct ban_order o = {.kind = ban_kind_of(m->params[1]),
		.mask = m->params[1],
		.setter = user_mask(q->user)};
	char reason[LINE_BODY_MAX];
	bool timed = case_equal(msg_param(m, 2), "DURATION");

	if (timed && !ban_duration(msg_param(m, 3), &o.ms)) {
		ban_refused(q, "INVALID_DURATION", *msg_param(m, 3) ? m->params[3] : "*",
			"A time is like 90s, 10m, 2h or 7d");
		return;
	}
	join(m, timed ? 4 : 2, reason);
	o.reason = *reason ? reason : "No reason given";
	ban_order(q, &o);
}

static void del(struct request *q)
{
	ban_lift(q, ban_kind_of(q->msg->params[1]), q->msg->params[1]);
}

static void list(struct request *q)
{
	send_bans(q, 'k');
}

static void cmd_uban(struct request *q)
{
	static const struct {
		const char *name;
		uint32_t params;
		void (*run)(struct request *q);
	} commands[] = {{"ADD", 2, add}, {"DEL", 2, del}, {"LIST", 1, list}, {"TEST", 2, test}};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (case_equal(q->msg->params[0], commands[i].name) &&
			q->msg->count >= commands[i].params) {
			commands[i].run(q);
			return;
		}
	ban_refused(q, "INVALID_PARAMS", q->msg->params[0], "See HELP UBAN");
}

static const struct command rows[] = {
	{"UBAN", 1, COMMAND_NEEDS(OPER_BAN), 1, cmd_uban},
};

const struct command_group commands_uban = {rows, ARRAY_SIZE(rows)};
