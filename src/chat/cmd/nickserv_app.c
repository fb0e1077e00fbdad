/* nickserv_app.c - NickServ APPPASS: passwords for one program each. */
#include "chat/cmd/nickserv.h"

#include "chat/accounts/app_password.h"
#include "chat/out/conn_table.h"

#include <stdio.h>

#define say(c, ...) service_say((c)->q, &nickserv, __VA_ARGS__)

enum {
	DATE = 16, /* characters of a time: YYYY-MM-DDTHH:MM */
};

static struct account_key *of_name(const struct account *a, const char *name)
{
	for (struct account_key *k = a->keys[ACCOUNT_APPS]; k; k = k->next)
		if (case_equal(k->name, name))
			return k;
	return NULL;
}

static void add(struct service_call *c, struct account *a, const char *name)
{
	struct server *s = c->q->server;
	char password[APP_PASSWORD + 1], hash[APP_PASSWORD_HASH];
	struct account_then then;

	if (strlen(name) > APP_NAME_MAX) {
		say(c, "That name is too long.");
	} else if (of_name(a, name)) {
		say(c, "There is an app password %s already.", name);
	} else if (account_keys(a, ACCOUNT_APPS) >= s->config->accounts.app_passwords) {
		say(c, "The account has too many app passwords.");
	} else {
		app_password_make(password);
		app_password_hash(password, hash);
		then = service_then(c->q, &nickserv,
			"App password %s, for PLAIN and IDENTIFY, shown only now: %s", name,
			password);
		explicit_bzero(password, sizeof(password));
		service_started(c->q, then,
			accounts_add_key(&s->accounts, a,
				&(struct account_new_key){
					ACCOUNT_APPS, hash, name, s->wall / NSEC_MSEC},
				then));
	}
}

static void list(struct service_call *c, const struct account *a)
{
	char added[TIME_TEXT_MAX], used[TIME_TEXT_MAX];

	for (const struct account_key *k = a->keys[ACCOUNT_APPS]; k; k = k->next) {
		time_text(added, k->added_ms);
		time_text(used, k->used_ms);
		say(c, "%s: made %.*s UTC, last used %.*s%s", k->name, DATE, added,
			k->used_ms ? DATE : 5, k->used_ms ? used : "never",
			k->used_ms ? " UTC" : "");
	}
	say(c, "%u of %lld app passwords.", account_keys(a, ACCOUNT_APPS),
		(long long)c->q->server->config->accounts.app_passwords);
}

/* Ends the account's connections that are logged in by one: which one is not kept. Programs whose
 * own is still valid come back. */
static void end_sessions(struct server *s, const struct account *a)
{
	for (uint32_t i = 0; i < a->sessions.count; i++)
		for (struct conn *c = a->sessions.at[i]->conn; c; c = c->sibling)
			if (c->by_app)
				conn_leave(s, c, "An app password was removed");
}

static void del(struct service_call *c, struct account *a, const char *name)
{
	struct server *s = c->q->server;
	struct account_key *k = of_name(a, name);
	struct account_then then;
	enum store_status status;

	if (!k) {
		say(c, "There is no app password %s.", name);
		return;
	}
	then = service_then(c->q, &nickserv,
		"App password %s is removed, and connections made with app passwords are ended.",
		name);
	status = accounts_remove_key(&s->accounts, ACCOUNT_APPS, k, then);
	if (status == STORE_OK)
		end_sessions(s, a);
	service_started(c->q, then, status);
}

/* A program that signs out for good gives up the app password that it shows. It closes its
 * connection itself, and those by other app passwords go on. */
static void revoke(struct service_call *c, const struct account *a, const char *password)
{
	struct accounts *t = &c->q->server->accounts;
	struct account_key *k = app_password_find(t, a, password);
	struct account_then then;

	if (!k) {
		say(c, "That is no app password of your account.");
		return;
	}
	then = service_then(c->q, &nickserv, "App password %s is removed.", k->name);
	service_started(c->q, then, accounts_remove_key(t, ACCOUNT_APPS, k, then));
}

void nickserv_apppass(struct service_call *c)
{
	struct account *a = c->q->user->account;

	if (case_equal(c->word[1], "REVOKE") && c->count > 2)
		revoke(c, a, c->word[2]);
	else if (service_by_app(c))
		return;
	else if (case_equal(c->word[1], "LIST"))
		list(c, a);
	else if (case_equal(c->word[1], "ADD") && c->count > 2)
		add(c, a, c->word[2]);
	else if (case_equal(c->word[1], "DEL") && c->count > 2)
		del(c, a, c->word[2]);
	else
		say(c, "Usage: APPPASS ADD name | LIST | DEL name | REVOKE password");
}
