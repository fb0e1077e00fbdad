/* login.c - users and their accounts. */
#include "chat/cmd/login.h"

#include "base/utf8.h"
#include "chat/accounts/app_password.h"
#include "chat/accounts/vhost.h"
#include "chat/cluster.h"
#include "chat/cmd/always_on.h"
#include "chat/cmd/chanserv.h"
#include "chat/cmd/filtering.h"
#include "chat/cmd/hostserv.h"
#include "chat/cmd/login_outside.h"
#include "chat/cmd/nick_owner.h"
#include "chat/cmd/password_attempt.h"
#include "chat/cmd/presence.h"
#include "chat/cmd/request.h"
#include "chat/model/channel_owned.h"
#include "chat/model/conn_limit.h"
#include "chat/out/caps.h"
#include "chat/out/monitor.h"
#include "chat/proto/addr_text.h"

#include <stdio.h>

void login_load(struct server *s)
{
	uint8_t seed[ACCOUNT_SECRET];

	prng_fill(&s->prng, seed, sizeof(seed));
	s->accounts.loaded = accounts_load(&s->accounts, seed) && owned_load(s) &&
			     always_on_load(s) && filtering_load(s);
	if (s->accounts.loaded)
		owned_loaded(s);
	else
		LOG(s->log, ERROR, "accounts.not-loaded");
	if (s->accounts.loaded && s->accounts.names.count)
		LOG(s->log, INFO, "accounts.loaded", log_int("count", s->accounts.names.count));
}

void login_tick(struct server *s)
{
	if (!s->accounts.loaded && s->store_status == STORE_OK)
		login_load(s);
}

/* account-notify: to users who share a channel, to those who watch, and to the user. */
void login_tell(struct server *s, struct user *u)
{
	struct line_out line = {.time = server_time(s)};
	struct delivery d;

	if (!user_registered(u))
		return;
	cluster_user(s, u);
	line_add_all(&line, ":", user_mask(u), " ACCOUNT ", user_account(u) ? user_account(u) : "*",
		NULL);
	deliver_begin(&d, s, &line);
	d.need = CAP_ACCOUNT_NOTIFY;
	deliver_peers(&d, u);
	deliver_user(&d, u, NULL);
	monitor_tell(s, u, &line, CAP_ACCOUNT_NOTIFY | CAP_EXTENDED_MONITOR);
}

void login_forget(struct user *u)
{
	if (u->account)
		account_leave(u->account, u);
	u->account = NULL;
}

bool login(struct request *q, struct account *a)
{
	struct server *s = q->server;
	char peer[ADDR_TEXT_MAX];
	struct user *u = request_user(q);
	bool shown; /* the host of another account */

	if (!u || bans_match_account(&s->bans, a->name, s->wall / NSEC_MSEC))
		return false;
	shown = u->account && vhost_of(u->account);
	if (u->account != a) {
		if (!account_enter(a, u, (uint32_t)s->config->accounts.sessions)) {
			reply_note(q, &(struct reply_note){"FAIL", "ACCOUNT", "TOO_MANY_SESSIONS",
					      NULL, "Too many are logged in to this account"});
			return false;
		}
		always_on_end(s, u);
		login_forget(u);
		u->account = a;
		for (struct conn *c = u->conn; c; c = c->sibling)
			c->by_app = q->by_app; /* they had no password of this account */
	}
	q->conn->tries = 0;
	q->conn->by_app = q->by_app;
	server_count(s, COUNT_LOGINS);
	a->seen_ms = s->wall / NSEC_MSEC; /* written with the next change */
	addr_print(&q->conn->peer, peer);
	LOG(s->log, INFO, "account.login", log_str("account", a->name),
		log_str("who", user_mask(u)), log_str("address", peer));
	reply(q, RPL_LOGGEDIN, "%s %s :You are now logged in as %s", user_mask(u), a->name,
		a->name);
	login_tell(s, u);
	if (shown && !vhost_of(a))
		hostserv_logout(s, u, q);
	hostserv_login(q);
	chanserv_greet_all(s, u);
	always_on_begin(s, u);
	nick_enforce(q);
	return true;
}

/* Tells each client of u, whose account is gone; own: the request of one of them, or NULL. */
static void tell_logged_out(struct server *s, struct user *u, struct request *own)
{
	for (struct conn *c = u->conn; c; c = c->sibling) {
		struct request other = {.server = s, .conn = c, .user = u};
		struct request *q = own && own->conn == c ? own : &other;

		c->by_app = false;
		if (q == &other)
			reply_begin(q);
		reply(q, RPL_LOGGEDOUT, "%s :You are now logged out", user_mask(u));
		if (q == &other)
			reply_end(q);
	}
	login_tell(s, u);
}

void logout(struct request *q)
{
	bool shown = q->user && q->user->account && vhost_of(q->user->account);

	if (!q->user || !q->user->account)
		return;
	always_on_end(q->server, q->user);
	login_forget(q->user);
	tell_logged_out(q->server, q->user, q);
	if (shown)
		hostserv_logout(q->server, q->user, q);
}

void logout_all(struct server *s, struct account *a)
{
	while (a->sessions.count) {
		struct user *u = a->sessions.at[0];

		always_on_end(s, u);
		login_forget(u);
		if (u->conn)
			tell_logged_out(s, u, NULL);
		if (u->conn && vhost_of(a))
			hostserv_logout(s, u, NULL);
		if (!u->conn && !user_remote(u))
			presence_end(s, u, "The account cannot be used any more");
	}
}

