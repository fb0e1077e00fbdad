/*
 * socket_priv.h - struct burble. Private to the room.
 */
#ifndef SOCKET_SOCKET_PRIV_H
#define SOCKET_SOCKET_PRIV_H

#include "base/pool.h"
#include "socket/fds.h"
#include "socket/file.h"

struct burble {
	struct fd_table fds;
	const struct file_ops *kind[FILE_KINDS]; /* what the kinds of files can do */
	struct burble_watch
		*pollers; /* calls of burble_poll_call: an event of any file wakes them */
	struct stack *stack;
	struct burble_hooks hooks;
	struct pool socks, extras;
};

#endif
