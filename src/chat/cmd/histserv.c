/* histserv.c - HistServ: forgetting what an account has said. */
#include "chat/cmd/histserv.h"

#include "chat/cmd/later.h"
#include "chat/model/history_scope.h"

#include <stdlib.h>

#define say(c, ...) service_say((c)->q, &histserv, __VA_ARGS__)

/* A request that waits for its commit. */
static void recorded(void *arg, const struct store_reply *reply)
{
	struct later *l = arg;
	struct request q;

	if (!l)
		return;
	if (later_resume(l, &q)) {
		if (reply->status == STORE_OK)
			service_say(&q, &histserv,
				"It is being done. Other servers and clients may have copies.");
		else
			service_say(&q, &histserv, "That failed: %s.",
				store_status_text(reply->status));
		later_end(&q);
	}
	free(l);
}

/* then is NULL: the whole account is forgotten. */
static enum store_status forget(
	struct server *s, const char *account, enum store_forget_how how, struct later *then)
{
	struct store_request r = {.op = STORE_FORGET, .done = recorded, .arg = then};
	char name[CHANNEL_BYTES_MAX + 1];

	r.u.forget = (struct store_forget){store_name(account, name), how, then == NULL};
	return s->store ? store_submit(s->store, &r) : STORE_OFF;
}

void histserv_dropped(struct server *s, const char *account)
{
	enum forget how = (enum forget)s->config->accounts.dropped_messages;
	enum store_status status = STORE_OK;

	if (how != FORGET_NOTHING)
		status = forget(s, account,
			how == FORGET_NAME ? STORE_FORGET_NAME : STORE_FORGET_ALL, NULL);
	if (status != STORE_OK)
		LOG(s->log, ERROR, "account.not-forgotten", log_str("account", account),
			log_str("reason", store_status_name(status)));
}

void histserv_replaced(struct server *s, const char *account)
{
	enum store_status status = forget(s, account, STORE_FORGET_NAME, NULL);

	if (status != STORE_OK)
		LOG(s->log, ERROR, "account.not-forgotten", log_str("account", account),
			log_str("reason", store_status_name(status)));
}

const char *histserv_of_dropped(const struct config *c)
{
	static const char *const sentence[] = {
		[FORGET_NOTHING] = "Its messages stay until they expire.",
		[FORGET_NAME] = ("Its messages in channels stay, without their author; its private "
				 "conversations are deleted."),
		[FORGET_ALL] = "Its messages and private conversations are deleted.",
	};
	_Static_assert(ARRAY_SIZE(sentence) == FORGET_COUNT, "a sentence a choice");

	return sentence[c->accounts.dropped_messages];
}

static uint32_t forget_code(const struct request *q)
{
	return (uint32_t)(siphash_2u64(q->user->session, STORE_FORGET_ALL, &q->server->key) %
			  1000000);
}

/* FORGET [code] */
static void hist_forget(struct service_call *c)
{
	const char *account = c->q->user->account->name;
	struct server *s = c->q->server;
	enum store_status status;
	struct later *l;

	if (c->count < 2 || strtoul(c->word[1], NULL, 10) != forget_code(c->q)) {
		say(c, "This deletes, for ever, all messages that %s has sent. To confirm:",
			account);
		say(c, "/HISTSERV FORGET %06u", forget_code(c->q));
		return;
	}
	l = calloc(1, sizeof(*l));
	if (l)
		l->server = s;
	status = l ? forget(s, account, STORE_FORGET_ALL, l) : STORE_NO_MEMORY;
	if (status == STORE_OK) {
		LOG(s->log, INFO, "account.forgets", log_str("account", account),
			log_str("by", user_mask(c->q->user)));
		later_begin(c->q, l);
		return;
	}
	free(l);
	say(c, "That failed: %s.", store_status_text(status));
}

static const struct service_command commands[] = {
	{"FORGET", 1, SERVICE_LOGIN | SERVICE_OWNER, hist_forget, "FORGET [code]",
		"Deletes, for ever, all messages that your account has sent. REDACT deletes one."},
};

const struct service histserv = {
	.name = "HistServ",
	.about = "HistServ has the messages of your account.",
	.commands = commands,
	.count = ARRAY_SIZE(commands),
};
