/*
 * files_test.c - uploaded files on a real disk, behind their thread.
 */
#include "base/test/test.h"
#include "files/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct disk {
	char dir[64], path[96];
	struct files *files;
	int done;
	uint64_t tag;
	enum files_status status;
	struct file file; /* of the last reply, with its bytes */
};

static const struct files_bounds wide = {1 << 20, 1 << 21};

static void nothing(void *arg)
{
	(void)arg;
}

static void open_files(struct disk *d)
{
	char why[FILES_WHY_MAX];

	d->files = files_open(&(struct files_options){d->path, nothing, NULL}, why);
	if (!d->files)
		fail_msg("%s", why);
}

static void begin(struct disk *d)
{
	memset(d, 0, sizeof(*d));
	strcpy(d->dir, "/tmp/files_test.XXXXXX");
	assert_non_null(mkdtemp(d->dir));
	snprintf(d->path, sizeof(d->path), "%s/files.db", d->dir);
	open_files(d);
}

static void end(struct disk *d)
{
	char command[128];

	files_close(d->files);
	free(d->file.bytes);
	snprintf(command, sizeof(command), "rm -r %s", d->dir);
	assert_int_equal(system(command), 0);
}

static void done(void *arg, const struct files_reply *r)
{
	struct disk *d = arg;

	d->done++;
	d->tag = r->tag;
	d->status = r->status;
	free(d->file.bytes);
	d->file = *r->file;
	r->file->bytes = NULL;
}

/* Until one more job is done. */
static enum files_status wait_for(struct disk *d, bool accepted)
{
	int before = d->done;

	assert_true(accepted);
	while (d->done == before) {
		files_complete(d->files);
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	return d->status;
}

static enum files_status put(struct disk *d, const char *owner, const char *bytes, size_t len,
	const struct files_bounds *b)
{
	struct file f = {.name = "a.txt", .type = "text/plain", .time_ms = 5000, .len = len};

	snprintf(f.owner, sizeof(f.owner), "%s", owner);
	f.bytes = malloc(len + 1);
	memcpy(f.bytes, bytes, len);
	return wait_for(d, files_put(d->files, &f, b, (struct files_then){done, d, 7}));
}

static enum files_status get(struct disk *d, const char *id)
{
	char copy[FILES_ID + 1];

