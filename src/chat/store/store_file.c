/* store_file.c - files made for an administrator: store_file.h. */
#include "chat/store/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int store_file_create(struct store_file *f, struct store_text path)
{
	snprintf(f->path, sizeof(f->path), "%.*s", (int)path.len, path.p);
	snprintf(f->part, sizeof(f->part), "%s.part", f->path);
	if (access(f->path, F_OK) == 0) {
		errno = EEXIST;
		return -1;
	}
	return open(f->part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
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

bool store_file_publish(const struct store_file *f)
{
	return renameat2(AT_FDCWD, f->part, AT_FDCWD, f->path, RENAME_NOREPLACE) == 0 &&
	       sync_directory(f->path);
}

enum store_status store_file_status(int error)
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
