/*
 * apply_record.c - records of other nodes, which are on the disk, into memory: with what a user
 * sees of it.
 */
#include "chat/cluster/apply_record.h"

#include "chat/accounts/account_entry.h"
#include "chat/accounts/account_record.h"
#include "chat/accounts/vhost.h"
#include "chat/cmd/always_on.h"
#include "chat/cmd/chanserv.h"
#include "chat/cmd/filtering.h"
#include "chat/cmd/histserv.h"
#include "chat/cmd/hostserv.h"
#include "chat/cmd/login.h"
#include "chat/cmd/oper_list.h"
#include "chat/history/ban_enforce.h"
#include "chat/model/channel_owned_record.h"
#include "chat/out/deliver.h"
#include "chat/store/store_load.h"

/* --- accounts --- */

/* Calls each() for the users of other nodes. */
static void each_remote(struct network *n,
	void (*each)(struct network *n, struct remote *r, const struct account *a),
	const struct account *a)
{
	struct hash_iter it = hash_walk(&n->remotes);
	struct hash_node *node;

	while ((node = hash_next(&it)))
		each(n, container_of(node, struct remote, by_session), a);
}

/* The account of r has come. */
static void settle(struct network *n, struct remote *r, const struct account *a)
{
	if (r->account && case_equal(r->account, a->name) && remote_account(n, r, a->name))
		login_tell(n->server, r->user);
}

/* It is going to be freed. */
static void unsettle(struct network *n, struct remote *r, const struct account *a)
{
	if (r->user->account == a && remote_account(n, r, NULL))
		login_tell(n->server, r->user);
}

/* An account that another node has dropped. */
static void dropped(struct server *s, struct account *a)
{
	LOG(s->log, INFO, "account.dropped", log_str("account", a->name));
	logout_all(s, a);
	vhost_forget(&s->accounts, a);
	account_entries_delete(&s->accounts, a);
	histserv_dropped(s, a->name);
	if (s->account_gone)
		s->account_gone(s->account_gone_arg, a->name);
}

/* Two servers that did not know of each other had this name: this one's has lost it. */
static void replaced(struct server *s, struct account *a)
{
	LOG(s->log, WARN, "account.replaced", log_str("account", a->name));
	oper_notify(s, NOTICE_OPERS,
		"account %s is another person's, who has had it on the network for longer: the one "
		"of this server is gone",
		a->name);
	logout_all(s, a);
	owned_disown(s, a->name);
	account_empty(&s->accounts, a);
	histserv_replaced(s, a->name);
}

static void take_account(struct network *n, const struct store_record *r, bool over)
{
	struct accounts *t = &n->server->accounts;
	char name[STORE_RECORD_TEXT_MAX + 1];
	struct account *a = account_any(t, store_string(r->text[0], name));
	uint32_t before = a ? a->flags : 0;

	if (r->gone) {
		if (a)
			each_remote(n, unsettle, a);
		account_record_gone(t, r);
		return;
	}
	if (a && over)
		replaced(n->server, a);
	if (!account_record(t, r)) {
		server_count(n->server, COUNT_NO_MEMORY);
		return;
	}
	a = account_any(t, name);
	if ((a->flags & ~before) & ACCOUNT_DROPPED)
		dropped(n->server, a);
	if ((a->flags & ~before) & ACCOUNT_SUSPENDED)
		logout_all(n->server, a);
	if (n->unknown && account_usable(a))
		each_remote(n, settle, a);
}

/* A nick, a certificate, a password of a program, or an entry of a list of an account. */
static void take_part(struct network *n, const struct store_record *r)
{
	struct accounts *t = &n->server->accounts;
	char name[STORE_RECORD_TEXT_MAX + 1];
	const struct account *a = r->table == STORE_ACCOUNT_ENTRY
					  ? accounts_find(t, store_string(r->text[0], name))
					  : NULL;
	bool shown = a && vhost_of(a);

	if (r->gone)
		account_record_gone(t, r);
	else if (!account_record(t, r))
		server_count(n->server, COUNT_NO_MEMORY);
	if (a)
		hostserv_changed(n->server, a, shown);
}

/* --- channels --- */

/* The members of this node get their ranks. */
static void greet(struct server *s, struct channel *ch)
{
	for (uint32_t i = 0; i < ch->count; i++)
		if (!user_remote(ch->members[i].user))
			chanserv_greet(s, ch, ch->members[i].user);
}

