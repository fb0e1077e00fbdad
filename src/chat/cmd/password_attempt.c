/* password_attempt.c - password attempts: bounds, hand-over to the hasher, result. */
#include "chat/cmd/password_attempt.h"

#include "chat/cmd/command.h"
#include "chat/cmd/hasher.h"
#include "chat/model/conn_limit.h"
#include "chat/out/conn_time.h"
#include "chat/proto/addr_text.h"
#include "chat/proto/password.h"

#include <stdio.h>
#include <stdlib.h>

/* An attempt waiting for its hash. */
struct waiting {
	struct hash_job job;
	struct server *server;
	uint64_t tag;
	void (*end)(struct request *q, const char *name, bool right);
	char label[LABEL_MAX + 1];
	char name[LINE_BODY_MAX];
};

static void refuse(struct request *q, const char *why)
{
	char peer[ADDR_TEXT_MAX];

	server_count(q->server, COUNT_PASSWORD_REFUSED);
	addr_print(&q->conn->peer, peer);
	LOG(q->server->log, WARN, "password.refused", log_str("command", q->msg->command),
		log_str("reason", why), log_str("address", peer));
	reply(q, RPL_TRYAGAIN, "%s :%s", q->msg->command, why);
}

/* Counts an attempt of this connection and checks its address; false, with a reply, if the limit is
 * exceeded. */
static bool may_try(struct request *q)
{
	if (q->conn->tries == PASSWORD_TRIES_MAX) {
		conn_cut(q->server, q->conn, COUNT_PASSWORD_TRIES, "Too many passwords");
		return false;
	}
	if (!conn_limit_may_guess(q->server, q->conn)) {
		refuse(q, "Too many wrong passwords from your address, try again later");
		return false;
	}
	q->conn->tries++;
	return true;
}

static void settle(struct request *q, const struct password_attempt *a, bool right)
{
	if (!right) {
		server_count(q->server, COUNT_PASSWORD_WRONG);
		conn_limit_guessed(q->server, q->conn);
	}
	a->end(q, a->name, right);
}

static struct conn *asker(const struct waiting *w)
{
	struct conn *c = server_conn(w->server, w->tag);

	return c && !(c->flags & CONN_LEAVING) ? c : NULL;
}

static bool is_wanted(struct hash_job *j)
{
	return asker(container_of(j, struct waiting, job)) != NULL;
}

/* Completes an attempt and resumes the client's input. */
static void hashed(struct hash_job *j)
{
	struct waiting *w = container_of(j, struct waiting, job);
	struct password_attempt a = {.name = w->name, .end = w->end};
	struct conn *c = asker(w);
	struct msg none = {0};
	struct request q = {.server = w->server, .conn = c, .msg = &none};

	if (c) {
		q.user = c->user;
		q.label = w->label[0] ? w->label : NULL;
		c->flags &= (uint16_t)~CONN_CHECKING;
		conn_charge(w->server, c, PASSWORD_LINES + (uint32_t)(j->work / NSEC_MSEC));
		reply_begin(&q);
		settle(&q, &a, j->right);
		reply_end(&q);
		server_ready(w->server, c);
	}
	hasher_job_free(j);
}

static struct waiting *waiting_new(const struct request *q, const struct password_attempt *a)
{
	struct waiting *w = calloc(1, sizeof(*w));

	if (!w || !hasher_job_texts(&w->job, a->stored, a->given)) {
		free(w);
		return NULL;
	}
	w->job.wanted = is_wanted;
	w->job.done = hashed;
	w->server = q->server;
	w->tag = conn_tag(q->conn);
	w->end = a->end;
	snprintf(w->label, sizeof(w->label), "%s", q->label ? q->label : "");
	snprintf(w->name, sizeof(w->name), "%s", a->name);
	return w;
}

void password_attempt_begin(struct request *q, const struct password_attempt *a)
{
	struct server *s = q->server;
	struct waiting *w;

	if (!may_try(q))
		return;
	if (password_is_plain(a->stored)) {
		settle(q, a, password_check(a->stored, a->given));
		return;
	}
	w = waiting_new(q, a);
	if (w && hasher_submit(s->hasher, &w->job, conn_limit_round(q->conn))) {
		q->conn->flags |= CONN_CHECKING;
		q->deferred = true;
		return;
	}
	if (w)
		hasher_job_free(&w->job);
	refuse(q, "Too many passwords are being checked, try again later");
}
