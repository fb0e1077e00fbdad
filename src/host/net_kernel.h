/*
 * net_kernel.h - chat/net.h on the kernel's sockets and epoll.
 */
#ifndef HOST_NET_KERNEL_H
#define HOST_NET_KERNEL_H

#include "chat/net.h"

/* A network over a new epoll instance; NULL with errno set. */
struct net *net_kernel_new(void);

/* Readable when wait() would return at once: so that another loop can wait for this network. */
int net_kernel_fd(struct net *n);

/* From now on wait() also returns, with or without an event, when fd, an open descriptor of the
 * process, is readable. 0 or -errno. */
int net_kernel_watch(struct net *n, int fd);

/* Closes the inherited listening sockets that listen() has not asked for. */
void net_kernel_disinherit(struct net *n);

/* Closes the epoll instance and frees n; all handles must be closed. */
void net_kernel_free(struct net *n);

#endif
