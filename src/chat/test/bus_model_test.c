/* bus_model_test.c - what the model promises, and what it does not. */
#include "chat/test/bus_model.h"

#include "base/test/test.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	BUSES = 3,
	KEYS = 200,
};

struct listener {
	struct bus *bus;
	uint32_t woken, count;
	uint8_t last; /* the first byte of the last message */
	char subject[BUS_SUBJECT_MAX];
};

/* The end of an operation. */
struct outcome {
	struct bus_reply reply;
	char value[BUS_VALUE_MAX + 1];
	int count;
};

struct world {
	struct bus_model *model;
	nsec_t now;
	struct listener at[BUSES];
};

static void wake(void *arg)
{
	((struct listener *)arg)->woken++;
}

static void heard(void *arg, const char *subject, const uint8_t *bytes, size_t len)
{
	struct listener *l = arg;

	assert_true(len == 0 || l->count == 0 || bytes[0] > l->last); /* in order */
	l->last = len ? bytes[0] : 0;
	l->count++;
	snprintf(l->subject, sizeof(l->subject), "%s", subject);
}

static void done(void *arg, const struct bus_reply *reply)
{
	struct outcome *o = arg;

	o->reply = *reply;
	snprintf(o->value, sizeof(o->value), "%.*s", (int)reply->len, (const char *)reply->value);
	o->count++;
}

/* Passes the time, a millisecond at a time. */
static void pass(struct world *w, nsec_t span)
{
	for (nsec_t end = w->now + span; w->now < end; w->now += NSEC_MSEC) {
		bus_model_step(w->model, w->now);
		for (int i = 0; i < BUSES; i++)
			w->at[i].bus->ops->complete(w->at[i].bus);
	}
}

static void begin(struct world *w, uint64_t seed)
{
	struct bus_model_options o = {seed, NSEC_MSEC, 9 * NSEC_MSEC, 5 * NSEC_SEC};

	*w = (struct world){.model = bus_model_new(&o)};
	for (int i = 0; i < BUSES; i++) {
		w->at[i].bus = bus_model_join(w->model, wake, &w->at[i]);
		assert_true(
			w->at[i].bus->ops->subscribe(w->at[i].bus, "net.log.*", heard, &w->at[i]));
	}
	pass(w, NSEC_MSEC);
}

static bool say(struct world *w, int from, uint8_t byte)
{
	return w->at[from].bus->ops->publish(w->at[from].bus, "net.log.1", &byte, 1);
}

static struct bus_key key_of(const char *key, const char *value, struct outcome *o)
{
	*o = (struct outcome){0};
	return (struct bus_key){.key = key,
		.key_len = strlen(key),
		.value = (const uint8_t *)value,
		.len = strlen(value),
		.done = done,
		.arg = o};
}

static void create(struct world *w, int from, const char *key, struct outcome *o)
{
	struct bus_key k = key_of(key, "mine", o);

	assert_true(w->at[from].bus->ops->create(w->at[from].bus, &k));
}

static void get(struct world *w, int from, const char *key, struct outcome *o)
{
	struct bus_key k = key_of(key, "", o);

	assert_true(w->at[from].bus->ops->get(w->at[from].bus, &k));
}

TEST(a_message_reaches_the_others_in_order_and_not_its_sender)
{
	struct world w;

	begin(&w, 1);
	for (uint8_t i = 1; i <= 100; i++)
		assert_true(say(&w, 0, i));
	pass(&w, 20 * NSEC_MSEC);
	assert_int_equal(w.at[0].count, 0);
	assert_int_equal(w.at[1].count, 100);
	assert_int_equal(w.at[2].count, 100);
	assert_int_equal(w.at[1].bus->heard, 100);
	assert_string_equal(w.at[1].subject, "net.log.1");
	assert_true(w.at[0].bus->ops->publish(w.at[0].bus, "net.beat", NULL, 0));
	assert_true(w.at[0].bus->ops->publish(w.at[0].bus, "net.log.1.x", NULL, 0));
	pass(&w, 20 * NSEC_MSEC);
	assert_int_equal(w.at[1].count, 100);
	bus_model_free(w.model);
}

