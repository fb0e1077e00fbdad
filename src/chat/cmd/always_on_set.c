/* always_on_set.c - the choice of an account whether it is always-on; NickServ SET ALWAYS-ON. */
#include "chat/cmd/always_on.h"
#include "chat/cmd/cmd_persistence.h"
#include "chat/cmd/later.h"
#include "chat/cmd/nickserv.h"
#include "chat/cmd/presence.h"

#include <stdlib.h>

struct setting {
	struct later later;
	void (*end)(struct request *q, enum store_status status);
	uint32_t before; /* the flags of the account */
};

#define CHOICES ((uint32_t)(ACCOUNT_ALWAYS_ON | ACCOUNT_NOT_ALWAYS_ON))

/* A user without a client ends. */
static void turn_off(struct server *s, struct user *u)
{
	always_on_end(s, u);
	if (!u->conn)
		presence_end(s, u, "Not always-on any more");
}

static void apply(struct setting *x, struct account *a)
{
	struct server *s = x->later.server;
	struct user *there = always_on_user(a);

	if (there && !always_on_wanted(s, a))
		turn_off(s, there);
	if ((a->flags ^ x->before) & CHOICES)
		persistence_changed(s, a, server_conn(s, x->later.tag));
}

static void written(void *arg, struct account *a, enum store_status status)
{
	struct setting *x = arg;
	struct request q;

	if (status == STORE_OK)
		apply(x, a);
	if (later_resume(&x->later, &q)) {
		if (status == STORE_OK && q.user->account == a)
			always_on_begin(x->later.server, q.user);
		x->end(&q, status);
		later_end(&q);
	}
	free(x);
}

void always_on_choose(struct request *q, uint32_t choice,
	void (*end)(struct request *q, enum store_status status))
{
	struct server *s = q->server;
	struct account *a = q->user->account;
	struct account_values v = account_values(a);
	struct setting *x = calloc(1, sizeof(*x));
	enum store_status status = STORE_NO_MEMORY;

	v.flags = (v.flags & ~CHOICES) | choice;
	if (x) {
		later_init(q, &x->later);
		x->end = end;
		x->before = a->flags;
		status = accounts_change(&s->accounts, a, &v, (struct account_then){written, x});
	}
	if (status == STORE_OK) {
		later_begin(q, &x->later);
		return;
	}
	free(x);
	end(q, status);
}

/* --- NickServ --- */

static void say_failed(struct request *q, enum store_status status)
{
	service_say(q, &nickserv, "That failed: %s.", store_status_text(status));
}

static void turned_on(struct request *q, enum store_status status)
{
	if (status == STORE_OK)
		service_say(q, &nickserv,
			"You stay here, in your channels, when your last client leaves.");
	else
		say_failed(q, status);
}

static void turned_off(struct request *q, enum store_status status)
{
	if (status == STORE_OK)
		service_say(q, &nickserv, "You quit when your last client leaves.");
	else
		say_failed(q, status);
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
		always_on_choose(c->q, on ? ACCOUNT_ALWAYS_ON : ACCOUNT_NOT_ALWAYS_ON,
			on ? turned_on : turned_off);
}
