/* always_on_load.c - always-on users, back from the store. */
#include "chat/cmd/always_on.h"

#include "chat/cmd/presence.h"
#include "chat/model/quota.h"
#include "chat/model/registry.h"
#include "chat/store/store_load.h"

/* The texts of a record as strings. */
struct texts {
	char at[STORE_RECORD_TEXTS][STORE_RECORD_TEXT_MAX + 1];
};

static struct user *make_user(struct server *s, const struct store_record *r, struct texts *t)
{
	const char *nick = t->at[1];
	struct user *u;

	if (!nick_valid(nick, (size_t)s->config->limits.nick_length) || registry_user(s, nick))
		return NULL;
	u = user_new(NULL, t->at[3]);
	if (!u)
		return NULL;
	if (!user_set_names(u, &(struct user_names){NULL, t->at[2], NULL, t->at[4]}) ||
		!registry_set_nick(s, u, nick)) {
		user_free(u);
		return NULL;
	}
	u->away = r->text[5].len ? strdup(t->at[5]) : NULL;
	u->session = prng_u64(&s->prng) >> 1 | 1;
	u->nick_since = s->ids.last;
	u->signed_on = s->now - (s->wall - r->number[2] * NSEC_MSEC);
	u->active = s->now;
	return u;
}

static bool load_user(void *arg, const struct store_record *r)
{
	struct server *s = arg;
	struct texts t;
	struct account *a;
	struct user *u;

	for (size_t i = 0; i < STORE_RECORD_TEXTS; i++)
		store_string(r->text[i], t.at[i]);
	a = accounts_find(&s->accounts, t.at[0]);
	if (!a || !always_on_wanted(s, a) || always_on_user(a))
		return true;
	u = make_user(s, r, &t);
	if (!u) {
		LOG(s->log, WARN, "always-on.not-restored", log_str("account", a->name),
			log_str("nick", t.at[1]));
		return true;
	}
	if (!account_enter(a, u, ACCOUNT_SESSIONS_MAX)) {
		registry_drop_nick(s, u);
		user_free(u);
		return false;
	}
	u->account = a;
	a->gone = (uint64_t)r->number[1];
	u->modes = USER_REGISTERED | USER_ALWAYS_ON | ((uint16_t)r->number[0] & USER_KEPT_MODES);
	s->user_count++;
	s->invisible_count += (u->modes & USER_INVISIBLE) != 0;
	return true;
}

static struct channel *channel_of(struct server *s, struct user *u, const char *name)
{
	struct channel *ch = registry_channel(s, name);

	if (ch)
		return ch;
	ch = registry_make_channel(s, name);
	if (ch && quota_channel_start(s, ch, u))
		return ch;
	if (ch)
		registry_drop_empty(s, ch);
	return NULL;
}

static bool load_channel(void *arg, const struct store_record *r)
{
	char account[STORE_RECORD_TEXT_MAX + 1], name[STORE_RECORD_TEXT_MAX + 1];
	struct server *s = arg;
	struct account *a = accounts_find(&s->accounts, store_string(r->text[0], account));
	struct user *u = a ? always_on_user(a) : NULL;
	struct channel *ch;

	store_string(r->text[2], name);
	if (!u || u->conn || !channel_name_valid(name, CHANNEL_BYTES_MAX))
		return true;
	ch = channel_of(s, u, name);
	if (ch && !channel_member(ch, u) && !channel_join(ch, u, (uint32_t)r->number[0]) &&
		ch->count == 0 && !ch->owned)
		registry_drop_empty(s, ch);
	return true;
}

/* A server that was killed has not written when the last client left: now. */
static void note_gone(struct server *s)
{
	struct hash_iter it = hash_walk(&s->nicks);
	struct hash_node *n;

	while ((n = hash_next(&it))) {
		struct user *u = container_of(n, struct user, by_nick);

		if ((u->modes & USER_ALWAYS_ON) && !u->conn && u->account->gone == 0)
			always_on_gone(s, u);
	}
}

bool always_on_load(struct server *s)
{
	if (!s->store || !config_has_accounts(s->config))
		return true;
	if (!store_load(s->store, STORE_PRESENCE, load_user, s) ||
		!store_load(s->store, STORE_PRESENCE_CHANNEL, load_channel, s))
		return false;
	note_gone(s);
	return true;
}
