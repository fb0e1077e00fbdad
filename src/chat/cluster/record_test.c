/* record_test.c - accounts of several servers in one process, on an engine in memory. */
#include "chat/cluster/network.h"

#include "base/test/test.h"
#include "chat/accounts/account_record.h"
#include "chat/cluster/entry.h"
#include "chat/model/channel_owned.h"
#include "chat/model/registry.h"
#include "chat/store/store_sqlite.h"
#include "chat/test/bus_model.h"
#include "chat/test/server_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	SERVERS = 3,
	STEP_MS = 10,
};

/* The servers, which share one time. */
struct world {
	char directory[64];
	struct bus_model *engine;
	struct fake_net net[SERVERS];
	struct server *server[SERVERS];
	struct store *store[SERVERS];
	struct bus *bus[SERVERS];
	int count;
	nsec_t now;
};

static void no_wake(void *arg)
{
}

static void pass(struct world *w, nsec_t time)
{
	for (nsec_t end = w->now + time; w->now < end;) {
		w->now += STEP_MS * NSEC_MSEC;
		bus_model_step(w->engine, w->now);
		for (int i = 0; i < w->count; i++) {
			w->net[i].now = w->now;
			if (!w->server[i])
				continue;
			fake_turns(w->server[i], 1);
			while (store_sqlite_has_work(w->store[i]))
				store_sqlite_work(w->store[i]);
		}
	}
}

static void path_of(const struct world *w, int i, char path[96])
{
	snprintf(path, 96, "%s/%d", w->directory, i);
}

/* Starts server i, as node i + 1 if it has a network. */
static void start(struct world *w, int i, bool network)
{
	char name[64], path[96];
	const char *settings[] = {name, "server.data=/nowhere", "limits.flood_burst=1000",
		"accounts.hash_memory=8k", "accounts.hash_passes=1", "accounts.register_rate=0",
		NULL};

	path_of(w, i, path);
	w->store[i] = store_sqlite_open(&(struct store_sqlite_options){.path = path,
		.no_thread = true,
		.history = true,
		.queue_requests = 100000,
		.queue_bytes = 64 << 20});
	snprintf(name, sizeof(name), "server.name=n%d.example", i + 1);
	w->net[i] = (struct fake_net){.now = w->now, .store = w->store[i]};
	w->server[i] = fake_server_on(&w->net[i], settings);
	fake_turns(w->server[i], 1);
	prng_seed(&w->server[i]->prng, (uint64_t)i + 100); /* sessions differ */
	w->count = i + 1 > w->count ? i + 1 : w->count;
	if (!network)
		return;
	w->bus[i] = bus_model_join(w->engine, no_wake, NULL);
	assert_true(cluster_start(w->server[i], w->bus[i], (uint16_t)(i + 1)));
}

static void stop(struct world *w, int i)
{
	fake_end(&w->net[i], w->server[i]);
	w->server[i] = NULL;
	store_close(w->store[i]);
	w->store[i] = NULL;
}

static struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));

	w->now = 1000 * NSEC_SEC;
	snprintf(w->directory, sizeof(w->directory), "/tmp/record_test.XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	w->engine = bus_model_new(&(struct bus_model_options){.seed = 1,
		.delay_min = NSEC_MSEC,
		.delay_max = 3 * NSEC_MSEC,
		.patience = 2 * NSEC_SEC});
	return w;
}

static int begin_two(void **state)
{
	struct world *w = world_new();

	*state = w;
	start(w, 0, true);
	start(w, 1, true);
	pass(w, 2 * NSEC_SEC);
	return 0;
}

static int begin_none(void **state)
{
	*state = world_new();
	return 0;
}

static int end(void **state)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	struct world *w = *state;
	char path[96 + 4];

	for (int i = 0; i < w->count; i++) {
		if (w->server[i])
			stop(w, i);
		for (size_t k = 0; k < ARRAY_SIZE(ends); k++) {
			path_of(w, i, path);
			strcat(path, ends[k]);
			unlink(path);
		}
	}
	bus_model_free(w->engine);
	rmdir(w->directory);
	free(w);
	return 0;
}

