/*
 * cmd_marker.c - MARKREAD (IRCv3 draft/read-marker): how far a user has read a conversation.
 *
 * Kept by the store for the correspondent (correspondent.h): the account, or else the nick. A
 * marker only moves forward, and not past now or the newest message. A new one is sent to the
 * account's other clients, to devices that show what was read (push.h), and to the other nodes of a
 * network, which do the same.
 */
#include "chat/cmd/cmd_marker.h"

#include "chat/cluster.h"
#include "chat/cmd/command.h"
#include "chat/cmd/push.h"
#include "chat/history/history_append.h"
#include "chat/model/correspondent.h"
#include "chat/out/caps.h"

#include <stdio.h>
#include <stdlib.h>

/* A reply waiting for the store. */
struct marker {
	struct reply_place place;
	uint64_t conn; /* tag of the client */
	bool joined;   /* sent with a JOIN: on failure replies that there is no marker */
	bool set;
	char target[CHANNEL_BYTES_MAX + 1];
	int64_t ms;
	char user[CORRESPONDENT_MAX], stored[CORRESPONDENT_MAX]; /* and the target, as stored */
	char account[NICK_BYTES_MAX];                            /* "": none */
};

static void fail(struct request *q, const char *code, const char *target, const char *text)
{
	char context[CHANNEL_BYTES_MAX + 1];

	snprintf(context, sizeof(context), "%s", target);
	reply_note(
		q, &(struct reply_note){"FAIL", "MARKREAD", code, *context ? context : NULL, text});
}

static void line_text(const struct server *s, const char *target, int64_t ms, char out[REPLY_MAX])
{
	char stamp[TIME_TEXT_MAX];

	time_text(stamp, ms);
	snprintf(out, REPLY_MAX, ":%s MARKREAD %s timestamp=%s", s->config->server.name, target,
		stamp);
}

/* Tells the clients of an account but `own` that a marker was moved. */
static void tell_account(
	struct server *s, const struct conn *own, const struct cluster_marker *m, const char *text)
{
	struct account *a = accounts_find(&s->accounts, m->account);
	struct line_out o = {0};
	struct delivery d;

	line_adds(&o, text);
	deliver_begin(&d, s, &o);
	d.need = CAP_READ_MARKER;
	for (uint32_t i = 0; a && i < a->sessions.count; i++)
		if (user_registered(a->sessions.at[i]))
			deliver_user(&d, a->sessions.at[i], own);
	if (a)
		push_read(s, a, m->shown, m->ms, text);
}

static struct cluster_marker moved_by(const struct marker *m, int64_t ms)
{
	return (struct cluster_marker){m->user, m->stored, m->target, m->account, ms};
}

/* With the marker, in one commit: a server that is killed has told of it, or has it not. */
static void tell_network(const struct marker *m)
{
	struct cluster_marker moved = moved_by(m, m->ms);

	if (m->set)
		cluster_marker(m->place.server, &moved);
}

/* The marker m was moved to ms. */
static void tell_clients(const struct marker *m, const char *text, int64_t ms)
{
	struct server *s = m->place.server;
	struct cluster_marker moved = moved_by(m, ms);

	if (m->account[0])
		tell_account(s, server_conn(s, m->conn), &moved, text);
}

static void done(void *arg, const struct store_reply *reply)
{
	struct marker *m = arg;
	const char *name = m->place.server->config->server.name;
	struct line_out o = {0};
	char line[REPLY_MAX];

	if (reply->status == STORE_OK && reply->marker_ms >= 0) {
		line_text(m->place.server, m->target, reply->marker_ms, line);
		if (m->set)
			tell_clients(m, line, reply->marker_ms);
	} else if (reply->status == STORE_OK || m->joined) {
		snprintf(line, sizeof(line), ":%s MARKREAD %s *", name, m->target);
	} else {
		snprintf(line, sizeof(line), ":%s FAIL MARKREAD INTERNAL_ERROR %s :%s", name,
			m->target, store_status_text(reply->status));
	}
	line_adds(&o, line);
	reply_fill(&m->place, &o);
	free(m);
}

/* Queries the store; the reply uses the canonical spelling of the name. Replies at once if the
 * store refuses. */
