/* nickserv.c - NickServ: accounts and their nicks. */
#include "chat/cmd/nickserv.h"

#include "chat/cluster.h"
#include "chat/cmd/always_on.h"
#include "chat/cmd/cmd_registration.h"
#include "chat/cmd/histserv.h"
#include "chat/cmd/later.h"
#include "chat/cmd/login.h"
#include "chat/cmd/nick_owner.h"
#include "chat/cmd/oper_list.h"
#include "chat/cmd/password_attempt.h"
#include "chat/cmd/presence.h"
#include "chat/cmd/sessions.h"
#include "chat/cmd/verify.h"
#include "chat/model/channel_owned.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define say(c, ...) service_say((c)->q, &nickserv, __VA_ARGS__)

static struct accounts *accounts_of(const struct service_call *c)
{
	return &c->q->server->accounts;
}

static struct account *own(const struct service_call *c)
{
	return c->q->user->account;
}

/* --- REGISTER IDENTIFY LOGOUT --- */

void register_nickserv_told(struct request *q, const char *name, const char *code, const char *text)
{
	service_say(q, &nickserv, "%s: %s.", name, text);
}

/* REGISTER password [email] */
static void ns_register(struct service_call *c)
{
	register_begin(c->q, REGISTER_NICKSERV, "*", c->count > 2 ? c->word[2] : "*", c->word[1]);
}

static void refused(struct request *q, const char *why)
{
	service_say(q, &nickserv, "%s.", why);
}

static void identified(struct request *q, const char *name, bool right)
{
	struct server *s = q->server;
	struct account *a = accounts_of_nick(&s->accounts, name);
	char room[REPLY_MAX];
	const char *why = a && right ? login_refusal(s, a, room) : NULL;

	if (!right)
		login_wrong(q, name);
	if (!right || !a)
		service_say(q, &nickserv, "The password or the name is wrong.");
	else if (why)
		service_say(q, &nickserv, "%s.", why);
	else if (login(q, a))
		service_say(q, &nickserv, "You are logged in as %s.", a->name);
}

/* IDENTIFY [account] password. A password may hold spaces: the first word is an account if there is
 * one of that name, or may be elsewhere, or else part of the password. */
static void ns_identify(struct service_call *c)
{
	const char *name = user_nick(c->q->user), *password = c->word[1];
	char *space = strchr(c->word[1], ' ');

	if (space) {
		*space = '\0';
		if (config_checks_outside(c->q->server->config) ||
			accounts_of_nick(accounts_of(c), c->word[1])) {
			name = c->word[1];
			password = space + 1;
		} else {
			*space = ' ';
		}
	}
	if (strlen(password) > VERIFIER_PASSWORD_MAX)
		say(c, "The password or the name is wrong.");
	else if (login_may_guess(c->q, name, refused))
		login_attempt(c->q, name, password, identified, refused);
}

static void ns_logout(struct service_call *c)
{
	logout(c->q);
	say(c, "You are logged out.");
	nick_enforce(c->q);
}

/* --- VERIFY RESEND SENDPASS RESETPASS --- */

static void ns_verify(struct service_call *c)
{
	verify_begin(c->q, REGISTER_NICKSERV, c->word[1], c->word[2]);
}

static void ns_resend(struct service_call *c)
{
	verify_resend(c->q, c->word[1]);
}

static void ns_sendpass(struct service_call *c)
{
	verify_send_reset(c->q, c->word[1]);
}

static void ns_resetpass(struct service_call *c)
{
	verify_reset(c->q, c->word[1], c->word[2], c->word[3]);
}

/* --- INFO --- */

static void say_time(struct service_call *c, const char *what, int64_t ms)
{
	char text[TIME_TEXT_MAX];

	time_text(text, ms);
	text[19] = '\0'; /* without the fraction */
	say(c, "%s: %s UTC", what, text);
}

static void say_keys(struct service_call *c, const struct account *a, enum account_list list)
{
	for (const struct account_key *k = a->keys[list]; k; k = k->next)
		say(c, "%s: %s", list == ACCOUNT_NICKS ? "Nick" : "Certificate", k->text);
}

