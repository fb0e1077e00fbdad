/* store_health.c - store startup, retention clock, health of the store in the log. */
#include "chat/history/store_health.h"

#include "chat/history/ban_enforce.h"
#include "chat/model/channel_owned.h"

#define TICK           NSEC_SEC
#define CHANNELS_EVERY (3600 * NSEC_SEC) /* the first look at registered channels, too */
#define BANS_EVERY     (60 * NSEC_SEC)   /* expired ones are ignored at once */

enum {
	CATCH_UP = 60, /* the retention clock runs at most this much faster than real time */
};

#define CLOCK_STEP_MS                                                                              \
	5000 /* of the wall clock against the monotonic one within a tick: it was set */

struct store_retention store_health_retention(const struct config *c)
{
	return (struct store_retention){
		.max_age = c->history.max_age,
		.events_max_age = c->history.events_max_age,
		.max_bytes = (uint64_t)c->history.max_size,
		.log_max_age = c->cluster.log_age,
		.log_max_bytes = (uint64_t)c->cluster.log_bytes,
	};
}

static int64_t wall_ms(const struct server *s)
{
	return s->wall / NSEC_MSEC;
}

/* Deletion is final, and a clock may be wrong, so a single reading is not trusted. The retention
 * clock starts where nothing is due yet, and follows the monotonic clock, or up to CATCH_UP times
 * as fast while it is behind the wall clock. */
static void clock_start(struct server *s, int64_t first_expiry_ms)
{
	int64_t age = s->config->history.max_age / NSEC_MSEC, first = s->store->seen.first_ms;
	int64_t ms = wall_ms(s);

	if (first_expiry_ms > 0 && first_expiry_ms < ms)
		ms = first_expiry_ms;
	if (age > 0 && first > 0 && first + age < ms)
		ms = first + age;
	s->retention_clock.ms = ms;
	if (ms < wall_ms(s))
		LOG(s->log, INFO, "retention.behind", log_int("seconds", (wall_ms(s) - ms) / 1000));
}

static void clock_tick(struct server *s)
{
	struct retention_clock *b = &s->retention_clock;
	int64_t passed = (s->now - b->at) / NSEC_MSEC, step = wall_ms(s) - b->wall_ms - passed;

	if (step > CLOCK_STEP_MS || step < -CLOCK_STEP_MS)
		LOG(s->log, WARN, "clock.set", log_int("milliseconds", step));
	b->ms += CATCH_UP * passed;
	if (b->ms > wall_ms(s))
		b->ms = wall_ms(s);
	b->wall_ms = wall_ms(s);
	b->at = s->now;
}

void store_health_start(struct server *s)
{
	s->retention_clock = (struct retention_clock){
		wall_ms(s), wall_ms(s), s->now, s->now, s->now + CHANNELS_EVERY};
	if (!s->store)
		return;
	store_drain(s->store); /* opens the file */
	store_health_complete(s);
	s->ids.last = s->store->seen.last_id;
	clock_start(s, ban_enforce_load(s));
	if (s->store->seen.notice[0])
		LOG(s->log, WARN, "store.notice", log_str("detail", s->store->seen.notice));
	wheel_start(&s->wheel, &s->store_tick, s->now + TICK);
}

static bool is_due(const struct server *s, nsec_t *due, nsec_t every)
{
	if (s->now < *due)
		return false;
	*due = s->now + every;
	return true;
}

void store_health_tick(struct server *s)
{
	wheel_start(&s->wheel, &s->store_tick, s->now + TICK);
	clock_tick(s);
	store_tick(s->store, s->retention_clock.ms);
	if (is_due(s, &s->retention_clock.bans_due, BANS_EVERY))
		bans_expire(&s->bans, s->retention_clock.ms);
	if (is_due(s, &s->retention_clock.channels_due, CHANNELS_EVERY))
		owned_expire(s);
}

void store_health_complete(struct server *s)
{
	enum store_status health;

	if (!s->store)
		return;
	store_complete(s->store);
	health = s->store->seen.health;
	if (health == s->store_status)
		return;
	s->store_status = health;
	if (health == STORE_OK)
		LOG(s->log, WARN, "store.works-again");
	else
		LOG(s->log, ERROR, "store.fails", log_str("reason", store_status_name(health)),
			log_str("detail", s->store->seen.detail));
}
