/*
 * names.c - nicks, each of which one user of the network has: a key of the engine.
 *
 *     "nick:FOLDED" -> node, start, session, since, time
 *
 *     NICK, registration   create; if it is there: whose is it? One whose node is gone, or that its
 *                          node does not have, is replaced
 *     the user quits, or takes another nick      removed
 *     the engine has answered nothing for NICK_WAIT_MAX     the client is refused
 *     the engine is away   names are this node's own; when it is back they are claimed, and of two
 *                          users with one nick who has had it longer keeps it
 *
 * A key that was not removed does no harm: who wants it finds out that it is of no user.
 */
#include "chat/cluster/names.h"

#include "chat/cluster/nodes.h"

#include "chat/cmd/cmd_registration.h"
#include "chat/cmd/later.h"
#include "chat/cmd/nick_owner.h"
#include "chat/out/caps.h"

#include <stdio.h>
#include <stdlib.h>

#define KEY_YOUNG (10 * NSEC_SEC) /* its user may be on the way to us */

enum {
	KEY_TEXT_MAX = NICK_BYTES_MAX + 8,
	VALUE_TEXT_MAX = 128,
	CLAIMS_AT_ONCE = 256,
};

enum purpose {
	FOR_CLIENT, /* a command waits */
	FOR_CLAIM,  /* the user has the nick */
	FOR_NONE,   /* the nick is to be free */
};

/* A nick about which the engine is asked: one question at a time. */
struct nick_wait {
	struct network *n;
	enum purpose purpose;
	struct later later; /* FOR_CLIENT */
	nsec_t until;
	bool asking, again; /* a question is with the engine; it is to be asked once more */
	uint64_t session, since, revision;
	char nick[NICK_BYTES_MAX], key[KEY_TEXT_MAX], value[VALUE_TEXT_MAX];
};

/* The owner of a key. */
struct owner {
	unsigned node;
	unsigned long long begun, session, since, ms;
};

static void create(struct nick_wait *w);
static void look(struct nick_wait *w);

/* --- the end --- */

static void drop(struct nick_wait *w)
{
	struct network *n = w->n;

	for (uint32_t i = 0; i < n->waits.count; i++)
		if (n->waits.at[i] == w)
			n->waits.at[i] = n->waits.at[--n->waits.count];
	free(w);
}

/* The local user that the nick is for; NULL: it is gone. */
static struct user *user_of(const struct nick_wait *w)
{
	struct user *u = registry_user(w->n->server, w->nick);

	return u && !user_remote(u) && u->session == w->session ? u : NULL;
}

static void refuse(struct nick_wait *w, bool timeout)
{
	const char *why = timeout ? "Nickname cannot be checked on the network now; try again later"
				  : "Nickname is already in use";
	struct request q;

	network_count(w->n, timeout ? NETWORK_NICK_TIMEOUT : NETWORK_NICK_REFUSED);
	w->purpose = FOR_NONE;
	if (!later_resume(&w->later, &q))
		return;
	if (q.user && !user_registered(q.user)) {
		registry_drop_nick(w->n->server, q.user);
		q.user->modes |= USER_NICK_LOST;
	}
	reply(&q, ERR_NICKNAMEINUSE, "%s :%s", w->nick, why);
	if (timeout && (q.conn->caps & CAP_STANDARD_REPLIES))
		reply_note(&q, &(struct reply_note){
				       "FAIL", "NICK", "TEMPORARILY_UNAVAILABLE", w->nick, why});
	later_end(&q);
}

/* Another user has it. */
static void taken(struct nick_wait *w)
{
	struct user *u = user_of(w);

	if (w->purpose == FOR_CLIENT)
		refuse(w, false);
	else if (w->purpose == FOR_CLAIM && u && user_registered(u))
		nick_make_guest(w->n->server, u);
	drop(w);
}

/* The key is ours. */
static void granted(struct nick_wait *w)
{
	struct user *u;
	struct request q;

	if (w->purpose == FOR_CLIENT && later_resume(&w->later, &q)) {
		w->purpose = FOR_CLAIM;
		if (!user_registered(q.user) && case_equal(user_nick(q.user), w->nick))
			q.user->modes |= USER_NICK_HELD;
		nick_granted(&q, w->nick);
		later_end(&q);
	}
	u = user_of(w);
	if (w->purpose != FOR_NONE && u && user_registered(u)) {
		u->modes |= USER_NICK_HELD;
		drop(w);
		return;
	}
	w->purpose = FOR_NONE; /* no user wants it any more */
	look(w);
}

static void away(struct nick_wait *w)
{
	if (w->purpose == FOR_CLIENT || w->n->server->now < w->until) {
		w->again = true; /* names_tick() */
		return;
	}
	w->n->claim_again |= w->purpose == FOR_CLAIM;
	drop(w);
}

