/* store_version_test.c - which of two states of a record holds. */
#include "chat/store/store_version.h"

#include "chat/test/store_fixture.h"

enum {
	US = 1, /* numbers of nodes */
	THEM = 2,
};

/* A version at a second, of a node. */
static uint64_t at(uint64_t time, uint64_t node)
{
	return time * 1000000 << MSGID_NODE_BITS | node;
}

static struct store_record account(const char *name, uint64_t version, int64_t created)
{
	return (struct store_record){.table = STORE_ACCOUNT,
		.text = {text(name), text(name), text("hash"), text("scram"), text("mail"),
			text("")},
		.number = {0, created, 0},
		.version = version,
		.node = US};
}

static struct store_record nick(const char *name, uint64_t version, int64_t owner)
{
	return (struct store_record){.table = STORE_ACCOUNT_NICK,
		.text = {text(name), text(name), text("ann")},
		.number = {5},
		.version = version,
		.owner = owner,
		.node = US};
}

static struct store_record gone(struct store_record r, uint64_t version)
{
	r.version = version;
	r.gone = true;
	return r;
}

static void note_count(void *arg, const struct store_reply *r)
{
	assert_int_equal(r->status, STORE_OK);
	*(uint32_t *)arg = r->count;
}

static uint32_t ask(struct store_fixture *t, enum store_op op, struct store_record r)
{
	uint32_t count = 99;
	struct store_request q = {.op = op, .done = note_count, .arg = &count, .u.record = r};

	assert_int_equal(store_submit(t->store, &q), STORE_OK);
	store_drain(t->store);
	return count;
}

static enum store_merged merge(struct store_fixture *t, struct store_record r)
{
	return (enum store_merged)ask(t, STORE_RECORD_MERGE, r);
}

static void put(struct store_fixture *t, struct store_record r)
{
	ask(t, STORE_RECORD_PUT, r);
}

static uint32_t rows(struct store_fixture *t, enum store_table table)
{
	return ask(t, STORE_RECORD_LIST, (struct store_record){.table = table});
}

STORE_TEST(the_later_state_of_a_record_holds_whichever_came_first)
{
	assert_int_equal(merge(t, account("ann", at(20, THEM), 7)), STORE_MERGED);
	assert_int_equal(merge(t, account("ann", at(10, US), 7)), STORE_MERGED_NOT);
	assert_int_equal(merge(t, account("ann", at(20, THEM), 7)), STORE_MERGED_NOT);
	assert_int_equal(merge(t, account("ann", at(20, THEM + 1), 7)), STORE_MERGED);
	store_close(t->store);
	fixture_open(t);
	assert_int_equal(merge(t, account("ann", at(19, THEM), 7)), STORE_MERGED_NOT);
}

STORE_TEST(a_removed_record_does_not_come_back_with_one_who_was_away)
{
	struct store_record ann = account("ann", at(10, THEM), 7);

	assert_int_equal(merge(t, ann), STORE_MERGED);
	assert_int_equal(merge(t, gone(ann, at(20, THEM))), STORE_MERGED);
	assert_int_equal(rows(t, STORE_ACCOUNT), 0);
	assert_int_equal(merge(t, ann), STORE_MERGED_IS_GONE);
	assert_int_equal(rows(t, STORE_ACCOUNT), 0);
}

STORE_TEST(what_is_removed_is_forgotten_after_90_days)
{
	int64_t then = 1000000, later = then + 91LL * 24 * 3600 * 1000;
	struct store_record ann = account("ann", at((uint64_t)then / 1000, THEM), 7);

	assert_int_equal(merge(t, gone(ann, ann.version)), STORE_MERGED);
	assert_int_equal(ask(t, STORE_GONE_LIST, ann), 0); /* after that key */
	assert_int_equal(ask(t, STORE_GONE_LIST, account("", 0, 0)), 1);
	store_tick(t->store, later);
	assert_int_equal(ask(t, STORE_GONE_LIST, account("", 0, 0)), 0);
}

STORE_TEST(a_local_change_is_later_than_what_it_changes)
{
	assert_int_equal(merge(t, account("ann", at(1000, THEM), 7)), STORE_MERGED);
	put(t, account("ann", at(10, US), 7)); /* by a clock that is behind */
	assert_int_equal(merge(t, account("ann", at(1000, THEM), 7)), STORE_MERGED_NOT);
	assert_int_equal(merge(t, account("ann", at(1002, THEM), 7)), STORE_MERGED);
}

