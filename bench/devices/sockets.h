/*
 * sockets.h - the dozen socket calls of the bench, on the kernel's sockets or on burble's over a
 * device. Results are 0 or more, or -errno. Nothing blocks but net_wait().
 */
#ifndef BENCH_DEVICES_SOCKETS_H
#define BENCH_DEVICES_SOCKETS_H

#include "burble/socket.h"

#include <stdbool.h>

enum {
	NET_PORT = 7,
	NET_EVENTS = 64,
};

struct net {
	struct burble *b; /* NULL: the kernel's */
	int epoll;
	uint16_t port; /* to connect to */
};

/* "kernel", or a device of burble_if_open() and addresses with their bits, `count` of them. Ends
 * the process with a message on failure. */
void net_open(struct net *n, char **words, int count);

/* Ends it. */
void net_end(struct net *n);

/* A listening stream socket of both families; watched, with data.ptr NULL. */
int net_listen(struct net *n);

/* A socket that is being connected to `host`. */
int net_connect(struct net *n, const char *host);

/* Watches fd for input and output, edge-triggered, with this data.ptr. */
void net_watch(struct net *n, int fd, void *ptr);

int net_accept(struct net *n, int listener);
ssize_t net_send(struct net *n, int fd, const void *data, size_t len);
ssize_t net_recv(struct net *n, int fd, void *data, size_t len);
void net_shutdown(struct net *n, int fd);
void net_close(struct net *n, int fd);

/* Sleeps until there are events; returns how many, at most NET_EVENTS. */
int net_wait(struct net *n, struct epoll_event *events);

#endif
