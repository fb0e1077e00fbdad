/* disk_vfs.c - SQLite's VFS on the disk of a host: disk_vfs.h. One process at a time has a file,
 * and with locking_mode = EXCLUSIVE the index of the log is in memory: there is nothing to lock or
 * to share. */
#include "lab/chat/disk_vfs.h"

#include "base/prng.h"
#include "lab/world/need.h"

#include <sqlite3.h>

#define JULIAN_MS_2026 212633985600000 /* SQLite's time: 2026-01-01 */

struct disk_vfs {
	sqlite3_vfs vfs;
	struct disk *disk;
	struct prng prng;
	char name[32];
};

struct open_file {
	sqlite3_file base;
	struct disk_file *file;
};

static struct disk_file *file_of(sqlite3_file *f)
{
	return container_of(f, struct open_file, base)->file;
}

static struct disk_vfs *own(sqlite3_vfs *v)
{
	return container_of(v, struct disk_vfs, vfs);
}

/* --- files ------------------------------------------------------------------------------------ */

static int on_close(sqlite3_file *f)
{
	disk_close(file_of(f));
	return SQLITE_OK;
}

static int on_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	size_t got = disk_read(file_of(f), to, (size_t)n, (uint64_t)at);

	if (got == (size_t)n)
		return SQLITE_OK;
	memset((uint8_t *)to + got, 0, (size_t)n - got);
	return SQLITE_IOERR_SHORT_READ;
}

static int on_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
	return disk_write(file_of(f), from, (size_t)n, (uint64_t)at) ? SQLITE_OK : SQLITE_FULL;
}

static int on_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	disk_truncate(file_of(f), (uint64_t)size);
	return SQLITE_OK;
}

static int on_sync(sqlite3_file *f, int flags)
{
	disk_sync(file_of(f));
	return SQLITE_OK;
}

static int on_size(sqlite3_file *f, sqlite3_int64 *size)
{
	*size = (sqlite3_int64)disk_size(file_of(f));
	return SQLITE_OK;
}

static int on_lock(sqlite3_file *f, int kind)
{
	return SQLITE_OK;
}

static int on_check_lock(sqlite3_file *f, int *locked)
{
	*locked = 0;
	return SQLITE_OK;
}

static int on_control(sqlite3_file *f, int op, void *arg)
{
	return SQLITE_NOTFOUND;
}

static int on_sector_size(sqlite3_file *f)
{
	return 4096;
}

static int on_characteristics(sqlite3_file *f)
{
	return 0;
}

static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = on_close,
	.xRead = on_read,
	.xWrite = on_write,
	.xTruncate = on_truncate,
	.xSync = on_sync,
	.xFileSize = on_size,
	.xLock = on_lock,
	.xUnlock = on_lock,
	.xCheckReservedLock = on_check_lock,
	.xFileControl = on_control,
	.xSectorSize = on_sector_size,
	.xDeviceCharacteristics = on_characteristics,
};

/* --- the disk --------------------------------------------------------------------------------- */

static int on_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
	struct open_file *o = container_of(f, struct open_file, base);

	o->base.pMethods = NULL;
	if (!name) /* a temporary file: not used, as temp_store is MEMORY */
		return SQLITE_CANTOPEN;
	o->file = disk_open(own(v)->disk, name, flags & SQLITE_OPEN_CREATE);
	if (!o->file)
		return SQLITE_CANTOPEN;
	o->base.pMethods = &methods;
	if (out)
		*out = flags;
	return SQLITE_OK;
}

static int on_delete(sqlite3_vfs *v, const char *name, int sync)
{
	return disk_delete(own(v)->disk, name) ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

static int on_access(sqlite3_vfs *v, const char *name, int flags, int *there)
{
	*there = disk_has(own(v)->disk, name);
	return SQLITE_OK;
}

static int on_full_path(sqlite3_vfs *v, const char *name, int size, char *out)
{
	snprintf(out, (size_t)size, "%s", name);
	return SQLITE_OK;
}

static int on_randomness(sqlite3_vfs *v, int n, char *out)
{
	prng_fill(&own(v)->prng, out, (size_t)n);
	return n;
}

static int on_sleep(sqlite3_vfs *v, int microseconds)
{
	return microseconds;
}

static int on_time(sqlite3_vfs *v, sqlite3_int64 *ms)
{
	*ms = JULIAN_MS_2026;
	return SQLITE_OK;
}

static int on_last_error(sqlite3_vfs *v, int size, char *out)
{
	return 0;
}

struct disk_vfs *disk_vfs_new(struct disk *d, uint64_t seed)
{
	struct disk_vfs *v = need(calloc(1, sizeof(*v)));

	v->disk = d;
	prng_seed(&v->prng, seed);
	snprintf(v->name, sizeof(v->name), "disk-%p", (void *)d);
	v->vfs = (sqlite3_vfs){
		.iVersion = 2,
		.szOsFile = sizeof(struct open_file),
		.mxPathname = DISK_NAME_MAX,
		.zName = v->name,
		.xOpen = on_open,
		.xDelete = on_delete,
		.xAccess = on_access,
		.xFullPathname = on_full_path,
		.xRandomness = on_randomness,
		.xSleep = on_sleep,
		.xCurrentTimeInt64 = on_time,
		.xGetLastError = on_last_error,
	};
	if (sqlite3_vfs_register(&v->vfs, 0) == SQLITE_OK)
		return v;
	free(v);
	return NULL;
}

const char *disk_vfs_name(const struct disk_vfs *v)
{
	return v->name;
}

void disk_vfs_free(struct disk_vfs *v)
{
	if (!v)
		return;
	sqlite3_vfs_unregister(&v->vfs);
	free(v);
}
