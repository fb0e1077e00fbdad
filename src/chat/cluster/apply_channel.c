/* apply_channel.c - what users of other nodes do in channels. */
#include "chat/cluster/apply_channel.h"

#include "chat/cmd/caller.h"
#include "chat/cmd/cmd_channel.h"
#include "chat/cmd/cmd_moderate.h"
#include "chat/model/auditorium.h"
#include "chat/model/channel_owned.h"
#include "chat/model/history_scope.h"
#include "chat/model/modes.h"
#include "chat/out/caps.h"
#include "chat/out/deliver.h"

#include <stdio.h>
#include <stdlib.h>

#define RANKS (MEMBER_ANY_OP | MEMBER_VOICE)

/* Flags that a channel takes from another node. */
#define MODES_KNOWN                                                                                \
	(CHANNEL_NO_EXTERNAL | CHANNEL_TOPIC_OPS | CHANNEL_MODERATED | CHANNEL_SECRET |            \
		CHANNEL_INVITE_ONLY | CHANNEL_NO_CTCP | CHANNEL_NO_COLOUR | CHANNEL_REGISTERED |   \
		CHANNEL_SECURE | CHANNEL_ACCOUNTS | CHANNEL_TO_OPS | CHANNEL_AUDITORIUM |          \
		CHANNEL_REFUSED_TO_OPS)

/* --- channels --- */

/* Returns the channel, made if there is none; NULL if it may not be. */
static struct channel *make_channel(struct network *n, const char *name, uint64_t begun)
{
	struct server *s = n->server;
	struct channel *ch = registry_channel(s, name);

	if (ch || s->channels.count >= CLUSTER_CHANNELS_MAX)
		return ch;
	ch = registry_adopt_channel(s, name);
	if (ch)
		history_scope_begin_at(s, ch, begun);
	return ch;
}

static void set_key(struct channel *ch, const char *key)
{
	char *copy = *key ? strdup(key) : NULL;

	if (*key && !copy)
		return;
	free(ch->key);
	ch->key = copy;
	ch->modes = copy ? ch->modes | CHANNEL_KEY : ch->modes & ~(uint32_t)CHANNEL_KEY;
}

static void set_rate(struct channel *ch, uint32_t mode, const char *text)
{
	struct rate r = {0};

	if (!*text || rate_parse(text, mode == CHANNEL_LINE_RATE, &r))
		channel_rate_set(ch, mode, &r);
}

/* Takes these modes from the other node's channel. */
static void take_modes(struct channel *ch, uint32_t modes, const struct entry *e)
{
	const uint32_t valued = CHANNEL_KEY | CHANNEL_LIMIT | CHANNEL_JOIN_RATE | CHANNEL_LINE_RATE;
	uint32_t flags = modes & MODES_KNOWN & ~valued;
	uint64_t limit = e->number[CHANNEL_MEMBERS_MAX];

	ch->modes = (ch->modes & ~flags) | ((uint32_t)e->number[CHANNEL_MODES] & flags);
	if (modes & CHANNEL_KEY)
		set_key(ch, entry_text(e, CHANNEL_KEY_TEXT));
	if (modes & CHANNEL_LIMIT) {
		ch->limit = limit <= INT32_MAX ? (uint32_t)limit : 0;
		ch->modes = ch->limit ? ch->modes | CHANNEL_LIMIT
				      : ch->modes & ~(uint32_t)CHANNEL_LIMIT;
	}
	if (modes & CHANNEL_JOIN_RATE)
		set_rate(ch, CHANNEL_JOIN_RATE, entry_text(e, CHANNEL_JOINS));
	if (modes & CHANNEL_LINE_RATE)
		set_rate(ch, CHANNEL_LINE_RATE, entry_text(e, CHANNEL_LINES));
}

/* The modes that the other node changed later than this one. */
static uint32_t later_modes(struct server *s, struct channel *ch, const struct entry *e)
{
	const char *at = entry_text(e, CHANNEL_STAMPS);
	uint32_t mode, modes = 0;
	uint64_t stamp;

	while (stamps_next(&at, &mode, &stamp)) {
		stamp_seen(s, stamp);
		if (stamp_is_later(ch, mode, stamp) && stamp_put(ch, mode, stamp))
			modes |= mode;
		at += *at == ' ';
	}
	return modes;
}

