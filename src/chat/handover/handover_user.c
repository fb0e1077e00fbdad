/*
 * handover_user.c - a user with its connections, metadata and lists. One that is always-on may have
 * come from the store already: then this is added to it.
 */
#include "chat/handover/handover_user.h"

#include "chat/handover/handover_conn.h"

#include "chat/accounts/guard.h"
#include "chat/cluster_upgrade.h"
#include "chat/cmd/always_on.h"
#include "chat/cmd/login.h"
#include "chat/model/metadata.h"
#include "chat/model/quota.h"
#include "chat/model/registry.h"
#include "chat/out/conn_time.h"

#include <stdlib.h>

/* All modes go along, and their bits are read by other releases; but the rights of an operator of
 * this node come from its row. */
#define KEPT_MODES ((uint16_t) ~(USER_OPER | USER_NOTICES))

struct given {
	uint64_t id, session, nick_since, own, gone;
	uint16_t modes, node;
	nsec_t signed_on, active, told;
	char *nick, *name, *host, *real, *away, *account;
};

static const struct tlv_row rows[] = {
	TLV_NUMBER(FIELD_USER_ID, struct given, id),
	TLV_NUMBER(FIELD_USER_MODES, struct given, modes),
	TLV_NUMBER(FIELD_USER_SIGNED_ON, struct given, signed_on),
	TLV_NUMBER(FIELD_USER_ACTIVE, struct given, active),
	TLV_NUMBER(FIELD_USER_NICK_SINCE, struct given, nick_since),
	TLV_NUMBER(FIELD_USER_SESSION, struct given, session),
	TLV_NUMBER(FIELD_USER_OWN, struct given, own),
	TLV_NUMBER(FIELD_USER_GONE, struct given, gone),
	TLV_NUMBER(FIELD_USER_TOLD, struct given, told),
	TLV_NUMBER(FIELD_USER_NODE, struct given, node),
	TLV_TEXT(FIELD_USER_NICK, struct given, nick),
	TLV_TEXT(FIELD_USER_NAME, struct given, name),
	TLV_TEXT(FIELD_USER_HOST, struct given, host),
	TLV_TEXT(FIELD_USER_REAL, struct given, real),
	TLV_TEXT(FIELD_USER_AWAY, struct given, away),
	TLV_TEXT(FIELD_USER_ACCOUNT, struct given, account),
};

/* ---- writing ---- */

static void write_guard(struct tlv_out *o, const struct guard *g)
{
	for (uint32_t i = 0; i < g->silenced.count; i++)
		tlv_text(o, FIELD_USER_SILENCED, g->silenced.at[i]);
	for (uint32_t i = 0; i < g->accepted.count; i++) {
		const struct guard_accepted *a = &g->accepted.at[i];
		size_t begun = tlv_begin(o, FIELD_USER_ACCEPTED);

		tlv_number(o, FIELD_OF_USER, a->session);
		tlv_text(o, FIELD_OF_NAME, a->nick);
		tlv_text(o, FIELD_OF_ACCOUNT, guard_account(a));
		tlv_end(o, begun);
	}
}

/* That of a user of another node may not be known here. */
static const char *account_of(const struct server *s, const struct user *u)
{
	return user_remote(u) ? s->cluster->ops->upgrade->account(s->cluster, u) : user_account(u);
}

static struct given given_of(const struct server *s, const struct user *u)
{
	return (struct given){
		.id = hand_id(u),
		.modes = user_remote(u) ? u->modes : u->modes & KEPT_MODES,
		.node = u->node,
		.signed_on = u->signed_on,
		.active = u->active,
		.nick_since = u->nick_since,
		.session = u->session,
		.own = u->quota ? u->quota->own : 0,
		.gone = u->account && (u->modes & USER_ALWAYS_ON) ? u->account->gone : 0,
		.told = u->guard ? u->guard->told : 0,
		.nick = (char *)user_nick(u),
		.name = (char *)user_name(u),
		.host = (char *)user_host(u),
		.real = (char *)user_real(u),
		.away = u->away,
		.account = (char *)account_of(s, u),
	};
}