TEST(of_those_who_create_a_key_one_wins)
{
	struct world w;
	static struct outcome out[BUSES][KEYS];
	static char key[KEYS][16];
	int wins[BUSES] = {0};

	begin(&w, 2);
	for (int k = 0; k < KEYS; k++) {
		snprintf(key[k], sizeof(key[k]), "nick:%d", k);
		for (int i = 0; i < BUSES; i++)
			create(&w, i, key[k], &out[i][k]);
	}
	pass(&w, 40 * NSEC_MSEC);
	for (int k = 0; k < KEYS; k++) {
		int winners = 0;

		for (int i = 0; i < BUSES; i++) {
			bool won = out[i][k].reply.status == BUS_OK;

			assert_int_equal(out[i][k].count, 1);
			assert_true(won || out[i][k].reply.status == BUS_TAKEN);
			winners += won;
			wins[i] += won;
		}
		assert_int_equal(winners, 1);
	}
	assert_true(wins[0] > 0 && wins[1] > 0 && wins[2] > 0);
	bus_model_free(w.model);
}

TEST(a_key_is_replaced_and_removed_by_its_revision_only)
{
	struct world w;
	struct outcome o;
	struct bus_key k;
	uint64_t first, second;
	const struct bus_ops *ops;

	begin(&w, 3);
	ops = w.at[0].bus->ops;
	create(&w, 0, "k", &o);
	pass(&w, 40 * NSEC_MSEC);
	first = o.reply.revision;
	k = key_of("k", "other", &o);
	k.revision = first;
	assert_true(ops->replace(w.at[1].bus, &k));
	pass(&w, 40 * NSEC_MSEC);
	assert_int_equal(o.reply.status, BUS_OK);
	second = o.reply.revision;
	assert_true(second > first);
	k = key_of("k", "", &o);
	k.revision = first;
	assert_true(ops->remove(w.at[0].bus, &k));
	pass(&w, 40 * NSEC_MSEC);
	assert_int_equal(o.reply.status, BUS_TAKEN);
	get(&w, 2, "k", &o);
	pass(&w, 40 * NSEC_MSEC);
	assert_int_equal(o.reply.status, BUS_OK);
	assert_int_equal(o.reply.revision, second);
	assert_string_equal(o.value, "other");
	k = key_of("k", "", &o);
	k.revision = second;
	assert_true(ops->remove(w.at[2].bus, &k));
	pass(&w, 40 * NSEC_MSEC);
	assert_int_equal(o.reply.status, BUS_OK);
	get(&w, 0, "k", &o);
	pass(&w, 40 * NSEC_MSEC);
	assert_int_equal(o.reply.status, BUS_NONE);
	create(&w, 0, "k", &o);
	pass(&w, 40 * NSEC_MSEC);
	assert_true(o.reply.status == BUS_OK && o.reply.revision > second);
	bus_model_free(w.model);
}

TEST(a_cut_loses_messages_and_leaves_the_smaller_part_without_keys)
{
	struct world w;
	struct outcome small, large;

	begin(&w, 4);
	bus_model_cut(w.model, 1u << 2);
	create(&w, 2, "a", &small);
	create(&w, 1, "a", &large);
	assert_true(say(&w, 0, 1));
	pass(&w, 6 * NSEC_SEC);
	assert_int_equal(small.reply.status, BUS_AWAY);
	assert_int_equal(large.reply.status, BUS_OK);
	assert_int_equal(w.at[1].count, 1);
	assert_int_equal(w.at[2].count, 0);
	assert_true(w.at[2].bus->up); /* its part of the engine is there */
	bus_model_cut(w.model, 0);
	assert_true(say(&w, 0, 2));
	create(&w, 2, "a", &small);
	pass(&w, 40 * NSEC_MSEC);
	assert_int_equal(small.reply.status, BUS_TAKEN);
	assert_int_equal(w.at[2].count, 1);
	bus_model_free(w.model);
}

