/* channel_owned.c - registered channels in memory and their records. */
#include "chat/model/channel_owned_record.h"

#include "chat/model/channel_history.h"
#include "chat/model/history_scope.h"
#include "chat/model/rate.h"
#include "chat/model/registry.h"

#include <stdio.h>
#include <stdlib.h>

#define USED_EVERY (24 * 3600 * 1000LL) /* ms: how often that it is used is written */

const char owned_lists[BANLIST_COUNT][2] = {"b", "e", "I"};

static int64_t wall_ms(const struct server *s)
{
	return s->wall / NSEC_MSEC;
}

static struct store_text text_of(const char *s)
{
	return (struct store_text){s ? s : "", s ? strlen(s) : 0};
}

static char *folded(const char *name)
{
	char *copy = strdup(name);

	for (char *p = copy; p && *p; p++)
		*p = case_fold(*p);
	return copy;
}

/* --- records --- */

static void not_kept(struct server *s, const char *channel, enum store_status status)
{
	LOG(s->log, ERROR, "channel.not-kept", log_str("channel", channel),
		log_str("reason", store_status_name(status)));
}

static enum store_status submit(struct server *s, const struct channel *ch, struct store_request *r)
{
	enum store_status status = s->store ? store_submit(s->store, r) : STORE_OFF;

	if (status != STORE_OK)
		not_kept(s, ch->name, status);
	return status;
}

static struct store_request record_of(const struct channel *ch, char name[CHANNEL_BYTES_MAX + 1])
{
	struct store_request r = {.op = STORE_RECORD_PUT};

	r.u.record = (struct store_record){
		.table = STORE_CHANNEL,
		.text = {store_name(ch->name, name), text_of(ch->name),
			text_of(ch->owned ? ch->owned->founder : ""), text_of(ch->topic),
			text_of(ch->topic_by), text_of(ch->key)},
		.number = {ch->modes, ch->limit, ch->created / NSEC_MSEC, ch->topic_at / NSEC_MSEC,
			ch->owned ? ch->owned->registered_ms : 0,
			ch->owned ? ch->owned->used_ms : 0},
	};
	return r;
}

enum store_status owned_confirm(struct server *s, struct channel *ch, store_done done, void *arg)
{
	char name[CHANNEL_BYTES_MAX + 1];
	struct store_request r = record_of(ch, name);

	r.done = done;
	r.arg = arg;
	return submit(s, ch, &r);
}

void owned_changed(struct server *s, struct channel *ch)
{
	if (owned_is_stored(ch))
		owned_confirm(s, ch, NULL, NULL);
}

/* A row of the ranks; named: the channel's name in the records. */
static void write_access(struct server *s, const struct channel *ch, const char *named,
	const struct owned_access *a, bool put)
{
	char name[CHANNEL_BYTES_MAX + 1];
	struct store_request r = {.op = put ? STORE_RECORD_PUT : STORE_RECORD_DELETE};

	r.u.record = (struct store_record){.table = STORE_CHANNEL_ACCESS,
		.text = {store_name(named, name), text_of(a->account), text_of("")},
		.number = {a->modes, wall_ms(s)}};
	submit(s, ch, &r);
}

static void write_mask(struct server *s, const struct channel *ch, const char *named,
	enum banlist list, const struct mask *m)
{
	char name[CHANNEL_BYTES_MAX + 1];
	struct store_request r = {.op = m->since ? STORE_RECORD_PUT : STORE_RECORD_DELETE};

	r.u.record = (struct store_record){.table = STORE_CHANNEL_MASK,
		.text = {store_name(named, name), text_of(owned_lists[list]), text_of(m->text),
			text_of(m->since ? mask_setter(m) : "")},
		.number = {m->since / NSEC_MSEC}};
	submit(s, ch, &r);
}

void owned_mask(struct server *s, const struct channel *ch, enum banlist list, const struct mask *m,
	bool added)
{
	struct mask row = *m;

	if (!added)
		row.since = 0;
	if (owned_is_stored(ch))
		write_mask(s, ch, ch->name, list, &row);
}

const struct owned_rate_list owned_rates[OWNED_RATES] = {
	{CHANNEL_JOIN_RATE, "j"}, {CHANNEL_LINE_RATE, "f"}};

