/* store_backup_test.c - backups of a database that is in use. */
#include "chat/test/store_fixture.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static enum store_status begin(struct store_fixture *t, const char *path)
{
	enum store_status status = STORE_STATUS_COUNT;
	struct store_request r = {.op = STORE_BACKUP, .done = note_status, .arg = &status};

	r.u.backup = text(path);
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	return status;
}

static void await(struct store_fixture *t)
{
	while (t->store->seen.backup.running)
		store_complete(t->store);
}

/* The messages of #x in a copy. */
static uint32_t messages_in(const char *path)
{
	struct store_fixture copy = {.options = {.history = true, .queue_requests = 100}};
	uint32_t n;

	copy.options.queue_bytes = 1 << 20;
	copy.options.path = path;
	copy.store = store_sqlite_open(&copy.options);
	n = fixture_ask(&copy, &(struct store_history){.target = {text("#x"), text("")},
				       .select = STORE_LATEST,
				       .limit = STORE_PAGE_MAX})
		    .count;
	store_close(copy.store);
	return n;
}

STORE_TEST(a_backup_has_what_was_committed_before_and_while_it_is_made)
{
	char copy[128];
	uint64_t id = 1;
	struct stat st;

	snprintf(copy, sizeof(copy), "%s/copy", t->directory);
	for (; id <= 100; id++)
		fixture_put(t, "#x", id);
	assert_int_equal(begin(t, copy), STORE_OK);
	for (; t->store->seen.backup.running && id <= 900; id++)
		assert_int_equal(fixture_put(t, "#x", id), STORE_OK);
	await(t);
	assert_int_equal(t->store->seen.backup.status, STORE_OK);
	assert_true(messages_in(copy) >= 100 && messages_in(copy) <= id - 1);
	assert_int_equal(stat(copy, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	unlink(copy);
}

STORE_TEST(a_backup_replaces_no_file_and_says_why)
{
	char copy[128];

	snprintf(copy, sizeof(copy), "%s/copy", t->directory);
	assert_int_equal(begin(t, copy), STORE_OK);
	await(t);
	assert_int_equal(begin(t, copy), STORE_IO);
	assert_string_equal(t->store->seen.backup.detail, "File exists");
	assert_int_equal(t->store->seen.backup.number, 2);
	assert_int_equal(begin(t, "/no/such/directory/copy"), STORE_IO);
	assert_string_equal(t->store->seen.backup.detail, "No such file or directory");
	assert_int_equal(messages_in(copy), 0);
	unlink(copy);
}

STORE_TEST(a_backup_that_is_cut_short_leaves_no_file)
{
	static char long_text[60000];
	struct fixture_append a = {.a = "#x", .params = long_text};
	char copy[128], part[136];

	snprintf(copy, sizeof(copy), "%s/copy", t->directory);
	snprintf(part, sizeof(part), "%s.part", copy);
	memset(long_text, 'x', sizeof(long_text) - 1);
	store_close(t->store);
	t->options.no_thread = true;
	fixture_open(t);
	for (a.id = 1; a.id <= 40; a.id++)
		assert_int_equal(fixture_submit(t, &a), STORE_OK);
	store_drain(t->store);
	assert_int_equal(begin(t, copy), STORE_OK);
	assert_true(t->store->seen.backup.running && store_sqlite_has_work(t->store));
	assert_int_equal(begin(t, part), STORE_BUSY);
	store_close(t->store);
	assert_true(access(copy, F_OK) < 0 && access(part, F_OK) < 0);
	fixture_open(t);
}
