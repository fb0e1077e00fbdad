/* ban_enforce.c - loading of bans, refusal and disconnection of users they cover. */
#include "chat/history/ban_enforce.h"

#include "base/utf8.h"
#include "chat/cluster.h"
#include "chat/out/conn_table.h"
#include "chat/out/deliver.h"
#include "chat/proto/addr_text.h"
#include "chat/proto/numeric.h"

#include <stdio.h>

static int64_t wall_ms(const struct server *s)
{
	return s->wall / NSEC_MSEC;
}

/* Replaces a stored ban whose mask has another spelling by one with the canonical mask, by which
 * UNKLINE and UNDLINE find it. */
static void respell(struct server *s, const struct store_ban *kept, const struct ban *ban)
{
	struct store_request put = {.op = STORE_BAN_PUT, .u.ban = *kept};
	struct store_request drop = {.op = STORE_BAN_DELETE, .u.ban = *kept};

	put.u.ban.mask = (struct store_text){ban->mask, strlen(ban->mask)};
	if (kept->mask.len == put.u.ban.mask.len &&
		memcmp(kept->mask.p, ban->mask, kept->mask.len) == 0)
		return;
	if (store_submit(s->store, &put) != STORE_OK || store_submit(s->store, &drop) != STORE_OK)
		LOG(s->log, ERROR, "ban.not-kept", log_str("mask", ban->mask));
}

/* Loading of the stored bans. */
struct load {
	struct server *server;
	int64_t first_expiry_ms; /* the earliest of all; 0: none expires */
};

static void load_bans(void *arg, const struct store_reply *r)
{
	struct load *l = arg;
	struct server *s = l->server;
	const struct ban *added;

	for (uint32_t i = 0; i < r->count; i++) {
		int64_t expiry = r->bans[i].expire_ms;
		enum ban_result result = bans_add(&s->bans, &r->bans[i], &added);

		if (expiry > 0 && (l->first_expiry_ms == 0 || expiry < l->first_expiry_ms))
			l->first_expiry_ms = expiry;
		if (result == BAN_OK)
			respell(s, &r->bans[i], added);
		else
			LOG(s->log, ERROR, "ban.unusable",
				log_bytes("mask", r->bans[i].mask.p, r->bans[i].mask.len),
				log_str("reason", ban_result_text(result)));
	}
}

int64_t ban_enforce_load(struct server *s)
{
	struct load l = {.server = s};
	struct store_request r = {.op = STORE_BAN_LIST, .done = load_bans, .arg = &l};

	if (store_submit(s->store, &r) != STORE_OK)
		LOG(s->log, ERROR, "ban.not-loaded");
	store_drain(s->store);
	if (s->bans.count > 0)
		LOG(s->log, INFO, "ban.loaded", log_int("count", s->bans.count));
	return l.first_expiry_ms;
}

bool ban_enforce_address(const struct server *s, const struct net_addr *peer, char text[200])
{
	const struct ban *ban = bans_match_address(&s->bans, peer, wall_ms(s));

	if (ban)
		snprintf(text, 200, "D-lined: %.*s", (int)utf8_cut(ban->reason, 180), ban->reason);
	return ban != NULL;
}

struct ban_subject ban_enforce_subject(struct server *s, const struct conn *c)
{
	return (struct ban_subject){
		.nick = user_nick(c->user),
		.user = user_name(c->user),
		.host = user_host(c->user),
		.account = user_account(c->user),
		.addr = c->peer,
		.wall_ms = wall_ms(s),
		.work = &s->work,
	};
}

enum {
	HOSTS = 3, /* of a user: the visible one, the address, the cloak */
};

/* The host of that number as what a ban is matched against; out has room for it. */
static const char *host_of(
	const struct server *s, const struct conn *c, int i, char out[HOST_BYTES_MAX])
{
	if (i == 0)
		return user_host(c->user);
	if (i == 1)
		conn_host(c, out);
	else if (!conn_cloak(s, c, out))
		return user_host(c->user);
	return out;
}

