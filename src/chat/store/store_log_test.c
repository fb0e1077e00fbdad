/* store_log_test.c - frames of nodes, and messages of other nodes. */
#include "chat/store/store_version.h"
#include "chat/test/store_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

struct frames {
	enum store_status status;
	uint32_t count;
	uint64_t seq[STORE_PAGE_MAX];
	size_t bytes;
	char first[32];
};

static void note_frames(void *arg, const struct store_reply *r)
{
	struct frames *f = arg;

	f->status = r->status;
	f->count = r->count;
	for (uint32_t i = 0; i < r->count; i++) {
		f->seq[i] = r->frames[i].seq;
		f->bytes += r->frames[i].bytes.len;
	}
	if (r->count)
		snprintf(f->first, sizeof(f->first), "%.*s",
			(int)size_min(r->frames[0].bytes.len, sizeof(f->first) - 1),
			r->frames[0].bytes.p);
}

static void note_ends(void *arg, const struct store_reply *r)
{
	char *out = arg;

	assert_int_equal(r->status, STORE_OK);
	*out = '\0';
	for (uint32_t i = 0; i < r->count; i++)
		out += sprintf(out, "%u.%u:%u-%u ", r->ends[i].node,
			(unsigned)r->ends[i].incarnation, (unsigned)r->ends[i].first,
			(unsigned)r->ends[i].last);
}

static void submit_frame(struct store_fixture *t, uint32_t node, uint64_t seq, const char *bytes,
	struct store_request *r)
{
	r->op = STORE_LOG_APPEND;
	r->u.frame = (struct store_frame){node, 7, seq, (int64_t)seq * 1000, text(bytes)};
	assert_int_equal(store_submit(t->store, r), STORE_OK);
}

static void put(struct store_fixture *t, uint32_t node, uint64_t seq, const char *bytes)
{
	enum store_status status = STORE_STATUS_COUNT;
	struct store_request r = {.done = note_status, .arg = &status};

	submit_frame(t, node, seq, bytes, &r);
	store_drain(t->store);
	assert_int_equal(status, STORE_OK);
}

static struct frames read_from(struct store_fixture *t, uint32_t node, uint64_t seq)
{
	static struct frames f;
	struct store_request r = {.op = STORE_LOG_READ, .done = note_frames, .arg = &f};

	f = (struct frames){0};
	r.u.frame = (struct store_frame){.node = node, .incarnation = 7, .seq = seq};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	assert_int_equal(f.status, STORE_OK);
	return f;
}

static const char *ends(struct store_fixture *t)
{
	static char out[1024];
	struct store_request r = {.op = STORE_LOG_ENDS, .done = note_ends, .arg = out};

	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	return out;
}

/* A message of another node. */
static void note_count(void *arg, const struct store_reply *r)
{
	assert_int_equal(r->status, STORE_OK);
	*(uint32_t *)arg = r->count;
}

static uint32_t put_foreign(struct store_fixture *t, uint64_t id, const char *params)
{
	uint32_t count = 99;
	struct store_request r = {.op = STORE_APPEND, .done = note_count, .arg = &count};

	r.u.append = (struct store_append){.foreign = true,
		.target = {text("#a"), text("")},
		.msg = {.id = id,
			.ms = msgid_ms(id),
			.source = text("far!user@host"),
			.command = text("PRIVMSG"),
			.params = text(params)}};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	return count;
}

STORE_TEST(frames_are_read_back_in_order_and_a_second_copy_changes_nothing)
{
	struct frames f;

	put(t, 2, 11, "b");
	put(t, 2, 10, "a");
	put(t, 2, 11, "other");
	put(t, 3, 5, "c");
	f = read_from(t, 2, 0);
	assert_int_equal(f.count, 2);
	assert_int_equal(f.bytes, 2);
	assert_true(f.seq[0] == 10 && f.seq[1] == 11);
	f = read_from(t, 2, 11);
	assert_int_equal(f.count, 1);
	assert_string_equal(f.first, "b");
	assert_int_equal(read_from(t, 2, 12).count, 0);
	assert_int_equal(read_from(t, 4, 0).count, 0);
	assert_string_equal(ends(t), "2.7:10-11 3.7:5-5 ");
	store_close(t->store);
	fixture_open(t);
	assert_string_equal(ends(t), "2.7:10-11 3.7:5-5 ");
}

