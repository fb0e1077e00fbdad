/* keep.c - bans applied, the store's clock, its health logged. */
#include "chat/keep.h"

#include "chat/deliver.h"
#include "chat/numeric.h"
#include "chat/text.h"

#include <stdio.h>

#define KEEP_TICK NSEC_SEC

enum {
	EXPIRE_TICKS =
		60, /* bans that have expired are not looked at; they are dropped this often */
};

static int64_t wall_ms(const struct server *s)
{
	return s->wall / NSEC_MSEC;
}

/* A ban that was kept under another spelling of its mask is kept under this one from now on: by it
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

static void take_bans(void *arg, const struct store_reply *r)
{
	struct server *s = arg;
	enum ban_result result = BAN_OK;
	const struct ban *added;

	for (uint32_t i = 0; i < r->count; i++) {
		if (r->bans[i].expire_ms && r->bans[i].expire_ms <= wall_ms(s))
			continue;
		result = bans_add(&s->bans, &r->bans[i], &added);
		if (result == BAN_OK)
			respell(s, &r->bans[i], added);
		else
			LOG(s->log, ERROR, "ban.unusable",
				log_bytes("mask", r->bans[i].mask.p, r->bans[i].mask.len),
				log_str("reason", ban_result_text(result)));
	}
}

void keep_start(struct server *s)
{
	struct store_request r = {.op = STORE_BAN_LIST, .done = take_bans, .arg = s};

	if (!s->store)
		return;
	if (store_submit(s->store, &r) != STORE_OK)
		LOG(s->log, ERROR, "ban.not-loaded");
	store_drain(s->store);
	keep_complete(s);
	s->ids.last = store_last_id(s->store);
	if (s->bans.count > 0)
		LOG(s->log, INFO, "ban.loaded", log_int("count", s->bans.count));
	wheel_start(&s->wheel, &s->keep, s->now + KEEP_TICK);
}

void keep_tick(struct server *s)
{
	wheel_start(&s->wheel, &s->keep, s->now + KEEP_TICK);
	store_tick(s->store, wall_ms(s));
	if (wall_ms(s) / 1000 % EXPIRE_TICKS == 0)
		bans_expire(&s->bans, wall_ms(s));
}

void keep_complete(struct server *s)
{
	enum store_status health;

	if (!s->store)
		return;
	store_complete(s->store);
	health = store_health(s->store);
	if (health == s->store_seen)
		return;
	s->store_seen = health;
	if (health == STORE_OK)
		LOG(s->log, WARN, "store.works-again");
	else
		LOG(s->log, ERROR, "store.fails", log_str("reason", store_status_name(health)),
			log_str("detail", store_detail(s->store)));
}

bool keep_refuses(const struct server *s, const struct net_addr *peer, char text[200])
{
	const struct ban *ban = bans_match_address(&s->bans, peer, wall_ms(s));

	if (ban)
		snprintf(text, 200, "D-lined: %.*s", (int)text_cut(ban->reason, 180), ban->reason);
	return ban != NULL;
}

struct ban_subject keep_subject(struct server *s, const struct conn *c)
{
	return (struct ban_subject){
		.user = user_name(c->user),
		.host = user_host(c->user),
		.addr = c->peer,
		.wall_ms = wall_ms(s),
		.work = &s->work,
	};
}

/* The line before the end: 465. */
static void tell(struct server *s, struct conn *c, const char *why)
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

bool keep_cuts(struct server *s, struct conn *c)
{
	struct ban_subject subject = keep_subject(s, c);
	const struct ban *ban = bans_match_user(&s->bans, &subject);
	char why[220], real[HOST_BYTES_MAX];

	conn_host(c, real);
	if (!ban && !case_equal(real, user_host(c->user))) { /* another after CHGHOST */
		subject.host = real;
		ban = bans_match_user(&s->bans, &subject);
	}
	if (ban)
		snprintf(why, sizeof(why), "K-lined: %.*s", (int)text_cut(ban->reason, 200),
			ban->reason);
	else if (!keep_refuses(s, &c->peer, why))
		return false;
	tell(s, c, why);
	conn_cut(s, c, COUNT_REFUSED_BAN, why);
	return true;
}

/* Whether a ban covers c, by the visible host or the real one; who has no name yet by address. */
static bool covers(struct server *s, struct conn *c, const struct ban *ban)
{
	struct ban_subject subject;
	char real[HOST_BYTES_MAX];

	if (!user_registered(c->user))
		return ban->kind == BAN_ADDRESS && ban_covers_address(ban, &c->peer);
	subject = keep_subject(s, c);
	if (ban_covers(ban, &subject))
		return true;
	conn_host(c, real);
	subject.host = real;
	return ban_covers(ban, &subject);
}

void keep_cut_covered(struct server *s, const struct ban *ban)
{
	char why[220];

	for (uint32_t i = 0; i < s->slot_count; i++) {
		struct conn *c = s->slots[i].conn;

		if (!c || (c->flags & CONN_LEAVING) || !covers(s, c, ban))
			continue;
		if (user_registered(c->user))
			keep_cuts(s, c);
		else if (keep_refuses(s, &c->peer, why))
			conn_cut(s, c, COUNT_REFUSED_BAN, why);
	}
}