/* e: the entry that says so; NULL: it comes with a snapshot. */
static void tell_topic(
	struct server *s, const struct channel *ch, const char *source, const struct entry *e)
{
	struct line_out o = {.time = server_time(s)};
	char msgid[MSGID_TEXT_LEN + 1];
	struct delivery d;

	if (e && e->text[TOPIC_ACCOUNT].len)
		o.account = entry_text(e, TOPIC_ACCOUNT);
	if (e)
		o.msgid = event_text(e->number[TOPIC_EVENT], msgid);
	line_add_all(&o, ":", source, " TOPIC ", ch->name, " :", ch->topic ? ch->topic : "", NULL);
	deliver_begin(&d, s, &o);
	deliver_channel(&d, ch, NULL);
}

static bool take_topic(struct channel *ch, const char *text, const char *by, uint64_t us)
{
	nsec_t at = us < INT64_MAX / NSEC_USEC ? (nsec_t)us * NSEC_USEC : 0;

	return at > ch->topic_at && channel_set_topic(ch, text, by, at);
}

/* A channel that has no member yet: who comes is in a later entry. */
static bool remember(struct node *o, const struct channel *ch)
{
	struct channel_name name;

	snprintf(name.text, sizeof(name.text), "%s", ch->name);
	return VEC_PUSH(&o->fresh, name, CLUSTER_CHANNELS_MAX);
}

void apply_channels_end(struct network *n, struct node *o)
{
	for (uint32_t i = 0; i < o->fresh.count; i++) {
		struct channel *ch = registry_channel(n->server, o->fresh.at[i].text);

		if (ch && ch->count == 0 && !ch->owned)
			registry_drop_empty(n->server, ch);
	}
	VEC_FREE(&o->fresh);
}

static bool apply_state(const struct arrival *a, const struct entry *e)
{
	struct server *s = a->n->server;
	const char *topic = entry_text(e, CHANNEL_TOPIC), *by = entry_text(e, CHANNEL_TOPIC_BY);
	bool fresh = !registry_channel(s, entry_text(e, CHANNEL_NAME));
	struct channel *ch =
		make_channel(a->n, entry_text(e, CHANNEL_NAME), e->number[CHANNEL_BEGUN]);
	uint32_t modes;

	if (!ch)
		return false;
	modes = later_modes(s, ch, e);
	if (fresh)
		ch->created = (nsec_t)(e->number[CHANNEL_CREATED] % (1ull << 43)) * NSEC_MSEC;
	take_modes(ch, fresh ? ~0u : modes, e);
	if (e->number[CHANNEL_TOPIC_AT] && *by &&
		take_topic(ch, topic, by, e->number[CHANNEL_TOPIC_AT]) && !fresh)
		tell_topic(s, ch, by, NULL);
	return !fresh || remember(a->from, ch);
}

static bool apply_mask(const struct arrival *a, const struct entry *e)
{
	struct server *s = a->n->server;
	struct channel *ch = registry_channel(s, entry_text(e, MASK_CHANNEL));
	char text[MASK_MAX + NICK_BYTES_MAX + 2];
	struct mask m = {
		.text = text, .since = (nsec_t)(e->number[MASK_SINCE] % (1ull << 43)) * NSEC_MSEC};

	if (!ch || e->number[MASK_LIST] >= BANLIST_COUNT ||
		!mask_complete(text, entry_text(e, MASK_TEXT)))
		return false;
	snprintf(text + strlen(text) + 1, NICK_BYTES_MAX + 1, "%.*s", NICK_BYTES_MAX,
		entry_text(e, MASK_SETTER));
	return banlist_add(ch, (enum banlist)e->number[MASK_LIST], &m,
		       (uint32_t)s->config->limits.list_entries) != MASK_FULL;
}

static bool apply_topic(const struct arrival *a, const struct entry *e)
{
	struct channel *ch = registry_channel(a->n->server, entry_text(e, TOPIC_CHANNEL));

	if (!ch)
		return true;
	if (!take_topic(ch, entry_text(e, TOPIC_TEXT), entry_text(e, TOPIC_SETTER),
		    e->number[TOPIC_AT]))
		return true; /* a later one is set */
	if (!ch->owned)      /* else its own node writes it: records.c */
		owned_changed(a->n->server, ch);
	tell_topic(a->n->server, ch, entry_text(e, TOPIC_SETTER), e);
	return true;
}

/* --- members --- */

