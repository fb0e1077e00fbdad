/* hostserv.c - HostServ's commands, and hosts on their users. */
#include "chat/cmd/hostserv.h"

#include "chat/cluster.h"

#include "chat/accounts/vhost.h"
#include "chat/cmd/cmd_chghost.h"
#include "chat/out/oper_notice.h"

#include <stdio.h>

#define say(c, ...) service_say((c)->q, &hostserv, __VA_ARGS__)

#define ASK_AGAIN_MS (10 * 60 * 1000LL)

/* --- hosts on users --- */

/* The host of u without an account's. False if it has no connection to tell. */
static bool own_host(const struct server *s, const struct user *u, char out[HOST_BYTES_MAX])
{
	if (!u->conn)
		return false;
	if (!(u->modes & USER_CLOAKED) || !conn_cloak(s, u->conn, out))
		conn_host(u->conn, out);
	return true;
}

/* Gives u a host; q: its own request, or NULL. */
static void show(struct server *s, struct user *u, struct request *q, const char *host)
{
	if (strcmp(user_host(u), host) == 0 || user_remote(u)) /* its own node does it */
		return;
	if (!user_registered(u)) {
		if (!user_set_names(u, &(struct user_names){.host = host}))
			server_count(s, COUNT_NO_MEMORY);
	} else if (q && q->user == u) {
		host_change(q, u, host);
	} else {
		host_change_by_server(s, u, host);
	}
}

void hostserv_login(struct request *q)
{
	const char *host = vhost_of(q->user->account);

	if (host)
		show(q->server, q->user, q, host);
}

void hostserv_logout(struct server *s, struct user *u, struct request *q)
{
	char host[HOST_BYTES_MAX];

	if (own_host(s, u, host))
		show(s, u, q, host);
}

/* Gives all users of an account the host that it shows now; before: it showed one. */
static void show_all(struct server *s, struct request *q, const struct account *a, bool before)
{
	for (uint32_t i = 0; i < a->sessions.count; i++) {
		struct user *u = a->sessions.at[i];

		if (vhost_of(a))
			show(s, u, q, vhost_of(a));
		else if (before)
			hostserv_logout(s, u, q);
	}
}

void hostserv_changed(struct server *s, const struct account *a, bool before)
{
	show_all(s, NULL, a, before);
}

/* --- commands --- */

static void failed(struct service_call *c, enum store_status status)
{
	say(c, "That failed: %s.", store_status_text(status));
}

/* Sets the host of a; false, with an answer, if it failed. */
static bool set(struct service_call *c, struct account *a, const char *host, bool on)
{
	bool before = vhost_of(a) != NULL;
	enum store_status status = vhost_set(&c->q->server->accounts, a, host, on);

	show_all(c->q->server, c->q, a, before);
	if (status != STORE_OK)
		failed(c, status);
	return status == STORE_OK;
}

static void switch_to(struct service_call *c, bool on)
{
	struct account *a = c->q->user->account;

	if (!a->vhost || !*a->vhost->host)
		say(c, "Your account has no host. Ask for one: /HOSTSERV REQUEST host");
	else if (set(c, a, a->vhost->host, on))
		say(c, "Your host is %s.", user_host(c->q->user));
}

static void hs_on(struct service_call *c)
{
	switch_to(c, true);
}

static void hs_off(struct service_call *c)
{
	switch_to(c, false);
}

static void hs_request(struct service_call *c)
{
	struct server *s = c->q->server;
	struct account *a = c->q->user->account;
	int64_t now = s->wall / NSEC_MSEC;
	char text[LINE_BODY_MAX];
	enum store_status status;

	if (!host_valid(c->word[1], NULL)) {
		say(c, "That is no host: letters, digits and . - _ : / after one of the first "
		       "two.");
		return;
	}
	if (a->vhost && a->vhost->asked_ms && now - a->vhost->asked_ms < ASK_AGAIN_MS &&
		now >= a->vhost->asked_ms) {
		say(c, "You asked not long ago, try again in ten minutes.");
		return;
	}
	status = vhost_ask(&s->accounts, a, c->word[1], now);
	if (status != STORE_OK) {
		failed(c, status);
		return;
	}
	say(c, "An operator will look at %s.", c->word[1]);
	snprintf(text, sizeof(text), "HostServ: %s asks for the host %s", a->name, c->word[1]);
	oper_notice(s, OPER_ACCOUNTS, text);
}

static void hs_status(struct service_call *c)
{
	const struct account_vhost *v = c->q->user->account->vhost;

	say(c, "Your account's host: %s%s.", v && *v->host ? v->host : "none",
		v && *v->host && !v->on ? " (off)" : "");
	if (v && *v->wanted)
		say(c, "You have asked for %s.", v->wanted);
}

/* The account of an operator's command; NULL, with an answer, if there is none. */
static struct account *account_of(struct service_call *c)
{
	struct account *a = accounts_find(&c->q->server->accounts, c->word[1]);

