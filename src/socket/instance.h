/*
 * instance.h - interface of an instance to the other rooms, beyond its public headers.
 */
#ifndef SOCKET_INSTANCE_H
#define SOCKET_INSTANCE_H

#include "base/base.h"
#include "burble/blocking.h"
#include "stack/stack.h"

struct chunk; /* reference-counted bytes: stack/pkt.h */

enum {
	BURBLE_FDS_MAX = 1 << 22,
	BURBLE_MTU_MIN = 68,    /* RFC 791 */
	BURBLE_MTU_MAX = 65535, /* the maximum of IPv4's length field */
};

/* Sockets on a stack that the caller creates and frees after them; config's seed and now are not
 * used. NULL if out of memory. Freed by sockets_free(). */
struct burble *sockets_new(struct stack *s, const struct burble_config *config);

/* Closes all descriptors and frees b; the stack stays. */
void sockets_free(struct burble *b);

/* Where a host keeps its own of an instance; burble_free() calls free, if not NULL. */
struct burble_host {
	void *data;
	void (*free)(void *data);
};

/* That of b. */
struct burble_host *burble_host(struct burble *b);

/* The protocols below the sockets. */
struct stack *burble_stack(struct burble *b);

/* Attaches an interface, owned by the instance from now on, also on failure: dev is closed
 * (ops->close) at its end. Returns the index, -ENOBUFS or -ENOMEM. */
int burble_if_attach(struct burble *b, struct netdev *dev);

/* Takes an interface down whose driver has lost its device, and calls hooks.device_lost, once.
 * Returns whether it did. */
bool burble_tell_lost(struct burble *b, int ifindex);

/* True while a packet waits for the hardware address of its next hop. */
bool burble_resolving(struct burble *b);

/* Closes every descriptor, as the end of a process does. */
void burble_close_all(struct burble *b);

/* Memory used for descriptors, in bytes of records in use. */
struct burble_memory {
	size_t socks, descriptors, epoll_items;
};

/* Fills in *m. */
void burble_memory(struct burble *b, struct burble_memory *m);

/* A descriptor of a socket. */
struct burble_socket_ref {
	int fd;
	bool stream;
	const void *owner; /* what its protocol calls its owner */
};

/* The lowest such descriptor >= from. False: there is none. */
bool burble_next_socket(struct burble *b, int from, struct burble_socket_ref *out);

/* Queues n bytes at data, inside ref, on a stream without copying: the socket holds a reference of
 * its own until they are acknowledged, so that many sockets can share one buffer. All or nothing:
 * n, or -EAGAIN, -ENOBUFS and the other errors of burble_send(). Never blocks. */
ssize_t burble_send_ref(struct burble *b, int fd, struct chunk *ref, const uint8_t *data, size_t n);

/* setsockopt(2). */
int burble_setopt(struct burble *b, int fd, int level, int name, struct iovec value);

/* getsockopt(2). value->iov_len: the size of the buffer on entry, the bytes written on return. */
int burble_getopt(struct burble *b, int fd, int level, int name, struct iovec *value);

#endif
