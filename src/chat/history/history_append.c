/* history_append.c - appends to the history, and their receipts. */
#include "chat/history/history_append.h"

#include "chat/cluster.h"
#include "chat/model/channel_history.h"
#include "chat/model/correspondent.h"
#include "chat/out/caps.h"
#include "chat/out/reply_barrier.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	COMMAND_TEXT_MAX = 16,
};

/* One command's messages (it may have several targets) until all are committed. */
struct receipt {
	struct server *server;
	struct barrier_ticket *ticket; /* NULL: no reply is waiting */
	uint64_t conn;                 /* tag of the sender's connection */
	uint32_t pending;
	enum store_status status; /* of the last failure */
	bool unconfirmed;         /* no other server has it */
	char command[COMMAND_TEXT_MAX], target[CHANNEL_BYTES_MAX + 1], label[LABEL_MAX + 1];
};

/* Formats the line for c that reports a message as delivered but not in the history, or in that of
 * one server only. */
static void failure_text(const struct receipt *r, const struct conn *c, char out[REPLY_MAX])
{
	const char *name = r->server->config->server.name, *why = store_status_text(r->status);
	const char *code = "MESSAGE_NOT_KEPT", *what = "but not kept";

	if (r->status == STORE_OK) {
		code = "MESSAGE_NOT_CONFIRMED";
		what = "but kept on one server only";
		why = "no other has confirmed it";
	}
	if (c->caps & CAP_STANDARD_REPLIES)
		snprintf(out, REPLY_MAX, ":%s FAIL %s %s %s :Sent, %s: %s", name, r->command, code,
			r->target, what, why);
	else
		snprintf(out, REPLY_MAX, ":%s NOTICE %s :%s to %s was sent, %s: %s", name,
			c->user ? user_nick(c->user) : "*", r->command, r->target, what, why);
}

static void settle(struct receipt *r)
{
	struct conn *c = server_conn(r->server, r->conn);
	char text[REPLY_MAX], line[REPLY_MAX + LABEL_MAX + 16];
	struct line_out o = {0};

	if ((r->status == STORE_OK && !r->unconfirmed) || !c || (c->flags & CONN_LEAVING)) {
		if (r->ticket)
			barrier_settle(r->server, r->ticket, NULL);
		return;
	}
	failure_text(r, c, text);
	if (!r->ticket) {
		line_adds(&o, text);
		conn_line(r->server, c, &o);
		return;
	}
	snprintf(line, sizeof(line), "%s%s%s%s\r\n", r->label[0] ? "@label=" : "", r->label,
		r->label[0] ? " " : "", text);
	barrier_settle(r->server, r->ticket, line);
}

static void settled(struct receipt *r)
{
	if (--r->pending > 0)
		return;
	settle(r);
	free(r);
}

static void committed(void *arg, const struct store_reply *reply)
{
	struct receipt *r = arg;

	if (reply->status != STORE_OK)
		r->status = reply->status;
	settled(r);
}

/* By another server. */
static void confirmed(void *arg, bool confirmed)
{
	struct receipt *r = arg;

	r->unconfirmed |= !confirmed;
	settled(r);
}

/* The receipt waits for another server, too, if the network wants that. */
static void await_confirmation(struct receipt *r, uint64_t id)
{
	if (!r->ticket || !cluster_confirms(r->server))
		return;
	r->pending++;
	cluster_confirm(r->server, id, confirmed, r);
}

/* Returns the receipt of q's command, created at its first message; NULL if out of memory. */
static struct receipt *receipt_of(struct request *q, const struct history_append *rec)
{
	struct receipt *r = q->receipt;

	if (r)
		return r;
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->server = q->server;
	r->conn = conn_tag(q->conn);
	snprintf(r->command, sizeof(r->command), "%s", rec->command);
	snprintf(r->target, sizeof(r->target), "%s", rec->target);
	snprintf(r->label, sizeof(r->label), "%s", q->label ? q->label : "");
	if ((q->conn->caps & CAP_ECHO_MESSAGE) || q->label) { /* waits for a receipt */
		r->ticket = barrier_open(q->server, q->conn);
		if (!r->ticket) {
			free(r);
			return NULL;
		}
		q->ticket = r->ticket;
	}
	q->receipt = r;
	return r;
}

/* The message was not delivered: every sender gets an error, even of a NOTICE. */
static enum store_status refuse(
	struct request *q, const struct history_append *r, enum store_status status)
{
	server_count(q->server, COUNT_NOT_KEPT);
	if (q->conn->caps & CAP_STANDARD_REPLIES)
		reply_note(q, &(struct reply_note){"FAIL", r->command, "MESSAGE_NOT_SENT",
				      r->target, store_status_text(status)});
	else if (strcmp(r->command, "PRIVMSG") == 0)
		reply(q, ERR_CANNOTSENDTOCHAN, "%s :Not sent: %s", r->target,
			store_status_text(status));
	else
		reply_text(q, ":%s NOTICE %s :%s to %s was not sent: %s",
			q->server->config->server.name, user_nick(q->user), r->command, r->target,
			store_status_text(status));
	return status;
}

static void fill(struct store_append *a, const struct request *q, const struct history_append *r)
{
	const char *account = user_account(q->user);

	a->msg = (struct store_msg){
		.id = r->id,
		.ms = q->server->wall > 0 ? q->server->wall / NSEC_MSEC : 0,
		.author = q->user->session,
		.event = r->event ? STORE_TAGMSG : STORE_SAID,
		.use = r->multiline ? HISTORY_MULTILINE : 0,
		.source = {r->source, strlen(r->source)},
		.account = {account ? account : "", account ? strlen(account) : 0},
		.command = {r->command, strlen(r->command)},
		.params = {r->params, r->params_len},
		.tags = {r->tags ? r->tags : "", r->tags ? strlen(r->tags) : 0},
	};
}

bool history_keeps(const struct server *s, const struct channel *ch, bool event)
{
	const struct config_history *h = &s->config->history;

	return s->store && h->enabled && (!event || h->events) &&
	       (!ch || channel_keeps_history(s, ch));
}

enum store_status history_append(struct request *q, const struct history_append *rec)
{
	struct store *store = q->server->store;
	struct store_request request = {.op = STORE_APPEND, .done = committed};
	char a[CHANNEL_BYTES_MAX + 1], b[CHANNEL_BYTES_MAX + 1];
	enum store_status status;
	struct receipt *r;

	if (!history_keeps(q->server, rec->channel, rec->event))
		return STORE_OK;
	status = store->seen.health;
	if (status != STORE_OK)
		return refuse(q, rec, status);
	r = receipt_of(q, rec);
	if (!r)
		return refuse(q, rec, STORE_NO_MEMORY);
	fill(&request.u.append, q, rec);
	request.arg = r;
	if (rec->channel) {
		request.u.append.target.a = store_name(rec->target, a);
		request.u.append.open = history_scope_is_open(rec->channel);
	} else {
		request.u.append.target.a = correspondent_named(q->server, rec->target, a);
		request.u.append.target.b = correspondent_of(q->user, b);
	}
	status = store_submit(store, &request);
	if (status == STORE_OK) {
		r->pending++;
		await_confirmation(r, rec->id);
		return STORE_OK;
	}
	if (r->pending > 0)
		return refuse(q, rec, status);
	q->receipt = NULL; /* nothing to wait for: replies go out at once */
	q->ticket = NULL;
	if (r->ticket)
		barrier_settle(q->server, r->ticket, NULL);
	free(r);
	return refuse(q, rec, status);
}
