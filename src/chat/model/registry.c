/*
 * registry.c - tables of nicks and channels: keyed hashes of folded names.
 */
#include "chat/model/registry.h"

#include "chat/model/channel_owned.h"
#include "chat/model/history_scope.h"
#include "chat/model/lookalike.h"
#include "chat/model/modes.h"

#include <stdio.h>

static bool nick_match(const struct hash_node *node, const void *key)
{
	return case_equal(user_nick(container_of(node, struct user, by_nick)), key);
}

static bool channel_match(const struct hash_node *node, const void *key)
{
	return case_equal(container_of(node, struct channel, by_name)->name, key);
}

static uint32_t name_hash(const struct server *s, const char *name)
{
	return case_hash(name, strlen(name), &s->key);
}

struct user *registry_user(const struct server *s, const char *nick)
{
	struct hash_node *n = hash_find(&s->nicks, name_hash(s, nick), nick_match, nick);

	return n ? container_of(n, struct user, by_nick) : NULL;
}

struct user *registry_registered(const struct server *s, const char *nick)
{
	struct user *u = registry_user(s, nick);

	return user_registered(u) ? u : NULL;
}

/* A user is in the nick table iff it has a nick (not "*") and does not wait for it. */
static bool has_nick(const struct user *u)
{
	return user_nick(u)[0] != '*' && !(u->modes & USER_NICK_WAITS);
}

void registry_drop_nick(struct server *s, struct user *u)
{
	if (has_nick(u)) {
		lookalike_free(lookalike_take(s, u));
		hash_remove(&s->nicks, &u->by_nick);
	}
	user_forget_nick(u);
	u->modes &= (uint16_t) ~(USER_NICK_WAITS | USER_NICK_HELD);
}

bool registry_want_nick(struct server *s, struct user *u, const char *nick)
{
	registry_drop_nick(s, u);
	if (!user_set_names(u, &(struct user_names){.nick = nick}))
		return false;
	u->modes |= USER_NICK_WAITS;
	return true;
}

bool registry_set_nick(struct server *s, struct user *u, const char *nick)
{
	bool had = has_nick(u);
	struct lookalike *old = had ? lookalike_take(s, u) : NULL;
	bool same = case_equal(user_nick(u), nick);

	if (had)
		hash_remove(&s->nicks, &u->by_nick);
	if (!user_set_names(u, &(struct user_names){.nick = nick})) {
		if (had)
			hash_insert(&s->nicks, &u->by_nick, u->by_nick.hash);
		lookalike_restore(s, old);
		return false;
	}
	lookalike_free(old);
	u->modes &= (uint16_t) ~(USER_NICK_WAITS | (same ? 0 : USER_NICK_HELD));
	if (hash_insert(&s->nicks, &u->by_nick, name_hash(s, nick))) {
		if (lookalike_add(s, u))
			return true;
		hash_remove(&s->nicks, &u->by_nick);
	}
	user_forget_nick(u);
	return false;
}

struct channel *registry_channel(const struct server *s, const char *name)
{
	struct hash_node *n = hash_find(&s->channels, name_hash(s, name), channel_match, name);

	return n ? container_of(n, struct channel, by_name) : NULL;
}

struct channel *registry_adopt_channel(struct server *s, const char *name)
{
	uint32_t hash = name_hash(s, name);
	struct channel *ch = channel_new(name, hash, s->wall);

	if (ch && !hash_insert(&s->channels, &ch->by_name, hash)) {
		channel_free(ch);
		return NULL;
	}
	return ch;
}

struct channel *registry_make_channel(struct server *s, const char *name)
{
	struct channel *ch = registry_channel(s, name);

	if (ch)
		return ch;
	ch = registry_adopt_channel(s, name);
	if (ch)
		history_scope_begin(s, ch);
	return ch;
}

bool registry_rename_channel(struct server *s, struct channel *ch, const char *name)
{
	uint32_t old = ch->by_name.hash;
	char from[CHANNEL_BYTES_MAX + 1];

	snprintf(from, sizeof(from), "%s", ch->name);
	hash_remove(&s->channels, &ch->by_name);
	if (!channel_set_name(ch, name)) {
		hash_insert(&s->channels, &ch->by_name, old); /* reuses the space just freed */
		return false;
	}
	hash_insert(&s->channels, &ch->by_name, name_hash(s, name));
	history_scope_rename(s, ch, from);
	owned_renamed(s, ch, from);
	return true;
}

const char *registry_spelling(const struct server *s, const char *name)
{
	const struct channel *ch = registry_channel(s, name);
	const struct user *u = registry_registered(s, name);

	return ch ? ch->name : u ? user_nick(u) : name;
}

void registry_drop_empty(struct server *s, struct channel *ch)
{
	hash_remove(&s->channels, &ch->by_name);
	history_scope_end(s, ch);
	channel_free(ch);
}
