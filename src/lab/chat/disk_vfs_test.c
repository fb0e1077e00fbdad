/* disk_vfs_test.c - SQLite on the disk of a host: synced data survives a loss of power. */
#include "base/test/test.h"
#include "lab/chat/disk_vfs.h"

#include <sqlite3.h>
#include <stdio.h>

struct fixture {
	struct disk *disk;
	struct disk_vfs *vfs;
	sqlite3 *sql;
};

static void start(struct fixture *f)
{
	f->disk = disk_new(1 << 20);
	f->vfs = disk_vfs_new(f->disk, 1);
	f->sql = NULL;
}

static void finish(struct fixture *f)
{
	sqlite3_close(f->sql);
	disk_vfs_free(f->vfs);
	disk_free(f->disk);
}

static void open_sql(struct fixture *f)
{
	assert_int_equal(sqlite3_open_v2("a.db", &f->sql,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, disk_vfs_name(f->vfs)),
		SQLITE_OK);
}

static int run(struct fixture *f, const char *text)
{
	return sqlite3_exec(f->sql, text, NULL, NULL, NULL);
}

static void open_log(struct fixture *f, const char *synchronous)
{
	char text[128];

	open_sql(f);
	snprintf(text, sizeof(text),
		"PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
		"PRAGMA synchronous = %s;",
		synchronous);
	assert_int_equal(run(f, text), SQLITE_OK);
}

static int rows(struct fixture *f)
{
	sqlite3_stmt *s;
	int n = -1;

	if (sqlite3_prepare_v2(f->sql, "SELECT count(*) FROM t", -1, &s, NULL) != SQLITE_OK)
		return n;
	if (sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return n;
}

/* Kills it: no final write to the disk. */
static void kill_it(struct fixture *f)
{
	sqlite3_db_config(f->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	assert_int_equal(sqlite3_close(f->sql), SQLITE_OK);
	f->sql = NULL;
}

/* The rows left by one commit with FULL and one with this setting, followed by a fault. */
static int rows_left(const char *synchronous, bool power)
{
	struct fixture f;
	char text[64];
	int n;

	start(&f);
	open_log(&f, "FULL");
	assert_int_equal(run(&f, "CREATE TABLE t(n); INSERT INTO t VALUES(1)"), SQLITE_OK);
	snprintf(text, sizeof(text), "PRAGMA synchronous = %s", synchronous);
	assert_int_equal(run(&f, text), SQLITE_OK);
	assert_int_equal(run(&f, "INSERT INTO t VALUES(2)"), SQLITE_OK);
	kill_it(&f);
	if (power)
		disk_power_loss(f.disk);
	open_log(&f, "FULL");
	n = rows(&f);
	finish(&f);
	return n;
}

TEST(a_synced_commit_survives_a_loss_of_power_and_no_other)
{
	assert_int_equal(rows_left("FULL", true), 2);
	assert_int_equal(rows_left("NORMAL", true), 1);
}

TEST(every_commit_survives_a_kill)
{
	assert_int_equal(rows_left("NORMAL", false), 2);
	assert_int_equal(rows_left("OFF", false), 2);
}

TEST(a_transaction_that_is_not_committed_is_rolled_back)
{
	struct fixture f;

	start(&f);
	open_sql(&f); /* with a rollback journal */
	assert_int_equal(run(&f, "CREATE TABLE t(n); INSERT INTO t VALUES(1)"), SQLITE_OK);
	assert_int_equal(run(&f, "BEGIN; INSERT INTO t VALUES(2); DELETE FROM t"), SQLITE_OK);
	assert_int_equal(run(&f, "ROLLBACK"), SQLITE_OK);
	assert_int_equal(rows(&f), 1);
	finish(&f);
}

TEST(a_full_disk_is_an_error_of_sqlite)
{
	struct fixture f;

	start(&f);
	open_log(&f, "FULL");
	assert_int_equal(run(&f, "CREATE TABLE t(n)"), SQLITE_OK);
	assert_int_equal(run(&f, "INSERT INTO t VALUES(zeroblob(2000000))"), SQLITE_FULL);
	assert_int_equal(rows(&f), 0);
	finish(&f);
}