#define TWO(name)  TEST_OF(name, struct world, w, begin_two, end)
#define NONE(name) TEST_OF(name, struct world, w, begin_none, end)

/* --- accounts without a password --- */

static void note_account(void *arg, struct account *a, enum store_status status)
{
	assert_int_equal(status, STORE_OK);
}

/* Registers an account on a server, whose time is `created`. */
static void make(struct world *w, int i, const char *name, int64_t created)
{
	struct account_values v = {
		.name = name, .password = "hash", .created_ms = created, .seen_ms = created};

	assert_int_equal(accounts_register(&w->server[i]->accounts, &v,
				 (struct account_then){note_account, NULL}),
		STORE_OK);
	pass(w, 100 * NSEC_MSEC);
}

static struct account *of(struct world *w, int i, const char *name)
{
	return accounts_find(&w->server[i]->accounts, name);
}

static void set_password(struct world *w, int i, const char *name, const char *hash)
{
	struct account *a = of(w, i, name);
	struct account_values v = account_values(a);

	v.password = hash;
	assert_int_equal(accounts_change(&w->server[i]->accounts, a, &v,
				 (struct account_then){note_account, NULL}),
		STORE_OK);
	pass(w, 100 * NSEC_MSEC);
}

static void drop(struct world *w, int i, const char *name)
{
	struct account *a = of(w, i, name);
	struct account_values v = account_values(a);

	v.flags |= ACCOUNT_DROPPED;
	assert_int_equal(accounts_change(&w->server[i]->accounts, a, &v,
				 (struct account_then){note_account, NULL}),
		STORE_OK);
	pass(w, 100 * NSEC_MSEC);
}

static void add_key(
	struct world *w, int i, const char *name, enum account_list list, const char *text)
{
	assert_int_equal(accounts_add_key(&w->server[i]->accounts, of(w, i, name),
				 &(struct account_new_key){
					 list, text, list == ACCOUNT_APPS ? "tv" : NULL, 9},
				 (struct account_then){note_account, NULL}),
		STORE_OK);
	pass(w, 100 * NSEC_MSEC);
}

/* --- tests --- */

TWO(an_account_is_on_both_servers_and_changes_on_both)
{
	make(w, 0, "ann", 5);
	assert_non_null(of(w, 1, "ann"));
	assert_int_equal(of(w, 1, "ann")->created_ms, 5);
	set_password(w, 1, "ann", "other");
	assert_string_equal(of(w, 0, "ann")->password, "other");
	drop(w, 0, "ann");
	assert_null(of(w, 1, "ann"));
	assert_false(accounts_is_free(&w->server[1]->accounts, "ann"));
}

TWO(what_belongs_to_an_account_goes_with_it)
{
	make(w, 0, "ann", 5);
	add_key(w, 1, "ann", ACCOUNT_NICKS, "nic");
	add_key(w, 0, "ann", ACCOUNT_APPS, "0123456789abcdef");
	assert_ptr_equal(accounts_of_nick(&w->server[0]->accounts, "nic"), of(w, 0, "ann"));
	assert_string_equal(of(w, 1, "ann")->keys[ACCOUNT_APPS]->name, "tv");
	drop(w, 1, "ann");
	assert_null(accounts_of_nick(&w->server[0]->accounts, "nic"));
	assert_true(accounts_is_free(&w->server[0]->accounts, "nic"));
}

TWO(of_two_changes_of_one_account_the_later_holds_on_both)
{
	make(w, 0, "ann", 5);
	bus_model_cut(w->engine, 1);
	set_password(w, 0, "ann", "first");
	set_password(w, 1, "ann", "second");
	pass(w, 4 * NSEC_SEC);
	bus_model_cut(w->engine, 0);
	pass(w, 10 * NSEC_SEC);
	assert_string_equal(of(w, 0, "ann")->password, "second");
	assert_string_equal(of(w, 1, "ann")->password, "second");
}

