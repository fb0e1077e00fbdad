/* history_scope.c - lifetimes of channels, reported to the store. */
#include "chat/model/history_scope.h"

#include "chat/model/banlist.h"
#include "chat/model/channel_history.h"
#include "chat/proto/casemap.h"

#include "base/siphash.h"

struct store_text store_name(const char *name, char out[CHANNEL_BYTES_MAX + 1])
{
	size_t n = 0;

	for (; name[n] && n < CHANNEL_BYTES_MAX; n++)
		out[n] = case_fold(name[n]);
	out[n] = '\0';
	return (struct store_text){out, n};
}

/* If the store refuses it, it will not know `begun`, and return nothing older: store.h. */
static void tell(struct server *s, struct store_request *r)
{
	if (s->store && config_keeps_history(s->config))
		store_submit(s->store, r);
}

void history_scope_begin(struct server *s, struct channel *ch)
{
	history_scope_begin_at(s, ch, msgid_next(&s->ids, s->wall));
}

/* kept: with the history of its name. */
static void begin(struct server *s, struct channel *ch, uint64_t begun, bool kept)
{
	struct store_request r = {.op = STORE_CHANNEL_BEGIN};
	char name[CHANNEL_BYTES_MAX + 1];

	ch->begun = begun;
	r.u.channel =
		(struct store_channel){.name = store_name(ch->name, name), .begun = ch->begun};
	r.u.channel.kept = kept;
	tell(s, &r);
}

void history_scope_begin_at(struct server *s, struct channel *ch, uint64_t begun)
{
	begin(s, ch, begun, ch->owned || (ch->modes & CHANNEL_KEPT));
}

/* Not when the server stops: its channels continue after the restart. */
void history_scope_end(struct server *s, const struct channel *ch)
{
	struct store_request r = {.op = STORE_CHANNEL_END};
	char name[CHANNEL_BYTES_MAX + 1];

	if (s->ending)
		return;
	r.u.channel =
		(struct store_channel){.name = store_name(ch->name, name), .begun = ch->begun};
	tell(s, &r);
}

void history_scope_restart(struct server *s, struct channel *ch)
{
	history_scope_end(s, ch);
	begin(s, ch, msgid_next(&s->ids, s->wall), false);
}

uint64_t history_scope_begun(const struct server *s, const struct channel *ch)
{
	return channel_keeps_history(s, ch) ? ch->begun : INT64_MAX;
}

void history_scope_rename(struct server *s, struct channel *ch, const char *from)
{
	struct store_request r = {.op = STORE_CHANNEL_RENAME};
	char name[CHANNEL_BYTES_MAX + 1], to[CHANNEL_BYTES_MAX + 1];
	uint64_t begun = ch->begun;

	if (case_equal(from, ch->name))
		return;
	ch->begun = msgid_next(&s->ids, s->wall);
	r.u.channel = (struct store_channel){
		.name = store_name(from, name),
		.to = store_name(ch->name, to),
		.begun = begun,
		.renamed = ch->begun,
	};
	tell(s, &r);
}

/* Key of a user in a channel: the low bits choose the entry, the whole is compared. */
static uint64_t seen_key(const struct server *s, const struct channel *ch, const struct user *u)
{
	char text[2 * CHANNEL_BYTES_MAX + HOST_BYTES_MAX + 3], name[CHANNEL_BYTES_MAX + 1];
	size_t n = 0;

	for (int i = 0; i < 2; i++) {
		struct store_text t = store_name(i ? user_nick(u) : ch->name, name);

		memcpy(text + n, t.p, t.len);
		n += t.len;
		text[n++] = ' ';
	}
	n += strlen(strncpy(text + n, user_host(u), HOST_BYTES_MAX));
	return siphash(text, n, &s->key);
}

/* Messages sent after u's last one may not have reached the user. */
void history_scope_leave(struct server *s, const struct channel *ch, const struct user *u)
{
	uint64_t key = seen_key(s, ch, u), id = s->ids.last;
	nsec_t heard = u->conn ? s->wall - (s->now - u->conn->heard) : 0;

	if (heard < s->wall)
		id = msgid_floor(heard > 0 ? heard / NSEC_MSEC : 0);
	s->seen[key % SEEN_MAX] = (struct seen){key, id};
}

uint64_t history_scope_seen(const struct server *s, const struct channel *ch, const struct user *u)
{
	uint64_t key = seen_key(s, ch, u);
	const struct seen *e = &s->seen[key % SEEN_MAX];

	return e->key == key ? e->id : 0;
}

bool history_scope_is_open(const struct channel *ch)
{
	const uint32_t closed = CHANNEL_INVITE_ONLY | CHANNEL_KEY | CHANNEL_SECRET |
				CHANNEL_REGISTERED | CHANNEL_SECURE;
	const struct mask_rows *bans = banlist_rows(ch, BANLIST_BAN);

	return !(ch->modes & closed) && !ch->key && !(bans && bans->count);
}
