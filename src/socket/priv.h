/*
 * priv.h - the instance, as the files of this room share it.
 */
#ifndef SOCKET_PRIV_H
#define SOCKET_PRIV_H

#include "base/pool.h"
#include "socket/file.h"

struct bs {
	struct fd_table fds;
	struct bs_watch *pollers; /* calls of bs_poll: any news wakes them */
	struct stack *stack;
	struct bs_hooks hooks;
	struct pool socks, extras;
};

#endif