/* --- questions --- */

static bool owner_parse(const struct bus_reply *r, struct owner *o)
{
	char text[VALUE_TEXT_MAX];

	if (r->len >= sizeof(text))
		return false;
	memcpy(text, r->value, r->len);
	text[r->len] = '\0';
	return sscanf(text, "%u %llu %llu %llu %llu", &o->node, &o->begun, &o->session, &o->since,
		       &o->ms) == 5;
}

static bool is_ours(const struct nick_wait *w, const struct owner *o)
{
	return o->node == w->n->number && o->begun == w->n->begun && o->session == w->session;
}

/* Whether a command of a local user waits for a nick. */
static bool is_waiting(const struct network *n, uint64_t session)
{
	for (uint32_t i = 0; i < n->waits.count; i++)
		if (n->waits.at[i]->session == session && n->waits.at[i]->purpose == FOR_CLIENT)
			return true;
	return false;
}

/* Whether the user for whom the key was made has this nick, as far as this node can tell. */
static bool is_alive(const struct nick_wait *w, const struct owner *o)
{
	struct network *n = w->n;
	struct server *s = n->server;
	const struct node *node = nodes_find(n, o->node);
	const struct user *u = registry_user(s, w->nick);
	bool young = (nsec_t)(o->ms % (1ull << 43)) * NSEC_MSEC + KEY_YOUNG > s->wall;

	if (u && u->session == o->session)
		return true;
	if (o->node == n->number)
		return o->begun == n->begun && is_waiting(n, o->session);
	if (!node || node->state == NODE_GONE)
		return s->now - s->began < NODE_SILENT && young;
	return node->begun == o->begun && (young || node->state != NODE_UP);
}

static void ask(
	struct nick_wait *w, bool (*op)(struct bus *b, const struct bus_key *k), bus_done done)
{
	struct bus_key k = {.key = w->key,
		.key_len = strlen(w->key),
		.value = (const uint8_t *)w->value,
		.len = strlen(w->value),
		.revision = w->revision,
		.done = done,
		.arg = w};

	w->asking = op(w->n->bus, &k);
	if (!w->asking)
		away(w);
}

static void removed(void *arg, const struct bus_reply *r)
{
	struct nick_wait *w = arg;

	w->asking = false;
	drop(w);
}

static void replaced(void *arg, const struct bus_reply *r)
{
	struct nick_wait *w = arg;

	w->asking = false;
	switch (r->status) {
	case BUS_OK: granted(w); break;
	case BUS_TAKEN: look(w); break;
	case BUS_NONE: create(w); break;
	case BUS_AWAY: away(w); break;
	}
}

/* The key is there: whose is it? */
static void owned_by(struct nick_wait *w, const struct bus_reply *r)
{
	struct owner o;
	bool known = owner_parse(r, &o), older;

	w->revision = r->revision;
	if (w->purpose == FOR_NONE) {
		if (known && is_ours(w, &o))
			ask(w, w->n->bus->ops->remove, removed);
		else
			drop(w);
		return;
	}
	if (known && is_ours(w, &o)) {
		granted(w);
		return;
	}
	older = w->purpose == FOR_CLAIM &&
		(w->since < o.since || (w->since == o.since && w->session < o.session));
	if (known && is_alive(w, &o) && !older)
		taken(w);
	else
		ask(w, w->n->bus->ops->replace, replaced);
}

static void looked(void *arg, const struct bus_reply *r)
{
	struct nick_wait *w = arg;

	w->asking = false;
	if (r->status == BUS_OK)
		owned_by(w, r);
	else if (r->status == BUS_AWAY)
		away(w);
	else if (w->purpose == FOR_NONE)
		drop(w);
	else
		create(w);
}

static void look(struct nick_wait *w)
{
	ask(w, w->n->bus->ops->get, looked);
}

static void created(void *arg, const struct bus_reply *r)
{
	struct nick_wait *w = arg;

	w->asking = false;
	switch (r->status) {
	case BUS_OK: granted(w); break;
	case BUS_AWAY: away(w); break;
	default: look(w);
	}
}

static void create(struct nick_wait *w)
{
	if (w->purpose == FOR_NONE)
		drop(w);
	else
		ask(w, w->n->bus->ops->create, created);
}

/* --- beginnings --- */

/* A question about the nick of u; NULL if there are too many, or out of memory. */
static struct nick_wait *wait_new(
	struct network *n, const struct user *u, const char *nick, enum purpose purpose)
{
	struct nick_wait *w = calloc(1, sizeof(*w));
	struct server *s = n->server;
	size_t at;

