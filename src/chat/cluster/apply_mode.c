/*
 * apply_mode.c - MODE of a channel by another node. The line has been checked there; here the
 * changes are applied as far as they are later than those of this node, and announced as they were.
 */
#include "chat/cluster/apply_mode.h"

#include "chat/cmd/always_on.h"
#include "chat/model/channel_owned.h"
#include "chat/model/modes.h"
#include "chat/out/deliver.h"

#include <stdio.h>
#include <stdlib.h>

/* A line that is being applied. */
struct changing {
	const struct arrival *a;
	const struct entry *e;
	struct channel *ch;
	bool adding;
	char params[LINE_BODY_MAX + 1], *next; /* those that are left; next: NULL, none */
	const char *sessions;                  /* of those */
	uint64_t session;                      /* of the last parameter; 0: of no user */
};

static const char *next_param(struct changing *c)
{
	const char *p;
	char *end;

	do
		p = strsep(&c->next, " ");
	while (p && !*p);
	c->session = 0;
	if (p && *c->sessions) {
		c->session = strtoull(c->sessions, &end, 10);
		c->sessions = *end ? end + 1 : end;
	}
	return p;
}

/* Whether the change is the last of this mode. */
static bool is_later(struct changing *c, const struct mode_row *r)
{
	uint64_t stamp = c->e->number[MODE_STAMP];

	return stamp_is_later(c->ch, r->bit, stamp) && stamp_put(c->ch, r->bit, stamp);
}

/* The node of a member says what its rank is now: of two changes by two nodes at once, and for a
 * node that has just got its snapshot, that is what holds. */
static void say_rank(struct changing *c, const struct user *u, const struct member *m)
{
	const char *name = c->ch->name;

	network_log(
		c->a->n, &(struct entry){.kind = ENTRY_JOIN,
				 .number = {[JOIN_SESSION] = u->session, [JOIN_RANK] = m->modes},
				 .text = {[JOIN_CHANNEL] = {name, strlen(name)}}});
}

/* The member with this nick, or with this session, whose nick has changed; NULL if there is none.
 */
static struct member *find_member(const struct changing *c, const char *nick)
{
	struct user *u = nick ? registry_registered(c->a->n->server, nick) : NULL;

	if (!c->session || (u && u->session == c->session))
		return u ? channel_member(c->ch, u) : NULL;
	c->a->n->server->work += c->ch->count * (uint64_t)WORK_LOOK;
	for (uint32_t i = 0; i < c->ch->count; i++)
		if (c->ch->members[i].user->session == c->session)
			return &c->ch->members[i];
	return NULL;
}

static void change_member(struct changing *c, const struct mode_row *r)
{
	struct member *m = find_member(c, next_param(c));

	if (!m)
		return;
	m->modes = c->adding ? m->modes | r->bit : m->modes & ~r->bit;
	always_on_joined(c->a->n->server, m->user, c->ch);
	if (!user_remote(m->user))
		say_rank(c, m->user, m);
}

static void change_list(struct changing *c, const struct mode_row *r)
{
	struct server *s = c->a->n->server;
	const char *typed = next_param(c);
	char text[MASK_MAX + NICK_BYTES_MAX + 2];
	struct mask m = {.text = text, .since = s->wall};
	const char *source = entry_text(c->e, MODE_SOURCE);

	if (!typed || !mask_complete(text, typed))
		return;
	snprintf(text + strlen(text) + 1, NICK_BYTES_MAX + 1, "%.*s",
		(int)size_min(strcspn(source, "!"), NICK_BYTES_MAX), source);
	if (c->adding)
		banlist_add(
			c->ch, (enum banlist)r->bit, &m, (uint32_t)s->config->limits.list_entries);
	else
		banlist_remove(c->ch, (enum banlist)r->bit, text);
	if (!c->ch->owned)
		owned_mask(s, c->ch, (enum banlist)r->bit, &m, c->adding);
}

static void change_key(struct changing *c, const struct mode_row *r)
{
	const char *key = next_param(c);
	char *copy = NULL;

	if (!key || !is_later(c, r))
		return;
	if (c->adding && !(copy = strdup(key)))
		return;
	free(c->ch->key);
	c->ch->key = copy;
	c->ch->modes = c->adding ? c->ch->modes | r->bit : c->ch->modes & ~r->bit;
}

static void change_limit(struct changing *c, const struct mode_row *r)
{
	const char *text = c->adding ? next_param(c) : "0";
	unsigned long limit = text ? strtoul(text, NULL, 10) : 0;

	if (!text || limit > INT32_MAX || !is_later(c, r))
		return;
	c->ch->limit = (uint32_t)limit;
	c->ch->modes = limit ? c->ch->modes | r->bit : c->ch->modes & ~r->bit;
}

static void change_rate(struct changing *c, const struct mode_row *r)
{
	const char *text = c->adding ? next_param(c) : NULL;
	struct rate rate = {0};

	if (c->adding && (!text || !rate_parse(text, r->bit == CHANNEL_LINE_RATE, &rate)))
		return;
	if (is_later(c, r) && channel_rate_set(c->ch, r->bit, &rate) && !c->ch->owned)
		owned_rate(c->a->n->server, c->ch, r->bit);
}

static void change_flag(struct changing *c, const struct mode_row *r)
{
	if (is_later(c, r))
		c->ch->modes = c->adding ? c->ch->modes | r->bit : c->ch->modes & ~r->bit;
}

static void change(struct changing *c, const struct mode_row *r)
{
	switch (r->kind) {
	case MODE_MEMBER: change_member(c, r); break;
	case MODE_LIST: change_list(c, r); break;
	case MODE_KEY: change_key(c, r); break;
	case MODE_LIMIT: change_limit(c, r); break;
	case MODE_RATE: change_rate(c, r); break;
	case MODE_FLAG: change_flag(c, r); break;
	}
}

static void announce(const struct changing *c)
{
	struct server *s = c->a->n->server;
	const struct entry *e = c->e;
	const char *params = entry_text(e, MODE_PARAMS);
	struct line_out o = {.time = server_time(s)};
	char msgid[MSGID_TEXT_LEN + 1];
	struct delivery d;

	o.account = e->text[MODE_ACCOUNT].len ? entry_text(e, MODE_ACCOUNT) : NULL;
	o.msgid = event_text(e->number[MODE_EVENT], msgid);
	params += strspn(params, " ");
	line_add_all(&o, ":", entry_text(e, MODE_SOURCE), " MODE ", c->ch->name, " ",
		entry_text(e, MODE_LETTERS), *params ? " " : "", params, NULL);
	deliver_begin(&d, s, &o);
	deliver_channel(&d, c->ch, NULL);
}

bool apply_mode(const struct arrival *a, const struct entry *e)
{
	struct changing c = {.a = a, .e = e, .adding = true, .next = c.params};
	const struct mode_row *r;

	c.ch = registry_channel(a->n->server, entry_text(e, MODE_CHANNEL));
	if (!c.ch)
		return true;
	stamp_seen(a->n->server, e->number[MODE_STAMP]);
	snprintf(c.params, sizeof(c.params), "%s", entry_text(e, MODE_PARAMS));
	c.sessions = entry_text(e, MODE_SESSIONS);
	for (const char *p = entry_text(e, MODE_LETTERS); *p; p++) {
		if (*p == '+' || *p == '-')
			c.adding = *p == '+';
		else if ((r = mode_find(*p)))
			change(&c, r);
		else
			return false; /* of a later version: its parameters are not known */
	}
	if (!c.ch->owned) /* else its own node writes it: records.c */
		owned_changed(a->n->server, c.ch);
	announce(&c);
	return true;
}