static void ns_info(struct service_call *c)
{
	const char *name = c->count > 1 ? c->word[1] : user_nick(c->q->user);
	const struct account *a = accounts_of_nick(accounts_of(c), name);
	bool inside = a && (a == own(c) || user_may(c->q->user, OPER_ACCOUNTS));

	if (!a) {
		say(c, "There is no account %s.", name);
		return;
	}
	say(c, "Account: %s%s", a->name, a->flags & ACCOUNT_SUSPENDED ? " (suspended)" : "");
	say_time(c, "Registered", a->created_ms);
	say_keys(c, a, ACCOUNT_NICKS);
	if (!inside)
		return;
	if (*a->email)
		say(c, "Mail: %s%s", a->email, a->flags & ACCOUNT_MAIL ? "" : " (not confirmed)");
	say_keys(c, a, ACCOUNT_CERTS);
	say(c, "Sessions: %u", a->sessions.count);
}

/* --- SET --- */

static void password_made(struct request *q, const char *name, const struct verifier *v)
{
	struct account *a = accounts_find(&q->server->accounts, name);
	struct account_then then;
	struct account_values values;

	if (!a || !v) {
		service_say(q, &nickserv, "The password cannot be changed now.");
		return;
	}
	values = account_values(a);
	values.password = v->hash;
	values.scram = v->scram;
	then = service_then(q, &nickserv, "The password of %s is changed.", a->name);
	service_started(q, then, accounts_change(&q->server->accounts, a, &values, then));
}

static void set_password(struct service_call *c, struct account *a, const char *password)
{
	const char *why = password_refusal(c->q->server, a->name, password);

	if (why)
		say(c, "%s.", why);
	else if (!login_may_hash(c->q))
		say(c, "Too many changes, try again later.");
	else if (!password_make_begin(c->q, password, a->name, password_made))
		say(c, "Too many passwords are being hashed, try again later.");
}

static void change(
	struct service_call *c, struct account *a, const struct account_values *v, const char *text)
{
	struct account_then then = service_then(c->q, &nickserv, "%s: %s.", a->name, text);

	service_started(c->q, then, accounts_change(accounts_of(c), a, v, then));
}

/* SET PASSWORD new | EMAIL address */
static void ns_set(struct service_call *c)
{
	bool credential = case_equal(c->word[1], "PASSWORD") || case_equal(c->word[1], "EMAIL");

	if (credential && service_by_app(c))
		return;
	if (case_equal(c->word[1], "PASSWORD"))
		set_password(c, own(c), c->word[2]);
	else if (case_equal(c->word[1], "EMAIL"))
		verify_set_address(c->q, c->word[2]);
	else if (case_equal(c->word[1], "ALWAYS-ON"))
		always_on_set(c);
	else
		say(c, "Usage: SET PASSWORD new | EMAIL address | ALWAYS-ON on|off");
}

/* --- CERT --- */

/* A fingerprint without its colons; false if it is none. */
static bool fingerprint_of(const char *typed, char out[LOGIN_FINGERPRINT_MAX])
{
	size_t n = 0;

	for (; *typed; typed++) {
		if (*typed == ':')
			continue;
		if (!isxdigit((unsigned char)*typed) || n == LOGIN_FINGERPRINT_MAX - 1)
			return false;
		out[n++] = case_fold(*typed);
	}
	out[n] = '\0';
	return n == LOGIN_FINGERPRINT_MAX - 1;
}

static void cert_add(struct service_call *c, const char *fingerprint)
{
	struct server *s = c->q->server;
	struct account_then then;

	if (accounts_key(&s->accounts, ACCOUNT_CERTS, fingerprint)) {
		say(c, "That certificate is an account's already.");
	} else if (account_keys(own(c), ACCOUNT_CERTS) >= s->config->accounts.certificates) {
		say(c, "The account has too many certificates.");
	} else {
		then = service_then(c->q, &nickserv, "The certificate is added.");
		service_started(c->q, then,
			accounts_add_key(&s->accounts, own(c),
				&(struct account_new_key){
					ACCOUNT_CERTS, fingerprint, NULL, s->wall / NSEC_MSEC},
				then));
	}
}

