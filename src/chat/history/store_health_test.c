/* store_health_test.c - a wrong clock deletes no messages. */
#include "base/test/test.h"
#include "chat/history/store_health.h"
#include "chat/test/store_fixture.h"

#define HOUR  (3600 * NSEC_SEC)
#define DAY   (24 * HOUR)
#define START (20 * 365 * DAY)

enum {
	MESSAGES = 200, /* one per hour, the newest at START */
};

/* A store, and the parts of a server that its clock needs. */
struct kept {
	struct store_fixture t;
	struct server *s;
};

static void kept_start(struct kept *k, nsec_t wall)
{
	static const char *const settings[] = {"history.max_age=30d"};
	struct config_source from = {.settings = settings, .setting_count = 1};
	struct config_error e;
	struct server *s = k->s = calloc(1, sizeof(*s));

	fixture_start(&k->t);
	for (int64_t i = MESSAGES - 1; i >= 0; i--)
		assert_int_equal(
			fixture_put(&k->t, "#a", msgid_floor((START - i * HOUR) / NSEC_MSEC)),
			STORE_OK);
	store_close(k->t.store);
	fixture_open(&k->t);
	k->t.store->retention = (struct store_retention){.max_age = 30 * DAY};
	s->config = config_load(&from, &e);
	assert_non_null(s->config);
	s->store = k->t.store;
	s->now = NSEC_SEC;
	s->wall = wall;
	wheel_init(&s->wheel, s->now, NSEC_MSEC);
	wheel_timer_init(&s->store_tick);
	bans_init(&s->bans, &s->key);
	store_health_start(s);
}

static void kept_end(struct kept *k)
{
	wheel_stop(&k->s->wheel, &k->s->store_tick);
	bans_free(&k->s->bans);
	config_free(k->s->config);
	free(k->s);
	fixture_end(&k->t);
}

/* Advances both clocks, a step per tick; returns the messages deleted so far. */
static uint64_t pass(struct kept *k, nsec_t time, nsec_t step)
{
	for (; time > 0; time -= step) {
		k->s->now += step;
		k->s->wall += step;
		store_health_tick(k->s);
		store_drain(k->t.store);
	}
	return k->t.store->seen.expired;
}

TEST(a_clock_that_is_briefly_ahead_deletes_nothing)
{
	struct kept k;

	kept_start(&k, START);
	assert_int_equal(pass(&k, 5 * NSEC_SEC, NSEC_SEC), 0);
	k.s->wall += 40 * DAY;
	assert_int_equal(pass(&k, 10 * NSEC_SEC, NSEC_SEC), 0);
	k.s->wall -= 40 * DAY;
	assert_int_equal(pass(&k, 5 * NSEC_SEC, NSEC_SEC), 0);
	kept_end(&k);
}

TEST(old_messages_are_deleted_as_time_passes)
{
	struct kept k;

	kept_start(&k, START);
	assert_int_equal(pass(&k, 21 * DAY, HOUR), 0);
	assert_in_range(pass(&k, 2 * DAY, HOUR), 20, 48);
	assert_int_equal(pass(&k, 30 * DAY, HOUR), MESSAGES);
	kept_end(&k);
}

TEST(a_server_that_starts_with_a_wrong_clock_deletes_nothing_at_once)
{
	struct kept k;

	kept_start(&k, START + 400 * DAY);
	assert_true(pass(&k, 10 * NSEC_SEC, NSEC_SEC) <= 1);
	assert_int_equal(pass(&k, 10 * DAY, HOUR), MESSAGES); /* the clock is right after all */
	kept_end(&k);
}
