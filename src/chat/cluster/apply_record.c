/*
 * apply_record.c - records of other nodes, which are on the disk, into memory: with what a user
 * sees of it.
 */
#include "chat/cluster/apply_record.h"

#include "chat/accounts/account_entry.h"
#include "chat/accounts/account_record.h"
#include "chat/accounts/vhost.h"
#include "chat/cmd/histserv.h"
#include "chat/cmd/hostserv.h"
#include "chat/cmd/login.h"
#include "chat/cmd/oper_list.h"
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
}
