/*
 * instance.h - what the other rooms of the library use of an instance beyond its public headers.
 */
#ifndef SOCKET_INSTANCE_H
#define SOCKET_INSTANCE_H

#include "base/base.h"
#include "burble/blocking.h"
#include "stack/stack.h"

struct chunk; /* bytes with a count of references: stack/pkt.h */

enum {
	BURBLE_FDS_MAX = 1 << 22,
};

/* Sockets on a stack that the caller made and ends after them; config's seed and now are not used.
 * NULL when memory is out. Ended by sockets_free(). */
struct burble *sockets_new(struct stack *s, const struct burble_config *config);
void sockets_free(struct burble *b);

/* The protocols below the sockets. */
struct stack *burble_stack(struct burble *b);

/* Hands an interface to the instance, which closes it (ops->close) at its end. Takes dev, also on
 * failure. The index, -ENOBUFS or -ENOMEM. */
int burble_if_attach(struct burble *b, struct netdev *dev);

/* Closes every descriptor, as the end of a process does. */
void burble_close_all(struct burble *b);

/* What descriptors hold, in bytes of records in use. */
struct burble_memory {
	size_t socks, descriptors, epoll_items;
};
void burble_memory(struct burble *b, struct burble_memory *m);

/*
 * Queues n bytes at data, which lie in ref, on a stream without copying them: the socket holds a
 * reference of its own until they are acknowledged, so that one buffer can be on many sockets. All
 * or nothing: n, or -EAGAIN and the errors of send. Never blocks.
 */
ssize_t burble_send_ref(struct burble *b, int fd, struct chunk *ref, const uint8_t *data, size_t n);

/* setsockopt(2) and getsockopt(2) with value and length in one. value->iov_len: the room going in,
 * the bytes written coming out. */
int burble_setopt(struct burble *b, int fd, int level, int name, struct iovec value);
int burble_getopt(struct burble *b, int fd, int level, int name, struct iovec *value);

#endif
