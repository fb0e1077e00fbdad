/*
 * store_fail_test.c - the SQLite store after a kill, with a full disk, with a file that is damaged,
 * in use, read-only or too large.
 */
#include "base/test/test.h"
#include "chat/test/store_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	KILLS = 8,
	TICKS_PATIENCE = 100,
};

/* The number returned by sql, run on the file while no store has it open. */
static int64_t ask_file(const char *path, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *s;
	int64_t n = -1;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
	if (sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

/* The child's end of a pipe that outlives the child. */
struct reporter {
	int fd;
	uint64_t id;
};

static void report_kept(void *arg, const struct store_reply *r)
{
	struct reporter *rep = arg;

	rep->id++;
	if (r->status == STORE_OK && write(rep->fd, &rep->id, sizeof(rep->id)) < 0)
		_exit(1);
}

/* Appends for ever, 50 a turn, and reports each append whose commit was reported. */
static void append_until_killed(struct store_fixture *t, uint64_t first, int fd)
{
	struct reporter rep = {fd, first - 1};
	struct fixture_append a = {.a = "#a", .params = "a line of some length", .id = first};

	a.done = report_kept;
	a.arg = &rep;
	fixture_open(t);
	for (;;) {
		for (int i = 0; i < 50; i++, a.id++)
			if (fixture_submit(t, &a) != STORE_OK)
				a.id--;
		store_flush(t->store);
		store_complete(t->store);
	}
}

/* Runs the child for a while and kills it; returns the last id that it reported as committed. */
static uint64_t kill_one(struct store_fixture *t, uint64_t first, int milliseconds)
{
	uint64_t id, last = first - 1;
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		append_until_killed(t, first, fds[1]);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &last, sizeof(last)), sizeof(last));
	fcntl(fds[0], F_SETPIPE_SZ, 1 << 20);
	for (int i = 0; i < milliseconds; i++) {
		usleep(1000);
		fcntl(fds[0], F_SETFL, O_NONBLOCK);
		while (read(fds[0], &id, sizeof(id)) == sizeof(id))
			last = id;
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	fcntl(fds[0], F_SETFL, 0);
	while (read(fds[0], &id, sizeof(id)) == sizeof(id))
		last = id;
	close(fds[0]);
	return last;
}

STORE_TEST(committed_messages_survive_kill_9)
{
	uint64_t first = 1, kept;
	int64_t count;

	store_close(t->store);
	for (int i = 0; i < KILLS; i++) {
		kept = kill_one(t, first, 5 + 7 * i);
		count = ask_file(t->path, "SELECT count(*) FROM message");
		assert_true(kept >= first);
		assert_true((uint64_t)count >= kept);
		/* ids were assigned without gaps: none is missing, none is duplicated */
		assert_int_equal(ask_file(t->path, "SELECT max(id) FROM message"), count);
		assert_int_equal(
			ask_file(t->path, "PRAGMA integrity_check"), 0); /* "ok" as a number */
		first = (uint64_t)count + 1;
	}
	fixture_open(t);
	assert_int_equal(t->store->seen.last_id, first - 1);
}

static void fill_until(struct store_fixture *t, enum store_status want, uint64_t *id)
{
	static char big[20000];
	enum store_status status = STORE_OK;
	struct fixture_append a = {.a = "#a", .params = big, .done = note_status, .arg = &status};

	memset(big, 'x', sizeof(big) - 1);
	for (int i = 0; i < 10000 && status == STORE_OK; i++) {
		a.id = ++*id;
		assert_int_equal(fixture_submit(t, &a), STORE_OK);
		store_drain(t->store);
	}
	assert_int_equal(status, want);
}

STORE_TEST(a_full_disk_refuses_and_goes_on_when_there_is_space)
{
	struct rlimit before, small = {4 << 20, RLIM_INFINITY};
	uint64_t id = 0, kept;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	fill_until(t, STORE_DISK_FULL, &id);
	kept = id - 1;
	assert_int_equal(t->store->seen.health, STORE_DISK_FULL);
	assert_true(t->store->seen.detail[0] != '\0');
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	store_tick(t->store, 1);
	store_drain(t->store);
	assert_int_equal(t->store->seen.health, STORE_OK);
	assert_int_equal(fixture_put(t, "#a", ++id), STORE_OK);
	store_close(t->store);
	assert_int_equal(ask_file(t->path, "SELECT count(*) FROM message"), kept + 1);
	fixture_open(t);
}

static void spoil(const char *path, off_t at)
{
	static const char noise[8192] = "this is not a database";
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_true(pwrite(fd, noise, sizeof(noise), at) == sizeof(noise));
	close(fd);
}

STORE_TEST(a_damaged_file_is_refused_kept_and_replaced_only_by_the_admin)
{
	char aside[128];
	struct stat st;

	store_close(t->store);
	spoil(t->path, 0);
	fixture_open(t);
	assert_int_equal(t->store->seen.health, STORE_CORRUPT);
	assert_int_equal(fixture_put(t, "#a", 1), STORE_CORRUPT);
	for (int i = 0; i < 10; i++) {
		store_tick(t->store, i);
		store_drain(t->store);
	}
	assert_int_equal(t->store->seen.health, STORE_CORRUPT);
	assert_int_equal(stat(t->path, &st), 0);
	assert_true(st.st_size >= 8192);
	snprintf(aside, sizeof(aside), "%s.aside", t->path);
	assert_int_equal(rename(t->path, aside), 0);
	for (int i = 0; i < TICKS_PATIENCE && t->store->seen.health != STORE_OK; i++) {
		store_tick(t->store, i);
		store_drain(t->store);
	}
	assert_int_equal(fixture_put(t, "#a", 1), STORE_OK);
	unlink(aside);
}

STORE_TEST(damage_inside_the_file_is_detected_when_read)
{
	struct stat st;
	uint64_t id = 0;
	enum store_status status = STORE_OK;
	struct store_request r = {.op = STORE_HISTORY, .done = note_status, .arg = &status};

	for (id = 1; id < 3000; id++) {
		struct fixture_append a = {.a = "#a", .params = "some text", .id = id};
		assert_int_equal(fixture_submit(t, &a), STORE_OK);
	}
	store_close(t->store);
	assert_int_equal(stat(t->path, &st), 0);
	for (off_t at = 40960; at < st.st_size; at += 8192)
		spoil(t->path, at);
	fixture_open(t);
	r.u.history = (struct store_history){
		.target = {text("#a"), text("")}, .select = STORE_LATEST, .limit = 1000};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	assert_int_equal(status, STORE_CORRUPT);
	assert_int_equal(fixture_put(t, "#a", id), STORE_CORRUPT);
}

STORE_TEST(a_file_in_use_or_without_a_directory_is_reported)
{
	struct store_fixture other = *t;

	fixture_open(&other);
	assert_int_equal(other.store->seen.health, STORE_IN_USE);
	store_close(other.store);
	strcpy(other.path, "/nonexistent/burble.db");
	fixture_open(&other);
	assert_int_equal(other.store->seen.health, STORE_IO);
	assert_string_equal(other.store->seen.detail, "No such file or directory");
	store_close(other.store);
	strcpy(other.path, "/proc/version");
	fixture_open(&other);
	assert_int_not_equal(other.store->seen.health, STORE_OK);
	store_close(other.store);
}

STORE_TEST(a_symbolic_link_is_not_followed_and_loose_permissions_are_reported)
{
	char aside[128];

	assert_string_equal(t->store->seen.notice, "");
	store_close(t->store);
	assert_int_equal(chmod(t->path, 0644), 0);
	fixture_open(t);
	assert_int_equal(t->store->seen.health, STORE_OK);
	assert_non_null(strstr(t->store->seen.notice, "mode 644"));
	store_close(t->store);
	snprintf(aside, sizeof(aside), "%s.aside", t->path);
	assert_int_equal(rename(t->path, aside), 0);
	assert_int_equal(symlink(aside, t->path), 0);
	fixture_open(t);
	assert_int_equal(t->store->seen.health, STORE_IO);
	assert_non_null(strstr(t->store->seen.detail, "symbolic link"));
	unlink(aside);
}

static void copy_file(const char *from, const char *to)
{
	static char data[1 << 20];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ssize_t n;

	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, data, sizeof(data))) > 0)
		assert_true(write(out, data, (size_t)n) == n);
	close(in);
	close(out);
}