STORE_TEST(a_page_of_frames_has_a_bound_and_at_least_one)
{
	static char large[STORE_FRAME_MAX + 1];
	struct frames f;

	memset(large, 'x', STORE_FRAME_MAX);
	for (uint64_t seq = 1; seq <= 5; seq++)
		put(t, 1, seq, large);
	f = read_from(t, 1, 2);
	assert_int_equal(f.count, STORE_FRAMES_BYTES / STORE_FRAME_MAX);
	assert_int_equal(f.seq[0], 2);
	for (uint64_t seq = 100; seq < 100 + STORE_PAGE_MAX + 10; seq++)
		put(t, 2, seq, "y");
	assert_int_equal(read_from(t, 2, 0).count, STORE_PAGE_MAX);
}

STORE_TEST(old_frames_and_too_many_bytes_are_deleted_oldest_first)
{
	char kilobyte[1001] = "";

	memset(kilobyte, 'x', 1000);
	for (uint64_t seq = 1; seq <= 100; seq++)
		put(t, 1, seq, kilobyte);
	assert_int_equal(fixture_put(t, "#a", msgid_floor(1000)), STORE_OK);
	t->store->retention.log_max_age = 60 * NSEC_SEC;
	store_tick(t->store, 101 * 1000);
	store_drain(t->store);
	assert_string_equal(ends(t), "1.7:41-100 ");
	t->store->retention.log_max_bytes = 10000;
	store_tick(t->store, 101 * 1000);
	store_drain(t->store);
	assert_string_equal(ends(t), "1.7:91-100 ");
	assert_int_equal(fixture_past(t, "#a", 0), 1);
	t->store->retention.log_max_age = NSEC_SEC;
	store_tick(t->store, 1000 * 1000);
	store_drain(t->store);
	assert_string_equal(ends(t), "");
	put(t, 1, 101, "x");
	assert_string_equal(ends(t), "1.7:101-101 ");
}

STORE_TEST(the_log_pushes_out_no_messages)
{
	static char large[STORE_FRAME_MAX + 1];

	memset(large, 'x', STORE_FRAME_MAX);
	assert_int_equal(fixture_put(t, "#a", msgid_floor(1000)), STORE_OK);
	for (uint64_t seq = 1; seq <= 8; seq++)
		put(t, 1, seq, large);
	t->store->retention.max_bytes = 1 << 20;
	store_tick(t->store, 2000);
	store_drain(t->store);
	assert_int_equal(fixture_past(t, "#a", 0), 1);
}

STORE_TEST(a_message_of_another_node_may_be_older_and_comes_once)
{
	uint64_t new = msgid_floor(5000), old = msgid_floor(4000) + 3;

	assert_int_equal(fixture_put(t, "#a", new), STORE_OK);
	assert_int_equal(put_foreign(t, old, "#a :late"), 1);
	assert_int_equal(put_foreign(t, old, "#a :again"), 0);
	assert_int_equal(put_foreign(t, msgid_floor(9000) + 3, "#a :ahead"), 1);
	assert_int_equal(t->store->seen.last_id, new);
	assert_int_equal(t->store->seen.appended, 3);
	assert_int_equal(fixture_past(t, "#a", 0), 3);
	assert_int_equal(fixture_put(t, "#a", old), STORE_INVALID); /* an id of one's own is new */
	assert_int_equal(fixture_put(t, "#a", msgid_floor(6000)), STORE_OK);
	assert_int_equal(fixture_by_key(t, STORE_DELETE, "#a", old), STORE_OK);
}

STORE_TEST(a_message_that_was_deleted_does_not_come_from_another_node_again)
{
	uint64_t id = msgid_floor(4000) + 3;

	assert_int_equal(put_foreign(t, id, "#a :text"), 1);
	assert_int_equal(fixture_by_key(t, STORE_DELETE, "#a", id), STORE_OK);
	assert_int_equal(put_foreign(t, id, "#a :text"), 0);
	store_close(t->store);
	fixture_open(t);
	assert_int_equal(put_foreign(t, id, "#a :text"), 0);
	store_tick(t->store, STORE_GONE_DAYS * 24 * 3600 * 1000LL + 5000);
	store_drain(t->store);
	assert_int_equal(put_foreign(t, id, "#a :text"), 1); /* forgotten, as no log has it */
}