TEST(without_the_engine_nothing_is_sent_and_operations_end)
{
	struct world w;
	struct outcome before, after;

	begin(&w, 5);
	create(&w, 0, "a", &before);
	assert_true(say(&w, 1, 1));
	bus_model_connect(w.model, 0, false);
	pass(&w, NSEC_MSEC);
	assert_int_equal(before.reply.status, BUS_AWAY);
	assert_false(w.at[0].bus->up);
	assert_string_not_equal(w.at[0].bus->why, "");
	assert_false(say(&w, 0, 1));
	assert_int_equal(w.at[0].bus->dropped, 1);
	create(&w, 0, "b", &after);
	bus_model_connect(w.model, 0, true); /* what was on its way does not reach it any more */
	pass(&w, 40 * NSEC_MSEC);
	assert_int_equal(after.reply.status, BUS_AWAY);
	assert_int_equal(w.at[0].count, 0);
	assert_int_equal(w.at[2].count, 1);
	assert_true(w.at[0].bus->up);
	assert_int_equal(w.at[0].bus->connections, 2);
	assert_true(say(&w, 1, 2));
	pass(&w, 40 * NSEC_MSEC);
	assert_int_equal(w.at[0].count, 1); /* it listens again */
	bus_model_free(w.model);
}

TEST(during_an_election_operations_fail_and_some_are_carried_out)
{
	struct world w;
	static struct outcome out[KEYS], look[KEYS];
	static char key[KEYS][16];
	int there = 0;

	begin(&w, 6);
	bus_model_elect(w.model, w.now + 2 * NSEC_SEC);
	for (int k = 0; k < KEYS; k++) {
		snprintf(key[k], sizeof(key[k]), "nick:%d", k);
		create(&w, 0, key[k], &out[k]);
	}
	assert_true(say(&w, 0, 1));
	pass(&w, 6 * NSEC_SEC);
	assert_int_equal(w.at[1].count, 1);
	for (int k = 0; k < KEYS; k++) {
		assert_int_equal(out[k].count, 1);
		assert_int_equal(out[k].reply.status, BUS_AWAY);
		get(&w, 1, key[k], &look[k]);
	}
	pass(&w, 40 * NSEC_MSEC);
	for (int k = 0; k < KEYS; k++)
		there += look[k].reply.status == BUS_OK;
	assert_true(there > KEYS / 10 && there < KEYS / 2);
	bus_model_lose(w.model);
	get(&w, 1, key[0], &look[0]);
	create(&w, 1, key[0], &out[0]);
	pass(&w, 40 * NSEC_MSEC);
	assert_int_equal(look[0].reply.status, BUS_NONE);
	assert_int_equal(out[0].reply.status, BUS_OK);
	bus_model_free(w.model);
}

TEST(the_end_of_a_bus_ends_its_operations_and_what_it_sent_arrives)
{
	struct world w;
	struct outcome o;

	begin(&w, 7);
	assert_true(say(&w, 0, 1));
	create(&w, 0, "a", &o);
	w.at[0].bus->ops->stop(w.at[0].bus);
	assert_int_equal(o.count, 1);
	assert_int_equal(o.reply.status, BUS_AWAY);
	assert_false(say(&w, 0, 2));
	pass(&w, 40 * NSEC_MSEC);
	assert_int_equal(w.at[1].count, 1);
	bus_model_free(w.model);
}

TEST(a_seed_gives_the_same_run)
{
	uint64_t at[2];

	for (int run = 0; run < 2; run++) {
		struct world w;

		begin(&w, 99);
		for (uint8_t i = 1; i < 50; i++)
			say(&w, i % 3, i);
		at[run] = 0;
		for (nsec_t due; (due = bus_model_due(w.model)) < NSEC_MAX;
			bus_model_step(w.model, due))
			at[run] = at[run] * 31 + (uint64_t)due;
		bus_model_free(w.model);
	}
	assert_int_equal(at[0], at[1]);
}
