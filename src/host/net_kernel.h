/*
 * net_kernel.h - chat/net.h on the kernel's sockets and epoll.
 */
#ifndef HOST_NET_KERNEL_H
#define HOST_NET_KERNEL_H

#include "chat/net.h"

/* A table over a new epoll instance; NULL with errno set. The caller closes all handles, then this.
 */
struct net *net_kernel_new(void);
void net_kernel_free(struct net *n);

#endif
