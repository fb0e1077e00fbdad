/* login_outside.c - logins decided outside: question, answer, a new account. */
#include "chat/cmd/login_outside.h"

#include "base/utf8.h"
#include "chat/cmd/later.h"
#include "chat/cmd/login.h"
#include "chat/cmd/nick_owner.h"
#include "chat/cmd/oper_list.h"
#include "chat/cmd/password_attempt.h"
#include "chat/cmd/service.h"
#include "chat/external.h"
#include "chat/model/conn_limit.h"
#include "chat/out/conn_time.h"
#include "chat/proto/addr_text.h"

#include <stdio.h>
#include <stdlib.h>

/* A login waiting for its answer, then for its account to be on the disk. */
struct waiting {
	struct later later;
	void (*end)(struct request *q, const char *name, bool right);
	void (*refused)(struct request *q, const char *why);
	bool token;
	char name[NICK_BYTES_MAX + 1]; /* given with the password */
};

static bool name_valid(const struct server *s, const char *name)
{
	return nick_valid(name, (size_t)s->config->limits.nick_length) && !service_find(name);
}

/* --- an account that is unknown here --- */

static void made(void *arg, struct account *a, enum store_status status)
{
	struct waiting *w = arg;
	struct server *s = w->later.server;
	struct request q;

	if (status == STORE_OK) {
		server_count(s, COUNT_REGISTERED);
		LOG(s->log, INFO, "account.registered", log_str("account", a->name));
		oper_notify(s, NOTICE_REGISTRATIONS, "account %s is registered", a->name);
	}
	if (later_resume(&w->later, &q)) {
		if (status == STORE_OK)
			w->end(&q, a->name, true);
		else
			w->refused(&q, store_status_text(status));
		later_end(&q);
	}
	free(w);
}

/* Why none can be made; NULL if it can. */
static const char *refusal(const struct server *s, const char *name, bool token)
{
	const struct config_accounts *c = &s->config->accounts;

	if (!s->accounts.loaded || !s->accounts.store)
		return "Accounts cannot be made now, try again later";
	if (!(token ? c->oauth_creates : c->check_creates))
		return "You have no account here";
	if (!name_valid(s, name) || !accounts_is_free(&s->accounts, name) ||
		nick_looks_owned(s, name, NULL))
		return "Your name cannot be an account's here";
	return NULL;
}

/* Takes w. */
static void make(struct request *q, struct waiting *w, const char *name)
{
	struct server *s = q->server;
	int64_t now = s->wall / NSEC_MSEC;
	struct account_values v = {.name = name, .created_ms = now, .seen_ms = now};
	const char *why = refusal(s, name, w->token);
	enum store_status status = STORE_OK;

	if (!why)
		status = accounts_register(&s->accounts, &v, (struct account_then){made, w});
	if (!why && status == STORE_OK) {
		later_begin(q, &w->later);
		return;
	}
	if (!why)
		why = store_status_text(status);
	LOG(s->log, WARN, "account.not-made", log_str("account", name), log_str("reason", why));
	w->refused(q, why);
	free(w);
}

/* --- the answer --- */

/* Takes w. */
static void settle(struct request *q, struct waiting *w, const struct external_reply *reply)
{
	const char *name = reply->account[0] ? reply->account : w->name;
	const struct account *a = accounts_find(&q->server->accounts, name);

	if (reply->ok && reply->right && !a) {
		make(q, w, name);
		return;
	}
	if (!reply->ok) {
		w->refused(q, w->token ? "Tokens cannot be checked now, try again later"
				       : "Passwords cannot be checked now, try again later");
	} else if (!reply->right) {
		password_attempt_wrong(q);
		if (w->token)
			LOG(q->server->log, WARN, "login.token-refused",
				log_str("reason", reply->why));
		w->end(q, w->name, false);
	} else {
		w->end(q, a->name, true);
	}
	free(w);
}

static void answered(void *arg, const struct external_reply *reply)
{
	struct waiting *w = arg;
	struct server *s = w->later.server;
	struct request q;

	server_count(s, reply->ok ? COUNT_LOGIN_CHECKS : COUNT_LOGIN_CHECK_FAILED);
	if (!reply->ok)
		LOG(s->log, ERROR, "login.not-checked", log_str("account", w->name),
			log_str("reason", reply->why));
	if (later_resume(&w->later, &q)) {
		conn_charge(s, q.conn, PASSWORD_LINES + CHECK_LINES);
		settle(&q, w, reply);
		later_end(&q);
	} else {
		free(w);
	}
}

/* --- the question --- */

static bool ask(struct request *q, const struct login_outside *l, struct waiting *w)
{
	struct external *x = q->server->external;
	char certfp[LOGIN_FINGERPRINT_MAX], ip[ADDR_TEXT_MAX];
	struct external_login login = {
		.token = l->token,
		.account = l->name,
		.password = l->password,
		.certfp = login_fingerprint(q, certfp) ? certfp : NULL,
		.ip = ip,
		.round = conn_limit_check_round(q->conn),
	};

	addr_print(&q->conn->peer, ip);
	w->token = l->token != NULL;
	w->end = l->end;
	w->refused = l->refused;
	snprintf(w->name, sizeof(w->name), "%s", l->name);
	later_init(q, &w->later);
	return x->ops->login(x, &login, (struct external_then){answered, w});
}

void login_outside_begin(struct request *q, const struct login_outside *l)
{
	struct waiting *w;

	if (!password_attempt_may(q, l->refused))
		return;
	if (!l->token && (!name_valid(q->server, l->name) ||
				 !utf8_valid(l->password, strlen(l->password)))) {
		password_attempt_wrong(q);
		l->end(q, l->name, false);
		return;
	}
	w = calloc(1, sizeof(*w));
	if (w && ask(q, l, w)) {
		later_begin(q, &w->later);
		return;
	}
	free(w);
	server_count(q->server, COUNT_LOGIN_CHECK_FAILED);
	LOG(q->server->log, ERROR, "login.not-checked", log_str("account", l->name),
		log_str("reason", "too many wait"));
	l->refused(q, "Too many passwords are being checked, try again later");
}