/* Leaves the files as after a crash, with `damage` bytes written into the log at this place. */
static void crash(struct store_fixture *t, off_t at, const char *damage)
{
	char log[128], copy[128], log_copy[128];
	int fd;

	snprintf(log, sizeof(log), "%s-wal", t->path);
	snprintf(copy, sizeof(copy), "%s.copy", t->path);
	snprintf(log_copy, sizeof(log_copy), "%s-wal.copy", t->path);
	copy_file(t->path, copy);
	copy_file(log, log_copy);
	store_close(t->store);
	assert_int_equal(rename(copy, t->path), 0);
	assert_int_equal(rename(log_copy, log), 0);
	fd = open(log, O_RDWR);
	assert_true(at < 0 || pwrite(fd, damage, strlen(damage), at) == (ssize_t)strlen(damage));
	close(fd);
	fixture_open(t);
}

STORE_TEST(commits_lost_with_a_damaged_log_are_reported)
{
	for (uint64_t id = 1; id <= 20; id++)
		assert_int_equal(fixture_put(t, "#a", id), STORE_OK);
	crash(t, -1, NULL);
	assert_string_equal(t->store->seen.notice, "");
	assert_int_equal(t->store->seen.last_id, 20);
	for (uint64_t id = 21; id <= 40; id++)
		assert_int_equal(fixture_put(t, "#a", id), STORE_OK);
	crash(t, 32 + 5 * (24 + 4096) + 100, "noise");
	assert_non_null(strstr(t->store->seen.notice, "log is damaged"));
	assert_true(t->store->seen.last_id < 40);
	assert_int_equal(t->store->seen.health, STORE_OK);
	for (uint64_t id = 41; id <= 60; id++)
		assert_int_equal(fixture_put(t, "#a", id), STORE_OK);
	crash(t, 8, "noise");
	assert_non_null(strstr(t->store->seen.notice, "head of its log is damaged"));
}

