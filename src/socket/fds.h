/*
 * fds.h - table of descriptors: each names a file. Private to the room.
 */
#ifndef SOCKET_FDS_H
#define SOCKET_FDS_H

#include "base/vec.h"
#include "socket/instance.h"

struct file;

enum {
	FD_PAGE = 256,
	FD_PAGES = BURBLE_FDS_MAX / FD_PAGE,
};

/* Descriptors are allocated in pages, so that growing copies none of them; a bit is set for each
 * free one. */
struct fd_page {
	struct file *file[FD_PAGE];
	uint64_t free[FD_PAGE / 64];
	uint64_t cloexec[FD_PAGE / 64];
};

struct fd_table {
	VEC(struct fd_page *) page; /* NULL: none of its descriptors has been open yet */
	uint64_t room[FD_PAGES /
		      64]; /* a bit for each page with a free descriptor, or not allocated */
	int max, open;
};

/* An empty table of at most max descriptors; freeing one, which does not close files. */
void fds_init(struct fd_table *t, int max);
void fds_free(struct fd_table *t);

/* The file of fd, or NULL. */
struct file *fds_file(const struct fd_table *t, int fd);

/* Installs f at the lowest free descriptor >= low. Takes no reference. -EMFILE, -ENFILE
 * (memory). */
int fds_open(struct fd_table *t, struct file *f, int low, bool cloexec);

/* Frees fd, which must be open, and returns its file. */
struct file *fds_close(struct fd_table *t, int fd);

/* FD_CLOEXEC of fd, which must be open. */
bool fds_cloexec(const struct fd_table *t, int fd);
void fds_set_cloexec(struct fd_table *t, int fd, bool on);

/* The lowest open descriptor >= from, or -1. */
int fds_next(const struct fd_table *t, int from);

#endif