/* Announces ranks that were given or taken on another node. */
static void rank_tell(const struct arrival *a, const struct channel *ch, const struct user *u,
	char sign, uint32_t ranks)
{
	struct server *s = a->n->server;
	struct line_out o = {.time = server_time(s)};
	char letters[8] = {sign}, nicks[5 * (NICK_BYTES_MAX + 2)] = "";
	struct delivery d;
	size_t n = 0;

	for (size_t i = 0; i < 5; i++) {
		if (!(ranks & 1u << i))
			continue;
		letters[strlen(letters)] = "qaohv"[i]; /* in the order of enum member_mode */
		n += (size_t)snprintf(nicks + n, sizeof(nicks) - n, " %s", user_nick(u));
	}
	line_add_all(&o, ":", a->from->name, " MODE ", ch->name, " ", letters, nicks, NULL);
	deliver_begin(&d, s, &o);
	deliver_about(&d, ch, u, NULL);
}

/* The rank of a member is what its own node says. */
static void take_rank(const struct arrival *a, struct channel *ch, struct member *m, uint32_t rank)
{
	uint32_t more = rank & ~m->modes, less = m->modes & ~rank & RANKS;

	if (m->modes == rank)
		return;
	m->modes = rank;
	if (less)
		rank_tell(a, ch, m->user, '-', less);
	if (more)
		rank_tell(a, ch, m->user, '+', more);
}

static bool enter(const struct arrival *a, struct user *u, const char *name, const struct entry *e)
{
	struct server *s = a->n->server;
	struct channel *ch = make_channel(a->n, name, msgid_next(&s->ids, s->wall));
	uint32_t rank = (uint32_t)e->number[JOIN_RANK] & RANKS;
	char msgid[MSGID_TEXT_LEN + 1];
	struct member *m;

	if (!ch || u->channel_count >= REMOTE_CHANNELS_MAX)
		return false;
	m = channel_member(ch, u);
	if (m) {
		take_rank(a, ch, m, rank);
		return true;
	}
	if (!channel_join(ch, u, rank)) {
		if (ch->count == 0 && !ch->owned)
			registry_drop_empty(s, ch);
		return false;
	}
	join_tell(s, ch, u, event_text(e->number[JOIN_EVENT], msgid), NULL);
	if (rank)
		rank_tell(a, ch, u, '+', rank);
	return true;
}

static bool apply_join(const struct arrival *a, const struct entry *e)
{
	struct user *u = apply_user_of(a, e->number[JOIN_SESSION]);

	return u && enter(a, u, entry_text(e, JOIN_CHANNEL), e);
}

static void leave(const struct arrival *a, struct user *u, struct channel *ch, const char *why,
	uint64_t event)
{
	struct server *s = a->n->server;
	struct line_out o = {.time = server_time(s), .account = user_account(u)};
	char msgid[MSGID_TEXT_LEN + 1];
	struct delivery d;

	o.msgid = event_text(event, msgid);
	line_add_all(&o, ":", user_mask(u), " PART ", ch->name, *why ? " :" : "", why, NULL);
	deliver_begin(&d, s, &o);
	deliver_about(&d, ch, u, NULL);
	part_channel(s, ch, u);
}

static bool apply_part(const struct arrival *a, const struct entry *e)
{
	struct user *u = apply_user_of(a, e->number[PART_SESSION]);
	struct channel *ch = registry_channel(a->n->server, entry_text(e, PART_CHANNEL));

	if (u && ch && channel_member(ch, u))
		leave(a, u, ch, entry_text(e, PART_WHY), e->number[PART_EVENT]);
	return true;
}

/* The user of any node with this session: a local one is found by its nick. */
static struct user *user_of(const struct arrival *a, uint64_t session, const char *nick)
{
	struct remote *r = remote_find(a->n, session);
	struct user *u = r ? r->user : registry_registered(a->n->server, nick);

	return u && u->session == session ? u : NULL;
}