static void take_channel(struct network *n, const struct store_record *r, bool over)
{
	struct server *s = n->server;
	char name[STORE_RECORD_TEXT_MAX + 1];
	struct channel *ch = registry_channel(s, store_string(r->text[0], name));

	if (over && ch && ch->owned) {
		LOG(s->log, WARN, "channel.replaced", log_str("channel", ch->name));
		oper_notify(s, NOTICE_OPERS,
			"%s was registered on another server for longer: the registration of this "
			"server is gone",
			ch->name);
	}
	if (r->gone) {
		if (ch && ch->owned)
			owned_forget(s, ch);
		return;
	}
	ch = owned_record(s, r);
	if (ch)
		greet(s, ch);
	else
		server_count(s, COUNT_NO_MEMORY);
}

static void take_access(struct network *n, const struct store_record *r)
{
	struct server *s = n->server;
	char name[STORE_RECORD_TEXT_MAX + 1];
	uint32_t before = 0;
	struct channel *ch = owned_access_record(s, r, &before);
	const struct account *a = accounts_find(&s->accounts, store_string(r->text[1], name));
	uint32_t now = r->gone ? 0 : (uint32_t)r->number[0];

	if (ch && a)
		chanserv_changed(s, ch, a, before & ~now);
}

/* A mask that came here or went by its record, not by a MODE of its own: while this node was away.
 */
static void take_mask(struct network *n, const struct store_record *r)
{
	struct server *s = n->server;
	char name[STORE_RECORD_TEXT_MAX + 1], mask[MASK_MAX];
	enum banlist list = BANLIST_BAN;
	struct line_out o = {.time = server_time(s)};
	char change[3] = {r->gone ? '-' : '+', r->text[1].p[0], '\0'};
	struct delivery d;

	if (!owned_mask_record(s, r, &list, mask))
		return;
	line_add_all(&o, ":", s->config->server.name, " MODE ",
		registry_channel(s, store_string(r->text[0], name))->name, " ", change, " ", mask,
		NULL);
	deliver_begin(&d, s, &o);
	deliver_channel(&d, registry_channel(s, name), NULL);
}

/* --- bans --- */

static void take_ban(struct network *n, const struct store_record *r)
{
	struct server *s = n->server;
	struct store_ban of = {.kind = (uint8_t)(r->text[0].p[0] - '0'),
		.mask = r->text[1],
		.reason = r->text[2],
		.setter = r->text[3],
		.set_ms = r->number[0],
		.expire_ms = r->number[1]};
	const struct ban *added;

	if (r->gone) {
		bans_remove(&s->bans, (enum ban_kind)of.kind, of.mask, NULL);
		return;
	}
	if (bans_add(&s->bans, &of, &added) != BAN_OK) {
		LOG(s->log, ERROR, "ban.unusable", log_bytes("mask", of.mask.p, of.mask.len));
		return;
	}
	ban_enforce_all(s, added);
	always_on_ban(s, added);
}

/* --- any --- */

/* Two servers have registered a name; this one has had it for longer, and the other gives way. */
static void tell_older(struct network *n, const struct store_record *r)
{
	char name[STORE_RECORD_TEXT_MAX + 1];

	store_string(r->text[0], name);
	LOG(n->server->log, WARN, "cluster.name-twice", log_str("name", name));
	oper_notify(n->server, NOTICE_OPERS,
		"%s was registered on another server, too: it stays with who has had it for "
		"longer, "
		"here",
		name);
}

void record_take(struct network *n, const struct store_record *r, enum store_merged merged)
{
	struct store_record of = *r;

	if (merged == STORE_MERGED_IS_OLDER) {
		tell_older(n, r);
		return;
	}
	of.gone |= merged == STORE_MERGED_IS_GONE;
	if (r->table == STORE_ACCOUNT)
		take_account(n, &of, merged == STORE_MERGED_OVER);
	else if (account_has_table(r->table))
		take_part(n, &of);
	else if (r->table == STORE_CHANNEL)
		take_channel(n, &of, merged == STORE_MERGED_OVER);
	else if (r->table == STORE_CHANNEL_ACCESS)
		take_access(n, &of);
	else if (r->table == STORE_CHANNEL_MASK)
		take_mask(n, &of);
	else if (r->table == STORE_SERVER_BAN)
		take_ban(n, &of);
	else
		filtering_record(n->server, &of);
}