void hand_user_write(struct hand_out *h, const struct user *u)
{
	struct tlv_out *o = h->out;
	size_t begun = tlv_begin(o, HAND_USER);
	struct given g = given_of(h->server, u);

	tlv_put_rows(o, rows, ARRAY_SIZE(rows), &g);
	hand_metadata(o, FIELD_USER_PAIR, u->metadata);
	for (uint32_t i = 0; u->metadata && i < u->metadata->subs.count; i++)
		tlv_text(o, FIELD_USER_SUB, u->metadata->subs.at[i]);
	if (u->guard)
		write_guard(o, u->guard);
	for (const struct conn *c = u->conn; c; c = c->sibling)
		hand_conn_write(h, c, FIELD_USER_CONN);
	tlv_end(o, begun);
}

/* ---- reading ---- */

static bool is_valid(const struct given *g)
{
	bool nick = g->nick && (strcmp(g->nick, "*") == 0 || nick_valid(g->nick, NICK_BYTES_MAX));

	return nick && (strcmp(g->nick, "*") != 0 || !(g->modes & USER_REGISTERED)) && g->name &&
	       g->host && g->real && strlen(g->host) < HOST_BYTES_MAX && hand_is_text(g->name) &&
	       !strpbrk(g->name, " !@") && !strpbrk(g->host, " !@\r\n") && hand_is_text(g->real) &&
	       hand_is_text(g->away);
}

static bool set_nick(struct server *s, struct user *u, const struct given *g)
{
	if (strcmp(g->nick, "*") == 0)
		return true;
	if (g->modes & USER_NICK_WAITS)
		return registry_want_nick(s, u, g->nick);
	return !registry_user(s, g->nick) && registry_set_nick(s, u, g->nick);
}

static void drop(struct server *s, struct user *u)
{
	login_forget(u);
	registry_drop_nick(s, u);
	user_free(u);
}

/* A user that is not there yet. */
static struct user *make(struct server *s, const struct given *g, struct account *a)
{
	struct user *u = user_new(NULL, g->host);
	bool always;

	if (!u)
		return NULL;
	if (!user_set_names(u, &(struct user_names){NULL, g->name, NULL, g->real}) ||
		!set_nick(s, u, g) || (a && !account_enter(a, u, ACCOUNT_SESSIONS_MAX))) {
		drop(s, u);
		return NULL;
	}
	u->account = a;
	always = a && always_on_wanted(s, a);
	u->modes |= g->modes & KEPT_MODES & ~(always ? 0 : USER_ALWAYS_ON);
	s->user_count += (u->modes & USER_REGISTERED) != 0;
	s->invisible_count += (u->modes & USER_REGISTERED) && (u->modes & USER_INVISIBLE);
	return u;
}

/* Its connections could not be read: no channel has it yet. */
static void unmake(struct server *s, struct user *u)
{
	s->user_count -= (u->modes & USER_REGISTERED) != 0;
	s->invisible_count -= (u->modes & USER_REGISTERED) && (u->modes & USER_INVISIBLE);
	drop(s, u);
}

/* The store has brought it back; since its last record only a mode may have changed. */
static struct user *complete(struct server *s, const struct given *g, struct user *u)
{
	const uint16_t added = USER_CLOAKED;

	u->modes |= g->modes & added;
	u->account->gone = g->gone;
	free(u->away);
	u->away = NULL;
	return u;
}

static bool set_rest(struct user *u, struct given *g)
{
	u->signed_on = g->signed_on;
	u->active = g->active;
	u->nick_since = g->nick_since;
	u->session = g->session;
	u->away = g->away;
	g->away = NULL;
	return quota_user_adopt(u, g->own);
}

static bool read_accepted(struct user *u, const struct tlv *r)
{
	struct tlv_in in = tlv_inside(r);
	struct tlv nick, account;
	struct guard_who w = {.session = tlv_find_number(&in, FIELD_OF_USER)};
	char *name = tlv_find(&in, FIELD_OF_NAME, &nick) ? tlv_as_text(&nick) : NULL;
	char *of = tlv_find(&in, FIELD_OF_ACCOUNT, &account) && account.len ? tlv_as_text(&account)
									    : NULL;
	bool good = name != NULL;

	w.nick = name;
	w.account = of;
	if (good)
		good = guard_accept(&u->guard, &w, UINT32_MAX) != GUARD_FULL;
	free(name);
	free(of);
	return good;
}

