/*
 * cmd_webpush.c - WEBPUSH (soju.im/webpush): a device of an account asks to be pushed to, or no
 * longer.
 *
 *     WEBPUSH REGISTER endpoint p256dh=KEY;auth=SECRET      WEBPUSH REGISTER endpoint
 *     WEBPUSH UNREGISTER endpoint                           WEBPUSH UNREGISTER endpoint
 */
#include "chat/cmd/command.h"

#include "chat/cmd/later.h"
#include "chat/cmd/push.h"
#include "chat/out/caps.h"
#include "chat/proto/casemap.h"

#include <stdio.h>
#include <stdlib.h>

/* A change until it is on the disk. */
struct work {
	struct later later;
	const char *what;
	char hash[PUSH_HASH_MAX], text[PUSH_TEXT_MAX], endpoint[EXTERNAL_ENDPOINT_MAX];
};

static void fail(struct request *q, const char *code, const char *what, const char *text)
{
	reply_note_also(q, &(struct reply_note){"FAIL", "WEBPUSH", code, what, text},
		*msg_param(q->msg, 1) ? msg_param(q->msg, 1) : "*");
}

static void say(struct request *q, const char *what, const char *endpoint)
{
	reply_text(q, ":%s WEBPUSH %s %s", q->server->config->server.name, what, endpoint);
}

static void end(struct work *w, enum store_status status)
{
	struct request q;

	if (later_resume(&w->later, &q)) {
		if (status == STORE_OK)
			say(&q, w->what, w->endpoint);
		else
			reply_note_also(&q,
				&(struct reply_note){"FAIL", "WEBPUSH", "INTERNAL_ERROR", w->what,
					store_status_text(status)},
				w->endpoint);
		later_end(&q);
	}
	free(w);
}

static void written(void *arg, struct account *a, enum store_status status)
{
	end(arg, status);
}

/* The account that asks, if it is still there. */
static void add(void *arg, struct account *old, enum store_status status)
{
	struct work *w = arg;
	struct server *s = w->later.server;
	struct request q;
	struct account *a = NULL;

	if (later_resume(&w->later, &q)) {
		a = q.user ? q.user->account : NULL;
		later_begin(&q, &w->later);
	}
	if (!a) {
		end(w, STORE_OFF);
		return;
	}
	if (status == STORE_OK)
		status = accounts_add_key(&s->accounts, a,
			&(struct account_new_key){
				ACCOUNT_PUSHES, w->hash, w->text, s->wall / NSEC_MSEC},
			(struct account_then){written, w});
	if (status != STORE_OK)
		end(w, status);
}

/* An endpoint is registered once: an earlier one, of another account perhaps, makes room. */
static void begin(struct request *q, struct work *w)
{
	struct server *s = q->server;
	struct account_key *old = accounts_key(&s->accounts, ACCOUNT_PUSHES, w->hash);
	enum store_status status;

	later_begin(q, &w->later);
	if (!old) {
		add(w, NULL, STORE_OK);
		return;
	}
	status = accounts_remove_key(
		&s->accounts, ACCOUNT_PUSHES, old, (struct account_then){add, w});
	if (status != STORE_OK)
		end(w, status);
}

static void cmd_register(struct request *q)
{
	const struct server *s = q->server;
	struct account *a = q->user->account;
	struct work *w;
	const char *endpoint = msg_param(q->msg, 1);

	if (!s->external->push_key) {
		fail(q, "INTERNAL_ERROR", "REGISTER", "The server cannot push: see its log");
		return;
	}
	if (!a) {
		fail(q, "ACCOUNT_REQUIRED", "REGISTER", "Log in to an account first");
		return;
	}
	w = calloc(1, sizeof(*w));
	if (!w) {
		refuse_out_of_memory(q);
		return;
	}
	if (q->msg->count != 3 ||
		!push_subscription(endpoint, q->msg->params[2], w->hash, w->text)) {
		fail(q, "INVALID_PARAMS", "REGISTER", "An https URL, and keys p256dh=...;auth=...");
		free(w);
	} else if (account_keys(a, ACCOUNT_PUSHES) >= s->config->push.devices &&
		   !accounts_key(&s->accounts, ACCOUNT_PUSHES, w->hash)) {
		fail(q, "MAX_REGISTRATIONS", "REGISTER", "The account has too many devices");
		free(w);
	} else {
		w->what = "REGISTER";
		snprintf(w->endpoint, sizeof(w->endpoint), "%s", endpoint);
		begin(q, w);
	}
}

static void forget(struct request *q, struct account_key *k, const char *endpoint)
{
	struct work *w = calloc(1, sizeof(*w));
	enum store_status status;

	if (!w) {
		refuse_out_of_memory(q);
		return;
	}
	w->what = "UNREGISTER";
	snprintf(w->endpoint, sizeof(w->endpoint), "%s", endpoint);
	later_begin(q, &w->later);
	status = accounts_remove_key(
		&q->server->accounts, ACCOUNT_PUSHES, k, (struct account_then){written, w});
	if (status != STORE_OK)
		end(w, status);
}

/* Only one's own. */
static void cmd_unregister(struct request *q)
{
	const char *endpoint = msg_param(q->msg, 1);
	char hash[PUSH_HASH_MAX];
	struct account_key *k;

	if (q->msg->count != 2 || !push_subscription(endpoint, NULL, hash, NULL)) {
		fail(q, "INVALID_PARAMS", "UNREGISTER", "Which endpoint?");
		return;
	}
	k = accounts_key(&q->server->accounts, ACCOUNT_PUSHES, hash);
	if (k && q->user->account == k->account)
		forget(q, k, endpoint);
	else
		say(q, "UNREGISTER", endpoint);
}

static void cmd_webpush(struct request *q)
{
	const char *what = q->msg->params[0];

	if (!config_pushes(q->server->config))
		reply(q, ERR_UNKNOWNCOMMAND, "WEBPUSH :Unknown command");
	else if (case_equal(what, "REGISTER"))
		cmd_register(q);
	else if (case_equal(what, "UNREGISTER"))
		cmd_unregister(q);
	else
		fail(q, "INVALID_PARAMS", "*", "WEBPUSH has REGISTER and UNREGISTER");
}

static const struct command rows[] = {
	{"WEBPUSH", 1, 0, 2, cmd_webpush},
};

const struct command_group commands_webpush = {rows, ARRAY_SIZE(rows)};