/* Sends 465. */
static void send_banned(struct server *s, struct conn *c, const char *why)
{
	struct line_out o = {0};
	char head[LINE_BODY_MAX];

	snprintf(head, sizeof(head),
		":%s %d %s :You are banned from this server: ", s->config->server.name,
		ERR_YOUREBANNEDCREEP, user_nick(c->user));
	line_adds(&o, head);
	line_adds(&o, why);
	conn_line(s, c, &o);
}

bool ban_enforce_user(struct server *s, struct conn *c)
{
	struct ban_subject subject = ban_enforce_subject(s, c);
	const struct ban *ban = NULL;
	char why[220], host[HOST_BYTES_MAX];

	for (int i = 0; i < HOSTS && !ban; i++) {
		subject.host = host_of(s, c, i, host);
		if (i == 0 || !case_equal(subject.host, user_host(c->user)))
			ban = bans_match_user(&s->bans, &subject);
	}
	if (!ban && subject.account)
		ban = bans_match_account(&s->bans, subject.account, subject.wall_ms);
	if (ban)
		snprintf(why, sizeof(why), "%s: %.*s",
			ban->kind == BAN_ACCOUNT ? "Account banned" : "K-lined",
			(int)utf8_cut(ban->reason, 200), ban->reason);
	else if (!ban_enforce_address(s, &c->peer, why))
		return false;
	send_banned(s, c, why);
	conn_cut(s, c, COUNT_REFUSED_BAN, why);
	return true;
}

bool ban_enforce_covers(struct server *s, struct conn *c, const struct ban *ban)
{
	struct ban_subject subject;
	char host[HOST_BYTES_MAX];
	bool covered = false;

	if (!user_registered(c->user))
		return ban->kind == BAN_ADDRESS && ban_covers_address(ban, &c->peer);
	subject = ban_enforce_subject(s, c);
	for (int i = 0; i < HOSTS && !covered; i++) {
		subject.host = host_of(s, c, i, host);
		covered = ban_covers(ban, &subject);
	}
	return covered;
}

/* A D-line is about connections: it ends no user who has none. */
bool ban_enforce_loses(struct server *s, const struct user *u, const struct ban *ban)
{
	return (ban->kind != BAN_ADDRESS || user_remote(u)) && ban_enforce_covers_user(s, u, ban);
}

bool ban_enforce_covers_user(struct server *s, const struct user *u, const struct ban *ban)
{
	struct ban_subject subject = {.nick = user_nick(u),
		.user = user_name(u),
		.host = user_host(u),
		.account = user_account(u),
		.wall_ms = wall_ms(s),
		.work = &s->work};
	uint32_t bits;

	addr_parse_cidr(&subject.addr, &bits, user_host(u));
	return ban_covers(ban, &subject);
}

struct ban_hits_count ban_enforce_hits(struct server *s, const struct ban *ban,
	void (*each)(void *arg, const struct user *u, const struct conn *c), void *arg)
{
	struct hash_iter it = hash_walk(&s->nicks);
	struct ban_hits_count n = {0};
	struct hash_node *node;

	s->work += (s->nicks.count + s->slots.count) * (uint64_t)WORK_LOOK;
	for (uint32_t i = 0; i < s->slots.count; i++) {
		struct conn *c = s->slots.at[i].conn;

		if (!c || (c->flags & CONN_LEAVING) || !ban_enforce_covers(s, c, ban))
			continue;
		n.connections++;
		if (user_registered(c->user))
			each(arg, c->user, c);
	}
	while ((node = hash_next(&it))) {
		struct user *u = container_of(node, struct user, by_nick);

		if (u->conn || !user_registered(u) || !ban_enforce_loses(s, u, ban))
			continue;
		*(user_remote(u) ? &n.elsewhere : &n.always_on) += 1;
		each(arg, u, NULL);
	}
	return n;
}

void ban_enforce_all(struct server *s, const struct ban *ban)
{
	char why[220];

	for (uint32_t i = 0; i < s->slots.count; i++) {
		struct conn *c = s->slots.at[i].conn;

		if (!c || (c->flags & CONN_LEAVING) || !ban_enforce_covers(s, c, ban))
			continue;
		if (user_registered(c->user))
			ban_enforce_user(s, c);
		else if (ban_enforce_address(s, &c->peer, why))
			conn_cut(s, c, COUNT_REFUSED_BAN, why);
	}
}
