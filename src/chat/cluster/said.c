/* said.c - what happens to local users, as entries of the log. */
#include "chat/cluster/said.h"

#include "chat/cluster/confirm.h"
#include "chat/cluster/locks.h"
#include "chat/cluster/names.h"
#include "chat/cluster/nodes.h"
#include "chat/cluster/snapshot.h"
#include "chat/cluster/stamps.h"
#include "chat/cluster/upgrade.h"
#include "chat/model/correspondent.h"

#include <stdio.h>

static struct store_text text_of(const char *s)
{
	return (struct store_text){s ? s : "", s ? strlen(s) : 0};
}

/* The event that was written before an entry goes with it, as the id of its line. */
static uint64_t take_event(struct network *n)
{
	uint64_t id = n->event;

	n->event = 0;
	return id;
}

static void said_user(struct cluster *c, const struct user *u)
{
	struct network *n = network_of(c);
	struct entry e = entry_of_user(n->server, u);

	n->event = 0;
	network_log(n, &e);
	names_claim(n, u);
}

static void said_quit(struct cluster *c, const struct user *u, const char *why)
{
	struct network *n = network_of(c);

	n->event = 0;
	network_log(n, &(struct entry){.kind = ENTRY_QUIT,
			       .number = {[QUIT_SESSION] = u->session},
			       .text = {[QUIT_WHY] = text_of(why)}});
	names_left(c, (struct user *)u, user_nick(u));
}

/* The first local member says what the channel is: the others may not have it. */
static void said_join(struct cluster *c, const struct channel *ch, const struct user *u)
{
	struct network *n = network_of(c);
	uint64_t event = take_event(n);
	struct channel_texts texts;
	struct entry e;

	if (ch->count == 1) {
		e = entry_of_channel(ch, &texts);
		network_log(n, &e);
	}
	network_log(n, &(struct entry){.kind = ENTRY_JOIN,
			       .number = {[JOIN_SESSION] = u->session,
				       [JOIN_RANK] = channel_member(ch, u)->modes,
				       [JOIN_EVENT] = event},
			       .text = {[JOIN_CHANNEL] = text_of(ch->name)}});
}

static void said_part(
	struct cluster *c, const struct channel *ch, const struct user *u, const char *why)
{
	struct network *n = network_of(c);

	network_log(n,
		&(struct entry){.kind = ENTRY_PART,
			.number = {[PART_SESSION] = u->session, [PART_EVENT] = take_event(n)},
			.text = {[PART_CHANNEL] = text_of(ch->name), [PART_WHY] = text_of(why)}});
}

static void said_kick(struct cluster *c, const struct channel *ch, const struct user *by,
	const struct user *u, const char *why)
{
	struct network *n = network_of(c);

	network_log(
		n, &(struct entry){.kind = ENTRY_KICK,
			   .number = {[KICK_WHOM] = u->session, [KICK_EVENT] = take_event(n)},
			   .text = {[KICK_CHANNEL] = text_of(ch->name),
				   [KICK_NICK] = text_of(user_nick(u)),
				   [KICK_WHY] = text_of(why),
				   [KICK_ACCOUNT] = text_of(by ? user_account(by) : NULL),
				   [KICK_SOURCE] = text_of(
					   by ? user_mask(by) : n->server->config->server.name)}});
}

/* The sessions of the members whose ranks a line changes, one for each parameter: they may have
 * other nicks when another node gets it. */
static void print_sessions(
	struct server *s, const struct cluster_mode *m, char out[MODE_SESSIONS_MAX])
{
	char params[LINE_BODY_MAX + 1], *rest = params, *p;
	size_t n = 0;

	snprintf(params, sizeof(params), "%s", m->params ? m->params : "");
	out[0] = '\0';
	while ((p = strsep(&rest, " "))) {
		const struct user *u = *p ? registry_registered(s, p) : NULL;

		if (*p && n < MODE_SESSIONS_MAX - 24)
			n += (size_t)snprintf(out + n, MODE_SESSIONS_MAX - n, "%s%llu",
				n ? " " : "", u ? (unsigned long long)u->session : 0);
	}
}