static bool read_text(struct user *u, const struct tlv *r)
{
	char *text = tlv_as_text(r);
	bool good = text && hand_is_text(text);

	if (good && r->type == FIELD_USER_SILENCED)
		good = guard_silence(&u->guard, text, UINT32_MAX) != GUARD_FULL;
	else if (good)
		good = metadata_key_valid(text) &&
		       metadata_subscribe(&u->metadata, text) != METADATA_NO_MEMORY;
	free(text);
	return good;
}

static bool read_field(struct hand_in *h, struct user *u, const struct tlv *r)
{
	switch (r->type) {
	case FIELD_USER_CONN: return hand_conn_read(h, tlv_inside(r), u);
	case FIELD_USER_PAIR: return hand_metadata_read(&u->metadata, r);
	case FIELD_USER_SUB: return read_text(u, r);
	case FIELD_USER_SILENCED: return u->account || read_text(u, r);
	case FIELD_USER_ACCEPTED: return u->account || read_accepted(u, r);
	default: return true;
	}
}

/* Its first connection is that of its memberships, and its address pays. */
static void settle(struct server *s, struct user *u)
{
	struct channel *ch;
	uint32_t i = 0;

	while ((ch = user_next_channel(u, &i)))
		channel_member(ch, u)->conn = u->conn;
	quota_user_moved(u);
	for (struct conn *c = u->conn; c; c = c->sibling)
		conn_set_queue(s, c);
}

/* One of another node, in no table; NULL: out of memory. */
static struct user *make_remote(struct given *g)
{
	struct user *u = user_new(NULL, g->host);

	if (!u)
		return NULL;
	u->node = g->node;
	u->modes = g->modes;
	if (user_set_names(u, &(struct user_names){NULL, g->name, NULL, g->real}) && set_rest(u, g))
		return u;
	user_free(u);
	return NULL;
}

static bool read_remote(struct hand_in *h, struct tlv_in in, struct given *g)
{
	struct cluster *c = h->server->cluster;
	struct user *u = c ? make_remote(g) : NULL;
	enum cluster_adopted adopted;
	struct tlv r;
	bool good;

	if (!u)
		return !c; /* the configuration has no cluster any more */
	adopted = c->ops->upgrade->adopt(c, u, g->nick, g->account);
	if (adopted != CLUSTER_ADOPTED) {
		user_free(u);
		return adopted == CLUSTER_NOT_KNOWN;
	}
	good = hand_names_add(&h->users, g->id, u);
	while (good && tlv_next(&in, &r))
		good = r.type != FIELD_USER_PAIR || hand_metadata_read(&u->metadata, &r);
	return good;
}

static bool read_user(struct hand_in *h, struct tlv_in in, struct given *g)
{
	struct server *s = h->server;
	struct account *a = g->account ? accounts_find(&s->accounts, g->account) : NULL;
	struct user *u = a && (g->modes & USER_ALWAYS_ON) ? always_on_user(a) : NULL;
	struct tlv r;
	bool good;

	if (!u && !tlv_find(&in, FIELD_USER_CONN, &r))
		return true; /* always-on, and the configuration does not allow that any more */
	u = u ? complete(s, g, u) : make(s, g, a);
	if (!u)
		return false;
	good = hand_names_add(&h->users, g->id, u);
	while (good && tlv_next(&in, &r))
		good = read_field(h, u, &r);
	if (u->guard)
		u->guard->told = g->told;
	settle(s, u);
	good = good && !in.bad && set_rest(u, g);
	if (u->conn) /* the start has noted in its record that it has no client */
		always_on_changed(s, u);
	if (!good && !u->conn && !(u->modes & USER_ALWAYS_ON))
		unmake(s, u);
	return good;
}

bool hand_user_read(struct hand_in *h, struct tlv_in in)
{
	struct given g = {0};
	bool good = tlv_take_rows(in, rows, ARRAY_SIZE(rows), &g) && is_valid(&g);

	if (good)
		good = g.node ? read_remote(h, in, &g) : read_user(h, in, &g);
	tlv_free_rows(rows, ARRAY_SIZE(rows), &g);
	return good;
}
