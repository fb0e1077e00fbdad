/*
 * cmd_redact.c - REDACT (IRCv3 draft/message-redaction): removes a message from the history and
 * informs its readers.
 *
 *     REDACT -> the store finds it -> author or operator? -> the store deletes it
 *            -> once that is on the disk: REDACT to all, to the sender in place of its reply
 *
 * The sender's rights at the time of the command decide.
 */
#include "base/utf8.h"
#include "chat/cluster.h"
#include "chat/cmd/caller.h"
#include "chat/cmd/cmd_oper.h"
#include "chat/cmd/command.h"
#include "chat/history/history_append.h"
#include "chat/model/correspondent.h"
#include "chat/model/modes.h"
#include "chat/out/caps.h"

#include <stdio.h>
#include <stdlib.h>

/* A redaction in progress. */
struct redaction {
	struct reply_place place;
	uint64_t conn; /* tag of the sender's connection */
	uint64_t id;
	bool any;                /* an operator may redact any message */
	uint64_t begun, session; /* of the channel; of the sender's connection */
	char account[NICK_BYTES_MAX + 1];
	char a[CORRESPONDENT_MAX], b[CORRESPONDENT_MAX]; /* the target as stored */
	char mask[LINE_BODY_MAX], target[CHANNEL_BYTES_MAX + 1], reason[REDACT_REASON_MAX + 1];
};

static void fail(struct redaction *r, const char *code, const char *text)
{
	char msgid[MSGID_TEXT_LEN + 1];
	struct line_out o = {0};

	msgid_print(msgid, r->id);
	line_add_all(&o, ":", r->place.server->config->server.name, " FAIL REDACT ", code, " ",
		r->target, " ", msgid, " :", text, NULL);
	reply_fill(&r->place, &o);
	free(r);
}

/* Reports why the store failed. */
static void fail_status(struct redaction *r, enum store_status status)
{
	if (status == STORE_NO_MSGID || status == STORE_OFF)
		fail(r, "UNKNOWN_MSGID", "There is no such message");
	else
		fail(r, "INTERNAL_ERROR", store_status_text(status));
}

static void announce(struct redaction *r)
{
	struct server *s = r->place.server;
	struct conn *own = server_conn(s, r->conn);
	const struct channel *ch = registry_channel(s, r->target);
	const struct user *to = registry_registered(s, r->target);
	struct line_out o = {.time = server_time(s)};
	char msgid[MSGID_TEXT_LEN + 1];
	struct delivery d;

	msgid_print(msgid, r->id);
	line_add_all(&o, ":", r->mask, " REDACT ", r->target, " ", msgid, *r->reason ? " :" : "",
		r->reason, NULL);
	deliver_begin(&d, s, &o);
	d.need = CAP_REDACTION;
	if (ch)
		deliver_channel(&d, ch, own);
	else if (to)
		deliver_user(&d, to, own);
	if (!ch && own && own->user != to)
		deliver_user(&d, own->user, own);
	reply_fill(&r->place, &o);
	free(r);
}

static struct store_request request_for(struct redaction *r, enum store_op op)
{
	struct store_request q = {.op = op, .arg = r};

	q.u.key.id = r->id;
	q.u.key.begun = r->begun;
	q.u.key.target.a = (struct store_text){r->a, strlen(r->a)};
	q.u.key.target.b = (struct store_text){r->b, strlen(r->b)};
	return q;
}

static void deleted(void *arg, const struct store_reply *reply)
{
	if (reply->status == STORE_OK)
		announce(arg);
	else
		fail_status(arg, reply->status);
}

static bool same(struct store_text t, const char *s)
{
	return t.len == strlen(s) && memcmp(t.p, s, t.len) == 0;
}

/* Without an account, only the connection that sent the message: nicks and hosts change owners. */
static bool is_author(const struct redaction *r, const struct store_msg *m)
{
	return m->author == r->session || (*r->account && same(m->account, r->account));
}