TWO(a_server_that_was_away_gets_what_has_changed_and_what_is_gone)
{
	make(w, 0, "ann", 5);
	make(w, 0, "bob", 6);
	add_key(w, 0, "ann", ACCOUNT_CERTS, "aabb");
	stop(w, 1);
	make(w, 0, "cid", 7);
	drop(w, 0, "bob");
	assert_int_equal(accounts_remove_key(&w->server[0]->accounts, ACCOUNT_CERTS,
				 of(w, 0, "ann")->keys[ACCOUNT_CERTS], (struct account_then){0}),
		STORE_OK);
	pass(w, 4 * NSEC_SEC);
	start(w, 1, true);
	assert_non_null(of(w, 1, "bob"));
	pass(w, 10 * NSEC_SEC);
	assert_non_null(of(w, 1, "cid"));
	assert_null(of(w, 1, "bob"));
	assert_null(of(w, 1, "ann")->keys[ACCOUNT_CERTS]);
	assert_null(of(w, 0, "ann")->keys[ACCOUNT_CERTS]);
	stop(w, 1);
	start(w, 1, true);
	assert_non_null(of(w, 1, "cid")); /* it is on the disk */
}

NONE(accounts_of_servers_that_were_single_are_of_the_network_and_the_older_keeps_its_name)
{
	start(w, 0, false);
	make(w, 0, "ann", 50);
	make(w, 0, "same", 60);
	add_key(w, 0, "same", ACCOUNT_NICKS, "winner");
	start(w, 1, false);
	make(w, 1, "bob", 51);
	make(w, 1, "same", 70);
	add_key(w, 1, "same", ACCOUNT_CERTS, "aabb");
	add_key(w, 1, "same", ACCOUNT_NICKS, "loser");
	stop(w, 0);
	stop(w, 1);
	start(w, 0, true);
	start(w, 1, true);
	pass(w, 10 * NSEC_SEC);
	for (int i = 0; i < 2; i++) {
		const struct accounts *t = &w->server[i]->accounts;

		assert_non_null(of(w, i, "ann"));
		assert_non_null(of(w, i, "bob"));
		assert_int_equal(of(w, i, "same")->created_ms, 60);
		assert_non_null(accounts_of_nick(t, "winner"));
		assert_null(accounts_of_nick(t, "loser"));
		assert_null(accounts_of_cert(t, "aabb")); /* it would open the other's account */
	}
}

TWO(many_accounts_are_compared_page_by_page)
{
	char name[16];

	bus_model_cut(w->engine, 1);
	for (int i = 0; i < 2500; i++) {
		struct account_values v = {.name = name, .password = "hash", .created_ms = i + 1};

		snprintf(name, sizeof(name), "user%d", i);
		assert_int_equal(accounts_register(&w->server[i % 2]->accounts, &v,
					 (struct account_then){note_account, NULL}),
			STORE_OK);
		if (i % 100 == 0)
			pass(w, 100 * NSEC_MSEC);
	}
	pass(w, 4 * NSEC_SEC);
	bus_model_cut(w->engine, 0);
	pass(w, 15 * NSEC_SEC);
	assert_int_equal(w->server[0]->accounts.names.count, 2500);
	assert_int_equal(w->server[1]->accounts.names.count, 2500);
}

/* --- channels, bans and filters --- */

static struct store_text text(const char *s)
{
	return (struct store_text){s, strlen(s)};
}

static void note_commit(void *arg, const struct store_reply *r)
{
	assert_int_equal(r->status, STORE_OK);
}

static struct channel *channel_of(struct world *w, int i)
{
	return registry_channel(w->server[i], "#x");
}

/* Registers #x on a server for an account that is there. */
static void found(struct world *w, int i, const char *founder)
{
	struct channel *ch = registry_adopt_channel(w->server[i], "#x");

	assert_int_equal(owned_begin(w->server[i], ch, founder, note_commit, NULL), STORE_OK);
	pass(w, 100 * NSEC_MSEC);
}

