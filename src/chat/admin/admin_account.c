/* admin_account.c - account show, add, suspend, unsuspend, passwd. */
#include "chat/accounts/verifier.h"
#include "chat/admin/admin_command.h"
#include "chat/admin/admin_wait.h"
#include "chat/cmd/hasher.h"
#include "chat/cmd/login.h"
#include "chat/cmd/register.h"
#include "chat/cmd/register_other.h"
#include "chat/model/channel_owned.h"

#include <stdio.h>
#include <stdlib.h>

static struct account *account_of(struct admin *a)
{
	return accounts_of_nick(&a->server->accounts, a->word[0]);
}

static const char *find(struct admin *a)
{
	return account_of(a) ? NULL : "there is no such account";
}

static void keys(const struct account *of, enum account_list list, struct admin_text *out)
{
	json_open(out, list == ACCOUNT_NICKS ? "nicks" : "certificates", '[');
	for (const struct account_key *k = of->keys[list]; k; k = k->next)
		json_text(out, NULL, k->text);
	json_close(out, '[');
}

static bool show(struct admin *a, struct admin_text *out)
{
	const struct account *of = account_of(a);

	if (!of) /* dropped meanwhile */
		return false;
	json_begin(out);
	json_text(out, "name", of->name);
	json_text(out, "email", *of->email ? of->email : NULL);
	json_flag(out, "suspended", of->flags & ACCOUNT_SUSPENDED);
	json_flag(out, "verified", !(of->flags & ACCOUNT_UNVERIFIED));
	json_number(out, "registered", of->created_ms / 1000);
	json_number(out, "seen", of->seen_ms / 1000);
	json_number(out, "channels", owned_count(a->server, of->name));
	json_number(out, "sessions", of->sessions.count);
	keys(of, ACCOUNT_NICKS, out);
	keys(of, ACCOUNT_CERTS, out);
	json_end(out);
	return false;
}

/* Writes changed values; w is settled when they are on the disk. */
static void change(
	struct server *s, struct account *of, const struct account_values *v, struct admin_wait *w)
{
	enum store_status status =
		accounts_change(&s->accounts, of, v, (struct account_then){admin_wait_changed, w});

	if (status == STORE_BUSY)
		admin_wait_settle(w, "another change is being written: try again");
	else if (status != STORE_OK)
		admin_wait_settle(w, store_status_text(status));
}

static const char *set_suspended(struct admin *a, bool on)
{
	struct server *s = a->server;
	struct account *of = account_of(a);
	struct admin_wait *w = of ? admin_wait_new(a) : NULL;
	struct account_values v;

	if (!w)
		return of ? "out of memory" : "there is no such account";
	v = account_values(of);
	v.flags = on ? v.flags | ACCOUNT_SUSPENDED : v.flags & ~(uint32_t)ACCOUNT_SUSPENDED;
	LOG(s->log, INFO, on ? "admin.suspend" : "admin.unsuspend", log_str("account", of->name));
	change(s, of, &v, w);
	if (on && a->waits)
		logout_all(s, of);
	return NULL;
}

static const char *suspend(struct admin *a)
{
	return set_suspended(a, true);
}

static const char *unsuspend(struct admin *a)
{
	return set_suspended(a, false);
}

/* --- passwd --- */

struct passwd {
	struct hash_job job;
	struct server *server;
	struct admin_wait *wait;
	struct verifier_cost cost;
	struct verifier verifier;
	char name[NICK_BYTES_MAX + 1];
};

static bool is_wanted(struct hash_job *j)
{
	return true;
}

static void make(struct hash_job *j)
{
	struct passwd *p = container_of(j, struct passwd, job);

	j->right = verifier_make(&p->verifier, j->given, &p->cost);
}

static void made(struct hash_job *j)
{
	struct passwd *p = container_of(j, struct passwd, job);
	struct account *of = accounts_find(&p->server->accounts, p->name);
	struct account_values v;

	if (of && j->right) {
		v = account_values(of);
		v.password = p->verifier.hash;
		v.scram = p->verifier.scram;
		change(p->server, of, &v, p->wait);
	} else {
		admin_wait_settle(p->wait,
			of ? "the password cannot be hashed now" : "there is no such account");
	}
	explicit_bzero(p->verifier.hash, sizeof(p->verifier.hash));
	explicit_bzero(p->verifier.scram, sizeof(p->verifier.scram));
	hasher_job_free(j);
}

static struct passwd *passwd_new(struct admin *a, const struct account *of)
{
	const struct config_accounts *c = &a->server->config->accounts;
	struct passwd *p = calloc(1, sizeof(*p));

	if (!p || !hasher_job_texts(&p->job, "", a->word[1])) {
		free(p);
		return NULL;
	}
	p->server = a->server;
	p->job.wanted = is_wanted;
	p->job.run = make;
	p->job.done = made;
	p->cost = (struct verifier_cost){
		(uint64_t)c->hash_memory, (uint64_t)c->hash_passes, (uint32_t)c->scram_iterations};
	snprintf(p->name, sizeof(p->name), "%s", of->name);
	return p;
}

static const char *passwd(struct admin *a)
{
	struct account *of = account_of(a);
	const char *why =
		of ? password_refusal(a->server, of->name, a->word[1]) : "there is no such account";
	struct passwd *p = why ? NULL : passwd_new(a, of);
	uint64_t round = 0; /* before those of clients */

	if (why)
		return why;
	if (p)
		p->wait = admin_wait_new(a);
	if (!p || !p->wait) {
		free(p);
		return "out of memory";
	}
	LOG(a->server->log, INFO, "admin.passwd", log_str("account", of->name));
	if (hasher_submit(a->server->hasher, &p->job, &round))
		return NULL;
	admin_wait_settle(p->wait, "too many passwords are being hashed: try again");
	hasher_job_free(&p->job);
	return a->why;
}

/* --- add --- */

static void added(void *arg, const char *why)
{
	admin_wait_settle(arg, why);
}

static const char *add(struct admin *a)
{
	struct server *s = a->server;
	struct admin_wait *w = admin_wait_new(a);
	const char *why;

	if (!w)
		return "out of memory";
	why = config_has_accounts(s->config) ? register_other(s, a->word[0], a->word[1], added, w)
					     : "There are no accounts on this server";
	if (why)
		admin_wait_settle(w, why);
	else
		LOG(s->log, INFO, "admin.register", log_str("account", a->word[0]));
	return NULL;
}

static const struct admin_command rows[] = {
	{"account", "show", 1, 1, find, NULL, show},
	{"account", "add", 2, 2, add, NULL, NULL},
	{"account", "suspend", 1, 1, suspend, NULL, NULL},
	{"account", "unsuspend", 1, 1, unsuspend, NULL, NULL},
	{"account", "passwd", 2, 2, passwd, NULL, NULL},
};

const struct admin_group admin_account = {rows, ARRAY_SIZE(rows)};
