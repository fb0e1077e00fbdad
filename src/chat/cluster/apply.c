/* apply.c - entries of other nodes: which function applies each, and the users. */
#include "chat/cluster/apply.h"

#include "chat/cluster/apply_channel.h"
#include "chat/cluster/apply_message.h"
#include "chat/cluster/apply_mode.h"
#include "chat/cluster/nodes.h"
#include "chat/cluster/records.h"
#include "chat/cluster/split.h"

#include "chat/cmd/cmd_channel.h"
#include "chat/cmd/cmd_chghost.h"
#include "chat/cmd/cmd_registration.h"
#include "chat/cmd/cmd_user.h"
#include "chat/cmd/login.h"
#include "chat/cmd/nick_owner.h"
#include "chat/cmd/presence.h"
#include "chat/out/monitor.h"

#include <stdio.h>
#include <stdlib.h>

/* Modes of a user that other nodes know. */
#define MODES_SHARED                                                                               \
	(USER_REGISTERED | USER_INVISIBLE | USER_OPER | USER_BOT | USER_SECURE | USER_CLOAKED |    \
		USER_CALLER_ID | USER_ACCOUNTS_ONLY | USER_NO_CTCP)

const char *event_text(uint64_t id, char out[MSGID_TEXT_LEN + 1])
{
	if (!id || id > INT64_MAX)
		return NULL;
	msgid_print(out, id);
	return out;
}

/* --- the table of users --- */

static bool session_match(const struct hash_node *node, const void *key)
{
	return container_of(node, struct remote, by_session)->user->session ==
	       *(const uint64_t *)key;
}

struct remote *remote_find(struct network *n, uint64_t session)
{
	struct hash_node *found =
		hash_find(&n->remotes, hash_mix(session), session_match, &session);

	return found ? container_of(found, struct remote, by_session) : NULL;
}

struct user *apply_user_of(const struct arrival *a, uint64_t session)
{
	struct remote *r = remote_find(a->n, session);

	return r && r->user->node == a->from->number ? r->user : NULL;
}

static void forget(struct network *n, struct node *from, struct remote *r)
{
	hash_remove(&n->remotes, &r->by_session);
	remote_account(n, r, NULL);
	free(r);
	n->cluster.users--;
	from->users--;
}

/* --- accounts --- */

bool remote_account(struct network *n, struct remote *r, const char *name)
{
	struct account *a = name ? accounts_find(&n->server->accounts, name) : NULL;

	if (r->account)
		n->unknown--;
	free(r->account);
	r->account = NULL;
	if (name && !(a && account_usable(a)) && (r->account = strdup(name)))
		n->unknown++;
	if (r->account)
		a = NULL;
	if (r->user->account == a)
		return false;
	r->user->account = a;
	return true;
}

/* The account of an entry; NULL: none. */
static const char *account_of(const struct entry *e)
{
	return e->text[USER_ACCOUNT].len ? entry_text(e, USER_ACCOUNT) : NULL;
}

/* --- nicks that two have --- */

/* A nick of which this node does not know whose it is: the node and the end of the session. */
static void placeholder(const struct arrival *a, uint64_t session, char nick[NICK_BYTES_MAX])
{
	if (a->from->renamed == 0)
		a->from->renamed = a->n->server->now;
	snprintf(nick, NICK_BYTES_MAX, "n%u-%08x", (unsigned)a->from->number,
		(unsigned)(session & UINT32_MAX));
}

/* The nick for a user of an entry: of two who claim one, the one who has had it longer keeps it.
 * The other is renamed by its own node, which decides in the same way; if that has not heard of it,
 * and the nick is free again, its next snapshot says so (nodes.c). */
static void settle_nick(const struct arrival *a, const struct entry *e, char nick[NICK_BYTES_MAX])
{
	struct server *s = a->n->server;
	struct user *holder = registry_user(s, entry_text(e, USER_NICK));
	uint64_t session = e->number[USER_SESSION], since = e->number[USER_SINCE];

	snprintf(nick, NICK_BYTES_MAX, "%s", entry_text(e, USER_NICK));
	if (!holder || holder->session == session)
		return;
	if (!user_registered(holder)) {
		nick_lost(s, holder);
		return;
	}
	if (holder->nick_since < since ||
		(holder->nick_since == since && holder->session < session)) {
		placeholder(a, session, nick);
		return;
	}
	if (user_remote(holder)) {
		struct arrival of_holder = {.n = a->n, .from = nodes_find(a->n, holder->node)};
		char other[NICK_BYTES_MAX];

		placeholder(&of_holder, holder->session, other);
		nick_set(s, holder, other);
		return;
	}
	nick_make_guest(s, holder);
}