static bool apply_kick(const struct arrival *a, const struct entry *e)
{
	struct server *s = a->n->server;
	struct user *u = user_of(a, e->number[KICK_WHOM], entry_text(e, KICK_NICK));
	struct channel *ch = registry_channel(s, entry_text(e, KICK_CHANNEL));
	struct line_out o = {.time = server_time(s)};
	char msgid[MSGID_TEXT_LEN + 1];
	struct delivery d;

	if (!u || !ch || !channel_member(ch, u))
		return true;
	o.account = e->text[KICK_ACCOUNT].len ? entry_text(e, KICK_ACCOUNT) : NULL;
	o.msgid = event_text(e->number[KICK_EVENT], msgid);
	line_add_all(&o, ":", entry_text(e, KICK_SOURCE), " KICK ", ch->name, " ", user_nick(u),
		" :", entry_text(e, KICK_WHY), NULL);
	deliver_begin(&d, s, &o);
	deliver_about(&d, ch, u, NULL);
	if (!user_remote(u)) /* so that no node has it there from an older snapshot */
		network_log(a->n, &(struct entry){.kind = ENTRY_PART,
					  .number = {[PART_SESSION] = u->session},
					  .text = {[PART_CHANNEL] = {ch->name, strlen(ch->name)}}});
	part_channel(s, ch, u);
	return true;
}

static bool apply_invite(const struct arrival *a, const struct entry *e)
{
	struct server *s = a->n->server;
	struct user *by = apply_user_of(a, e->number[INVITE_BY]);
	struct user *u = registry_registered(s, entry_text(e, INVITE_NICK));
	struct channel *ch = registry_channel(s, entry_text(e, INVITE_CHANNEL));

	if (!by)
		return false;
	if (u && ch && !user_remote(u) && u->session == e->number[INVITE_WHOM] &&
		caller_of(s, by, u) == CALLER_HEARD && invites_add(ch, u))
		invitation_tell(s, ch, by, u);
	return true;
}

/* --- where a user of a snapshot is --- */

/* One item of the text: "RANK#channel". */
struct place {
	uint32_t rank;
	char name[CHANNEL_BYTES_MAX];
};

static bool next_place(const char **at, struct place *p)
{
	size_t n;
	char *end;

	while (**at) {
		unsigned long rank = strtoul(*at, &end, 10);

		n = strcspn(end, " ");
		snprintf(p->name, sizeof(p->name), "%.*s", (int)size_min(n, sizeof(p->name)), end);
		p->rank = (uint32_t)rank & RANKS;
		*at = end + n + (end[n] == ' ');
		if (n < sizeof(p->name) && channel_name_valid(p->name, CHANNEL_BYTES_MAX - 1))
			return true;
	}
	return false;
}

static bool has_place(const char *text, const struct channel *ch)
{
	struct place p;

	while (next_place(&text, &p))
		if (case_equal(p.name, ch->name))
			return true;
	return false;
}

/* Leaves the channels that the snapshot does not have the user in. */
static void leave_others(const struct arrival *a, struct user *u, const char *text)
{
	struct channel *ch;
	uint32_t i = 0;

	while ((ch = user_next_channel(u, &i))) {
		uint32_t size = u->channel_size;

		if (has_place(text, ch))
			continue;
		leave(a, u, ch, "", 0);
		i = user_parted(u, i, size);
	}
}

static bool apply_in(const struct arrival *a, const struct entry *e)
{
	struct user *u = apply_user_of(a, e->number[IN_SESSION]);
	const char *text = entry_text(e, IN_CHANNELS), *at = text;
	bool all = true;
	struct place p;

	if (!u)
		return false;
	leave_others(a, u, text);
	while (next_place(&at, &p)) {
		struct entry join = {.number = {[JOIN_RANK] = p.rank}};

		all &= enter(a, u, p.name, &join);
	}
	return all;
}

void apply_in_split(const struct arrival *a, struct split *b, const struct entry *e)
{
	const char *at = entry_text(e, IN_CHANNELS);
	struct place p;

	while (next_place(&at, &p)) {
		const struct channel *ch = registry_channel(a->n->server, p.name);

		if (ch)
			split_add_channel(a->n, b, ch);
	}
}

bool apply_channel(const struct arrival *a, const struct entry *e)
{
	switch (e->kind) {
	case ENTRY_IN: return apply_in(a, e);
	case ENTRY_JOIN: return apply_join(a, e);
	case ENTRY_PART: return apply_part(a, e);
	case ENTRY_KICK: return apply_kick(a, e);
	case ENTRY_TOPIC: return apply_topic(a, e);
	case ENTRY_CHANNEL: return apply_state(a, e);
	case ENTRY_MASK: return apply_mask(a, e);
	case ENTRY_INVITE: return apply_invite(a, e);
	default: return false;
	}
}
