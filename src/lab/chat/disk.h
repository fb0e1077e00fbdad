/*
 * disk.h - the disk of a host: files by name, as written and as synced. A killed program loses
 * nothing that it wrote; a host that loses power loses everything that was not synced.
 *
 *     disk_write() -> cache, which reads see -> disk_sync() -> disk
 *                     disk_power_loss(): the cache is what the disk has
 */
#ifndef LAB_CHAT_DISK_H
#define LAB_CHAT_DISK_H

#include "base/base.h"

enum {
	DISK_NAME_MAX = 64, /* bytes of a file's name with its NUL */
};

struct disk;
struct disk_file;

/* An empty disk with room for so many bytes. */
struct disk *disk_new(uint64_t room);

/* Frees a disk, none of whose files is open; d may be NULL. */
void disk_free(struct disk *d);

/* Changes the room; what is written stays though it be more. */
void disk_resize(struct disk *d, uint64_t room);

/* Takes away all that was not synced; no file is open. */
void disk_power_loss(struct disk *d);

/* Whether there is a file of this name. */
bool disk_has(const struct disk *d, const char *name);

/* The file of this name, made if need be; NULL: its name is too long, or it is not there and create
 * is false. */
struct disk_file *disk_open(struct disk *d, const char *name, bool create);

/* Closes it; one that was deleted is gone then. */
void disk_close(struct disk_file *f);

/* Deletes a file, for good; who has it open keeps it. False: there is none. */
bool disk_delete(struct disk *d, const char *name);

/* Bytes read, fewer at the end. */
size_t disk_read(const struct disk_file *f, void *to, size_t n, uint64_t at);

/* Writes all n bytes; false: the disk is full. */
bool disk_write(struct disk_file *f, const void *from, size_t n, uint64_t at);

/* Cuts the file, or does nothing if it is not longer. */
void disk_truncate(struct disk_file *f, uint64_t size);

/* What was written is on the disk. */
void disk_sync(struct disk_file *f);

/* Bytes of the file. */
uint64_t disk_size(const struct disk_file *f);

#endif