/* Logs in by an app password, if it is one of a's; false if not. */
static bool try_app(struct request *q, const struct account *a, const char *name,
	const char *password, void (*end)(struct request *q, const char *name, bool right))
{
	struct accounts *t = &q->server->accounts;
	struct account_key *k = a ? app_password_find(t, a, password) : NULL;

	if (!k)
		return false;
	accounts_used_key(t, ACCOUNT_APPS, k, q->server->wall / NSEC_MSEC);
	q->by_app = true;
	end(q, name, true);
	q->by_app = false;
	return true;
}

static void renewed(void *arg, struct account *a, enum store_status status)
{
	struct server *s = arg;

	if (status == STORE_OK)
		LOG(s->log, INFO, "account.password-renewed", log_str("account", a->name));
}

/* The password of an imported account was right: a hash of ours takes the place of the old one. If
 * that cannot be written now, the next login tries again. */
static void renew(struct request *q, const char *name, const struct verifier *v)
{
	struct account *a = accounts_of_nick(&q->server->accounts, name);
	struct account_values values;

	if (!a)
		return;
	values = account_values(a);
	values.password = v->hash;
	values.scram = v->scram;
	accounts_change(
		&q->server->accounts, a, &values, (struct account_then){renewed, q->server});
}

void login_attempt(struct request *q, const char *name, const char *password,
	void (*end)(struct request *q, const char *name, bool right),
	void (*refused)(struct request *q, const char *why))
{
	const struct config_accounts *c = &q->server->config->accounts;
	const struct account *a = accounts_of_nick(&q->server->accounts, name);
	bool old = a && *a->password && verifier_is_old(a->password, a->scram);
	char dummy[VERIFIER_HASH_MAX];
	uint8_t secret[32];

	if (try_app(q, a, name, password, end))
		return;
	if (config_checks_outside(q->server->config)) {
		login_outside_begin(q, &(struct login_outside){NULL, name, password, end, refused});
		return;
	}
	accounts_secret_of(&q->server->accounts, name, secret);
	verifier_dummy(dummy, secret,
		&(struct verifier_cost){(uint64_t)c->hash_memory, (uint64_t)c->hash_passes, 0});
	password_attempt_begin(q, &(struct password_attempt){
					  .stored = a && *a->password ? a->password : dummy,
					  .given = password,
					  .name = name,
					  .end = end,
					  .refused = refused,
					  .renew = old ? renew : NULL,
				  });
}

bool login_may_guess(
	struct request *q, const char *name, void (*refused)(struct request *q, const char *why))
{
	const struct server *s = q->server;

	if (accounts_may_guess(&s->accounts, name, s->config->accounts.login_rate, s->now))
		return true;
	refused(q, "Too many wrong passwords for this account, try again later");
	return false;
}

void login_wrong(struct request *q, const char *name)
{
	struct server *s = q->server;
	char peer[ADDR_TEXT_MAX];

	accounts_guessed(&s->accounts, name, s->config->accounts.login_rate, s->now);
	addr_print(&q->conn->peer, peer);
	LOG(s->log, WARN, "account.wrong-password", log_str("account", name),
		log_str("address", peer));
}

bool login_may_hash(struct request *q)
{
	return (q->user->modes & USER_OPER) || conn_limit_may_register(q->server, q->conn);
}

bool login_fingerprint(const struct request *q, char out[LOGIN_FINGERPRINT_MAX])
{
	struct net_secure about;

	/* the certificate of a gateway is not its user's */
	if (q->conn->gateway || !net_secure(q->server->net, q->conn->handle, &about) ||
		!about.has_certificate)
		return false;
	for (size_t i = 0; i < NET_FINGERPRINT; i++)
		snprintf(out + 2 * i, 3, "%02x", about.fingerprint[i]);
	return true;
}

const char *login_refusal(const struct server *s, const struct account *a, char room[REPLY_MAX])
{
	const struct ban *ban = bans_match_account(&s->bans, a->name, s->wall / NSEC_MSEC);

	if (ban) {
		snprintf(room, REPLY_MAX, "This account is banned: %.*s",
			(int)utf8_cut(ban->reason, 200), ban->reason);
		return room;
	}
	if (a->flags & ACCOUNT_SUSPENDED)
		return "This account is suspended";
	if (a->flags & ACCOUNT_UNVERIFIED)
		return "This account is not verified yet";
	return account_usable(a) ? NULL : "This account cannot be used now";
}

bool login_missing(struct request *q)
{
	const struct config_accounts *c = &q->server->config->accounts;
	const struct listener *at = &q->server->listeners[q->conn->listener];

	if (q->user->account || config_covers(c->require_except, &q->conn->peer) ||
		(!config_covers(c->require_from, &q->conn->peer) &&
			!config_listens(c->require_at, &at->at)))
		return false;
	reply_note(q, &(struct reply_note){"FAIL", "*", "ACCOUNT_REQUIRED_TO_CONNECT", NULL,
			      "You must log in to an account by SASL to connect"});
	conn_leave(q->server, q->conn, "An account is required");
	return true;
}