TWO(a_registered_channel_is_on_both_servers_with_its_ranks_and_masks)
{
	char text[] = "bad!*@*\0ann";
	struct mask m = {.text = text, .since = NSEC_SEC};

	make(w, 0, "ann", 5);
	make(w, 0, "bob", 6);
	found(w, 0, "ann");
	assert_string_equal(channel_of(w, 1)->owned->founder, "ann");
	assert_true(owned_set_access(w->server[1], channel_of(w, 1), "bob", MEMBER_OP));
	banlist_add(channel_of(w, 0), BANLIST_BAN, &m, 10);
	owned_mask(w->server[0], channel_of(w, 0), BANLIST_BAN, &m, true);
	pass(w, 100 * NSEC_MSEC);
	assert_int_equal(owned_access_of(channel_of(w, 0), "bob")->modes, MEMBER_OP);
	assert_string_equal(banlist_rows(channel_of(w, 1), BANLIST_BAN)->at[0].text, "bad!*@*");
	assert_int_equal(owned_end(w->server[1], channel_of(w, 1), NULL, NULL), STORE_OK);
	pass(w, 100 * NSEC_MSEC);
	assert_null(channel_of(w, 0));
	assert_null(channel_of(w, 1));
}

TWO(a_mask_that_was_removed_while_a_server_was_away_stays_away)
{
	char text[] = "bad!*@*\0ann";
	struct mask m = {.text = text, .since = NSEC_SEC};

	make(w, 0, "ann", 5);
	found(w, 0, "ann");
	banlist_add(channel_of(w, 0), BANLIST_BAN, &m, 10);
	owned_mask(w->server[0], channel_of(w, 0), BANLIST_BAN, &m, true);
	pass(w, 100 * NSEC_MSEC);
	stop(w, 1);
	banlist_remove(channel_of(w, 0), BANLIST_BAN, "bad!*@*");
	owned_mask(w->server[0], channel_of(w, 0), BANLIST_BAN, &m, false);
	pass(w, 4 * NSEC_SEC);
	start(w, 1, true);
	assert_int_equal(banlist_rows(channel_of(w, 1), BANLIST_BAN)->count, 1);
	pass(w, 10 * NSEC_SEC);
	assert_int_equal(banlist_rows(channel_of(w, 1), BANLIST_BAN)->count, 0);
	assert_int_equal(banlist_rows(channel_of(w, 0), BANLIST_BAN)->count, 0);
}

NONE(of_two_registrations_of_a_channel_the_older_stays_with_its_ranks)
{
	for (int i = 0; i < 2; i++) {
		start(w, i, false);
		make(w, i, i ? "bob" : "ann", 50 + i);
		found(w, i, i ? "bob" : "ann");
		assert_true(owned_set_access(
			w->server[i], channel_of(w, i), i ? "cid" : "dan", MEMBER_OP));
		pass(w, NSEC_SEC);
	}
	for (int i = 0; i < 2; i++)
		stop(w, i);
	start(w, 0, true);
	start(w, 1, true);
	pass(w, 10 * NSEC_SEC);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(channel_of(w, i)->owned->founder, "ann");
		assert_non_null(owned_access_of(channel_of(w, i), "dan"));
		assert_null(owned_access_of(channel_of(w, i), "cid"));
	}
}

static void submit_ban(struct world *w, int i, enum store_op op)
{
	struct store_request r = {.op = op, .done = note_commit};

	r.u.ban =
		(struct store_ban){BAN_USER, text("*@bad.example"), text("why"), text("op"), 1, 0};
	assert_int_equal(store_submit(w->store[i], &r), STORE_OK);
	pass(w, 100 * NSEC_MSEC);
}

TWO(a_ban_is_on_both_servers_and_ends_on_both)
{
	submit_ban(w, 0, STORE_BAN_PUT);
	assert_int_equal(w->server[1]->bans.count, 1);
	submit_ban(w, 1, STORE_BAN_DELETE);
	submit_ban(w, 0, STORE_BAN_PUT);
	stop(w, 1);
	start(w, 1, true);
	assert_int_equal(w->server[1]->bans.count, 1);
	submit_ban(w, 0, STORE_BAN_DELETE);
	pass(w, 5 * NSEC_SEC);
	assert_int_equal(w->server[1]->bans.count, 0);
}