static void said_mode(struct cluster *c, const struct cluster_mode *m)
{
	struct network *n = network_of(c);
	uint64_t stamp = stamp_now(n->server);
	char sessions[MODE_SESSIONS_MAX];

	print_sessions(n->server, m, sessions);
	stamps_changed((struct channel *)m->channel, m->letters, stamp);
	network_log(
		n, &(struct entry){.kind = ENTRY_MODE,
			   .number = {[MODE_STAMP] = stamp, [MODE_EVENT] = take_event(n)},
			   .text = {[MODE_CHANNEL] = text_of(m->channel->name),
				   [MODE_SOURCE] = text_of(m->source),
				   [MODE_LETTERS] = text_of(m->letters),
				   [MODE_PARAMS] = text_of(m->params),
				   [MODE_SESSIONS] = text_of(sessions),
				   [MODE_ACCOUNT] = text_of(m->by ? user_account(m->by) : NULL)}});
}

static void said_topic(struct cluster *c, const struct channel *ch, const struct user *by)
{
	struct network *n = network_of(c);

	network_log(n, &(struct entry){.kind = ENTRY_TOPIC,
			       .number = {[TOPIC_AT] = (uint64_t)(ch->topic_at / NSEC_USEC),
				       [TOPIC_EVENT] = take_event(n)},
			       .text = {[TOPIC_CHANNEL] = text_of(ch->name),
				       [TOPIC_SETTER] = text_of(user_mask(by)),
				       [TOPIC_TEXT] = text_of(ch->topic),
				       [TOPIC_ACCOUNT] = text_of(user_account(by))}});
}

static void said_kill(struct cluster *c, const struct user *u, const char *by, const char *why)
{
	network_log(network_of(c), &(struct entry){.kind = ENTRY_KILL,
					   .number = {[KILL_SESSION] = u->session},
					   .text = {[KILL_NICK] = text_of(user_nick(u)),
						   [KILL_BY] = text_of(by),
						   [KILL_WHY] = text_of(why)}});
}

static void said_invite(
	struct cluster *c, const struct channel *ch, const struct user *by, const struct user *u)
{
	network_log(network_of(c),
		&(struct entry){.kind = ENTRY_INVITE,
			.number = {[INVITE_BY] = by->session, [INVITE_WHOM] = u->session},
			.text = {[INVITE_CHANNEL] = text_of(ch->name),
				[INVITE_NICK] = text_of(user_nick(u))}});
}

static void said_event(struct cluster *c, const struct store_append *a)
{
	struct network *n = network_of(c);

	n->event = a->msg.id;
	network_log(n, &(struct entry){.kind = ENTRY_EVENT,
			       .number = {[EVENT_ID] = a->msg.id,
				       [EVENT_MS] = (uint64_t)a->msg.ms,
				       [EVENT_AUTHOR] = a->msg.author,
				       [EVENT_OPEN] = a->open},
			       .text = {[EVENT_CHANNEL] = a->target.a,
				       [EVENT_SOURCE] = a->msg.source,
				       [EVENT_ACCOUNT] = a->msg.account,
				       [EVENT_COMMAND] = a->msg.command,
				       [EVENT_PARAMS] = a->msg.params}});
}

static void said_redact(struct cluster *c, const struct cluster_redaction *r)
{
	network_log(network_of(c), &(struct entry){.kind = ENTRY_REDACT,
					   .number = {[REDACT_ID] = r->id},
					   .text = {[REDACT_TARGET] = text_of(r->target),
						   [REDACT_SOURCE] = text_of(r->source),
						   [REDACT_REASON] = text_of(r->reason)}});
}

static void said_marker(struct cluster *c, const struct cluster_marker *m)
{
	network_log(network_of(c), &(struct entry){.kind = ENTRY_MARKER,
					   .number = {[MARKER_MS] = (uint64_t)m->ms},
					   .text = {[MARKER_USER] = text_of(m->user),
						   [MARKER_TARGET] = text_of(m->target),
						   [MARKER_SHOWN] = text_of(m->shown),
						   [MARKER_ACCOUNT] = text_of(m->account)}});
}

