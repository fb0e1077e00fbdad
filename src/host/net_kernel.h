/*
 * net_kernel.h - chat/net.h on the kernel's sockets and epoll.
 */
#ifndef HOST_NET_KERNEL_H
#define HOST_NET_KERNEL_H

#include "chat/net.h"

/* A network over a new epoll instance; NULL with errno set. */
struct net *net_kernel_new(void);

/* Closes the epoll instance and frees n; all handles must be closed. */
void net_kernel_free(struct net *n);

#endif
