/*
 * apply_message.c - messages and events of other nodes: into the history under their own ids, then
 * to the local members, as if they had been said here.
 */
#include "chat/cluster/apply_message.h"

#include "chat/cluster/confirm.h"
#include "chat/cmd/caller.h"
#include "chat/cmd/cmd_marker.h"
#include "chat/cmd/cmd_message.h"
#include "chat/cmd/push.h"
#include "chat/history/history_append.h"
#include "chat/history/multiline.h"
#include "chat/model/correspondent.h"
#include "chat/model/history_scope.h"
#include "chat/out/caps.h"

#include <stdio.h>
#include <stdlib.h>

/* An id of the node that says so; and this node's later ones are greater. */
static bool id_valid(const struct arrival *a, uint64_t id)
{
	if (id > INT64_MAX || (id & ((1u << MSGID_NODE_BITS) - 1)) != a->from->number)
		return false;
	stamp_seen(a->n->server, id);
	return true;
}

/* --- history --- */

static void submit(const struct arrival *a, struct store_request *r)
{
	struct server *s = a->n->server;

	if (store_submit(s->store, r) != STORE_OK)
		server_count(s, COUNT_NOT_KEPT);
}

bool apply_event(const struct arrival *a, const struct entry *e)
{
	struct server *s = a->n->server;
	const struct channel *ch = registry_channel(s, entry_text(e, EVENT_CHANNEL));
	struct store_request r = {.op = STORE_APPEND, .u.append.foreign = true};
	char name[CHANNEL_BYTES_MAX + 1];

	if (!id_valid(a, e->number[EVENT_ID]))
		return false;
	if (!history_keeps(s, ch, true))
		return true;
	r.u.append.target.a = store_name(entry_text(e, EVENT_CHANNEL), name);
	r.u.append.open = ch ? history_scope_is_open(ch) : e->number[EVENT_OPEN] != 0;
	r.u.append.msg = (struct store_msg){
		.id = e->number[EVENT_ID],
		.ms = (int64_t)(e->number[EVENT_MS] % (1ull << 43)),
		.author = e->number[EVENT_AUTHOR] & INT64_MAX,
		.event = STORE_EVENT,
		.source = e->text[EVENT_SOURCE],
		.account = e->text[EVENT_ACCOUNT],
		.command = e->text[EVENT_COMMAND],
		.params = e->text[EVENT_PARAMS],
	};
	submit(a, &r);
	return true;
}

/* A message as it is applied. */
struct said {
	const struct arrival *a;
	const struct entry *e;
	struct user *from; /* NULL: it is not here any more */
	struct channel *channel;
	struct user *to; /* local; NULL: a channel, or a user of another node */
	bool text;       /* PRIVMSG or NOTICE */
};

/* The account or the nick that the author had: on this node it may have got there later, or have
 * gone. */
static struct store_text author_of(const struct entry *e, char out[CORRESPONDENT_MAX])
{
	const char *source = entry_text(e, SAID_SOURCE);
	char nick[CORRESPONDENT_MAX];

	if (e->text[SAID_ACCOUNT].len)
		snprintf(nick, sizeof(nick), "*%s", entry_text(e, SAID_ACCOUNT));
	else
		snprintf(nick, sizeof(nick), "%.*s", (int)strcspn(source, "!"), source);
	return store_name(nick, out);
}

static void keep(const struct said *m)
{
	const struct entry *e = m->e;
	struct server *s = m->a->n->server;
	struct store_request r = {.op = STORE_APPEND, .u.append.foreign = true};
	char a[CHANNEL_BYTES_MAX + 1], b[CHANNEL_BYTES_MAX + 1];
	const char *target = entry_text(e, SAID_TARGET);
	size_t size = strlen(target) + 3 + e->text[SAID_TEXT].len;
	char *params = malloc(size);

	if (!params) {
		server_count(s, COUNT_NO_MEMORY);
		return;
	}
	r.u.append.msg = (struct store_msg){
		.id = e->number[SAID_ID],
		.ms = (int64_t)(e->number[SAID_MS] % (1ull << 43)),
		.author = e->number[SAID_BY] & INT64_MAX,
		.event = m->text ? STORE_SAID : STORE_TAGMSG,
		.use = e->number[SAID_FLAGS] & SAID_MULTILINE ? HISTORY_MULTILINE : 0,
		.source = e->text[SAID_SOURCE],
		.account = e->text[SAID_ACCOUNT],
		.command = e->text[SAID_COMMAND],
		.tags = e->text[SAID_TAGS],
		.params = {params, (size_t)snprintf(params, size, "%s%s%s", target,
					   m->text ? " :" : "", entry_text(e, SAID_TEXT))},
	};
	if (*target == '#') {
		r.u.append.target.a = store_name(target, a);
		r.u.append.open = !m->channel || history_scope_is_open(m->channel);
	} else {
		r.u.append.target.a = e->text[SAID_WITH].len ? e->text[SAID_WITH]
							     : correspondent_named(s, target, a);
		r.u.append.target.b = author_of(e, b);
	}
	if (confirm_submit(m->a, e, &r) != STORE_OK)
		server_count(s, COUNT_NOT_KEPT);
	free(params);
}

/* --- redaction --- */

