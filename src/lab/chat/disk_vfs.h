/*
 * disk_vfs.h - SQLite's VFS on the disk of a host: the real database engine, with its log and its
 * syncs, on a disk that loses unsynced data. Its randomness comes from a seed.
 */
#ifndef LAB_CHAT_DISK_VFS_H
#define LAB_CHAT_DISK_VFS_H

#include "lab/chat/disk.h"

struct disk_vfs;

/* Registers d with SQLite under a unique name; d stays the caller's. NULL: SQLite is out of
 * memory. */
struct disk_vfs *disk_vfs_new(struct disk *d, uint64_t seed);

/* The name, for sqlite3_open_v2(). */
const char *disk_vfs_name(const struct disk_vfs *v);

/* Unregisters it; no database on it may be open. v may be NULL. */
void disk_vfs_free(struct disk_vfs *v);

#endif