STORE_TEST(a_file_of_a_newer_version_is_left_alone)
{
	store_close(t->store);
	ask_file(t->path, "PRAGMA user_version = 99");
	fixture_open(t);
	assert_int_equal(t->store->seen.health, STORE_VERSION);
	store_close(t->store);
	assert_int_equal(ask_file(t->path, "PRAGMA user_version"), 99);
	ask_file(t->path, "PRAGMA user_version = 15");
	fixture_open(t);
	assert_int_equal(t->store->seen.health, STORE_OK);
}

static void append_many(struct store_fixture *t, uint64_t count, int64_t ms)
{
	static char line[400];
	char channel[16];

	memset(line, 'x', sizeof(line) - 1);
	for (uint64_t i = 0; i < count; i++) {
		struct fixture_append a = {.a = channel, .params = line};
		a.id = msgid_floor(ms) + i;
		snprintf(channel, sizeof(channel), "#%d", (int)(i % 10));
		assert_int_equal(fixture_submit(t, &a), STORE_OK);
		if (i % 1000 == 999)
			store_drain(t->store);
	}
	store_drain(t->store);
}

/* Retention continues by itself after a tick; closing ends it, so the file is examined then. */
static void let_it_work(struct store_fixture *t, int64_t wall_ms)
{
	uint64_t before;

	store_tick(t->store, wall_ms);
	do {
		store_drain(t->store);
		before = t->store->seen.expired;
		usleep(50000);
		store_tick(t->store, wall_ms);
		store_drain(t->store);
	} while (t->store->seen.expired != before);
}

STORE_TEST(old_messages_are_deleted_with_their_targets)
{
	append_many(t, 9000, 1000000);
	assert_int_equal(fixture_put(t, "#new", msgid_floor(2000000)), STORE_OK);
	t->store->retention = (struct store_retention){.max_age = 500 * NSEC_SEC};
	let_it_work(t, 2000000);
	store_close(t->store);
	assert_int_equal(ask_file(t->path, "SELECT count(*) FROM message"), 1);
	assert_int_equal(ask_file(t->path, "SELECT count(*) FROM target"), 1);
	fixture_open(t);
}

STORE_TEST(excess_messages_are_deleted_oldest_first_and_the_file_shrinks)
{
	struct stat st;
	int64_t count;

	append_many(t, 20000, 1000000);
	t->store->retention = (struct store_retention){.max_bytes = 2 << 20};
	let_it_work(t, 2000000);
	store_close(t->store);
	count = ask_file(t->path, "SELECT count(*) FROM message");
	assert_true(count > 500 && count < 10000);
	assert_int_equal(ask_file(t->path, "SELECT max(id) - min(id) FROM message"), count - 1);
	assert_int_equal(stat(t->path, &st), 0);
	assert_true(st.st_size < 4 << 20);
	fixture_open(t);
}