/* --- a user --- */

static void set_modes(struct server *s, struct user *u, uint64_t number)
{
	uint16_t modes = (uint16_t)(number & MODES_SHARED) | USER_REGISTERED;

	s->invisible_count += (modes & USER_INVISIBLE) != 0;
	s->invisible_count -= (u->modes & USER_INVISIBLE) != 0;
	s->oper_count += (modes & USER_OPER) != 0;
	s->oper_count -= (u->modes & USER_OPER) != 0;
	u->modes = modes;
}

static bool set_away(struct server *s, struct user *u, const char *text)
{
	bool was = u->away, changed = strcmp(u->away ? u->away : "", text) != 0;
	char *away = changed && *text ? strdup(text) : NULL;

	if (!changed)
		return true;
	if (*text && !away)
		return false;
	free(u->away);
	u->away = away;
	if (was || away)
		presence_tell_away(s, u);
	return true;
}

/* Takes the changes of a user who is known. */
static bool change_user(const struct arrival *a, struct remote *r, const struct entry *e)
{
	struct server *s = a->n->server;
	struct user *u = r->user;
	char nick[NICK_BYTES_MAX];

	settle_nick(a, e, nick);
	u->nick_since = e->number[USER_SINCE];
	if (strcmp(user_nick(u), nick) != 0 && !nick_set(s, u, nick))
		return false;
	if (strcmp(user_host(u), entry_text(e, USER_HOST)) != 0)
		host_change_by_server(s, u, entry_text(e, USER_HOST));
	if (strcmp(user_real(u), entry_text(e, USER_REAL)) != 0)
		real_change(s, u, entry_text(e, USER_REAL));
	if (remote_account(a->n, r, account_of(e)))
		login_tell(s, u);
	set_modes(s, u, e->number[USER_MODES]);
	return set_away(s, u, entry_text(e, USER_AWAY));
}

/* The user, in no table; NULL if out of memory. */
static struct user *make_user(const struct arrival *a, const struct entry *e)
{
	struct user_names names = {
		.name = entry_text(e, USER_NAME), .real = entry_text(e, USER_REAL)};
	const struct server *s = a->n->server;
	struct user *u = user_new(NULL, entry_text(e, USER_HOST));

	if (!u)
		return NULL;
	if (!user_set_names(u, &names)) {
		user_free(u);
		return NULL;
	}
	u->node = a->from->number;
	u->session = e->number[USER_SESSION];
	u->nick_since = e->number[USER_SINCE];
	u->active = s->now;
	u->signed_on =
		s->now - (s->wall - (nsec_t)(e->number[USER_SIGNED_ON] % (1ull << 33)) * NSEC_SEC);
	return u;
}

bool remote_enter(struct network *n, struct node *from, struct user *u, const char *nick)
{
	struct remote *r = calloc(1, sizeof(*r));

	if (!r)
		return false;
	r->user = u;
	if (!hash_insert(&n->remotes, &r->by_session, hash_mix(u->session))) {
		free(r);
		return false;
	}
	if (!registry_set_nick(n->server, u, nick)) {
		hash_remove(&n->remotes, &r->by_session);
		free(r);
		return false;
	}
	r->seen = from->snapshot;
	n->cluster.users++;
	from->users++;
	return true;
}

static bool new_user(const struct arrival *a, const struct entry *e)
{
	struct server *s = a->n->server;
	char nick[NICK_BYTES_MAX];
	struct user *u;

	if (a->from->users >= NODE_USERS_MAX)
		return false;
	settle_nick(a, e, nick);
	u = make_user(a, e);
	if (!u)
		return false;
	if (!remote_enter(a->n, a->from, u, nick)) {
		user_free(u);
		return false;
	}
	remote_account(a->n, remote_find(a->n, u->session), account_of(e));
	set_modes(s, u, e->number[USER_MODES]);
	u->away = *entry_text(e, USER_AWAY) ? strdup(entry_text(e, USER_AWAY)) : NULL;
	monitor_online(s, u);
	return true;
}

