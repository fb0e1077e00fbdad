/*
 * channel.c - channel membership, indexed from both sides.
 *
 * A user's side is an open-addressed table with linear probing and backward-shift deletion, keyed
 * by the hash of the channel's first name (already keyed, so users cannot choose collisions); at
 * most 3/4 full.
 */
#include "chat/conn.h"
#include "chat/model/banlist.h"
#include "chat/model/channel_owned.h"
#include "chat/model/metadata.h"
#include "chat/model/quota.h"

#include <stdlib.h>

enum {
	CHANNELS_MIN = 2, /* of a user's table */
	MEMBERS_MIN = 2,  /* of a channel's array */
};

bool channel_set_name(struct channel *ch, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return false;
	free(ch->name);
	ch->name = copy;
	return true;
}

struct channel *channel_new(const char *name, uint32_t hash, nsec_t wall)
{
	struct channel *ch = calloc(1, sizeof(*ch));

	if (!ch || !channel_set_name(ch, name)) {
		free(ch);
		return NULL;
	}
	ch->home = hash;
	ch->created = wall;
	ch->modes = CHANNEL_NO_EXTERNAL | CHANNEL_TOPIC_OPS; /* the usual defaults */
	return ch;
}

void channel_free(struct channel *ch)
{
	assert(ch->count == 0);
	quota_channel_gone(ch);
	channel_extra_free(ch);
	free(ch->rates);
	free(ch->stamps);
	owned_free(ch);
	metadata_free(ch->metadata);
	free(ch->members);
	free(ch->topic);
	free(ch->topic_by);
	free(ch->key);
	free(ch->name);
	free(ch);
}

bool channel_set_topic(struct channel *ch, const char *topic, const char *by, nsec_t wall)
{
	char *text = topic && *topic ? strdup(topic) : NULL;
	char *who = text ? strdup(by) : NULL;

	if (topic && *topic && (!text || !who)) {
		free(text);
		free(who);
		return false;
	}
	free(ch->topic);
	free(ch->topic_by);
	ch->topic = text;
	ch->topic_by = who;
	ch->topic_at = wall;
	return true;
}

/* The indices behind a table of so many entries. */
static uint32_t *places(struct channel **table, uint32_t size)
{
	return (uint32_t *)(table + size);
}

/* The entry of ch, or the free one where it belongs. The table must not be full. */
static uint32_t slot_of(struct channel *const *table, uint32_t size, const struct channel *ch)
{
	uint32_t i = ch->home & (size - 1);

	while (table[i] && table[i] != ch)
		i = (i + 1) & (size - 1);
	return i;
}

/* u's index among the members of ch, which it is in. */
static uint32_t *place_in(const struct user *u, const struct channel *ch)
{
	uint32_t i = slot_of(u->channels, u->channel_size, ch);

	assert(u->channels[i] == ch);
	return &places(u->channels, u->channel_size)[i];
}

static bool table_resize(struct user *u, uint32_t size)
{
	struct channel **table = calloc(size, sizeof(*table) + sizeof(uint32_t));

	if (!table)
		return false;
	for (uint32_t i = 0; i < u->channel_size; i++) {
		struct channel *ch = u->channels[i];
		uint32_t to = ch ? slot_of(table, size, ch) : 0;

		if (!ch)
			continue;
		table[to] = ch;
		places(table, size)[to] = places(u->channels, u->channel_size)[i];
	}
	free(u->channels);
	u->channels = table;
	u->channel_size = size;
	return true;
}

static bool table_room(struct user *u)
{
	uint32_t size = u->channel_size;

	if (size && (u->channel_count + 1) * 4 <= size * 3)
		return true;
	return table_resize(u, size ? size * 2 : CHANNELS_MIN);
}