static void tell_redaction(const struct arrival *a, const struct entry *e, const struct channel *ch)
{
	struct server *s = a->n->server;
	const char *target = entry_text(e, REDACT_TARGET), *reason = entry_text(e, REDACT_REASON);
	const struct user *to = ch ? NULL : registry_registered(s, target);
	struct line_out o = {.time = server_time(s)};
	char msgid[MSGID_TEXT_LEN + 1];
	struct delivery d;

	msgid_print(msgid, e->number[REDACT_ID]);
	line_add_all(&o, ":", entry_text(e, REDACT_SOURCE), " REDACT ", target, " ", msgid,
		*reason ? " :" : "", reason, NULL);
	deliver_begin(&d, s, &o);
	d.need = CAP_REDACTION;
	if (ch)
		deliver_channel(&d, ch, NULL);
	else if (to)
		deliver_user(&d, to, NULL);
}

bool apply_redact(const struct arrival *a, const struct entry *e)
{
	struct server *s = a->n->server;
	const char *target = entry_text(e, REDACT_TARGET);
	const struct channel *ch = *target == '#' ? registry_channel(s, target) : NULL;
	struct store_request r = {.op = STORE_DELETE};

	if (e->number[REDACT_ID] > INT64_MAX)
		return false;
	r.u.key.id = e->number[REDACT_ID]; /* whichever it is of: its node has looked */
	if (history_keeps(s, NULL, false))
		submit(a, &r);
	if (!a->past)
		tell_redaction(a, e, ch);
	return true;
}

/* --- read markers --- */

bool apply_marker(const struct arrival *a, const struct entry *e)
{
	if (e->number[MARKER_MS] > INT64_MAX)
		return false;
	marker_moved(a->n->server, &(struct cluster_marker){.user = entry_text(e, MARKER_USER),
					   .target = entry_text(e, MARKER_TARGET),
					   .shown = entry_text(e, MARKER_SHOWN),
					   .account = entry_text(e, MARKER_ACCOUNT),
					   .ms = (int64_t)e->number[MARKER_MS]});
	return true;
}

/* --- delivery --- */

/* To the devices of local users. */
static void push(const struct said *m, const struct message *x)
{
	struct server *s = m->a->n->server;

	if (strcmp(x->kind->name, "PRIVMSG") != 0)
		return;
	if (m->to)
		push_private(s, m->from, m->to, &x->line);
	else if (!m->e->number[SAID_RANK])
		push_mentions(s,
			&(struct push_said){m->channel, m->from, &x->line, x->text, x->text_len});
}

static void spread(const struct said *m, const struct message_kind *kind)
{
	const struct entry *e = m->e;
	struct server *s = m->a->n->server;
	const char *relay = entry_text(e, SAID_RELAY);
	struct request q = {.server = s, .user = m->from};
	struct reach to = {
		.channel = m->channel, .user = m->to, .rank = (uint32_t)e->number[SAID_RANK]};
	struct message_texts texts;
	struct multiline multi = {0};
	struct message x = {.q = &q,
		.kind = kind,
		.texts = &texts,
		.source = entry_text(e, SAID_SOURCE),
		.relay = *relay ? relay : NULL,
		.text = entry_text(e, SAID_TEXT),
		.text_len = e->text[SAID_TEXT].len,
		.multi = e->number[SAID_FLAGS] & SAID_MULTILINE ? &multi : NULL};
	char time[TIME_TEXT_MAX];

	msgid_print(x.msgid, e->number[SAID_ID]);
	time_text(time, (int64_t)(e->number[SAID_MS] % (1ull << 43)));
	snprintf(texts.to, sizeof(texts.to), "%s", entry_text(e, SAID_SHOWN));
	x.line = (struct line_out){.time = time,
		.msgid = x.msgid,
		.account = e->text[SAID_ACCOUNT].len ? entry_text(e, SAID_ACCOUNT) : NULL,
		.client_tags = e->text[SAID_TAGS].len ? entry_text(e, SAID_TAGS) : NULL,
		.bot = m->from->modes & USER_BOT};
	line_add_all(&x.line, ":", x.source, " ", kind->name, " ", texts.to, NULL);
	if (kind->text) {
		line_add(&x.line, " :", 2);
		line_add(&x.line, x.text, x.text_len);
	}
	message_spread(&x, &to);
	push(m, &x);
}

static const struct message_kind *kind_of(const char *command)
{
	static const struct message_kind kinds[] = {
		{"PRIVMSG", false, true}, {"NOTICE", true, true}, {"TAGMSG", false, false}};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].name, command) == 0)
			return &kinds[i];
	return NULL;
}

/* One line, unless it says that it has more. */
static bool text_valid(const struct entry *e)
{
	return (e->number[SAID_FLAGS] & SAID_MULTILINE) ||
	       (e->text[SAID_TEXT].len < LINE_BODY_MAX &&
		       !strpbrk(entry_text(e, SAID_TEXT), "\r\n"));
}

bool apply_message(const struct arrival *a, const struct entry *e)
{
	struct server *s = a->n->server;
	const struct message_kind *kind = kind_of(entry_text(e, SAID_COMMAND));
	const char *target = entry_text(e, SAID_TARGET);
	struct said m = {.a = a, .e = e, .text = kind && kind->text};
	struct user *to;

	if (!kind || !text_valid(e) || !id_valid(a, e->number[SAID_ID]))
		return false;
	m.from = apply_user_of(a, e->number[SAID_BY]);
	if (*target == '#')
		m.channel = registry_channel(s, target);
	to = *target == '#' ? NULL : registry_registered(s, target);
	if (to && !user_remote(to) && to->session == e->number[SAID_TO])
		m.to = to;
	if (m.to && m.from && caller_of(s, m.from, m.to) != CALLER_HEARD)
		return true;
	if ((e->number[SAID_FLAGS] & SAID_KEPT) && history_keeps(s, m.channel, !m.text))
		keep(&m);
	if (a->past || !m.from || !(m.channel || m.to))
		return true;
	m.from->active = s->now;
	spread(&m, kind);
	return true;
}