/* With the deletion, in one commit: a server that is killed has both, or neither. */
static void tell_network(const struct redaction *r)
{
	cluster_redact(
		r->place.server, &(struct cluster_redaction){r->id, r->target, r->mask, r->reason});
}

static void found(void *arg, const struct store_reply *reply)
{
	struct redaction *r = arg;
	struct store_request q = request_for(r, STORE_DELETE);
	bool own = reply->count && is_author(r, &reply->msgs[0]);
	enum store_status status;

	if (reply->status != STORE_OK) {
		fail_status(r, reply->status);
		return;
	}
	if (!own && !r->any) {
		fail(r, "REDACT_FORBIDDEN", "That is not your message");
		return;
	}
	q.done = deleted;
	status = store_submit(r->place.server->store, &q);
	if (status != STORE_OK)
		fail_status(r, status);
	else
		tell_network(r);
}

static void refuse(struct request *q, const char *code, const char *text)
{
	reply_note_also(q, &(struct reply_note){"FAIL", "REDACT", code, q->msg->params[0], text},
		q->msg->params[1]);
}

static void redact(struct request *q, const struct channel *ch, uint64_t id, bool any)
{
	struct redaction *r = calloc(1, sizeof(*r));
	const char *account = user_account(q->user), *reason = msg_param(q->msg, 2);
	struct user *to = ch ? NULL : registry_registered(q->server, q->msg->params[0]);
	struct store_request f;
	enum store_status status;

	if (!r || !q->server->store) {
		free(r);
		refuse(q, "INTERNAL_ERROR", store_status_text(STORE_NO_MEMORY));
		return;
	}
	if (to && caller_of(q->server, q->user, to) != CALLER_HEARD)
		reason = ""; /* the message goes; nothing new is said */
	r->conn = conn_tag(q->conn);
	r->id = id;
	r->any = any;
	r->begun = ch ? history_scope_begun(q->server, ch) : 0;
	r->session = q->user->session;
	snprintf(r->account, sizeof(r->account), "%s", account ? account : "");
	snprintf(r->mask, sizeof(r->mask), "%s", user_mask(q->user));
	snprintf(r->target, sizeof(r->target), "%s", q->msg->params[0]);
	snprintf(r->reason, sizeof(r->reason), "%.*s", (int)utf8_cut(reason, REDACT_REASON_MAX),
		reason);
	if (r->target[0] == '#') {
		store_name(r->target, r->a);
	} else {
		correspondent_named(q->server, r->target, r->a);
		correspondent_of(q->user, r->b);
	}
	f = request_for(r, STORE_FIND);
	f.done = found;
	status = store_submit(q->server->store, &f);
	if (status == STORE_OK) {
		reply_keep_place(q, &r->place);
		return;
	}
	free(r);
	refuse(q, "INTERNAL_ERROR", store_status_text(status));
}

static void cmd_redact(struct request *q)
{
	const char *target = q->msg->params[0], *msgid = q->msg->params[1];
	const struct channel *ch = registry_channel(q->server, target);
	const struct member *m = ch ? channel_member(ch, q->user) : NULL;
	bool oper = user_may(q->user, OPER_OVERRIDE), ranked = m && (m->modes & MEMBER_FULL_OP);
	bool valid = m || (ch && oper) ||
		     nick_valid(target, (size_t)q->server->config->limits.nick_length);
	uint64_t id;

	if (!(q->conn->caps & CAP_REDACTION))
		reply(q, ERR_UNKNOWNCOMMAND, "REDACT :Unknown command");
	else if (!valid)
		reply_note(q, &(struct reply_note){"FAIL", "REDACT", "INVALID_TARGET", target,
				      "You cannot redact messages there"});
	else if (!msgid_parse(&id, msgid, strlen(msgid)))
		refuse(q, "UNKNOWN_MSGID", "There is no such message");
	else
		redact(q, ch, id, oper || ranked);
	if (ch && oper && !ranked)
		oper_override(q, ch);
}

static const struct command rows[] = {
	{"REDACT", 2, 0, 2, cmd_redact},
};

const struct command_group commands_redact = {rows, ARRAY_SIZE(rows)};
