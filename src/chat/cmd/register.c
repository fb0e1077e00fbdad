/* register.c - from a name and a password to an account on the disk. */
#include "chat/cmd/register.h"

#include "base/utf8.h"
#include "chat/cluster.h"
#include "chat/cmd/cmd_register.h"
#include "chat/cmd/later.h"
#include "chat/cmd/login.h"
#include "chat/cmd/mail.h"
#include "chat/cmd/nick_owner.h"
#include "chat/cmd/nickserv.h"
#include "chat/cmd/oper_list.h"
#include "chat/cmd/password_attempt.h"
#include "chat/cmd/service.h"
#include "chat/model/conn_limit.h"
#include "chat/model/registry.h"
#include "chat/proto/addr_text.h"

#include <stdio.h>
#include <stdlib.h>

/* A registration waiting for the network, then for the disk. */
struct pending {
	struct later later;
	register_told told;
	char name[NICK_BYTES_MAX + 1], email[MAIL_ADDRESS_MAX + 1];
	struct verifier verifier;
	char code[ACCOUNT_CODE + 1]; /* to be mailed; "": none */
};

static const register_told tellers[REGISTER_HOWS] = {
	[REGISTER_COMMAND] = register_command_told,
	[REGISTER_NICKSERV] = register_nickserv_told,
};

const char *password_refusal(const struct server *s, const char *name, const char *password)
{
	size_t n = strlen(password);

	if (config_checks_outside(s->config))
		return "Passwords are not kept here, change yours where it is";
	if (n < (size_t)s->config->accounts.password_length)
		return "The password is too short";
	if (n > VERIFIER_PASSWORD_MAX)
		return "The password is too long";
	if (case_equal(name, password))
		return "The password must not be the name";
	return NULL;
}

bool register_address_taken(const struct server *s, const char *email)
{
	int64_t most = s->config->accounts.per_mail;

	return most && accounts_of_email(&s->accounts, email) >= most;
}

/* A refusal: a code of draft/account-registration, and a text. */
struct refusal {
	const char *code, *text;
};

static struct refusal refuse_client(const struct request *q)
{
	const struct server *s = q->server;

	if (!s->accounts.loaded || !s->accounts.store)
		return (struct refusal){
			"TEMPORARILY_UNAVAILABLE", "Accounts cannot be registered now"};
	if (config_checks_outside(s->config))
		return (struct refusal){"DISALLOWED", "Accounts are not registered here"};
	if (!s->config->accounts.registration)
		return (struct refusal){"DISALLOWED", "Registration is closed"};
	if (!user_registered(q->user) && !s->config->accounts.before_connect)
		return (struct refusal){"COMPLETE_CONNECTION_REQUIRED", "Finish connecting first"};
	if (q->user && q->user->account)
		return (struct refusal){
			"ALREADY_AUTHENTICATED", "You are logged in to an account already"};
	return (struct refusal){0};
}

/* A name that another user has as a nick now is not to be taken from it. */
static struct refusal refuse_name(const struct request *q, const char *name)
{
	const struct server *s = q->server;
	const struct user *holder = registry_registered(s, name);

	if (strcmp(name, "*") == 0 && q->user && (q->user->modes & USER_NICK_LOST))
		return (struct refusal){"ACCOUNT_EXISTS",
			"The nick you asked for is somebody else's, choose another"};
	if (strcmp(name, "*") == 0)
		return (struct refusal){"NEED_NICK", "Choose a nick first"};
	if (!nick_valid(name, (size_t)s->config->limits.nick_length) || service_find(name))
		return (struct refusal){"BAD_ACCOUNT_NAME", "That is no name for an account"};
	if (!accounts_is_free(&s->accounts, name))
		return (struct refusal){"ACCOUNT_EXISTS", "That name is registered already"};
	if (nick_looks_owned(s, name, NULL))
		return (struct refusal){
			"BAD_ACCOUNT_NAME", "That name looks like one that is registered"};
	if (holder && holder != q->user)
		return (struct refusal){"BAD_ACCOUNT_NAME", "Somebody else uses that name now"};
	return (struct refusal){0};
}

static struct refusal refuse_email(const struct request *q, const char *email)
{
	const struct server *s = q->server;
	bool none = strcmp(email, "*") == 0;

	if (none && mail_works(s) && s->config->accounts.mail_required)
		return (struct refusal){"INVALID_EMAIL", "A mail address is required"};
	if (!none && !mail_address_valid(email))
		return (struct refusal){"INVALID_EMAIL", "That is no mail address"};
	if (!none && mail_works(s) && s->accounts.unverified_count >= ACCOUNT_UNVERIFIED_MAX)
		return (struct refusal){"TEMPORARILY_UNAVAILABLE",
			"Too many accounts wait for their codes, try again later"};
	return (struct refusal){0};
}

static void pending_free(struct pending *p)
{
	explicit_bzero(p, sizeof(*p));
	free(p);
}

/* Reports an account on the disk, and logs in to it or mails the code. */
static void succeed(struct request *q, struct pending *p, struct account *a)
{
	if (!p->code[0]) {
		p->told(q, p->name, NULL, "The account is registered");
		login(q, a);
	} else {
		p->told(q, p->name, REGISTER_WAITS,
			"A code is on its way to your mail address: VERIFY with it");
	}
}