	if (!w || !VEC_PUSH(&n->waits, w, NICK_WAITS_MAX)) {
		free(w);
		return NULL;
	}
	w->n = n;
	w->purpose = purpose;
	w->until = s->now + NICK_WAIT_MAX;
	w->session = u->session;
	w->since = case_equal(nick, user_nick(u)) ? u->nick_since : s->ids.last;
	snprintf(w->nick, sizeof(w->nick), "%s", nick);
	at = (size_t)snprintf(w->key, sizeof(w->key), "nick:");
	for (size_t i = 0; nick[i] && at < sizeof(w->key) - 1; i++)
		w->key[at++] = case_fold(nick[i]);
	snprintf(w->value, sizeof(w->value), "%u %llu %llu %llu %lld", (unsigned)n->number,
		(unsigned long long)n->begun, (unsigned long long)w->session,
		(unsigned long long)w->since, (long long)(s->wall / NSEC_MSEC));
	return w;
}

enum cluster_nick names_ask(struct cluster *c, struct request *q, const char *nick)
{
	struct network *n = network_of(c);
	struct user *u = q->user;
	struct nick_wait *w;

	if (!n->bus->up)
		return CLUSTER_NICK_OWN;
	if ((u->modes & USER_NICK_HELD) && case_equal(user_nick(u), nick))
		return CLUSTER_NICK_OWN;
	w = wait_new(n, u, nick, FOR_CLIENT);
	if (!w)
		return CLUSTER_NICK_BUSY;
	later_begin(q, &w->later);
	create(w);
	return CLUSTER_NICK_WAITS;
}

/* A key that cannot be removed now is found to be of no user later. */
void names_left(struct cluster *c, struct user *u, const char *nick)
{
	struct network *n = network_of(c);
	struct nick_wait *w;

	if (!(u->modes & USER_NICK_HELD))
		return;
	u->modes &= (uint16_t)~USER_NICK_HELD;
	w = n->bus->up && !n->server->ending ? wait_new(n, u, nick, FOR_NONE) : NULL;
	if (w)
		look(w);
}

/* --- time --- */

/* Begins to claim the nicks of all users, some in each turn. */
static void claim_begin(struct network *n, bool all)
{
	n->claiming = true;
	n->claim_again = false;
	n->claim_all = all;
	n->claim_place = 0;
}

void names_tick(struct network *n)
{
	if (n->claim_again && !n->claiming && n->bus->up)
		claim_begin(n, false);
	for (uint32_t i = n->waits.count; i-- > 0;) {
		struct nick_wait *w = n->waits.at[i];
		bool late = n->server->now >= w->until;

		if (late && w->purpose == FOR_CLIENT)
			refuse(w, true);
		if (w->asking)
			continue;
		if (late) {
			n->claim_again |= w->purpose == FOR_CLAIM;
			drop(w);
		} else if (w->again) {
			w->again = false;
			look(w);
		}
	}
}

/* Whether the engine is being asked about this nick for u. */
static bool is_asked(const struct network *n, const struct user *u)
{
	for (uint32_t i = 0; i < n->waits.count; i++)
		if (n->waits.at[i]->session == u->session && n->waits.at[i]->purpose != FOR_NONE &&
			case_equal(n->waits.at[i]->nick, user_nick(u)))
			return true;
	return false;
}

void names_claim(struct network *n, const struct user *u)
{
	struct nick_wait *w;

	if ((u->modes & USER_NICK_HELD) || !n->bus->up || is_asked(n, u))
		return;
	w = n->claiming ? NULL : wait_new(n, u, user_nick(u), FOR_CLAIM);
	if (w)
		create(w);
	else
		n->claim_again = true;
}

static void claim(struct hash_node *node, void *arg)
{
	struct user *u = container_of(node, struct user, by_nick);
	struct network *n = arg;
	struct nick_wait *w;

	if (user_remote(u) || !user_registered(u))
		return;
	if (!n->claim_all && ((u->modes & USER_NICK_HELD) || is_asked(n, u)))
		return;
	w = wait_new(n, u, user_nick(u), FOR_CLAIM);
	if (w)
		create(w);
	else
		n->claim_again = true;
}

/* After each connection to the engine the nicks that are no keys are claimed, some in each turn:
 * what the engine has lost, and what was taken while it was away. */
void names_turn(struct network *n)
{
	if (n->bus->up && n->connections != n->bus->connections) {
		n->connections = n->bus->connections;
		claim_begin(n, true);
	}
	if (!n->claiming || n->waits.count >= CLAIMS_AT_ONCE)
		return;
	n->claim_place = hash_scan(&n->server->nicks, n->claim_place, claim, n);
	n->claiming = n->claim_place != 0;
	if (n->claiming)
		n->server->net->ops->wake(n->server->net);
}

void names_stop(struct network *n)
{
	n->bus->ops->stop(n->bus);
	while (n->waits.count)
		drop(n->waits.at[0]);
}