static void ask(struct request *q, struct store_request *r, const char *target, bool joined)
{
	char user[CORRESPONDENT_MAX], stored[CORRESPONDENT_MAX];
	const char *account = user_account(q->user);
	struct marker *m = calloc(1, sizeof(*m));
	enum store_status status = STORE_NO_MEMORY;

	target = registry_spelling(q->server, target);
	r->done = done;
	r->arg = m;
	r->u.marker.user = correspondent_of(q->user, user);
	r->u.marker.target = *target == '#' ? store_name(target, stored)
					    : correspondent_named(q->server, target, stored);
	if (m && q->server->store)
		status = store_submit(q->server->store, r);
	if (status == STORE_OK) {
		m->conn = conn_tag(q->conn);
		m->joined = joined;
		m->set = r->op == STORE_MARKER_SET;
		m->ms = r->u.marker.ms;
		snprintf(m->user, sizeof(m->user), "%s", user);
		snprintf(m->stored, sizeof(m->stored), "%s", stored);
		snprintf(m->account, sizeof(m->account), "%s", account ? account : "");
		snprintf(m->target, sizeof(m->target), "%s", target);
		reply_keep_place(q, &m->place);
		tell_network(m);
		return;
	}
	free(m);
	if (joined)
		reply_text(q, ":%s MARKREAD %s *", q->server->config->server.name, target);
	else
		fail(q, "INTERNAL_ERROR", target, store_status_text(status));
}

void marker_joined(struct request *q, const struct channel *ch)
{
	struct store_request r = {.op = STORE_MARKER_GET};

	if (q->conn->caps & CAP_READ_MARKER)
		ask(q, &r, ch->name, true);
}

static bool valid_target(const struct request *q, const char *name)
{
	const struct config_limits *limits = &q->server->config->limits;

	return *name == '#' ? channel_name_valid(name, (size_t)limits->channel_length)
			    : nick_valid(name, (size_t)limits->nick_length);
}

/* The current time, or that of the newest message if it is later because the clock was set back. */
static int64_t newest_ms(const struct server *s)
{
	int64_t now = s->wall / NSEC_MSEC, last = msgid_ms(s->ids.last);

	return now > last ? now : last;
}

/* A marker of another node that waits for the store. */
struct moved {
	struct server *server;
	int64_t ms;
	char account[NICK_BYTES_MAX], target[CORRESPONDENT_MAX];
};

static void moved_done(void *arg, const struct store_reply *reply)
{
	struct moved *m = arg;
	char line[REPLY_MAX];

	if (reply->status == STORE_OK && reply->marker_ms == m->ms && m->account[0]) {
		line_text(m->server, m->target, m->ms, line);
		tell_account(m->server, NULL,
			&(struct cluster_marker){
				.shown = m->target, .account = m->account, .ms = m->ms},
			line);
	}
	free(m);
}

void marker_moved(struct server *s, const struct cluster_marker *m)
{
	struct store_request r = {.op = STORE_MARKER_SET, .done = moved_done};
	struct moved *to = malloc(sizeof(*to));

	r.u.marker.user = (struct store_text){m->user, strlen(m->user)};
	r.u.marker.target = (struct store_text){m->target, strlen(m->target)};
	r.u.marker.ms = m->ms; /* not past its own node's time, which may be ahead of this one's */
	r.arg = to;
	if (to) {
		*to = (struct moved){.server = s, .ms = r.u.marker.ms};
		snprintf(to->account, sizeof(to->account), "%s", m->account);
		snprintf(to->target, sizeof(to->target), "%s", m->shown);
		if (s->store && store_submit(s->store, &r) == STORE_OK)
			return;
	}
	free(to);
	server_count(s, COUNT_NOT_KEPT);
}

static void cmd_markread(struct request *q)
{
	const char *target = msg_param(q->msg, 0), *stamp = msg_param(q->msg, 1);
	struct store_request r = {.op = STORE_MARKER_GET};
	int64_t *ms = &r.u.marker.ms;

	if (!*target) {
		fail(q, "NEED_MORE_PARAMS", "", "Parameters are missing");
	} else if (!valid_target(q, target)) {
		fail(q, "INVALID_PARAMS", target, "That is no channel and no nick");
	} else if (q->msg->count == 1) {
		ask(q, &r, target, false);
	} else if (strncmp(stamp, "timestamp=", 10) != 0 || !time_parse(stamp + 10, ms)) {
		fail(q, "INVALID_PARAMS", target, "That is not a timestamp");
	} else {
		r.op = STORE_MARKER_SET;
		if (*ms > newest_ms(q->server))
			*ms = newest_ms(q->server);
		ask(q, &r, target, false);
	}
}

static const struct command rows[] = {
	{"MARKREAD", 0, COMMAND_QUIET, 1, cmd_markread},
};

const struct command_group commands_marker = {rows, ARRAY_SIZE(rows)};