static void remove_key(struct service_call *c, enum account_list list, const char *text)
{
	struct account_key *k = accounts_key(accounts_of(c), list, text);
	struct account_then then;

	if (!k || k->account != own(c)) {
		say(c, "That is not your account's.");
		return;
	}
	then = service_then(c->q, &nickserv, "Removed.");
	service_started(c->q, then, accounts_remove_key(accounts_of(c), list, k, then));
}

/* CERT LIST | ADD [fingerprint] | DEL fingerprint */
static void ns_cert(struct service_call *c)
{
	char fingerprint[LOGIN_FINGERPRINT_MAX];
	bool typed = c->count > 2 && fingerprint_of(c->word[2], fingerprint);

	if (case_equal(c->word[1], "LIST"))
		say_keys(c, own(c), ACCOUNT_CERTS);
	else if (c->count > 2 && !typed)
		say(c, "That is no SHA-256 fingerprint.");
	else if (case_equal(c->word[1], "ADD") && !typed && !login_fingerprint(c->q, fingerprint))
		say(c, "You have no certificate here; give a fingerprint.");
	else if (case_equal(c->word[1], "ADD"))
		cert_add(c, fingerprint);
	else if (case_equal(c->word[1], "DEL") && typed)
		remove_key(c, ACCOUNT_CERTS, fingerprint);
	else
		say(c, "Usage: CERT LIST | ADD [fingerprint] | DEL fingerprint");
}

/* --- GROUP UNGROUP GHOST REGAIN --- */

/* Why the caller's nick cannot be grouped; NULL if it can. */
static const char *refuse_group(const struct request *q, const char *nick)
{
	const struct account *a = q->user->account;

	if (!a)
		return "You are not logged in";
	if (!accounts_is_free(&q->server->accounts, nick))
		return "That nick is an account's already";
	if (nick_looks_owned(q->server, nick, a))
		return "That nick looks like one of another account";
	if (account_keys(a, ACCOUNT_NICKS) >= q->server->config->accounts.nicks)
		return "The account has too many nicks";
	return NULL;
}

/* A nick that is to be grouped, if no other server registers it. */
struct grouping {
	struct later later;
	char nick[NICK_BYTES_MAX];
};

static void group(struct request *q, const char *nick)
{
	struct server *s = q->server;
	struct account *a = q->user->account;
	struct account_then then =
		service_then(q, &nickserv, "%s belongs to %s now.", nick, a->name);

	service_started(q, then,
		accounts_add_key(&s->accounts, a,
			&(struct account_new_key){ACCOUNT_NICKS, nick, NULL, s->wall / NSEC_MSEC},
			then));
}

static void group_locked(void *arg, enum cluster_lock result)
{
	struct grouping *g = arg;
	const char *why = NULL;
	struct request q;

	if (later_resume(&g->later, &q)) {
		if (result == CLUSTER_LOCK_TAKEN)
			why = "That nick is being registered on another server";
		else if (result == CLUSTER_LOCK_AWAY)
			why = "Names cannot be checked on the network now, try again later";
		else
			why = refuse_group(&q, g->nick);
		if (why)
			service_say(&q, &nickserv, "%s.", why);
		else
			group(&q, g->nick);
		later_end(&q);
	}
	free(g);
}

static void ns_group(struct service_call *c)
{
	const char *nick = user_nick(c->q->user), *why = refuse_group(c->q, nick);
	struct grouping *g = why ? NULL : calloc(1, sizeof(*g));

	if (!g) {
		say(c, "%s.", why ? why : "Out of memory");
		return;
	}
	snprintf(g->nick, sizeof(g->nick), "%s", nick);
	later_begin(c->q, &g->later);
	cluster_lock(c->q->server, nick, group_locked, g);
}

static void ns_ungroup(struct service_call *c)
{
	remove_key(c, ACCOUNT_NICKS, c->count > 1 ? c->word[1] : user_nick(c->q->user));
}

/* The user of a nick of the own account, other than the caller; NULL, with an answer, if none. */
static struct user *other_user(struct service_call *c)
{
	struct user *u = registry_registered(c->q->server, c->word[1]);

	if (accounts_of_nick(accounts_of(c), c->word[1]) != own(c))
		say(c, "That nick is not your account's.");
	else if (!u)
		say(c, "Nobody uses it.");
	else if (u == c->q->user)
		say(c, "That is you.");
	else
		return u;
	return NULL;
}

