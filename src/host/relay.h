/*
 * relay.h - between a process and the one that takes its place: a socketpair, messages on it, and
 * descriptors with them (unix(7), SCM_RIGHTS).
 *
 *     old                                     new
 *     relay_start()  fork, exec        -->    relay_send(HELLO): the versions it reads
 *     relay_send(STATE), a memfd; FDS  -->    relay_state(), relay_fds()
 *                                      <--    relay_send(TAKEN), or REFUSED
 *     relay_send(GO), exits            -->    goes on
 */
#ifndef HOST_RELAY_H
#define HOST_RELAY_H

#include "base/base.h"

#include <sys/types.h>

enum {
	RELAY_TEXT_MAX = 244,
	RELAY_FDS_MAX = 253, /* in one message: the kernel's SCM_MAX_FD */
};

/* The numbers and the layout are those of other releases: do not change them. */
enum relay_kind {
	RELAY_HELLO = 1,   /* a, b: the oldest and the newest version that is read */
	RELAY_STATE = 2,   /* a: descriptors that follow; with the memfd */
	RELAY_FDS = 3,     /* a: the number of them */
	RELAY_TAKEN = 4,   /* a: connections */
	RELAY_REFUSED = 5, /* text: why */
	RELAY_GO = 6,
};

struct relay_message {
	uint32_t kind, a, b;
	char text[RELAY_TEXT_MAX];
};

/* Starts a program with this end of a socketpair as descriptor RELAY_FD; argv ends with NULL.
 * Returns our end, which does not block, or -errno. */
int relay_start(const char *path, char *const argv[], pid_t *child);

enum {
	RELAY_FD = 3, /* of the program that was started */
};

/* Sends a message with descriptors, waiting for room for some seconds. 0 or -errno. */
int relay_send(int fd, const struct relay_message *m, const int *fds, uint32_t count);

/* Receives a message, waiting up to `patience`. At most `max` descriptors, *count of them, are put
 * at fds. 0, -ETIMEDOUT, -EPIPE at the end, or another -errno. */
struct relay_in {
	struct relay_message message;
	int fds[RELAY_FDS_MAX];
	uint32_t count;
};
int relay_receive(int fd, struct relay_in *in, nsec_t patience);

/* A memfd with these bytes, of a size that does not change any more; or -errno. */
int relay_memfd(const void *bytes, size_t len);

/* Reads such a memfd into memory from malloc(), and overwrites it with zeros. NULL if that fails.
 */
void *relay_memfd_take(int fd, size_t *len);

/* Kills a child and waits for its end. */
void relay_kill(pid_t child);

#endif
