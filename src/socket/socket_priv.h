/*
 * socket_priv.h - the instance, as the files of this room share it.
 */
#ifndef SOCKET_SOCKET_PRIV_H
#define SOCKET_SOCKET_PRIV_H

#include "base/pool.h"
#include "socket/file.h"

struct burble {
	struct fd_table fds;
	const struct file_ops *kind[FILE_KINDS];
	struct burble_watch *pollers; /* calls of burble_poll_call: any news wakes them */
	struct stack *stack;
	struct burble_hooks hooks;
	struct pool socks, extras;
};

#endif