static void ns_ghost(struct service_call *c)
{
	struct user *u = other_user(c);
	char why[CLOSING_LINE_MAX];

	if (!u)
		return;
	snprintf(why, sizeof(why), "GHOST command used by %s", user_nick(c->q->user));
	presence_end(c->q->server, u, why);
	say(c, "%s is disconnected.", c->word[1]);
}

static void ns_regain(struct service_call *c)
{
	struct user *u = other_user(c);

	if (!u)
		return;
	if (user_remote(u)) {
		say(c, "%s is on another server: use GHOST, then take the nick.", c->word[1]);
		return;
	}
	if (u->conn)
		nick_make_guest(c->q->server, u);
	else
		presence_end(c->q->server, u, "REGAIN command used");
	nick_change(c->q, c->word[1]);
	say(c, "The nick is yours.");
}

/* --- DROP --- */

/* A number that proves that the user has read the warning. */
static uint32_t drop_code(const struct request *q, const struct account *a)
{
	return (uint32_t)(siphash_2u64(q->user->session, (uint64_t)a->created_ms, &q->server->key) %
			  1000000);
}

static void dropped(void *arg, struct account *a, enum store_status status)
{
	struct later *l = arg;
	struct request q;

	if (status == STORE_OK) {
		LOG(l->server->log, INFO, "account.dropped", log_str("account", a->name));
		oper_notify(l->server, NOTICE_REGISTRATIONS, "account %s is dropped", a->name);
		logout_all(l->server, a);
		owned_drop_account(l->server, a->name);
		if (l->server->account_gone)
			l->server->account_gone(l->server->account_gone_arg, a->name);
	}
	if (later_resume(l, &q)) {
		if (status == STORE_OK)
			service_say(&q, &nickserv, "The account %s is dropped.", a->name);
		else
			service_say(&q, &nickserv, "That failed: %s.", store_status_text(status));
		later_end(&q);
	}
	free(l);
}

static void drop(struct service_call *c, struct account *a)
{
	struct account_values v = account_values(a);
	struct later *l = calloc(1, sizeof(*l));
	enum store_status status = STORE_NO_MEMORY;

	v.password = v.scram = v.email = v.code = "";
	v.flags |= ACCOUNT_DROPPED;
	if (l) {
		l->server = c->q->server;
		status = accounts_change(accounts_of(c), a, &v, (struct account_then){dropped, l});
	}
	if (status == STORE_OK) {
		histserv_dropped(c->q->server, a->name); /* in the same commit */
		later_begin(c->q, l);
		return;
	}
	free(l);
	say(c, "That failed: %s.", store_status_text(status));
}

/* DROP account [code]: operators may drop any. */
static void ns_drop(struct service_call *c)
{
	struct account *a = accounts_find(accounts_of(c), c->word[1]);
	bool oper = user_may(c->q->user, OPER_ACCOUNTS);

	if (!a || (a != own(c) && !oper)) {
		say(c, "That is not your account.");
	} else if (c->count < 3 || strtoul(c->word[2], NULL, 10) != drop_code(c->q, a)) {
		say(c,
			"This drops %s for ever: its nicks become free, its name cannot be "
			"registered again. To confirm:",
			a->name);
		say(c, "%s", histserv_of_dropped(c->q->server->config));
		say(c, "/NS DROP %s %06u", a->name, drop_code(c->q, a));
	} else {
		drop(c, a);
	}
}

/* --- operators --- */

static void suspend(struct service_call *c, bool on)
{
	struct account *a = accounts_find(accounts_of(c), c->word[1]);
	struct account_values v;

	if (!a) {
		say(c, "There is no account %s.", c->word[1]);
		return;
	}
	v = account_values(a);
	v.flags = on ? v.flags | ACCOUNT_SUSPENDED : v.flags & ~(uint32_t)ACCOUNT_SUSPENDED;
	LOG(c->q->server->log, INFO, on ? "oper.suspend" : "oper.unsuspend",
		log_str("account", a->name), log_str("by", user_mask(c->q->user)));
	change(c, a, &v, on ? "suspended" : "not suspended any more");
	if (on)
		logout_all(c->q->server, a);
}