	memcpy(copy, id, sizeof(copy)); /* may be the last reply's */
	return wait_for(d, files_get(d->files, copy, (struct files_then){done, d, 8}));
}

/* The last list. */
struct listing {
	struct disk *disk;
	uint32_t rows;
	struct files_row row[4];
	uint64_t deleted;
};

static void heard(void *arg, const struct files_reply *r)
{
	struct listing *l = arg;

	l->rows = r->row_count;
	for (uint32_t i = 0; i < r->row_count && i < ARRAY_SIZE(l->row); i++)
		l->row[i] = r->rows[i];
	l->deleted = r->deleted;
	l->disk->status = r->status;
	l->disk->done++;
}

TEST(files_are_listed_by_owner_and_one_by_one_and_deleted)
{
	struct disk d;
	struct listing l = {.disk = &d};
	struct files_then then = {heard, &l, 0};
	char id[FILES_ID + 1];

	begin(&d);
	wait_for(&d, files_list(d.files, FILES_OF_ALL, "", then));
	assert_int_equal(l.rows, 1);
	assert_int_equal(l.row[0].count, 0);
	put(&d, "alice", "12345", 5, &wide);
	strcpy(id, d.file.id);
	put(&d, "alice", "1", 1, &wide);
	put(&d, "bob", "123456789", 9, &wide);
	wait_for(&d, files_list(d.files, FILES_BY_OWNER, "", then));
	assert_int_equal(l.rows, 2);
	assert_string_equal(l.row[0].owner, "bob");
	assert_int_equal(l.row[1].count, 2);
	assert_int_equal(l.row[1].bytes, 6);
	wait_for(&d, files_list(d.files, FILES_OF_OWNER, "ALICE", then));
	assert_int_equal(l.rows, 2);
	assert_int_equal(l.row[0].time_ms, 5000);
	wait_for(&d, files_delete(d.files, "bob", id, then));
	assert_int_equal(l.deleted, 0);
	wait_for(&d, files_delete(d.files, "Alice", id, then));
	assert_int_equal(l.deleted, 1);
	assert_int_equal(get(&d, id), FILES_NONE);
	wait_for(&d, files_delete(d.files, "alice", "", then));
	assert_int_equal(l.deleted, 1);
	wait_for(&d, files_list(d.files, FILES_OF_ALL, "", then));
	assert_int_equal(l.row[0].bytes, 9);
	end(&d);
}

TEST(a_file_is_found_by_its_id_also_after_a_restart)
{
	struct disk d;
	char id[FILES_ID + 1];

	begin(&d);
	assert_int_equal(put(&d, "alice", "a\0b", 3, &wide), FILES_OK);
	assert_int_equal(d.tag, 7);
	strcpy(id, d.file.id);
	assert_int_equal(strlen(id), FILES_ID);
	files_close(d.files);
	open_files(&d);
	assert_int_equal(get(&d, id), FILES_OK);
	assert_int_equal(d.tag, 8);
	assert_int_equal(d.file.len, 3);
	assert_memory_equal(d.file.bytes, "a\0b", 3);
	assert_string_equal(d.file.owner, "alice");
	assert_string_equal(d.file.name, "a.txt");
	assert_string_equal(d.file.type, "text/plain");
	assert_int_equal(d.file.time_ms, 5000);
	end(&d);
}

TEST(ids_are_random_and_unknown_ones_find_nothing)
{
	struct disk d;
	char id[FILES_ID + 1];

	begin(&d);
	assert_int_equal(put(&d, "a", "", 0, &wide), FILES_OK);
	strcpy(id, d.file.id);
	assert_int_equal(put(&d, "a", "", 0, &wide), FILES_OK);
	assert_string_not_equal(id, d.file.id);
	assert_int_equal(get(&d, "AAAAAAAAAAAAAAAAAAAAAA"), FILES_NONE);
	assert_int_equal(get(&d, "' OR 1=1 -- AAAAAAAAAA"), FILES_NONE);
	assert_false(files_get(d.files, "../../etc/passwd", (struct files_then){done, &d, 0}));
	end(&d);
}

TEST(an_owner_has_a_quota_and_all_together_a_bound)
{
	const struct files_bounds b = {10, 15};
	struct disk d;

	begin(&d);
	assert_int_equal(put(&d, "a", "0123456789x", 11, &b), FILES_QUOTA);
	assert_int_equal(put(&d, "a", "01234567", 8, &b), FILES_OK);
	assert_int_equal(put(&d, "a", "012", 3, &b), FILES_QUOTA);
	assert_int_equal(put(&d, "a", "01", 2, &b), FILES_OK);
	assert_int_equal(put(&d, "b", "012345", 6, &b), FILES_FULL);
	assert_int_equal(put(&d, "b", "01234", 5, &b), FILES_OK);
	end(&d);
}

TEST(files_expire_and_what_an_owner_leaves_is_forgotten)
{
	struct disk d;
	char alice[FILES_ID + 1], bob[FILES_ID + 1];

	begin(&d);
	put(&d, "alice", "x", 1, &wide);
	strcpy(alice, d.file.id);
	put(&d, "bob", "y", 1, &wide);
	strcpy(bob, d.file.id);
	wait_for(&d, files_expire(d.files, 5000, (struct files_then){done, &d, 0}));
	assert_int_equal(get(&d, alice), FILES_OK);
	wait_for(&d, files_forget(d.files, "alice", (struct files_then){done, &d, 0}));
	assert_int_equal(get(&d, alice), FILES_NONE);
	assert_int_equal(get(&d, bob), FILES_OK);
	wait_for(&d, files_expire(d.files, 5001, (struct files_then){done, &d, 0}));
	assert_int_equal(get(&d, bob), FILES_NONE);
	end(&d);
}

TEST(space_of_deleted_files_goes_back_to_the_file_system)
{
	static char big[1 << 20];
	struct disk d;
	struct stat s;

	begin(&d);
	put(&d, "a", big, sizeof(big), &wide);
	wait_for(&d, files_forget(d.files, "a", (struct files_then){done, &d, 0}));
	files_close(d.files);
	open_files(&d);
	assert_int_equal(stat(d.path, &s), 0);
	assert_true(s.st_size < (off_t)sizeof(big) / 4);
	assert_int_equal(s.st_mode & 0777, 0600);
	end(&d);
}

TEST(more_jobs_than_the_bound_are_refused)
{
	struct disk d;
	int accepted = 0;

	begin(&d);
	while (files_get(d.files, "AAAAAAAAAAAAAAAAAAAAAA", (struct files_then){done, &d, 0}))
		accepted++;
	assert_int_equal(accepted, FILES_JOBS_MAX);
	while (d.done < accepted)
		files_complete(d.files);
	assert_int_equal(get(&d, "AAAAAAAAAAAAAAAAAAAAAA"), FILES_NONE);
	end(&d);
}

TEST(a_database_that_cannot_be_opened_is_refused_with_the_reason)
{
	char why[FILES_WHY_MAX], path[] = "/tmp/files_test.XXXXXX";
	struct files_options o = {"/nonexistent/files.db", nothing, NULL};
	int fd = mkstemp(path);

	assert_null(files_open(&o, why));
	assert_non_null(strstr(why, "No such file"));
	assert_int_equal(write(fd, "this is no database, but a text of some length", 46), 46);
	o.path = path;
	assert_null(files_open(&o, why));
	assert_non_null(strstr(why, "not a database"));
	close(fd);
	unlink(path);
}
