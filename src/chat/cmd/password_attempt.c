/* password_attempt.c - password attempts: bounds, hand-over to the hasher, result. */
#include "chat/cmd/password_attempt.h"

#include "chat/cmd/command.h"
#include "chat/cmd/hasher.h"
#include "chat/cmd/later.h"
#include "chat/model/conn_limit.h"
#include "chat/out/conn_time.h"
#include "chat/proto/addr_text.h"
#include "chat/proto/password.h"

#include <stdio.h>
#include <stdlib.h>

/* An attempt waiting for its hash, or a password for its verifier. */
struct waiting {
	struct hash_job job;
	struct later later;
	void (*end)(struct request *q, const char *name, bool right);
	void (*made)(struct request *q, const char *name, const struct verifier *v);
	void (*renew)(struct request *q, const char *name, const struct verifier *v);
	bool renewed; /* the verifier is made */
	struct verifier_cost cost;
	struct verifier verifier;
	char name[LINE_BODY_MAX];
};

static void try_again(struct request *q, const char *why)
{
	reply(q, RPL_TRYAGAIN, "%s :%s", q->msg->command, why);
}

static void refuse(
	struct request *q, void (*refused)(struct request *q, const char *why), const char *why)
{
	char peer[ADDR_TEXT_MAX];

	server_count(q->server, COUNT_PASSWORD_REFUSED);
	addr_print(&q->conn->peer, peer);
	LOG(q->server->log, WARN, "password.refused", log_str("command", q->msg->command),
		log_str("reason", why), log_str("address", peer));
	(refused ? refused : try_again)(q, why);
}

bool password_attempt_may(struct request *q, void (*refused)(struct request *q, const char *why))
{
	if (q->conn->tries == PASSWORD_TRIES_MAX) {
		conn_cut(q->server, q->conn, COUNT_PASSWORD_TRIES, "Too many passwords");
		return false;
	}
	if (!conn_limit_may_guess(q->server, q->conn)) {
		refuse(q, refused, "Too many wrong passwords from your address, try again later");
		return false;
	}
	q->conn->tries++;
	return true;
}

void password_attempt_wrong(struct request *q)
{
	server_count(q->server, COUNT_PASSWORD_WRONG);
	conn_limit_guessed(q->server, q->conn);
}

static void settle(struct request *q, const struct password_attempt *a, bool right)
{
	if (!right)
		password_attempt_wrong(q);
	a->end(q, a->name, right);
}

static bool is_wanted(struct hash_job *j)
{
	return later_wanted(&container_of(j, struct waiting, job)->later);
}

/* Completes an attempt and resumes the client's input. */
static void hashed(struct hash_job *j)
{
	struct waiting *w = container_of(j, struct waiting, job);
	struct password_attempt a = {.name = w->name, .end = w->end};
	struct request q;

	if (later_resume(&w->later, &q)) {
		conn_charge(q.server, q.conn, PASSWORD_LINES + (uint32_t)(j->work / NSEC_MSEC));
		if (w->renewed)
			w->renew(&q, w->name, &w->verifier);
		if (w->made)
			w->made(&q, w->name, j->right ? &w->verifier : NULL);
		else
			settle(&q, &a, j->right);
		later_end(&q);
	}
	explicit_bzero(&w->verifier, sizeof(w->verifier));
	hasher_job_free(j);
}

static struct waiting *waiting_new(const char *stored, const char *given, const char *name)
{
	struct waiting *w = calloc(1, sizeof(*w));

	if (!w || !hasher_job_texts(&w->job, stored, given)) {
		free(w);
		return NULL;
	}
	w->job.wanted = is_wanted;
	w->job.done = hashed;
	snprintf(w->name, sizeof(w->name), "%s", name);
	return w;
}

/* Hands w over; false, and w is freed, if the queue is full. */
static bool submit(struct request *q, struct waiting *w)
{
	later_init(q, &w->later);
	if (!hasher_submit(q->server->hasher, &w->job, conn_limit_round(q->conn))) {
		hasher_job_free(&w->job);
		return false;
	}
	later_begin(q, &w->later);
	return true;
}

static struct verifier_cost cost_of(const struct request *q)
{
	const struct config_accounts *c = &q->server->config->accounts;

	return (struct verifier_cost){
		(uint64_t)c->hash_memory, (uint64_t)c->hash_passes, (uint32_t)c->scram_iterations};
}

static void check_and_renew(struct hash_job *j)
{
	struct waiting *w = container_of(j, struct waiting, job);

	j->right = password_check(j->stored, j->given);
	w->renewed = j->right && verifier_make(&w->verifier, j->given, &w->cost);
}

void password_attempt_begin(struct request *q, const struct password_attempt *a)
{
	struct waiting *w;

	if (!password_attempt_may(q, a->refused))
		return;
	if (password_is_plain(a->stored)) {
		settle(q, a, password_check(a->stored, a->given));
		return;
	}
	w = waiting_new(a->stored, a->given, a->name);
	if (w)
		w->end = a->end;
	if (w && a->renew) {
		w->renew = a->renew;
		w->cost = cost_of(q);
		w->job.run = check_and_renew;
	}
	if (!w || !submit(q, w))
		refuse(q, a->refused, "Too many passwords are being checked, try again later");
}

static void make(struct hash_job *j)
{
	struct waiting *w = container_of(j, struct waiting, job);

	j->right = verifier_make(&w->verifier, j->given, &w->cost);
}

bool password_make_begin(struct request *q, const char *password, const char *name,
	void (*end)(struct request *q, const char *name, const struct verifier *v))
{
	struct waiting *w = waiting_new("", password, name);

	if (!w)
		return false;
	w->made = end;
	w->cost = cost_of(q);
	w->job.run = make;
	return submit(q, w);
}