TWO(a_filter_is_on_both_servers)
{
	struct store_request r = {.op = STORE_RECORD_PUT, .done = note_commit};

	r.u.record = (struct store_record){.table = STORE_FILTER,
		.text = {text("sp.m"), text("why"), text("op")},
		.number = {FILTER_BLOCK, FILTER_ALL, 1}};
	assert_int_equal(store_submit(w->store[0], &r), STORE_OK);
	pass(w, 100 * NSEC_MSEC);
	assert_int_equal(w->server[1]->filters.rows.count, 1);
	r.op = STORE_RECORD_DELETE;
	assert_int_equal(store_submit(w->store[0], &r), STORE_OK);
	pass(w, 100 * NSEC_MSEC);
	assert_int_equal(w->server[1]->filters.rows.count, 0);
}

/* --- records that may not be --- */

static uint64_t counted(struct world *w, int i, const char *name)
{
	const char *at;
	uint64_t value;

	for (uint32_t k = 0;
		(at = w->server[i]->cluster->ops->counter(w->server[i]->cluster, k, &value)); k++)
		if (strcmp(at, name) == 0)
			return value;
	return UINT64_MAX;
}

/* Says a record as server 0 would. */
static void say_record(struct world *w, const struct entry *e)
{
	network_log(network_of(w->server[0]->cluster), e);
	pass(w, 100 * NSEC_MSEC);
}

TWO(records_that_may_not_be_are_refused_and_counted)
{
	uint64_t now = stamp_now(w->server[0]);
	struct entry good = {.kind = ENTRY_RECORD,
		.number = {[RECORD_TABLE] = STORE_ACCOUNT, [RECORD_VERSION] = now},
		.text = {text("eve"), text("Eve"), text("hash")}};
	struct entry bad[] = {good, good, good, good, good, good};

	bad[0].text[0] = text(" "); /* the secret of the other server */
	bad[1].text[0] = text("bob");
	bad[2].number[RECORD_TABLE] = STORE_PRESENCE;
	bad[3].number[RECORD_TABLE] = 1000;
	bad[4].number[RECORD_VERSION] = now + (2ull * 24 * 3600 * 1000000 << MSGID_NODE_BITS);
	bad[5].number[RECORD_VERSION] = 0;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		say_record(w, &bad[i]);
		assert_int_equal(counted(w, 1, "refused-entries"), i + 1);
	}
	assert_int_equal(w->server[1]->accounts.names.count, 0);
	say_record(w, &good);
	assert_non_null(of(w, 1, "eve"));
}

/* --- names that are being registered --- */

static void note_lock(void *arg, enum cluster_lock result)
{
	*(int *)arg = (int)result;
}

TWO(of_two_who_register_one_name_at_once_one_may)
{
	int a = -1, b = -1;

	cluster_lock(w->server[0], "Same", note_lock, &a);
	cluster_lock(w->server[1], "same", note_lock, &b);
	pass(w, NSEC_SEC);
	assert_int_equal(a + b, CLUSTER_LOCK_GOT + CLUSTER_LOCK_TAKEN);
	assert_int_not_equal(a, b);
}

TWO(a_name_whose_registration_came_to_nothing_is_free_soon)
{
	int a = -1, b = -1;

	cluster_lock(w->server[0], "same", note_lock, &a);
	pass(w, 31 * NSEC_SEC);
	cluster_lock(w->server[1], "same", note_lock, &b);
	pass(w, NSEC_SEC);
	assert_int_equal(a, CLUSTER_LOCK_GOT);
	assert_int_equal(b, CLUSTER_LOCK_GOT);
}

TWO(without_the_engine_no_name_is_registered)
{
	int a = -1, b = -1;

	bus_model_connect(w->engine, 0, false);
	pass(w, NSEC_SEC);
	cluster_lock(w->server[0], "same", note_lock, &a);
	assert_int_equal(a, CLUSTER_LOCK_AWAY);
	bus_model_elect(w->engine, w->now + 60 * NSEC_SEC);
	cluster_lock(w->server[1], "same", note_lock, &b);
	pass(w, 10 * NSEC_SEC);
	assert_int_equal(b, CLUSTER_LOCK_AWAY);
}
