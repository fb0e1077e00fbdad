/*
 * upgrade_test.c - a node whose process changes: no client notices, and nothing is lost.
 *
 * With BURBLE_FIXTURE=PATH in the environment the state of a node is written there.
 */
#include "chat/cluster/network.h"

#include "base/test/test.h"
#include "chat/cluster_upgrade.h"
#include "chat/handover/handover.h"
#include "chat/test/cluster_check.h"
#include "chat/test/cluster_upgrade.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	NODES = 3,
	CLIENTS = 6, /* two of each node */
};

static int begin(void **state)
{
	static const char *const nicks[CLIENTS] = {"ann", "bob", "cid", "dan", "eve", "fay"};
	struct world *w = world_new(1, NODES, true); /* with quorum */

	assert_non_null(w);
	for (int i = 0; i < CLIENTS; i++) {
		world_connect(w, i, nicks[i]);
		world_pass(w, 100 * NSEC_MSEC);
		world_line(w, i, "JOIN #a");
		world_pass(w, 100 * NSEC_MSEC);
	}
	world_line(w, 0, "MODE #a +mvvv bob cid dan");
	world_line(w, 0, "MODE #a +vvk eve fay key");
	world_line(w, 0, "TOPIC #a :about");
	world_pass(w, NSEC_SEC);
	w->moves = 0;
	*state = w;
	return 0;
}

static int end(void **state)
{
	world_free(*state);
	return 0;
}

#define WORLD(name) TEST_OF(name, struct world, w, begin, end)

static void check(struct world *w)
{
	char fault[400];

	if (cluster_check(w, fault, sizeof(fault)))
		fail_msg("%s", fault);
}

static void all_say(struct world *w)
{
	for (int i = 0; i < CLIENTS; i++)
		world_say(w, i, "#a");
}

static uint64_t counted(const struct world *w, int node, enum network_counter c)
{
	return network_of(w->node[node].server->cluster)->counter[c];
}

/* The time of a change of the key of #a, which may not be taken for an older one. */
static uint64_t stamp_of_key(const struct world *w, int node)
{
	const struct channel *ch = registry_channel(w->node[node].server, "#a");

	return ch->stamps ? ch->stamps[__builtin_ctz(CHANNEL_KEY)] : 0;
}

WORLD(nobody_notices_that_processes_change)
{
	for (int i = 0; i < NODES; i++) {
		uint64_t begun = network_of(w->node[i].server->cluster)->begun;
		uint64_t stamp = stamp_of_key(w, i);

		all_say(w);
		world_pass(w, NSEC_MSEC); /* some of it is on its way */
		world_upgrade(w, i, false);
		assert_int_equal(network_of(w->node[i].server->cluster)->begun, begun);
		assert_true(stamp && stamp_of_key(w, i) == stamp);
		all_say(w);
		world_pass(w, 100 * NSEC_MSEC);
	}
	world_pass(w, 10 * NSEC_SEC);
	assert_int_equal(w->moves, 0);
	for (int i = 0; i < NODES; i++) {
		assert_int_equal(counted(w, i, NETWORK_SNAPSHOTS), 0);
		assert_int_equal(counted(w, i, NETWORK_UNCONFIRMED), 0);
		assert_int_equal(w->node[i].server->user_count, CLIENTS / NODES);
		assert_int_equal(cluster_users(w->node[i].server), CLIENTS - CLIENTS / NODES);
	}
	for (uint32_t i = 0; i < w->texts; i++)
		assert_true(w->text[i].receipted);
	check(w);
}

WORLD(what_others_said_meanwhile_is_asked_for)
{
	world_freeze(w, 0, true); /* the process that is about to go does not take it any more */
	world_say(w, 1, "#a");
	world_pass(w, 100 * NSEC_MSEC);
	world_freeze(w, 0, false);
	world_upgrade(w, 0, false);
	world_pass(w, NSEC_SEC);
	assert_int_equal(w->client[0].heard[0], 1);
	check(w);
}

