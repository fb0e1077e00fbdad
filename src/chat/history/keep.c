/* keep.c - bans applied, the store's clock, its health logged. */
#include "chat/history/keep.h"

#include "chat/out/deliver.h"
#include "chat/proto/numeric.h"
#include "chat/proto/utf8.h"

#include <stdio.h>

#define KEEP_TICK NSEC_SEC

enum {
	CATCH_UP = 60, /* times as fast as it passes, at most, is the time by which is deleted */
	EXPIRE_TICKS =
		60, /* bans that have expired are not looked at; they are dropped this often */
};

#define CLOCK_STEP_MS 5000 /* apart from the monotonic clock between two ticks: it was set */

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

/*
 * What is deleted is gone for good, and a clock may be wrong: one look at it is not enough. The
 * time by which things are deleted starts where nothing has to go yet, and moves with the monotonic
 * clock, or up to CATCH_UP times as fast while it is behind the wall clock.
 */
static void believe_from(struct server *s, int64_t first_ms)
{
	if (first_ms > 0 && first_ms < s->believed.ms)
		s->believed.ms = first_ms;
}

static void believe_start(struct server *s)
{
	int64_t age = s->config->history.max_age / NSEC_MSEC;

	if (age > 0 && store_first_ms(s->store) > 0)
		believe_from(s, store_first_ms(s->store) + age);
	if (s->believed.ms < wall_ms(s))
		LOG(s->log, INFO, "retention.behind",
			log_int("seconds", (wall_ms(s) - s->believed.ms) / 1000));
}

static void believe_tick(struct server *s)
{
	struct keep_clock *b = &s->believed;
	int64_t passed = (s->now - b->at) / NSEC_MSEC, step = wall_ms(s) - b->wall_ms - passed;

	if (step > CLOCK_STEP_MS || step < -CLOCK_STEP_MS)
		LOG(s->log, WARN, "clock.set", log_int("milliseconds", step));
	b->ms += CATCH_UP * passed;
	if (b->ms > wall_ms(s))
		b->ms = wall_ms(s);
	b->wall_ms = wall_ms(s);
	b->at = s->now;
}

static void take_bans(void *arg, const struct store_reply *r)
{
	struct server *s = arg;
	enum ban_result result = BAN_OK;
	const struct ban *added;

	for (uint32_t i = 0; i < r->count; i++) {
		believe_from(s, r->bans[i].expire_ms);
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

	s->believed = (struct keep_clock){wall_ms(s), wall_ms(s), s->now};
	if (!s->store)
		return;
	if (store_submit(s->store, &r) != STORE_OK)
		LOG(s->log, ERROR, "ban.not-loaded");
	store_drain(s->store);
	keep_complete(s);
	s->ids.last = store_last_id(s->store);
	believe_start(s);
	if (store_notice(s->store)[0])
		LOG(s->log, WARN, "store.notice", log_str("detail", store_notice(s->store)));
	if (s->bans.count > 0)
		LOG(s->log, INFO, "ban.loaded", log_int("count", s->bans.count));
	wheel_start(&s->wheel, &s->keep, s->now + KEEP_TICK);
}

void keep_tick(struct server *s)
{
	wheel_start(&s->wheel, &s->keep, s->now + KEEP_TICK);
	believe_tick(s);
	store_tick(s->store, s->believed.ms);
	if (s->believed.ms / 1000 % EXPIRE_TICKS == 0)
		bans_expire(&s->bans, s->believed.ms);
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
		snprintf(text, 200, "D-lined: %.*s", (int)utf8_cut(ban->reason, 180), ban->reason);
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
		snprintf(why, sizeof(why), "K-lined: %.*s", (int)utf8_cut(ban->reason, 200),
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