/* Empties entry i and moves up the entries after it that a probe would no longer find. */
static void table_remove(struct user *u, uint32_t i)
{
	uint32_t mask = u->channel_size - 1, next = (i + 1) & mask;
	uint32_t *at = places(u->channels, u->channel_size);

	for (; u->channels[next]; next = (next + 1) & mask) {
		uint32_t want = u->channels[next]->home & mask;

		if (((next - want) & mask) < ((next - i) & mask))
			continue;
		u->channels[i] = u->channels[next];
		at[i] = at[next];
		i = next;
	}
	u->channels[i] = NULL;
	u->channel_count--;
	if (u->channel_count == 0) {
		free(u->channels);
		u->channels = NULL;
		u->channel_size = 0;
	} else if (u->channel_size > 8 && u->channel_count * 8 < u->channel_size) {
		table_resize(u, u->channel_size / 4); /* failing to shrink is no error */
	}
}

static bool members_room(struct channel *ch)
{
	uint32_t size = ch->size ? ch->size + ch->size / 2 + 1 : MEMBERS_MIN;
	struct member *members;

	if (ch->count < ch->size)
		return true;
	members = realloc(ch->members, size * sizeof(*members));
	if (!members)
		return false;
	ch->members = members;
	ch->size = size;
	return true;
}

struct member *channel_join(struct channel *ch, struct user *u, uint32_t modes)
{
	uint32_t entry;

	assert(!channel_member(ch, u));
	if (!table_room(u) || !members_room(ch))
		return NULL;
	entry = slot_of(u->channels, u->channel_size, ch);
	u->channels[entry] = ch;
	places(u->channels, u->channel_size)[entry] = ch->count;
	u->channel_count++;
	ch->members[ch->count] = (struct member){u->conn, u, modes, ch->joins++};
	return &ch->members[ch->count++];
}

static void members_shrink(struct channel *ch)
{
	uint32_t size = ch->size / 2;
	struct member *members;

	if (size < 16 || ch->count > size / 2)
		return;
	members = realloc(ch->members, size * sizeof(*members));
	if (!members)
		return; /* failing to shrink is no error */
	ch->members = members;
	ch->size = size;
}

void channel_part(struct channel *ch, struct user *u)
{
	uint32_t at = *place_in(u, ch);
	struct member *last = &ch->members[ch->count - 1];

	assert(ch->members[at].user == u);
	if (last->user != u) {
		ch->members[at] = *last;
		*place_in(ch->members[at].user, ch) = at;
	}
	ch->count--;
	table_remove(u, slot_of(u->channels, u->channel_size, ch));
	members_shrink(ch);
}

struct member *channel_member(const struct channel *ch, const struct user *u)
{
	uint32_t entry;

	if (u->channel_count == 0)
		return NULL;
	entry = slot_of(u->channels, u->channel_size, ch);
	return u->channels[entry] ? &ch->members[*place_in(u, ch)] : NULL;
}

/* The sort key, lowest first: the highest rank is the lowest bit. */
static uint64_t standing(const struct member *m)
{
	uint32_t rank = m->modes ? (uint32_t)__builtin_ctz(m->modes) : 32;

	return (uint64_t)rank << 32 | m->order;
}

struct member *channel_first(struct channel *ch)
{
	struct member *first = NULL;

	for (uint32_t i = 0; i < ch->count; i++) {
		struct member *m = &ch->members[i];

		if (m->conn && (m->conn->flags & CONN_LEAVING))
			continue;
		if (!first || standing(m) < standing(first))
			first = m;
	}
	return first;
}

struct channel *user_next_channel(const struct user *u, uint32_t *i)
{
	while (*i < u->channel_size) {
		struct channel *ch = u->channels[(*i)++];

		if (ch)
			return ch;
	}
	return NULL;
}

/* Another entry may have moved up to the emptied one. */
uint32_t user_parted(const struct user *u, uint32_t i, uint32_t size)
{
	return u->channel_size == size ? i - 1 : 0;
}

const char *member_prefixes(uint32_t modes, bool all, char out[8])
{
	static const char prefixes[] = "~&@%+";
	size_t n = 0;

	for (size_t i = 0; prefixes[i] && (all || n == 0); i++)
		if (modes & 1u << i)
			out[n++] = prefixes[i];
	out[n] = '\0';
	return out;
}