static void write_rate(
	struct server *s, const struct channel *ch, const char *named, uint32_t mode, bool put)
{
	char name[CHANNEL_BYTES_MAX + 1], text[RATE_TEXT_MAX];
	struct rate r = channel_rate(ch, mode);
	struct store_request q = {.op = put && r.count ? STORE_RECORD_PUT : STORE_RECORD_DELETE};

	rate_print(&r, text);
	for (size_t i = 0; i < OWNED_RATES; i++) {
		if (owned_rates[i].mode != mode)
			continue;
		q.u.record = (struct store_record){.table = STORE_CHANNEL_MASK,
			.text = {store_name(named, name), text_of(owned_rates[i].list), text_of(""),
				text_of(text)},
			.number = {wall_ms(s)}};
		submit(s, ch, &q);
	}
}

void owned_rate(struct server *s, const struct channel *ch, uint32_t mode)
{
	if (owned_is_stored(ch))
		write_rate(s, ch, ch->name, mode, true);
}

static void write_history(struct server *s, const struct channel *ch, const char *named, bool put)
{
	char name[CHANNEL_BYTES_MAX + 1], text[CHANNEL_HISTORY_TEXT_MAX];
	struct store_request r = {.op = put ? STORE_RECORD_PUT : STORE_RECORD_DELETE};

	channel_history_print(ch->owned->history, text);
	r.u.record = (struct store_record){.table = STORE_CHANNEL_MASK,
		.text = {store_name(named, name), text_of(CHANNEL_HISTORY_LIST), text_of(""),
			text_of(text)},
		.number = {wall_ms(s)}};
	submit(s, ch, &r);
}

void owned_set_history(struct server *s, struct channel *ch, uint16_t choice)
{
	channel_history_choose(s, ch, choice);
	write_history(s, ch, ch->name, choice != CHANNEL_HISTORY_DEFAULT);
}

/* Puts or deletes the ranks, masks, rates and history of ch under a name. */
static void write_rows(struct server *s, const struct channel *ch, const char *named, bool put)
{
	for (uint32_t i = 0; ch->owned && i < ch->owned->access.count; i++)
		write_access(s, ch, named, &ch->owned->access.at[i], put);
	if (ch->owned && ch->owned->history != CHANNEL_HISTORY_DEFAULT)
		write_history(s, ch, named, put);
	for (size_t i = 0; ch->rates && i < OWNED_RATES; i++)
		write_rate(s, ch, named, owned_rates[i].mode, put);
	for (int l = 0; l < BANLIST_COUNT; l++) {
		const struct mask_rows *rows = banlist_rows(ch, (enum banlist)l);

		for (uint32_t i = 0; rows && i < rows->count; i++) {
			struct mask m = rows->at[i];

			if (!put)
				m.since = 0;
			write_mask(s, ch, named, (enum banlist)l, &m);
		}
	}
}

static enum store_status delete_all(
	struct server *s, const struct channel *ch, const char *named, store_done done, void *arg)
{
	char name[CHANNEL_BYTES_MAX + 1];
	struct store_request r = {.op = STORE_RECORD_DELETE, .done = done, .arg = arg};

	write_rows(s, ch, named, false);
	r.u.record.table = STORE_CHANNEL;
	r.u.record.text[0] = store_name(named, name);
	return submit(s, ch, &r);
}

void owned_renamed(struct server *s, struct channel *ch, const char *from)
{
	if (!owned_is_stored(ch))
		return;
	delete_all(s, ch, from, NULL, NULL);
	owned_changed(s, ch);
	write_rows(s, ch, ch->name, true);
}

/* --- life --- */

void owned_free(struct channel *ch)
{
	struct channel_owned *o = ch->owned;

	if (!o)
		return;
	for (uint32_t i = 0; i < o->access.count; i++)
		free(o->access.at[i].account);
	VEC_FREE(&o->access);
	free(o->founder);
	free(o);
	ch->owned = NULL;
}

bool owned_make(struct channel *ch, const char *founder)
{
	struct channel_owned *o = calloc(1, sizeof(*o));

	if (o)
		o->founder = folded(founder);
	if (!o || !o->founder) {
		free(o);
		return false;
	}
	ch->owned = o;
	return true;
}