	if (!a)
		say(c, "There is no account %s.", c->word[1]);
	return a;
}

/* The same with a request. */
static struct account *asker_of(struct service_call *c)
{
	struct account *a = account_of(c);

	if (a && (!a->vhost || !*a->vhost->wanted)) {
		say(c, "%s has not asked for a host.", a->name);
		return NULL;
	}
	return a;
}

/* Tells the users of an account. */
static void tell_account(struct service_call *c, const struct account *a, const char *text)
{
	struct server *s = c->q->server;

	for (uint32_t i = 0; i < a->sessions.count; i++) {
		const struct user *u = a->sessions.at[i];
		struct line_out o = {.time = server_time(s)};
		struct delivery d;

		line_add_all(&o, ":HostServ!HostServ@", s->config->server.name, " NOTICE ",
			user_nick(u), " :", text, NULL);
		deliver_begin(&d, s, &o);
		deliver_user(&d, u, NULL);
	}
}

static void log_change(struct service_call *c, const struct account *a, const char *what)
{
	LOG(c->q->server->log, INFO, "oper.vhost", log_str("by", user_mask(c->q->user)),
		log_str("account", a->name), log_str("what", what),
		log_str("host", a->vhost ? a->vhost->host : ""));
}

static void hs_approve(struct service_call *c)
{
	struct account *a = asker_of(c);
	char host[HOST_BYTES_MAX], text[HOST_BYTES_MAX + 32];

	if (!a)
		return;
	strcpy(host, a->vhost->wanted);
	vhost_ask(&c->q->server->accounts, a, "", 0);
	if (!set(c, a, host, true))
		return;
	log_change(c, a, "approved");
	say(c, "%s has the host %s.", a->name, host);
	snprintf(text, sizeof(text), "Your host is %s.", host);
	tell_account(c, a, text);
}

static void hs_reject(struct service_call *c)
{
	struct account *a = asker_of(c);
	char text[LINE_BODY_MAX];

	if (!a)
		return;
	snprintf(text, sizeof(text), "Your host %s was refused%s%.200s.", a->vhost->wanted,
		*c->word[2] ? ": " : "", c->word[2]);
	vhost_ask(&c->q->server->accounts, a, "", 0);
	log_change(c, a, "rejected");
	say(c, "The request of %s is refused.", a->name);
	tell_account(c, a, text);
}

static void hs_waiting(struct service_call *c)
{
	const struct accounts *t = &c->q->server->accounts;

	for (uint32_t i = 0; i < t->waiting.count; i++)
		say(c, "%s %s", t->waiting.at[i]->name, t->waiting.at[i]->vhost->wanted);
	say(c, "%u waiting.", t->waiting.count);
}

static void hs_set(struct service_call *c)
{
	struct account *a = account_of(c);

	if (a && !host_valid(c->word[2], NULL)) {
		say(c, "That is no host.");
	} else if (a && set(c, a, c->word[2], true)) {
		log_change(c, a, "set");
		say(c, "%s has the host %s.", a->name, c->word[2]);
	}
}

static void hs_del(struct service_call *c)
{
	struct account *a = account_of(c);

	if (a && set(c, a, "", false)) {
		log_change(c, a, "removed");
		say(c, "%s has no host.", a->name);
	}
}

static const struct service_command commands[] = {
	{"ON", 1, SERVICE_LOGIN, hs_on, "ON", "Shows your account's host instead of your own."},
	{"OFF", 1, SERVICE_LOGIN, hs_off, "OFF", "Shows your own host again."},
	{"REQUEST", 2, SERVICE_LOGIN | SERVICE_OWNER, hs_request, "REQUEST host",
		"Asks the operators for a host."},
	{"STATUS", 1, SERVICE_LOGIN, hs_status, "STATUS", "Shows your account's host."},
	{"WAITING", 1, SERVICE_OPER, hs_waiting, "WAITING", "Shows who has asked for a host."},
	{"APPROVE", 2, SERVICE_OPER, hs_approve, "APPROVE account",
		"Gives an account the host that it has asked for."},
	{"REJECT", 2, SERVICE_OPER | SERVICE_REST(2), hs_reject, "REJECT account [reason]",
		"Refuses it."},
	{"SET", 3, SERVICE_OPER, hs_set, "SET account host", "Gives an account a host."},
	{"SETALL", 3, SERVICE_OPER, hs_set, "SETALL account host", "Another name of SET."},
	{"DEL", 2, SERVICE_OPER, hs_del, "DEL account", "Takes it."},
	{"DELALL", 2, SERVICE_OPER, hs_del, "DELALL account", "Another name of DEL."},
};

const struct service hostserv = {
	"HostServ", "HostServ gives accounts hosts to show.", commands, ARRAY_SIZE(commands)};
