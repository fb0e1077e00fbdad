/* register_other.c - registration for another person: hash, lock of the name, disk. */
#include "chat/cmd/register_other.h"

#include "chat/accounts/verifier.h"
#include "chat/cluster.h"
#include "chat/cmd/hasher.h"
#include "chat/cmd/nick_owner.h"
#include "chat/cmd/oper_list.h"
#include "chat/cmd/register.h"
#include "chat/cmd/service.h"

#include <stdio.h>
#include <stdlib.h>

struct pending {
	struct hash_job job;
	struct server *server;
	struct verifier_cost cost;
	struct verifier verifier;
	char name[NICK_BYTES_MAX + 1];
	register_other_done done;
	void *arg;
};

/* Why that name cannot be registered; NULL if it can. */
static const char *refuse_name(const struct server *s, const char *name)
{
	if (!s->accounts.loaded || !s->accounts.store)
		return "Accounts cannot be registered now";
	if (!nick_valid(name, (size_t)s->config->limits.nick_length) || service_find(name))
		return "That is no name for an account";
	if (!accounts_is_free(&s->accounts, name))
		return "That name is registered already";
	if (nick_looks_owned(s, name, NULL))
		return "That name looks like one that is registered";
	return NULL;
}

/* Frees p. */
static void end(struct pending *p, const char *why)
{
	p->done(p->arg, why);
	explicit_bzero(p->verifier.hash, sizeof(p->verifier.hash));
	explicit_bzero(p->verifier.scram, sizeof(p->verifier.scram));
	hasher_job_free(&p->job);
}

static void written(void *arg, struct account *a, enum store_status status)
{
	struct pending *p = arg;
	struct server *s = p->server;

	if (status == STORE_OK) {
		server_count(s, COUNT_REGISTERED);
		LOG(s->log, INFO, "account.registered", log_str("account", a->name));
		oper_notify(s, NOTICE_REGISTRATIONS, "account %s is registered", a->name);
	}
	end(p, status == STORE_OK ? NULL : store_status_text(status));
}

static void locked(void *arg, enum cluster_lock result)
{
	struct pending *p = arg;
	struct server *s = p->server;
	int64_t now = s->wall / NSEC_MSEC;
	struct account_values v = {.name = p->name,
		.password = p->verifier.hash,
		.scram = p->verifier.scram,
		.email = "",
		.code = "",
		.created_ms = now,
		.seen_ms = now};
	const char *why = refuse_name(s, p->name); /* another client may have been faster */
	enum store_status status;

	if (result == CLUSTER_LOCK_TAKEN)
		why = "That name is being registered on another server";
	else if (result == CLUSTER_LOCK_AWAY)
		why = "Names cannot be checked on the network now, try again later";
	if (why) {
		end(p, why);
		return;
	}
	status = accounts_register(&s->accounts, &v, (struct account_then){written, p});
	if (status != STORE_OK)
		end(p, store_status_text(status));
}

static bool is_wanted(struct hash_job *j)
{
	return true;
}

static void make(struct hash_job *j)
{
	struct pending *p = container_of(j, struct pending, job);

	j->right = verifier_make(&p->verifier, j->given, &p->cost);
}

static void made(struct hash_job *j)
{
	struct pending *p = container_of(j, struct pending, job);

	if (j->right)
		cluster_lock(p->server, p->name, locked, p);
	else
		end(p, "The password cannot be hashed now");
}

const char *register_other(struct server *s, const char *name, const char *password,
	register_other_done done, void *arg)
{
	const struct config_accounts *c = &s->config->accounts;
	const char *why = refuse_name(s, name);
	uint64_t round = 0; /* before those of clients */
	struct pending *p;

	if (!why)
		why = password_refusal(s, name, password);
	if (why)
		return why;
	p = calloc(1, sizeof(*p));
	if (!p || !hasher_job_texts(&p->job, "", password)) {
		free(p);
		return "Out of memory";
	}
	p->server = s;
	p->cost = (struct verifier_cost){
		(uint64_t)c->hash_memory, (uint64_t)c->hash_passes, (uint32_t)c->scram_iterations};
	snprintf(p->name, sizeof(p->name), "%s", name);
	p->done = done;
	p->arg = arg;
	p->job.wanted = is_wanted;
	p->job.run = make;
	p->job.done = made;
	if (hasher_submit(s->hasher, &p->job, &round))
		return NULL;
	hasher_job_free(&p->job);
	return "Too many passwords are being hashed, try again later";
}