enum store_status owned_begin(
	struct server *s, struct channel *ch, const char *founder, store_done done, void *arg)
{
	enum store_status status;

	if (!owned_make(ch, founder))
		return STORE_NO_MEMORY;
	ch->modes &= ~(uint32_t)CHANNEL_KEPT;
	ch->owned->registered_ms = ch->owned->used_ms = wall_ms(s);
	status = owned_confirm(s, ch, done, arg);
	if (status == STORE_OK)
		write_rows(s, ch, ch->name, true);
	else
		owned_free(ch);
	return status;
}

/* Returns an always-on member other than u; NULL if there is none. */
static const struct user *always_on_member(const struct channel *ch, const struct user *u)
{
	for (uint32_t i = 0; i < ch->count; i++)
		if (ch->members[i].user != u && (ch->members[i].user->modes & USER_ALWAYS_ON))
			return ch->members[i].user;
	return NULL;
}

void owned_forget(struct server *s, struct channel *ch)
{
	channel_history_choose(s, ch, CHANNEL_HISTORY_DEFAULT);
	owned_free(ch);
	if (ch->count == 0)
		registry_drop_empty(s, ch);
	else
		owned_keep(s, ch, always_on_member(ch, NULL));
}

enum store_status owned_end(struct server *s, struct channel *ch, store_done done, void *arg)
{
	enum store_status status = delete_all(s, ch, ch->name, done, arg);

	owned_forget(s, ch);
	return status;
}

void owned_keep(struct server *s, struct channel *ch, const struct user *u)
{
	if (owned_is_stored(ch) || !u || !(u->modes & USER_ALWAYS_ON))
		return;
	ch->modes |= CHANNEL_KEPT;
	owned_changed(s, ch);
	write_rows(s, ch, ch->name, true);
}

void owned_unkeep(struct server *s, struct channel *ch, const struct user *u)
{
	if (!(ch->modes & CHANNEL_KEPT) || s->ending)
		return;
	s->work += ch->count * (uint64_t)WORK_LOOK;
	if (always_on_member(ch, u))
		return;
	ch->modes &= ~(uint32_t)CHANNEL_KEPT;
	delete_all(s, ch, ch->name, NULL, NULL);
}

bool owned_transfer(struct server *s, struct channel *ch, const char *founder)
{
	char *name = folded(founder);

	if (!name)
		return false;
	free(ch->owned->founder);
	ch->owned->founder = name;
	owned_changed(s, ch);
	return true;
}

struct owned_access *owned_access_of(const struct channel *ch, const char *account)
{
	for (uint32_t i = 0; i < ch->owned->access.count; i++)
		if (case_equal(ch->owned->access.at[i].account, account))
			return &ch->owned->access.at[i];
	return NULL;
}

struct owned_access *owned_access_add(struct channel *ch, const char *account)
{
	struct owned_access a = {folded(account), 0};

	if (a.account && VEC_PUSH(&ch->owned->access, a, OWNED_ACCESS_MAX))
		return &ch->owned->access.at[ch->owned->access.count - 1];
	free(a.account);
	return NULL;
}

void owned_access_remove(struct channel *ch, struct owned_access *a)
{
	free(a->account);
	*a = ch->owned->access.at[--ch->owned->access.count];
}

bool owned_set_access(struct server *s, struct channel *ch, const char *account, uint32_t modes)
{
	struct owned_access *a = owned_access_of(ch, account);

	if (!a && modes == 0)
		return true;
	if (!a)
		a = owned_access_add(ch, account);
	if (!a)
		return false;
	a->modes = modes;
	write_access(s, ch, ch->name, a, modes != 0);
	if (modes == 0)
		owned_access_remove(ch, a);
	return true;
}

uint32_t owned_modes(const struct channel *ch, const struct user *u)
{
	const char *account = user_account(u);
	const struct owned_access *a;

	if (!ch->owned || !account)
		return 0;
	if (case_equal(ch->owned->founder, account))
		return OWNED_FOUNDER;
	a = owned_access_of(ch, account);
	return a ? a->modes : 0;
}

