/* store_backup.c - online backup of the database: store_backup.h. */
#include "chat/store/store_backup.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum {
	STEP_PAGES = 256, /* a megabyte: a millisecond, by which a commit may be delayed */
};

static enum store_status failed(
	struct store_backup_report *r, enum store_status status, const char *why)
{
	snprintf(r->detail, sizeof(r->detail), "%s", why);
	r->status = status;
	return status;
}

static enum store_status failed_errno(struct store_backup_report *r, int error)
{
	return failed(r, store_file_status(error), strerror(error));
}

static enum store_status failed_sqlite(struct store_backup_report *r, sqlite3 *to, int code)
{
	int error = to ? sqlite3_system_errno(to) : 0;

	if ((code & 0xff) == SQLITE_FULL)
		return failed(r, STORE_DISK_FULL, sqlite3_errstr(code));
	return failed(r, error ? store_file_status(error) : STORE_IO, sqlite3_errstr(code));
}

static void forget(struct store_backup *b)
{
	if (b->steps)
		sqlite3_backup_finish(b->steps);
	sqlite3_close(b->to);
	b->steps = NULL;
	b->to = NULL;
}

/* It has the hashes of passwords: only its owner may read it. */
static enum store_status create(
	struct store_backup *b, struct store_text path, struct store_backup_report *r)
{
	int fd = store_file_create(&b->file, path);

	if (fd < 0)
		return failed_errno(r, errno);
	close(fd);
	return STORE_OK;
}

enum store_status store_backup_begin(struct store_backup *b, struct store_db *db,
	struct store_text path, struct store_backup_report *r)
{
	enum store_status status;
	int code;

	if (b->steps)
		return STORE_BUSY;
	*r = (struct store_backup_report){.number = r->number + 1};
	status = create(b, path, r);
	if (status != STORE_OK)
		return status;
	code = sqlite3_open_v2(b->file.part, &b->to, SQLITE_OPEN_READWRITE, NULL);
	if (code == SQLITE_OK)
		b->steps = sqlite3_backup_init(b->to, "main", db->sql, "main");
	if (b->steps) {
		r->running = true;
		return STORE_OK;
	}
	status = failed_sqlite(r, b->to, code ? code : sqlite3_errcode(b->to));
	unlink(b->file.part);
	forget(b);
	return status;
}

/* The copy is complete and synced, or failed with code. */
static void finish(struct store_backup *b, struct store_backup_report *r, int code)
{
	if (code != SQLITE_DONE)
		failed_sqlite(r, b->to, code);
	forget(b);
	r->running = false;
	if (r->status == STORE_OK && !store_file_publish(&b->file))
		failed_errno(r, errno);
	if (r->status != STORE_OK)
		unlink(b->file.part);
}

void store_backup_step(struct store_backup *b, struct store_backup_report *r)
{
	int code = sqlite3_backup_step(b->steps, STEP_PAGES);

	r->pages = (uint32_t)sqlite3_backup_pagecount(b->steps);
	if (code != SQLITE_OK)
		finish(b, r, code);
}

void store_backup_abort(struct store_backup *b, struct store_backup_report *r)
{
	if (!b->steps)
		return;
	failed(r, STORE_IO, "the database was closed");
	finish(b, r, SQLITE_DONE);
}
