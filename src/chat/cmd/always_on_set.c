/* always_on_set.c - NickServ SET ALWAYS-ON. */
#include "chat/cmd/always_on.h"
#include "chat/cmd/later.h"
#include "chat/cmd/nickserv.h"
#include "chat/cmd/presence.h"

#include <stdlib.h>

struct setting {
	struct later later;
	bool on;
};

/* A user without a client ends. */
static void turn_off(struct server *s, struct user *u)
{
	always_on_end(s, u);
	if (!u->conn)
		presence_end(s, u, "Not always-on any more");
}

static void tell(struct request *q, const struct setting *x, enum store_status status)
{
	if (status != STORE_OK)
		service_say(q, &nickserv, "That failed: %s.", store_status_text(status));
	else if (x->on)
		service_say(q, &nickserv,
			"You stay here, in your channels, when your last client leaves.");
	else
		service_say(q, &nickserv, "You quit when your last client leaves.");
}

static void written(void *arg, struct account *a, enum store_status status)
{
	struct setting *x = arg;
	struct user *there = always_on_user(a);
	struct request q;

	if (status == STORE_OK && !x->on && there)
		turn_off(x->later.server, there);
	if (later_resume(&x->later, &q)) {
		if (status == STORE_OK && q.user->account == a)
			always_on_begin(x->later.server, q.user);
		tell(&q, x, status);
		later_end(&q);
	}
	free(x);
}

static void change(struct service_call *c, bool on)
{
	struct server *s = c->q->server;
	struct account *a = c->q->user->account;
	struct account_values v = account_values(a);
	struct setting *x = calloc(1, sizeof(*x));
	enum store_status status = STORE_NO_MEMORY;

	v.flags &= ~(uint32_t)(ACCOUNT_ALWAYS_ON | ACCOUNT_NOT_ALWAYS_ON);
	v.flags |= on ? ACCOUNT_ALWAYS_ON : ACCOUNT_NOT_ALWAYS_ON;
	if (x) {
		x->later.server = s;
		x->on = on;
		status = accounts_change(&s->accounts, a, &v, (struct account_then){written, x});
	}
	if (status == STORE_OK) {
		later_begin(c->q, &x->later);
		return;
	}
	free(x);
	service_say(c->q, &nickserv, "That failed: %s.", store_status_text(status));
}

void always_on_set(struct service_call *c)
{
	const struct config *conf = c->q->server->config;
	bool on = case_equal(c->word[2], "on");

	if (!on && !case_equal(c->word[2], "off"))
		service_say(c->q, &nickserv, "Usage: SET ALWAYS-ON on|off");
	else if (conf->accounts.always_on == ALWAYS_ON_DISABLED || !config_keeps_history(conf))
		service_say(c->q, &nickserv, "This server keeps no users without a connection.");
	else if (conf->accounts.always_on == ALWAYS_ON_MANDATORY)
		service_say(c->q, &nickserv, "On this server all accounts are always-on.");
	else
		change(c, on);
}
