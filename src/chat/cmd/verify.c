/* verify.c - from a mailed code to what it allows. */
#include "chat/cmd/verify.h"

#include "chat/cmd/cmd_register.h"
#include "chat/cmd/later.h"
#include "chat/cmd/login.h"
#include "chat/cmd/mail.h"
#include "chat/cmd/nickserv.h"
#include "chat/cmd/password_attempt.h"
#include "chat/cmd/service.h"
#include "chat/model/conn_limit.h"

#include <stdio.h>
#include <stdlib.h>

#define say(q, ...) service_say(q, &nickserv, __VA_ARGS__)

static const register_told tellers[REGISTER_HOWS] = {
	[REGISTER_COMMAND] = verify_command_told,
	[REGISTER_NICKSERV] = register_nickserv_told,
};

static int64_t wall_ms(const struct server *s)
{
	return s->wall / NSEC_MSEC;
}

static bool waits(const struct account *a)
{
	return a && !a->fresh && (a->flags & ACCOUNT_UNVERIFIED) && !(a->flags & ACCOUNT_DROPPED);
}

/* --- VERIFY --- */

/* A change that waits for the disk. */
struct pending {
	struct later later;
	enum register_how how;
	bool login; /* it is a new account */
	char name[NICK_BYTES_MAX + 1];
};

static void verified(void *arg, struct account *a, enum store_status status)
{
	struct pending *p = arg;
	const char *why = status == STORE_OK ? NULL : store_status_text(status);
	struct request q;

	if (!why)
		LOG(p->later.server->log, INFO, "account.verified", log_str("account", p->name));
	if (later_resume(&p->later, &q)) {
		tellers[p->how](&q, p->name, why ? "TEMPORARILY_UNAVAILABLE" : NULL,
			why ? why : "The mail address is confirmed");
		if (!why && p->login && account_usable(a))
			login(&q, a);
		later_end(&q);
	}
	free(p);
}

static void confirm(struct request *q, enum register_how how, struct account *a)
{
	struct account_values v = account_values(a);
	char address[MAIL_ADDRESS_MAX + 1];
	struct pending *p = calloc(1, sizeof(*p));
	enum store_status status = STORE_NO_MEMORY;

	account_code_address(a->code, address);
	if (*address)
		v.email = address;
	v.code = "";
	v.flags = (v.flags & ~(uint32_t)ACCOUNT_UNVERIFIED) | ACCOUNT_MAIL;
	if (p) {
		p->how = how;
		p->login = waits(a);
		snprintf(p->name, sizeof(p->name), "%s", a->name);
		status = accounts_change(
			&q->server->accounts, a, &v, (struct account_then){verified, p});
	}
	if (status == STORE_OK) {
		later_begin(q, &p->later);
		return;
	}
	free(p);
	tellers[how](q, a->name, "TEMPORARILY_UNAVAILABLE", store_status_text(status));
}

/* A wrong code counts as a wrong password, of connection, address and account. */
static void wrong_code(struct request *q, const char *name)
{
	password_attempt_wrong(q);
	login_wrong(q, name);
}

static void verify_refused(struct request *q, const char *why)
{
	verify_command_told(q, "*", "TEMPORARILY_UNAVAILABLE", why);
}

static void say_refused(struct request *q, const char *why)
{
	say(q, "%s.", why);
}

static bool may_try(
	struct request *q, const char *name, void (*refused)(struct request *q, const char *why))
{
	return login_may_guess(q, name, refused) && password_attempt_may(q, refused);
}

/* Whether the code confirms an address of a: of the account that q is logged in to, or of a new
 * one. */
static bool confirms(const struct request *q, const struct account *a, const char *code)
{
	int64_t now = wall_ms(q->server);

	if (waits(a))
		return account_code_right(a->code, CODE_VERIFY, code, now);
	return a && q->user && q->user->account == a &&
	       account_code_right(a->code, CODE_ADDRESS, code, now);
}

void verify_begin(struct request *q, enum register_how how, const char *name, const char *code)
{
	struct server *s = q->server;
	struct account *a = accounts_find(&s->accounts, name);
	void (*refused)(struct request * q, const char *why) =
		how == REGISTER_COMMAND ? verify_refused : say_refused;

	if (!user_registered(q->user) && !s->config->accounts.before_connect) {
		tellers[how](q, name, "COMPLETE_CONNECTION_REQUIRED", "Finish connecting first");
	} else if (q->user && q->user->account && q->user->account != a) {
		tellers[how](
			q, name, "ALREADY_AUTHENTICATED", "You are logged in to another account");
	} else if (may_try(q, name, refused)) {
		if (confirms(q, a, code)) {
			confirm(q, how, a);
			return;
		}
		wrong_code(q, name);
		tellers[how](q, name, "INVALID_CODE", "The code is wrong or has expired");
	}
}

/* --- mail --- */

/* A code whose hash is being written. */
struct letter {
	struct server *server;
	enum account_code_kind kind;
	char code[ACCOUNT_CODE + 1];
};

static void code_kept(void *arg, struct account *a, enum store_status status)
{
	struct letter *l = arg;
	char address[MAIL_ADDRESS_MAX + 1];

	if (status == STORE_OK) {
		account_code_address(a->code, address);
		mail_code_send(l->server, &(struct mail_code){l->kind, a->name,
						  *address ? address : a->email, l->code});
	}
	explicit_bzero(l->code, sizeof(l->code));
	free(l);
}

/* Keeps the hash of a new code with an account, and then mails it: to `address`, or if that is ""
 * to the account's. */