static void said_message(struct cluster *c, const struct cluster_message *m)
{
	struct network *n = network_of(c);
	const struct user *u = m->from;
	char with[CORRESPONDENT_MAX];
	struct entry e = {.kind = ENTRY_MESSAGE,
		.number = {[SAID_BY] = u->session,
			[SAID_ID] = m->id,
			[SAID_MS] =
				n->server->wall > 0 ? (uint64_t)(n->server->wall / NSEC_MSEC) : 0,
			[SAID_TO] = m->to ? m->to->session : 0,
			[SAID_RANK] = m->rank,
			[SAID_FLAGS] =
				(m->kept ? SAID_KEPT : 0) | (m->multiline ? SAID_MULTILINE : 0)},
		.text = {[SAID_COMMAND] = text_of(m->command),
			[SAID_TARGET] = text_of(m->target),
			[SAID_SHOWN] = text_of(m->shown),
			[SAID_TEXT] = {m->text, m->len},
			[SAID_TAGS] = text_of(m->tags),
			[SAID_SOURCE] = text_of(m->source),
			[SAID_ACCOUNT] = text_of(user_account(u)),
			[SAID_RELAY] = text_of(m->relay)}};

	if (*m->target != '#')
		e.text[SAID_WITH] = correspondent_named(n->server, m->target, with);
	if (m->kept && cluster_confirms(n->server))
		confirm_mark(n, &e);
	if (!m->typing) {
		network_log(n, &e);
		return;
	}
	network_begin(n, WHAT_BESIDE, NULL, false);
	if (entry_put(&n->other, &e))
		network_send(n, "eph", n->number);
}

/* --- what is shown of the others --- */

static bool shown_node(struct cluster *c, uint32_t i, struct cluster_node *out)
{
	static const char *const states[] = {
		[NODE_ASKED] = "asked", [NODE_UP] = "up", [NODE_GONE] = "gone"};
	struct network *n = network_of(c);

	const struct node *o = &n->node[i];

	if (i >= n->node_count)
		return false;
	*out = (struct cluster_node){
		.number = o->number,
		.name = o->name,
		.about = o->about,
		.state = states[o->state],
		.up = o->state != NODE_GONE,
		.users = o->users,
		.begun = o->begun,
		.behind = o->said > o->seq ? o->said - o->seq : 0,
	};
	return true;
}

static void shown_self(struct cluster *c, struct cluster_self *out)
{
	const struct network *n = network_of(c);

	*out = (struct cluster_self){n->number, n->bus->up, n->bus->why};
}

static const char *shown_counter(struct cluster *c, uint32_t i, uint64_t *value)
{
	static const char *const names[] = {
		[NETWORK_SENT] = "sent",
		[NETWORK_NOT_SENT] = "not-sent",
		[NETWORK_TAKEN] = "taken",
		[NETWORK_REFUSED] = "refused",
		[NETWORK_REFUSED_ENTRY] = "refused-entries",
		[NETWORK_UNKNOWN] = "unknown-entries",
		[NETWORK_GAPS] = "gaps",
		[NETWORK_LOST] = "lost",
		[NETWORK_SNAPSHOTS] = "snapshots",
		[NETWORK_NICK_REFUSED] = "nicks-refused",
		[NETWORK_NICK_TIMEOUT] = "nicks-timed-out",
		[NETWORK_LOCK_REFUSED] = "registrations-refused",
		[NETWORK_LOCK_TIMEOUT] = "registrations-timed-out",
		[NETWORK_RECORDS] = "records",
		[NETWORK_RECORDS_NOT] = "records-not-later",
		[NETWORK_RECORDS_LOST] = "records-not-kept",
		[NETWORK_CONFIRMED] = "confirmed",
		[NETWORK_UNCONFIRMED] = "unconfirmed",
	};

	_Static_assert(ARRAY_SIZE(names) == NETWORK_COUNTERS, "a name each");
	const struct network *n = network_of(c);

	if (i < NETWORK_COUNTERS) {
		*value = n->counter[i];
		return names[i];
	}
	switch (i - NETWORK_COUNTERS) {
	case 0: *value = n->bus->published; return "engine-published";
	case 1: *value = n->bus->heard; return "engine-heard";
	case 2: *value = n->bus->dropped; return "engine-dropped";
	default: return NULL;
	}
}

static const char *shown_name(struct cluster *c, uint16_t number)
{
	const struct node *o = nodes_find(network_of(c), number);

	return o ? o->name : "*";
}

const struct cluster_ops network_ops = {
	.user = said_user,
	.quit = said_quit,
	.join = said_join,
	.part = said_part,
	.kick = said_kick,
	.mode = said_mode,
	.topic = said_topic,
	.kill = said_kill,
	.invite = said_invite,
	.event = said_event,
	.message = said_message,
	.confirm = confirm_wait,
	.redact = said_redact,
	.marker = said_marker,
	.self = shown_self,
	.node = shown_node,
	.counter = shown_counter,
	.name = shown_name,
	.nick = names_ask,
	.nick_left = names_left,
	.lock = locks_ask,
	.timer = network_timer,
	.turn = network_turn,
	.flush = network_end_turn,
	.upgrade = &upgrade_ops,
	.stop = network_stop,
};