WORLD(what_was_said_before_is_sent_again_to_who_asks_for_it)
{
	world_engine(w, 1, false);
	world_say(w, 0, "#a");
	world_pass(w, 100 * NSEC_MSEC);
	world_upgrade(w, 0, false);
	world_engine(w, 1, true);
	world_pass(w, NSEC_SEC);
	assert_int_equal(w->client[1].heard[0], 1);
	assert_int_equal(w->moves, 0);
	check(w);
}

WORLD(one_that_failed_goes_on)
{
	for (int i = 0; i < NODES; i++) {
		all_say(w);
		world_upgrade(w, i, true);
		world_pass(w, 100 * NSEC_MSEC);
	}
	world_line(w, 0, "REGISTER * * password1"); /* its new store is watched, too */
	world_pass(w, 10 * NSEC_SEC);
	assert_int_equal(w->moves, 0);
	assert_true(counted(w, 1, NETWORK_RECORDS) > 0);
	check(w);
}

WORLD(nicks_stay_those_of_their_users)
{
	world_upgrade(w, 0, false);
	world_line(w, 1, "NICK ann"); /* in the instant of the change */
	world_pass(w, NSEC_SEC);
	assert_string_equal(w->client[0].nick, "ann");
	assert_string_equal(w->client[1].nick, "bob");
	check(w);
}

WORLD(while_the_old_process_waits_it_is_there)
{
	struct server *s = w->node[0].server;

	assert_null(handover_settle(s));
	w->node[0].frozen = true;
	for (int i = 0; i < 50; i++) {
		world_pass(w, 200 * NSEC_MSEC);
		w->node[0].net.now = w->now;
		cluster_beat(s);
	}
	w->node[0].frozen = false;
	cluster_resume(s);
	w->node[0].woken = true;
	world_pass(w, 5 * NSEC_SEC);
	assert_int_equal(w->moves, 0);
	check(w);
}

/* --- the format --- */

static void write_fixture(struct world *w)
{
	const char *path = getenv("BURBLE_FIXTURE");
	FILE *f = path ? fopen(path, "wxe") : NULL;
	struct handover h = {0};

	assert_null(handover_settle(w->node[0].server));
	assert_true(handover_write(&h, w->node[0].server));
	if (f) {
		fwrite(h.bytes.at, 1, h.bytes.len, f);
		fclose(f);
	}
	handover_free(&h);
}

/* The state of the node in begin(), read by a node without any others. */
static void read_fixture(const char *path)
{
	static uint8_t bytes[1 << 20];
	struct world *w = world_new(2, 1, true);
	struct server *s = w->node[0].server;
	int fds[] = {FAKE_LISTENER, 0, 1};
	FILE *f = fopen(path, "re");
	struct handover_in in;
	struct channel *ch;
	size_t len;

	assert_non_null(f);
	len = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	for (int i = 0; i < 2; i++)
		fake_connect(&w->node[0].net);
	w->node[0].net.accepted = 2;
	assert_null(handover_open(&in, bytes, len, fds, ARRAY_SIZE(fds)));
	assert_null(handover_read(&in, s));
	ch = registry_channel(s, "#a");
	assert_non_null(ch);
	assert_int_equal(ch->count, CLIENTS);
	assert_true(ch->stamps && ch->stamps[__builtin_ctz(CHANNEL_KEY)]);
	assert_int_equal(s->user_count, 2);
	assert_int_equal(cluster_users(s), 4);
	assert_int_equal(registry_registered(s, "bob")->node, 2);
	world_pass(w, 5 * NSEC_SEC); /* the others are not there */
	assert_int_equal(cluster_users(s), 0);
	assert_int_equal(ch->count, 2);
	world_free(w);
}

WORLD(the_state_of_a_node_of_format_2_is_read)
{
	write_fixture(w);
	read_fixture("src/chat/handover/fixture/v2-node");
}