static bool send_code(
	struct server *s, struct account *a, enum account_code_kind kind, const char *address)
{
	struct account_code c = {kind, mail_code_expires(s, kind), address};
	struct account_values v = account_values(a);
	struct letter *l = calloc(1, sizeof(*l));
	char kept[ACCOUNT_CODE_KEPT_MAX];

	if (!l)
		return false;
	*l = (struct letter){.server = s, .kind = kind};
	if (kind == CODE_VERIFY) /* it does not outlast the account */
		c.expires_ms = a->created_ms + s->config->accounts.verify_time / NSEC_MSEC;
	account_code_make(&c, l->code, kept);
	v.code = kept;
	if (accounts_change(&s->accounts, a, &v, (struct account_then){code_kept, l}) == STORE_OK)
		return true;
	free(l);
	return false;
}

/* A request for mail costs the same as a registration. */
static bool may_ask(struct request *q)
{
	if (!mail_works(q->server))
		say(q, "This server sends no mail.");
	else if (!login_may_hash(q))
		say(q, "Too many requests from your address, try again later.");
	else
		return true;
	return false;
}

void verify_resend(struct request *q, const char *name)
{
	struct account *a = accounts_find(&q->server->accounts, name);

	if (!may_ask(q))
		return;
	if (waits(a) && mail_may(q->server, a->email))
		send_code(q->server, a, CODE_VERIFY, "");
	say(q, "If that account waits for a code, a new one is on its way.");
}

void verify_send_reset(struct request *q, const char *name)
{
	struct account *a = accounts_of_nick(&q->server->accounts, name);

	if (config_checks_outside(q->server->config)) {
		say(q, "Passwords are not kept here.");
		return;
	}
	if (!may_ask(q))
		return;
	if (a && account_usable(a) && (a->flags & ACCOUNT_MAIL) && mail_may(q->server, a->email))
		send_code(q->server, a, CODE_RESET, "");
	say(q, "If that account has a confirmed mail address, a code is on its way there.");
}

void verify_set_address(struct request *q, const char *address)
{
	struct server *s = q->server;
	struct account *a = q->user->account;
	struct account_values v = account_values(a);
	struct account_then then;

	if (!mail_address_valid(address)) {
		say(q, "That is no mail address.");
	} else if (!mail_works(s)) {
		v.email = address;
		v.flags &= ~(uint32_t)ACCOUNT_MAIL;
		then = service_then(q, &nickserv, "The mail address is changed.");
		service_started(q, then, accounts_change(&s->accounts, a, &v, then));
	} else if (may_ask(q)) {
		if (register_address_taken(s, address))
			say(q, "That address has an account already.");
		else if (!mail_may(s, address) || !send_code(s, a, CODE_ADDRESS, address))
			say(q, "No mail can be sent there now, try again later.");
		else
			say(q, "A code is on its way there: /NS VERIFY %s code confirms it.",
				a->name);
	}
}

/* --- RESETPASS --- */

static void password_changed(void *arg, struct account *a, enum store_status status)
{
	struct pending *p = arg;
	struct request q;

	if (status == STORE_OK) {
		LOG(p->later.server->log, INFO, "account.password-reset",
			log_str("account", p->name));
		logout_all(p->later.server, a);
	}
	if (later_resume(&p->later, &q)) {
		if (status == STORE_OK)
			say(&q, "The password of %s is changed. Log in with the new one.", p->name);
		else
			say(&q, "That failed: %s.", store_status_text(status));
		later_end(&q);
	}
	free(p);
}

/* name_and_code: the account's, which may have changed since. */
static void password_made(struct request *q, const char *name_and_code, const struct verifier *v)
{
	const char *code = strchr(name_and_code, ' ');
	struct pending *p = calloc(1, sizeof(*p));
	enum store_status status = STORE_NO_MEMORY;
	struct account *a;

	if (p && v) {
		snprintf(p->name, sizeof(p->name), "%.*s", (int)(code - name_and_code),
			name_and_code);
		a = accounts_find(&q->server->accounts, p->name);
		status = STORE_BUSY;
		if (a && account_code_right(a->code, CODE_RESET, code + 1, wall_ms(q->server))) {
			struct account_values values = account_values(a);

			values.password = v->hash;
			values.scram = v->scram;
			values.code = "";
			status = accounts_change(&q->server->accounts, a, &values,
				(struct account_then){password_changed, p});
		}
	}
	if (status == STORE_OK) {
		later_begin(q, &p->later);
		return;
	}
	free(p);
	say(q, "The password cannot be changed now.");
}

void verify_reset(struct request *q, const char *name, const char *code, const char *password)
{
	struct account *a = accounts_of_nick(&q->server->accounts, name);
	const char *why = password_refusal(q->server, a ? a->name : name, password);
	char both[LINE_BODY_MAX];

	if (why) {
		say(q, "%s.", why);
	} else if (may_try(q, name, say_refused)) {
		if (!a || !account_usable(a) ||
			!account_code_right(a->code, CODE_RESET, code, wall_ms(q->server))) {
			wrong_code(q, name);
			say(q, "The code is wrong or has expired.");
			return;
		}
		snprintf(both, sizeof(both), "%s %s", a->name, code);
		if (!password_make_begin(q, password, both, password_made))
			say(q, "Too many passwords are being hashed, try again later.");
		explicit_bzero(both, sizeof(both));
	}
}

/* --- expiry --- */

/* By the clock of retention, which does not trust a single reading. */
void verify_tick(struct server *s)
{
	uint32_t n = accounts_expire(
		&s->accounts, s->retention_clock.ms, s->config->accounts.verify_time / NSEC_MSEC);

	if (n)
		LOG(s->log, INFO, "accounts.unverified-expired", log_int("count", n));
}
