/*
 * world.h - one table of socket calls, two worlds: the running kernel in a network namespace of its
 * own, and the stack. Both have the same addresses and one wire, on which segments go in and out:
 *
 *     lo 127.0.0.1 ::1     d0 10.0.0.1/24 fd00::1/64, a TUN device or one in memory
 *
 * Calls never block. They return the results of the kernel's calls, errors as -errno.
 */
#ifndef TWIN_WORLD_H
#define TWIN_WORLD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
	WIRE_MTU = 1500,
};

/* A number given to setsockopt() or taken from getsockopt(). */
struct sockopt {
	int level, name;
	int value;
};

/* Data with an address: sendto(), recvfrom(). len 0: no address. */
struct letter {
	void *bytes;
	size_t n;
	int flags;
	struct sockaddr_storage addr;
	socklen_t len;
};

struct world {
	int (*socket)(int domain, int type);
	int (*bind)(int fd, const struct sockaddr_storage *a, socklen_t len);
	int (*connect)(int fd, const struct sockaddr_storage *a, socklen_t len);
	int (*listen)(int fd, int backlog);
	int (*accept)(int fd);
	int (*close)(int fd);
	int (*shutdown)(int fd, int how);
	int (*set)(int fd, const struct sockopt *o);
	int (*get)(int fd, struct sockopt *o);
	int (*name)(int fd, int peer, struct sockaddr_storage *a);
	int (*ioctl)(int fd, unsigned long request, int *v);
	int (*send)(int fd, const struct letter *l);
	int (*recv)(int fd, struct letter *l);
	int (*poll)(int fd);  /* POLL* bits */
	int (*state)(int fd); /* tcpi_state, or -errno */
	void (*wire_in)(const uint8_t *packet, size_t n);
	/* The next packet that has left, after everything in flight has arrived; 0: none. */
	size_t (*wire_out)(uint8_t *packet);
};

/* Creates the world of this process, in which everything counts as arrived when nothing has left
 * for pace_ms. NULL after a line on stderr on failure. */
const struct world *world_kernel(int pace_ms);
const struct world *world_stack(int pace_ms);

#endif
