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
	const struct file_ops *kind[FILE_KINDS]; /* the operations of each kind of file */
	struct burble_watch *pollers; /* calls of burble_poll_call: woken by an event of any file */
	struct stack *stack;
	struct burble_hooks hooks;
	void (*dhcp_event)(void *ctx, int ifindex, enum burble_dhcp_event event);
	void *dhcp_ctx; /* of dhcp_event */
	struct pool socks, extras;
	struct burble_host host;
};

#endif