void owned_used(struct server *s, struct channel *ch)
{
	if (!ch->owned || wall_ms(s) - ch->owned->used_ms < USED_EVERY)
		return;
	ch->owned->used_ms = wall_ms(s);
	owned_changed(s, ch);
}

/* --- all of them --- */

/* Calls each() for the registered channels, which it may end. */
static void each_owned(
	struct server *s, void (*each)(struct server *s, struct channel *ch, void *arg), void *arg)
{
	struct hash_iter it = hash_walk(&s->channels);
	VEC(struct channel *) found = {0};
	struct hash_node *n;

	while ((n = hash_next(&it))) {
		struct channel *ch = container_of(n, struct channel, by_name);

		if (ch->owned && !VEC_PUSH(&found, ch, UINT32_MAX))
			break; /* those that remain wait for the next time */
	}
	for (uint32_t i = 0; i < found.count; i++)
		each(s, found.at[i], arg);
	VEC_FREE(&found);
}

/* A member with a rank uses it for as long as it stays. */
static void note_use(struct server *s, struct channel *ch)
{
	for (uint32_t i = 0; i < ch->count; i++) {
		s->work += WORK_LOOK;
		if (owned_modes(ch, ch->members[i].user)) {
			owned_used(s, ch);
			return;
		}
	}
}

static void expire_one(struct server *s, struct channel *ch, void *arg)
{
	int64_t unused = s->retention_clock.ms - ch->owned->used_ms;

	if (ch->count > 0)
		note_use(s, ch);
	if (ch->count > 0 || unused < s->config->accounts.channel_expire / NSEC_MSEC)
		return;
	LOG(s->log, INFO, "channel.expired", log_str("channel", ch->name));
	owned_end(s, ch, NULL, NULL);
}

void owned_expire(struct server *s)
{
	if (s->config->accounts.channel_expire)
		each_owned(s, expire_one, NULL);
}

static void drop_if_of(struct server *s, struct channel *ch, void *arg)
{
	if (case_equal(ch->owned->founder, arg))
		owned_end(s, ch, NULL, NULL);
}

void owned_drop_account(struct server *s, const char *account)
{
	char *name = folded(account);

	if (name)
		each_owned(s, drop_if_of, name);
	free(name);
}

/* The registration stays, without the account. */
static void disown_one(struct server *s, struct channel *ch, void *arg)
{
	const char *account = arg;
	char nobody[NICK_BYTES_MAX + 2];

	owned_set_access(s, ch, account, 0);
	snprintf(nobody, sizeof(nobody), "*%s", account);
	if (case_equal(ch->owned->founder, account))
		owned_transfer(s, ch, nobody);
}

void owned_disown(struct server *s, const char *account)
{
	char *name = folded(account);

	if (name)
		each_owned(s, disown_one, name);
	free(name);
}

struct count {
	const char *account;
	uint32_t n;
};

static void count_one(struct server *s, struct channel *ch, void *arg)
{
	struct count *c = arg;

	c->n += case_equal(ch->owned->founder, c->account);
}

uint32_t owned_count(struct server *s, const char *account)
{
	struct count c = {account, 0};

	each_owned(s, count_one, &c);
	return c.n;
}

static void free_one(struct server *s, struct channel *ch, void *arg)
{
	hash_remove(&s->channels, &ch->by_name);
	channel_free(ch);
}

void owned_free_all(struct server *s)
{
	each_owned(s, free_one, NULL);
}

void owned_loaded(struct server *s)
{
	struct hash_iter it = hash_walk(&s->channels);
	VEC(struct channel *) found = {0};
	struct hash_node *n;

	while ((n = hash_next(&it))) {
		struct channel *ch = container_of(n, struct channel, by_name);

		if ((ch->modes & CHANNEL_KEPT) && ch->count == 0 &&
			!VEC_PUSH(&found, ch, UINT32_MAX))
			break; /* the rest at the next start */
	}
	for (uint32_t i = 0; i < found.count; i++) {
		owned_unkeep(s, found.at[i], NULL);
		registry_drop_empty(s, found.at[i]);
	}
	VEC_FREE(&found);
}
