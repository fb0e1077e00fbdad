/* always_on.c - life of always-on users, and their records in the store. */
#include "chat/cmd/always_on.h"

#include "chat/cluster.h"

#include "chat/cmd/oper_list.h"

#include "chat/cmd/presence.h"
#include "chat/history/ban_enforce.h"
#include "chat/model/channel_owned.h"
#include "chat/model/history_scope.h"
#include "chat/model/registry.h"

#define EXPIRE_EVERY (3600 * NSEC_SEC)

bool always_on_wanted(const struct server *s, const struct account *a)
{
	if (!account_usable(a) || !config_keeps_history(s->config) ||
		bans_match_account(&s->bans, a->name, s->wall / NSEC_MSEC))
		return false;
	switch ((enum always_on)s->config->accounts.always_on) {
	case ALWAYS_ON_OPT_IN: return a->flags & ACCOUNT_ALWAYS_ON;
	case ALWAYS_ON_OPT_OUT: return !(a->flags & ACCOUNT_NOT_ALWAYS_ON);
	case ALWAYS_ON_MANDATORY: return true;
	default: return false;
	}
}

struct user *always_on_user(const struct account *a)
{
	for (uint32_t i = 0; i < a->sessions.count; i++)
		if (a->sessions.at[i]->modes & USER_ALWAYS_ON)
			return a->sessions.at[i];
	return NULL;
}

/* --- records --- */

static void submit(struct server *s, const struct user *u, struct store_request *r)
{
	enum store_status status = s->store ? store_submit(s->store, r) : STORE_OFF;

	if (status != STORE_OK)
		LOG(s->log, ERROR, "always-on.not-kept", log_str("account", u->account->name),
			log_str("reason", store_status_name(status)));
}

static struct store_text text_of(const char *t)
{
	return (struct store_text){t ? t : "", t ? strlen(t) : 0};
}

void always_on_changed(struct server *s, const struct user *u)
{
	char account[CHANNEL_BYTES_MAX + 1];
	struct store_request r = {.op = STORE_RECORD_PUT};

	cluster_user(s, u);
	if (!(u->modes & USER_ALWAYS_ON))
		return;
	r.u.record = (struct store_record){
		.table = STORE_PRESENCE,
		.text = {store_name(u->account->name, account), text_of(user_nick(u)),
			text_of(user_name(u)), text_of(user_host(u)), text_of(user_real(u)),
			text_of(u->away)},
		.number = {u->modes & USER_KEPT_MODES, (int64_t)u->account->gone,
			(s->wall - (s->now - u->signed_on)) / NSEC_MSEC},
	};
	submit(s, u, &r);
}

/* Puts the record of a channel, or deletes it (m NULL), or those of all channels (""). */
static void write_channel(
	struct server *s, const struct user *u, const char *channel, const struct member *m)
{
	char account[CHANNEL_BYTES_MAX + 1], name[CHANNEL_BYTES_MAX + 1];
	struct store_request r = {.op = m ? STORE_RECORD_PUT : STORE_RECORD_DELETE};

	r.u.record = (struct store_record){.table = STORE_PRESENCE_CHANNEL,
		.text = {store_name(u->account->name, account), store_name(channel, name),
			text_of(channel)},
		.number = {m ? m->modes : 0}};
	submit(s, u, &r);
}

void always_on_joined(struct server *s, const struct user *u, struct channel *ch)
{
	if (!(u->modes & USER_ALWAYS_ON))
		return;
	write_channel(s, u, ch->name, channel_member(ch, u));
	owned_keep(s, ch, u);
}

void always_on_parted(struct server *s, const struct user *u, const char *channel)
{
	if ((u->modes & USER_ALWAYS_ON) && !s->ending)
		write_channel(s, u, channel, NULL);
}

void always_on_renamed(struct server *s, struct channel *ch, const char *from)
{
	for (uint32_t i = 0; i < ch->count; i++) {
		always_on_parted(s, ch->members[i].user, from);
		always_on_joined(s, ch->members[i].user, ch);
	}
}

