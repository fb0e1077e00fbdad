/*
 * disk.h - the disk of a host: files by name, as written and as synced. A killed program loses
 * nothing that it wrote; a host that loses power loses everything that was not synced.
 *
 *     disk_write() -> cache, which reads see -> disk_sync() -> disk
 *                     disk_power_loss(): the cache becomes a copy of the disk
 */
#ifndef LAB_CHAT_DISK_H
#define LAB_CHAT_DISK_H

#include "base/base.h"

enum {
	DISK_NAME_MAX = 64, /* bytes of a file's name with its NUL */
};

struct disk;
struct disk_file;

/* An empty disk of so many bytes. */
struct disk *disk_new(uint64_t room);

/* Frees a disk; none of its files may be open. d may be NULL. */
void disk_free(struct disk *d);

/* Changes the capacity; existing data is kept even if it exceeds that. */
void disk_resize(struct disk *d, uint64_t room);

/* Discards everything unsynced; no file may be open. */
void disk_power_loss(struct disk *d);

/* Whether a file of this name exists. */
bool disk_has(const struct disk *d, const char *name);

/* Opens the file of this name, creating it if needed. NULL: the name is too long, or there is no
 * such file and create is false. */
struct disk_file *disk_open(struct disk *d, const char *name, bool create);

/* Closes it; a deleted file is freed then. */
void disk_close(struct disk_file *f);

/* Deletes a file, at once and durably; those who have it open may go on using it. False: no such
 * file. */
bool disk_delete(struct disk *d, const char *name);

/* Returns the bytes read, fewer at the end of the file. */
size_t disk_read(const struct disk_file *f, void *to, size_t n, uint64_t at);

/* Writes all n bytes; false: the disk is full. */
bool disk_write(struct disk_file *f, const void *from, size_t n, uint64_t at);

/* Truncates the file; no effect if it is not longer. */
void disk_truncate(struct disk_file *f, uint64_t size);

/* Makes everything written durable. */
void disk_sync(struct disk_file *f);

/* The size of the file. */
uint64_t disk_size(const struct disk_file *f);

#endif
