/*
 * file.h - open file descriptions, which descriptors name, and their watchers. Private to the room.
 *
 *     descriptor 3 --+
 *                    +--> file [kind, references] --> what the kind is (a socket, an epoll set)
 *     descriptor 9 --+     |
 *                          watchers -> epoll item -> blocked call -> ...
 *
 * An event is a mask of EPOLL* bits that may have become true, or 0 for "anything": the key of
 * Linux's wake-ups, on which edge-triggered sets and the order of events depend. file_notify()
 * marks and queues; file_ready() reports, later, which bits hold.
 */
#ifndef SOCKET_FILE_H
#define SOCKET_FILE_H

#include "socket/instance.h"

enum file_kind {
	FILE_STREAM,
	FILE_DGRAM,
	FILE_EPOLL,
	FILE_KINDS
};

enum file_flag {
	FILE_NONBLOCK = 1 << 0, /* O_NONBLOCK */
	FILE_ASYNC = 1 << 1,    /* O_ASYNC: refused; the bit says that an owner is set */
};

struct file {
	struct burble_watch *watchers;
	uint32_t refs;       /* descriptors that name it */
	uint8_t kind, flags; /* enum file_kind; enum file_flag */
	uint16_t bits;       /* of the kind */
};

/* What every kind can do. */
struct file_ops {
	/* EPOLL* bits that hold now. May request an event for those that do not. */
	uint32_t (*ready)(struct burble *b, struct file *f);
	/* The last descriptor is gone: ends and frees the file. */
	void (*release)(struct burble *b, struct file *f);
};

/* EPOLL* bits that hold now. */
uint32_t file_ready(struct burble *b, struct file *f);

/* Notifies the watchers. `all` as Linux's wake_up_all(): of exclusive watchers each one. */
void file_notify(struct burble *b, struct file *f, uint32_t key, bool all);

/* Take and drop a reference. Dropping the last one removes all watchers and releases the file. */
void file_get(struct file *f);
void file_put(struct burble *b, struct file *f);

/* Removes all watchers: sets forget the file, blocked calls end with -EBADF. */
void file_unwatch(struct file *f);

/* Blocks call until an event of f in `events`; f == NULL: until an event of any file
 * (burble_poll_call). Sets phase and returns -BURBLE_BLOCKED. */
int file_wait(struct burble *b, struct file *f, struct burble_call *call, uint32_t events);

/* Resumes a call: takes it off the chain it waits on. False if its file has been closed. */
bool file_resume(struct burble_call *call);

/* True if a blocked call has reached its deadline. */
bool file_expired(const struct burble *b, const struct burble_call *call);

/* --- descriptors ------------------------------------------------------------------------------ */

enum {
	FD_PAGE = 256,
	FD_PAGES = BURBLE_FDS_MAX / FD_PAGE,
};

/* Descriptors come in pages, so that growing copies none of them; a bit is set for each that is
 * free. */
struct fd_page {
	struct file *file[FD_PAGE];
	uint32_t generation[FD_PAGE]; /* rises at each close: a blocked call knows its file */
	uint64_t free[FD_PAGE / 64];
	uint64_t cloexec[FD_PAGE / 64];
};

struct fd_table {
	struct fd_page **page;        /* up to `pages`; NULL: none of them is open yet */
	int pages;                    /* a power of two, FD_PAGES at most; 0 at first */
	uint64_t room[FD_PAGES / 64]; /* a bit for each page with a free descriptor, or no page */
	int max, open;
};

/* An empty table of at most max descriptors; the end of one, whose files stay as they are. */
void fds_init(struct fd_table *t, int max);
void fds_free(struct fd_table *t);

/* The file that fd names, or NULL. */
struct file *fds_file(const struct fd_table *t, int fd);

/* Gives f the lowest free descriptor >= low. Takes no reference. -EMFILE, -ENFILE (memory). */
int fds_open(struct fd_table *t, struct file *f, int low, bool cloexec);

/* Frees fd, which is open, and returns the file that it named. */
struct file *fds_close(struct fd_table *t, int fd);

/* How often fd was closed. */
uint32_t fds_generation(const struct fd_table *t, int fd);

/* FD_CLOEXEC of fd, which is open. */
bool fds_cloexec(const struct fd_table *t, int fd);
void fds_set_cloexec(struct fd_table *t, int fd, bool on);

/* The lowest open descriptor >= from, or -1. */
int fds_next(const struct fd_table *t, int from);

#endif