STORE_TEST(a_message_may_be_deleted_before_it_comes_whichever_it_is_of)
{
	uint64_t id = msgid_floor(4000) + 3;

	assert_int_equal(fixture_by_key(t, STORE_DELETE, "#a", id), STORE_NO_MSGID);
	assert_int_equal(put_foreign(t, id, "#a :text"), 1);
	assert_int_equal(fixture_by_key(t, STORE_DELETE, "", id), STORE_OK);
	assert_int_equal(fixture_past(t, "#a", 0), 0);
	assert_int_equal(fixture_by_key(t, STORE_DELETE, "", id + 1024), STORE_OK);
	assert_int_equal(put_foreign(t, id + 1024, "#a :later"), 0);
}

static void note_search(void *arg, const struct store_reply *r)
{
	*(uint32_t *)arg = r->status == STORE_OK ? r->count : 99;
}

static uint32_t found(struct store_fixture *t, const char *words)
{
	struct store_channel channel = {.name = text("#a")};
	uint32_t count = 99;
	struct store_request r = {.op = STORE_SEARCH, .done = note_search, .arg = &count};

	r.u.search = (struct store_search){.channels = &channel,
		.channel_count = 1,
		.text = text(words),
		.before_ms = INT64_MAX,
		.limit = 10};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	return count;
}

STORE_TEST(a_late_message_is_found_by_its_words_and_leaves_the_index)
{
	uint64_t late = msgid_floor(1500) + 3;

	t->options.no_thread = true;
	store_close(t->store);
	fixture_open(t);
	for (int64_t i = 1; i <= 600; i++)
		assert_int_equal(fixture_put(t, "#a", msgid_floor(i * 1000)), STORE_OK);
	while (store_sqlite_has_work(t->store))
		store_sqlite_work(t->store); /* they are in the index */
	assert_int_equal(put_foreign(t, late, "#a :pelican"), 1);
	assert_int_equal(found(t, "pelican"), 1);
	assert_int_equal(fixture_by_key(t, STORE_DELETE, "#a", late), STORE_OK);
	assert_int_equal(found(t, "pelican"), 0);
}

/* In a child: a frame and its message in one batch, again and again; the pipe gets what was
 * committed. */
static void report_seq(void *arg, const struct store_reply *r)
{
	const uint64_t *to = arg;

	if (r->status == STORE_OK)
		assert(write((int)to[0], &to[1], sizeof(to[1])) == sizeof(to[1]));
}

static void append_until_killed(struct store_fixture *t, int fd)
{
	for (uint64_t seq = 1;; seq++) {
		uint64_t to[2] = {(uint64_t)fd, seq};
		struct store_request r = {.done = report_seq, .arg = to};
		struct fixture_append a = {.a = "#a", .params = "x", .id = msgid_floor(1000) + seq};

		submit_frame(t, 1, seq, "frame", &r);
		fixture_submit(t, &a);
		store_drain(t->store);
	}
}

/* Kills the child after so many commits; returns the last that it reported. */
static uint64_t kill_after(struct store_fixture *t, uint64_t commits)
{
	uint64_t seq = 0, last = 0;
	int fds[2];
	pid_t pid;

	store_close(t->store); /* its thread would not be in the child */
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		fixture_open(t);
		append_until_killed(t, fds[1]);
		_exit(1);
	}
	close(fds[1]);
	while (last < commits && read(fds[0], &seq, sizeof(seq)) == sizeof(seq))
		last = seq;
	kill(pid, SIGKILL);
	while (read(fds[0], &seq, sizeof(seq)) == sizeof(seq))
		last = seq;
	close(fds[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	fixture_open(t);
	return last;
}

STORE_TEST(a_frame_and_its_message_survive_kill_9_together)
{
	uint64_t last = kill_after(t, 20), count = 0;
	char upto[64], one_more[64];
	struct store_history h = {
		.target = {text("#a"), text("")}, .select = STORE_LATEST, .limit = STORE_PAGE_MAX};

	assert_true(last >= 20);
	snprintf(upto, sizeof(upto), "1.7:1-%u ", (unsigned)last);
	snprintf(one_more, sizeof(one_more), "1.7:1-%u ", (unsigned)last + 1);
	assert_true(strcmp(ends(t), upto) == 0 || strcmp(ends(t), one_more) == 0);
	for (struct frames f = {.count = 1}; f.count > 0; count += f.count)
		f = read_from(t, 1, count + 1);
	assert_true(count < STORE_PAGE_MAX);
	assert_int_equal(fixture_ask(t, &h).count, count);
}