/* --- life --- */

void always_on_begin(struct server *s, struct user *u)
{
	struct channel *ch;
	uint32_t i = 0;

	if (!user_registered(u) || !u->account || !always_on_wanted(s, u->account) ||
		always_on_user(u->account))
		return;
	u->modes |= USER_ALWAYS_ON;
	u->account->gone = 0;
	write_channel(s, u, "", NULL); /* left by a presence that could not be restored */
	always_on_changed(s, u);
	while ((ch = user_next_channel(u, &i)))
		always_on_joined(s, u, ch);
}

void always_on_end(struct server *s, struct user *u)
{
	struct store_request r = {.op = STORE_RECORD_DELETE};
	char account[CHANNEL_BYTES_MAX + 1];
	struct channel *ch;
	uint32_t i = 0;

	if (!(u->modes & USER_ALWAYS_ON))
		return;
	while ((ch = user_next_channel(u, &i)))
		owned_unkeep(s, ch, u);
	always_on_parted(s, u, "");
	r.u.record.table = STORE_PRESENCE;
	r.u.record.text[0] = store_name(u->account->name, account);
	if (!s->ending)
		submit(s, u, &r);
	u->modes &= (uint16_t)~USER_ALWAYS_ON;
}

/* An operator's rights do not stay without the operator. */
void always_on_gone(struct server *s, struct user *u)
{
	u->account->gone = msgid_next(&s->ids, s->wall);
	if (u->modes & USER_OPER)
		oper_end(s, u);
	always_on_changed(s, u);
}

uint64_t always_on_back(struct server *s, struct user *u)
{
	uint64_t gone = u->account->gone;

	u->account->gone = 0;
	always_on_changed(s, u);
	return gone;
}

/* --- bans and expiry --- */

/* Whether u is to be ended. */
typedef bool (*always_on_test)(struct server *s, const struct user *u, const void *arg);

static void end_all(struct server *s, always_on_test ends, const void *arg, const char *why)
{
	struct hash_iter it = hash_walk(&s->nicks);
	VEC(struct user *) found = {0};
	struct hash_node *n;

	while ((n = hash_next(&it))) {
		struct user *u = container_of(n, struct user, by_nick);

		if ((u->modes & USER_ALWAYS_ON) && ends(s, u, arg) &&
			!VEC_PUSH(&found, u, CONNS_MAX))
			break; /* the rest at the next time */
	}
	for (uint32_t i = 0; i < found.count; i++)
		presence_end(s, found.at[i], why);
	VEC_FREE(&found);
}

static bool is_banned(struct server *s, const struct user *u, const void *arg)
{
	return ban_enforce_covers_user(s, u, arg);
}

void always_on_ban(struct server *s, const struct ban *ban)
{
	s->work += s->nicks.count * (uint64_t)WORK_LOOK;
	if (ban->kind != BAN_ADDRESS)
		end_all(s, is_banned, ban, ban->kind == BAN_USER ? "K-lined" : "Account banned");
}

static bool has_no_client(struct server *s, const struct user *u, const void *arg)
{
	return !u->conn;
}

void always_on_free_all(struct server *s)
{
	end_all(s, has_no_client, NULL, "");
}

static bool is_expired(struct server *s, const struct user *u, const void *arg)
{
	return !u->conn && s->retention_clock.ms - msgid_ms(u->account->gone) >
				   s->config->accounts.always_on_expire / NSEC_MSEC;
}

void always_on_tick(struct server *s)
{
	bool first = s->always_on_due == 0; /* the clock may be wrong after a boot */

	if (s->now < s->always_on_due)
		return;
	s->always_on_due = s->now + EXPIRE_EVERY;
	if (!first && s->config->accounts.always_on_expire)
		end_all(s, is_expired, NULL, "Not seen for a long time");
}