static void written(void *arg, struct account *a, enum store_status status)
{
	struct pending *p = arg;
	struct server *s = p->later.server;
	struct request q;

	if (status == STORE_OK) {
		server_count(s, COUNT_REGISTERED);
		LOG(s->log, INFO, "account.registered", log_str("account", a->name));
		oper_notify(s, NOTICE_REGISTRATIONS, "account %s is registered", a->name);
		if (p->code[0])
			mail_code_send(
				s, &(struct mail_code){CODE_VERIFY, a->name, a->email, p->code});
	}
	if (later_resume(&p->later, &q)) {
		if (status == STORE_OK)
			succeed(&q, p, a);
		else
			p->told(&q, p->name, "TEMPORARILY_UNAVAILABLE", store_status_text(status));
		later_end(&q);
	}
	pending_free(p);
}

static enum store_status submit(struct server *s, struct pending *p)
{
	int64_t now = s->wall / NSEC_MSEC;
	char kept[ACCOUNT_CODE_KEPT_MAX] = "";
	struct account_values values = {.name = p->name,
		.password = p->verifier.hash,
		.scram = p->verifier.scram,
		.email = p->email,
		.code = kept,
		.created_ms = now,
		.seen_ms = now};

	if (*p->email && mail_works(s)) {
		values.flags = ACCOUNT_UNVERIFIED;
		account_code_make(
			&(struct account_code){CODE_VERIFY, mail_code_expires(s, CODE_VERIFY), ""},
			p->code, kept);
	}
	return accounts_register(&s->accounts, &values, (struct account_then){written, p});
}

static struct refusal refuse_lock(enum cluster_lock result)
{
	if (result == CLUSTER_LOCK_TAKEN)
		return (struct refusal){
			"ACCOUNT_EXISTS", "That name is being registered on another server"};
	if (result == CLUSTER_LOCK_AWAY)
		return (struct refusal){"TEMPORARILY_UNAVAILABLE",
			"Names cannot be checked on the network now, try again later"};
	return (struct refusal){0};
}

/* No other server registers the name; meanwhile another client may have done so. */
static void locked(void *arg, enum cluster_lock result)
{
	struct pending *p = arg;
	struct refusal no = refuse_lock(result);
	enum store_status status;
	struct request q;

	if (!later_resume(&p->later, &q)) {
		pending_free(p);
		return;
	}
	if (!no.code)
		no = refuse_name(&q, p->name);
	if (!no.code) {
		status = submit(q.server, p);
		if (status == STORE_OK) {
			later_begin(&q, &p->later);
			later_end(&q);
			return;
		}
		no = (struct refusal){"TEMPORARILY_UNAVAILABLE", store_status_text(status)};
	}
	p->told(&q, p->name, no.code, no.text);
	later_end(&q);
	pending_free(p);
}

/* The password is hashed. */
static void register_with(
	struct request *q, const char *name_and_email, const struct verifier *v, register_told told)
{
	const char *email = strchr(name_and_email, ' ');
	struct pending *p = v ? calloc(1, sizeof(*p)) : NULL;

	if (!p) {
		told(q, "*", "TEMPORARILY_UNAVAILABLE", "The password cannot be hashed now");
		return;
	}
	snprintf(p->name, sizeof(p->name), "%.*s", (int)(email - name_and_email), name_and_email);
	snprintf(p->email, sizeof(p->email), "%s", email + 1);
	p->told = told;
	p->verifier = *v;
	later_begin(q, &p->later);
	cluster_lock(q->server, p->name, locked, p);
}

static void made_command(struct request *q, const char *name, const struct verifier *v)
{
	register_with(q, name, v, register_command_told);
}

static void made_nickserv(struct request *q, const char *name, const struct verifier *v)
{
	register_with(q, name, v, register_nickserv_told);
}

/* The price: a hash for each, so few an hour for an address. */
static bool may_register(struct request *q)
{
	char peer[ADDR_TEXT_MAX];

	if (conn_limit_may_register(q->server, q->conn))
		return true;
	server_count(q->server, COUNT_REGISTER_REFUSED);
	addr_print(&q->conn->peer, peer);
	LOG(q->server->log, WARN, "account.register-refused", log_str("address", peer));
	return false;
}

void register_begin(struct request *q, enum register_how how, const char *name, const char *email,
	const char *password)
{
	char both[LINE_BODY_MAX];
	struct refusal no = refuse_client(q);
	const char *weak;

	if (strcmp(name, "*") == 0 && q->user)
		name = user_nick(q->user);
	if (!no.code)
		no = refuse_name(q, name);
	if (!no.code)
		no = refuse_email(q, email);
	weak = no.code ? NULL : password_refusal(q->server, name, password);
	if (weak)
		no = (struct refusal){"WEAK_PASSWORD", weak};
	if (!no.code && !may_register(q))
		no = (struct refusal){"TEMPORARILY_UNAVAILABLE",
			"Too many accounts from your address, try again later"};
	if (!no.code && mail_works(q->server) && register_address_taken(q->server, email))
		no = (struct refusal){"UNACCEPTABLE_EMAIL", "That address has an account already"};
	if (!no.code && mail_works(q->server) && strcmp(email, "*") != 0 &&
		!mail_may(q->server, email))
		no = (struct refusal){
			"UNACCEPTABLE_EMAIL", "Too much mail to that address, try again later"};
	snprintf(both, sizeof(both), "%s %s", name, strcmp(email, "*") == 0 ? "" : email);
	if (!no.code && !password_make_begin(q, password, both,
				how == REGISTER_COMMAND ? made_command : made_nickserv))
		no = (struct refusal){"TEMPORARILY_UNAVAILABLE",
			"Too many passwords are being hashed, try again later"};
	if (no.code)
		tellers[how](q, name, no.code, no.text);
}
