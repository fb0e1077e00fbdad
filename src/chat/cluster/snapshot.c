/*
 * snapshot.c - what a node has, for another that does not have it: the messages of the log that it
 * missed (again.c), then the channels, then the users with their channels. It takes several turns;
 * what changes in them is in the log behind the number of the snapshot, and entries may be applied
 * twice.
 */
#include "chat/cluster/snapshot.h"

#include "chat/cluster/again.h"
#include "chat/cluster/stamps.h"
#include "chat/model/banlist.h"
#include "chat/model/rate.h"

#include <stdio.h>

static struct store_text text_of(const char *s)
{
	return (struct store_text){s ? s : "", s ? strlen(s) : 0};
}

/* --- entries --- */

struct entry entry_of_user(const struct server *s, const struct user *u)
{
	return (struct entry){.kind = ENTRY_USER,
		.number = {[USER_SESSION] = u->session,
			[USER_MODES] = u->modes,
			[USER_SIGNED_ON] =
				(uint64_t)((s->wall - (s->now - u->signed_on)) / NSEC_SEC),
			[USER_SINCE] = u->nick_since},
		.text = {[USER_NICK] = text_of(user_nick(u)),
			[USER_NAME] = text_of(user_name(u)),
			[USER_HOST] = text_of(user_host(u)),
			[USER_REAL] = text_of(user_real(u)),
			[USER_ACCOUNT] = text_of(user_account(u)),
			[USER_AWAY] = text_of(user_away(u))}};
}

struct entry entry_of_channel(const struct channel *ch, struct channel_texts *t)
{
	struct rate joins = channel_rate(ch, CHANNEL_JOIN_RATE);
	struct rate lines = channel_rate(ch, CHANNEL_LINE_RATE);

	stamps_print(ch, t->stamps);
	t->joins[0] = t->lines[0] = '\0';
	if (joins.count)
		rate_print(&joins, t->joins);
	if (lines.count)
		rate_print(&lines, t->lines);
	return (struct entry){.kind = ENTRY_CHANNEL,
		.number = {[CHANNEL_MODES] = ch->modes & ~(uint32_t)CHANNEL_KEPT,
			[CHANNEL_MEMBERS_MAX] = ch->limit,
			[CHANNEL_CREATED] = (uint64_t)(ch->created / NSEC_MSEC),
			[CHANNEL_BEGUN] = ch->begun,
			[CHANNEL_TOPIC_AT] = (uint64_t)(ch->topic_at / NSEC_USEC)},
		.text = {[CHANNEL_NAME] = text_of(ch->name),
			[CHANNEL_KEY_TEXT] = text_of(ch->key),
			[CHANNEL_TOPIC] = text_of(ch->topic),
			[CHANNEL_TOPIC_BY] = text_of(ch->topic_by),
			[CHANNEL_STAMPS] = text_of(t->stamps),
			[CHANNEL_JOINS] = text_of(t->joins),
			[CHANNEL_LINES] = text_of(t->lines)}};
}

/* A part that is being filled. */
struct filling {
	struct network *n;
	bool failed;
};

static void put(struct filling *f, const struct entry *e)
{
	if (!entry_put(&f->n->other, e))
		f->failed = true;
}

static void put_masks(struct filling *f, const struct channel *ch, enum banlist list)
{
	const struct mask_rows *rows = banlist_rows(ch, list);

	for (uint32_t i = 0; rows && i < rows->count; i++) {
		const struct mask *m = &rows->at[i];

		put(f, &(struct entry){.kind = ENTRY_MASK,
			       .number = {[MASK_LIST] = list,
				       [MASK_SINCE] = (uint64_t)(m->since / NSEC_MSEC)},
			       .text = {[MASK_CHANNEL] = text_of(ch->name),
				       [MASK_TEXT] = text_of(m->text),
				       [MASK_SETTER] = text_of(mask_setter(m))}});
	}
}

static void each_channel(struct hash_node *node, void *arg)
{
	const struct channel *ch = container_of(node, struct channel, by_name);

	struct channel_texts texts;
	struct entry e;

	if (ch->count == 0)
		return;
	e = entry_of_channel(ch, &texts);
	put(arg, &e);
	for (int list = 0; list < BANLIST_COUNT; list++)
		put_masks(arg, ch, (enum banlist)list);
}

/* Where a user is, as the text of an entry; false if out of memory. */
static bool channels_of(const struct user *u, struct entry_out *text)
{
	const struct channel *ch;
	char item[CHANNEL_BYTES_MAX + 16];
	uint32_t i = 0;

	text->bytes.count = 0;
	while ((ch = user_next_channel(u, &i))) {
		int len = snprintf(item, sizeof(item), "%s%u%s", text->bytes.count ? " " : "",
			channel_member(ch, u)->modes, ch->name);

		if (!VEC_RESERVE(&text->bytes, (uint32_t)len, ENTRY_MESSAGE_MAX / 4))
			return false;
		memcpy(text->bytes.at + text->bytes.count, item, (size_t)len);
		text->bytes.count += (uint32_t)len;
	}
	return true;
}

static void each_user(struct hash_node *node, void *arg)
{
	const struct user *u = container_of(node, struct user, by_nick);
	struct entry e = {.kind = ENTRY_IN, .number = {[IN_SESSION] = u->session}};
	struct entry_out text = {0};
	struct filling *f = arg;
	struct entry of_user;

	if (user_remote(u) || !user_registered(u))
		return;
	of_user = entry_of_user(f->n->server, u);
	put(f, &of_user);
	if (channels_of(u, &text)) {
		e.text[IN_CHANNELS] = (struct store_text){(char *)text.bytes.at, text.bytes.count};
		put(f, &e);
	} else {
		f->failed = true;
	}
	VEC_FREE(&text.bytes);
}

/* --- sending --- */

/* Sends the next part; after a failure the other node asks again. */
static void send_part(struct network *n, struct node *o)
{
	struct answer *a = &o->answer;
	struct filling f = {n, false};
	bool last = false;

	network_begin(n, WHAT_SNAPSHOT, a, false);
	while (!last && n->other.bytes.count < SNAPSHOT_PART) {
		const struct hash_table *t = a->users ? &n->server->nicks : &n->server->channels;

		a->place = hash_scan(t, a->place, a->users ? each_user : each_channel, &f);
		last = a->place == 0 && a->users;
		a->users |= a->place == 0;
	}
	a->snapshot = !last && !f.failed;
	if (f.failed)
		n->other.bytes.count = 0;
	network_send(n, "to", o->number);
	a->part++;
	if (!last)
		return;
	network_begin(n, WHAT_SNAPSHOT, a, true);
	network_send(n, "to", o->number);
}

void snapshot_turn(struct network *n)
{
	bool more = false;

	for (uint32_t i = 0; i < n->node_count; i++) {
		struct answer *a = &n->node[i].answer;

		if (!again_turn(n, &n->node[i]) && a->snapshot)
			send_part(n, &n->node[i]);
		more |= a->next || a->snapshot;
	}
	if (more)
		n->server->net->ops->wake(n->server->net);
}
