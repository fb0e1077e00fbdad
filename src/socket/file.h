/*
 * file.h - open file descriptions, which descriptors name, and their watchers. Private to the room.
 *
 *     descriptor 3 --+
 *                    +--> file [kind, references] --> its kind (a socket, an epoll set)
 *     descriptor 9 --+     |
 *                          watchers -> epoll item -> blocked call -> ...
 *
 * An event is a mask of EPOLL* bits that may have become true, or 0 for "anything": the key of
 * Linux's wake-ups, on which edge-triggered sets and the order of events depend. file_notify()
 * marks and queues; file_ready() later returns the bits that are true.
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
	FILE_ASYNC = 1 << 1,    /* O_ASYNC: refused; the bit means that an owner is set */
};

struct file {
	struct burble_watch *watchers;
	uint32_t refs;       /* descriptors that refer to it */
	uint8_t kind, flags; /* enum file_kind; enum file_flag */
	uint16_t bits;       /* for use by the kind */
};

/* The operations of every kind of file. */
struct file_ops {
	/* EPOLL* bits that are true now. May request an event for those that are not. */
	uint32_t (*ready)(struct burble *b, struct file *f);
	/* The last descriptor is closed: ends and frees the file. */
	void (*release)(struct burble *b, struct file *f);
};

/* EPOLL* bits that are true now. */
uint32_t file_ready(struct burble *b, struct file *f);

/* Notifies the watchers. `all`, like Linux's wake_up_all(): every exclusive watcher too. */
void file_notify(struct burble *b, struct file *f, uint32_t key, bool all);

/* Take and drop a reference. Dropping the last one removes all watchers and releases the file. */
void file_get(struct file *f);
void file_put(struct burble *b, struct file *f);

/* Removes all watchers: sets forget the file, blocked calls end with -EBADF. */
void file_unwatch(struct file *f);

/* Blocks call until an event of f in `events`; f == NULL: until an event of any file
 * (burble_poll_call). Sets phase and returns -BURBLE_BLOCKED. */
int file_wait(struct burble *b, struct file *f, struct burble_call *call, uint32_t events);

/* Resumes a call: removes it from the chain it waits on. False if its file has been closed. */
bool file_resume(struct burble_call *call);

/* True if a blocked call has reached its deadline. */
bool file_expired(const struct burble *b, const struct burble_call *call);

#endif
