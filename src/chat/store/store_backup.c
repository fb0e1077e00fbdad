/* store_backup.c - online backup of the database: store_backup.h. */
#include "chat/store/store_backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum {
	STEP_PAGES = 256, /* a megabyte: a millisecond, by which a commit may be delayed */
};

static enum store_status status_of(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG: return STORE_DISK_FULL;
	case EACCES:
	case EPERM:
	case EROFS: return STORE_READ_ONLY;
	default: return STORE_IO;
	}
}

static enum store_status failed(
	struct store_backup_report *r, enum store_status status, const char *why)
{
	snprintf(r->detail, sizeof(r->detail), "%s", why);
	r->status = status;
	return status;
}

static enum store_status failed_errno(struct store_backup_report *r, int error)
{
	return failed(r, status_of(error), strerror(error));
}

static enum store_status failed_sqlite(struct store_backup_report *r, sqlite3 *to, int code)
{
	int error = to ? sqlite3_system_errno(to) : 0;

	if ((code & 0xff) == SQLITE_FULL)
		return failed(r, STORE_DISK_FULL, sqlite3_errstr(code));
	return failed(r, error ? status_of(error) : STORE_IO, sqlite3_errstr(code));
}

static void forget(struct store_backup *b)
{
	if (b->steps)
		sqlite3_backup_finish(b->steps);
	sqlite3_close(b->to);
	b->steps = NULL;
	b->to = NULL;
}

/* Creates the file, readable to its owner only: it has the passwords' hashes. */
static enum store_status create(struct store_backup *b, struct store_backup_report *r)
{
	int fd;

	if (access(b->path, F_OK) == 0)
		return failed_errno(r, EEXIST);
	fd = open(b->part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
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
	snprintf(b->path, sizeof(b->path), "%.*s", (int)path.len, path.p);
	snprintf(b->part, sizeof(b->part), "%s.part", b->path);
	status = create(b, r);
	if (status != STORE_OK)
		return status;
	code = sqlite3_open_v2(b->part, &b->to, SQLITE_OPEN_READWRITE, NULL);
	if (code == SQLITE_OK)
		b->steps = sqlite3_backup_init(b->to, "main", db->sql, "main");
	if (b->steps) {
		r->running = true;
		return STORE_OK;
	}
	status = failed_sqlite(r, b->to, code ? code : sqlite3_errcode(b->to));
	unlink(b->part);
	forget(b);
	return status;
}

/* Makes the new name of a file last. */
static bool sync_directory(const char *path)
{
	char directory[STORE_BACKUP_PATH_MAX + 1];
	char *slash;
	bool good;
	int fd;

	snprintf(directory, sizeof(directory), "%s", path);
	slash = strrchr(directory, '/');
	if (slash)
		slash[slash == directory] = '\0';
	fd = open(slash ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	good = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return good;
}

/* The copy is complete and synced, or failed with code. */
static void finish(struct store_backup *b, struct store_backup_report *r, int code)
{
	if (code != SQLITE_DONE)
		failed_sqlite(r, b->to, code);
	forget(b);
	r->running = false;
	if (r->status == STORE_OK &&
		(renameat2(AT_FDCWD, b->part, AT_FDCWD, b->path, RENAME_NOREPLACE) < 0 ||
			!sync_directory(b->path)))
		failed_errno(r, errno);
	if (r->status != STORE_OK)
		unlink(b->part);
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