static void ns_suspend(struct service_call *c)
{
	suspend(c, true);
}

static void ns_unsuspend(struct service_call *c)
{
	suspend(c, false);
}

static void ns_passwd(struct service_call *c)
{
	struct account *a = accounts_find(accounts_of(c), c->word[1]);

	if (!a) {
		say(c, "There is no account %s.", c->word[1]);
		return;
	}
	LOG(c->q->server->log, INFO, "oper.passwd", log_str("account", a->name),
		log_str("by", user_mask(c->q->user)));
	set_password(c, a, c->word[2]);
}

static const struct service_command commands[] = {
	{"REGISTER", 2, 0, ns_register, "REGISTER password [email]",
		"Registers your nick as an account."},
	{"VERIFY", 3, 0, ns_verify, "VERIFY account code",
		"Confirms a mail address by the code that was sent there."},
	{"RESEND", 2, 0, ns_resend, "RESEND account",
		"Sends an account that was not verified another code."},
	{"SENDPASS", 2, 0, ns_sendpass, "SENDPASS account",
		"Sends a code for a new password to the mail address of an account."},
	{"RESETPASS", 4, SERVICE_REST(3), ns_resetpass, "RESETPASS account code new",
		"Sets a new password by such a code, and ends the account's sessions."},
	{"IDENTIFY", 2, SERVICE_REST(1), ns_identify, "IDENTIFY [account] password",
		"Logs you in. SASL is better: you are logged in before anybody sees you."},
	{"LOGOUT", 1, SERVICE_LOGIN, ns_logout, "LOGOUT", "Logs you out."},
	{"INFO", 1, 0, ns_info, "INFO [nick]", "Shows the account that a nick belongs to."},
	{"SESSIONS", 1, SERVICE_LOGIN, sessions_command, "SESSIONS [END number|OTHERS]",
		"Shows the clients that are logged in to your account, or ends one, or all "
		"others."},
	{"SET", 3, SERVICE_LOGIN | SERVICE_REST(2), ns_set,
		"SET PASSWORD new | EMAIL address | ALWAYS-ON on|off",
		"Changes your password or mail address, or whether you stay without a "
		"connection."},
	{"APPPASS", 2, SERVICE_LOGIN, nickserv_apppass,
		"APPPASS ADD name | LIST | DEL name | REVOKE password",
		"Passwords for one program each, which log in, but cannot change the account."},
	{"CERT", 2, SERVICE_LOGIN | SERVICE_OWNER, ns_cert,
		"CERT LIST | ADD [fingerprint] | DEL fingerprint",
		"Certificates that log in to your account by SASL EXTERNAL; ADD takes the one you "
		"are using."},
	{"GROUP", 1, SERVICE_LOGIN | SERVICE_OWNER, ns_group, "GROUP",
		"Adds the nick you are using to your account."},
	{"UNGROUP", 1, SERVICE_LOGIN | SERVICE_OWNER, ns_ungroup, "UNGROUP [nick]",
		"Removes a nick from your account."},
	{"GHOST", 2, SERVICE_LOGIN, ns_ghost, "GHOST nick",
		"Disconnects who uses a nick of your account."},
	{"REGAIN", 2, SERVICE_LOGIN, ns_regain, "REGAIN nick",
		"Renames who uses a nick of your account, and gives it to you."},
	{"DROP", 2, SERVICE_OWNER, ns_drop, "DROP account [code]", "Drops an account, for ever."},
	{"SAREGISTER", 3, SERVICE_OPER | SERVICE_REST(2), nickserv_saregister,
		"SAREGISTER account password",
		"Registers an account for somebody else, also where registration is closed."},
	{"SUSPEND", 2, SERVICE_OPER, ns_suspend, "SUSPEND account",
		"Logs everybody out of an account, and lets nobody in."},
	{"UNSUSPEND", 2, SERVICE_OPER, ns_unsuspend, "UNSUSPEND account", "Ends that."},
	{"PASSWD", 3, SERVICE_OPER | SERVICE_REST(2), ns_passwd, "PASSWD account new",
		"Sets the password of an account whose owner has forgotten it."},
};

const struct service nickserv = {
	"NickServ", "NickServ keeps accounts and their nicks.", commands, ARRAY_SIZE(commands)};