STORE_TEST(of_two_registrations_of_one_name_the_older_holds)
{
	assert_int_equal(merge(t, account("ann", at(10, THEM), 70)), STORE_MERGED);
	assert_int_equal(merge(t, nick("nic", at(11, THEM), 70)), STORE_MERGED);
	assert_int_equal(merge(t, account("ann", at(90, THEM), 80)), STORE_MERGED_IS_OLDER);
	assert_int_equal(rows(t, STORE_ACCOUNT_NICK), 1);
	assert_int_equal(merge(t, account("ann", at(5, THEM), 60)), STORE_MERGED_OVER);
	assert_int_equal(rows(t, STORE_ACCOUNT), 1);
	assert_int_equal(rows(t, STORE_ACCOUNT_NICK), 0);
}

STORE_TEST(a_dropped_account_gives_way_to_one_that_is_used)
{
	struct store_record dropped = account("ann", at(10, THEM), 60);

	dropped.number[0] = 1;
	assert_int_equal(merge(t, dropped), STORE_MERGED);
	assert_int_equal(merge(t, account("ann", at(5, THEM), 80)), STORE_MERGED_OVER);
	assert_int_equal(merge(t, dropped), STORE_MERGED_IS_OLDER);
}

STORE_TEST(a_name_that_was_free_in_between_is_of_the_later_one)
{
	struct store_record again = account("ann", at(30, THEM), 99);

	assert_int_equal(merge(t, account("ann", at(10, THEM), 7)), STORE_MERGED);
	again.after = at(20, THEM);
	assert_int_equal(merge(t, again), STORE_MERGED_OVER);
	assert_int_equal(merge(t, account("ann", at(10, THEM), 7)), STORE_MERGED_NOT);
}

STORE_TEST(a_registration_after_a_removal_says_so)
{
	struct store_record ann = account("ann", at(10, US), 7);

	put(t, ann);
	ask(t, STORE_RECORD_DELETE, gone(ann, at(20, US)));
	put(t, account("ann", at(30, US), 99));
	assert_int_equal(merge(t, account("ann", at(15, THEM), 7)), STORE_MERGED_NOT);
}

STORE_TEST(what_belongs_to_another_registration_is_not_taken)
{
	assert_int_equal(merge(t, nick("nic", at(11, THEM), 70)), STORE_MERGED_NOT);
	assert_int_equal(merge(t, account("ann", at(10, THEM), 70)), STORE_MERGED);
	assert_int_equal(merge(t, nick("nic", at(11, THEM), 80)), STORE_MERGED_NOT);
	assert_int_equal(merge(t, nick("nic", at(11, THEM), 70)), STORE_MERGED);
}

STORE_TEST(what_is_older_than_the_network_has_its_node_as_version)
{
	put(t, account("ann", 0, 7));
	assert_int_equal(merge(t, account("ann", THEM, 7)), STORE_MERGED);
	put(t, account("bob", 0, 7));
	assert_int_equal(merge(t, account("bob", US, 7)), STORE_MERGED_NOT);
}

STORE_TEST(a_change_of_a_server_without_a_network_has_no_version)
{
	assert_int_equal(merge(t, account("ann", at(1000, THEM), 7)), STORE_MERGED);
	put(t, account("ann", 0, 7));
	assert_int_equal(merge(t, account("ann", at(1000, THEM), 7)), STORE_MERGED);
}

STORE_TEST(a_table_that_is_of_one_server_is_refused)
{
	uint32_t count = 0;
	struct store_request q = {.op = STORE_RECORD_MERGE, .done = note_status, .arg = &count};

	q.u.record = account("ann", at(1, THEM), 7);
	q.u.record.table = STORE_PRESENCE;
	assert_int_equal(store_submit(t->store, &q), STORE_OK);
	store_drain(t->store);
	assert_int_equal(count, STORE_INVALID);
}

/* Version 12 had accounts of one server. */
STORE_TEST(a_file_of_version_12_gets_versions)
{
	sqlite3 *db;

	put(t, account("ann", 0, 7));
	store_close(t->store);
	assert_int_equal(sqlite3_open(t->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				 "DROP TABLE version; DROP TABLE deleted; DROP INDEX "
				 "channel_history; PRAGMA user_version = 12;",
				 NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	fixture_open(t);
	assert_int_equal(t->store->seen.health, STORE_OK);
	assert_int_equal(rows(t, STORE_ACCOUNT), 1);
	assert_int_equal(merge(t, account("ann", at(5, THEM), 7)), STORE_MERGED);
}