static bool apply_user(const struct arrival *a, const struct entry *e)
{
	struct remote *r = remote_find(a->n, e->number[USER_SESSION]);

	if (!r)
		return new_user(a, e);
	if (r->user->node != a->from->number)
		return false;
	r->seen = a->from->snapshot;
	return change_user(a, r, e);
}

/* --- their end --- */

static void end_user(struct network *n, struct node *from, struct remote *r, const char *why)
{
	struct user *u = r->user;
	struct account *a = u->account;

	forget(n, from, r);
	u->account = a; /* its last line is tagged with it */
	presence_quit(n->server, u, why);
}

static bool apply_quit(const struct arrival *a, const struct entry *e)
{
	struct remote *r = remote_find(a->n, e->number[QUIT_SESSION]);

	if (!r || r->user->node != a->from->number)
		return true; /* after a snapshot it may be known already */
	end_user(a->n, a->from, r, entry_text(e, QUIT_WHY));
	return true;
}

/* Which users of a node are to be ended. */
struct ending {
	struct node *from;
	bool all;
	VEC(struct remote *) found;
};

static void find_ending(struct network *n, struct ending *x)
{
	struct hash_iter it = hash_walk(&n->remotes);
	struct hash_node *node;

	while ((node = hash_next(&it))) {
		struct remote *r = container_of(node, struct remote, by_session);

		if (r->user->node == x->from->number && (x->all || r->seen != x->from->snapshot) &&
			!VEC_PUSH(&x->found, r, NODE_USERS_MAX))
			break; /* out of memory: the rest at the next time */
	}
}

void apply_snapshot_end(const struct arrival *a)
{
	struct ending x = {.from = a->from};

	find_ending(a->n, &x);
	for (uint32_t i = 0; i < x.found.count; i++)
		end_user(a->n, a->from, x.found.at[i], "Left while the nodes were apart");
	VEC_FREE(&x.found);
}

void apply_gone(struct network *n, struct node *from, const char *why)
{
	const char *own = n->server->config->server.name;
	struct ending x = {.from = from, .all = true};
	struct split split = {0};
	char both[2 * NODE_NAME_MAX + 256];

	snprintf(both, sizeof(both), "%s %s", own, from->name);
	find_ending(n, &x);
	if (!n->server->ending)
		split_begin(n, &split, "netsplit", from);
	for (uint32_t i = 0; i < x.found.count; i++)
		split_add(n, &split, x.found.at[i]->user);
	for (uint32_t i = 0; i < x.found.count; i++)
		end_user(n, from, x.found.at[i], why ? why : both);
	split_end(n, &split);
	VEC_FREE(&x.found);
	apply_channels_end(n, from);
}

/* --- kinds --- */

/* Ends a local user by decision of an operator on another node. */
static bool apply_kill(const struct arrival *a, const struct entry *e)
{
	struct user *u = registry_registered(a->n->server, entry_text(e, KILL_NICK));

	if (u && !user_remote(u) && u->session == e->number[KILL_SESSION])
		presence_end(a->n->server, u, entry_text(e, KILL_WHY));
	return true;
}

bool apply_entry(const struct arrival *a, const struct entry *e)
{
	a->n->server->work += WORK_LINE;
	if (e->kind == ENTRY_MESSAGE)
		return apply_message(a, e);
	if (e->kind == ENTRY_EVENT)
		return apply_event(a, e);
	if (e->kind == ENTRY_MARKER)
		return apply_marker(a, e);
	if (e->kind == ENTRY_REDACT)
		return apply_redact(a, e);
	if (e->kind == ENTRY_RECORD)
		return apply_record(a, e);
	if (e->kind == ENTRY_DIGEST)
		return compare_digest(a, e);
	if (a->past)
		return true;
	switch (e->kind) {
	case ENTRY_USER: return apply_user(a, e);
	case ENTRY_QUIT: return apply_quit(a, e);
	case ENTRY_KILL: return apply_kill(a, e);
	case ENTRY_MODE: return apply_mode(a, e);
	default: return apply_channel(a, e);
	}
}
