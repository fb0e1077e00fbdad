/*
 * net_instance.h - chat/net.h on an instance of the stack: a handle is a descriptor of the
 * instance, readiness is its epoll. Time is the embedder's: a real clock and devices in
 * host/net_burble.c, virtual time in lab/chat.
 *
 *     wait()  step: frames in, timers, frames out -> epoll_wait -> nothing? clock->sleep, and again
 *
 * Data sent in a turn of the server is transmitted by the step at the beginning of its next wait(),
 * or by one in between: a turn that sends to a million connections would otherwise hold the memory
 * of a million until its end.
 */
#ifndef NET_INSTANCE_H
#define NET_INSTANCE_H

#include "chat/net.h"

#include <sys/epoll.h>

struct burble;
struct net_instance;

/* The clock, which an instance lacks: the time, and waiting. */
struct net_clock {
	/* The present, on a clock that never steps back; and as nanoseconds since 1970. */
	nsec_t (*now)(struct net_instance *i);
	nsec_t (*wall)(struct net_instance *i);
	/* Nothing is ready: lets time pass until something may be, at most until `until` (NSEC_MAX:
	 * for ever), and steps the instance. False: wait() returns without an event. */
	bool (*sleep)(struct net_instance *i, nsec_t until);
	/* Makes the current or next sleep() return false. From any thread or a signal handler. */
	void (*wake)(struct net_instance *i);
};

enum {
	NET_EVENTS_MAX = 1024, /* asked of one epoll_wait() */
	NET_STEP_SENDS = 256,  /* of a turn, in batches, between two steps */
	NET_STEP_FRAMES = 64,  /* that a step takes of a device */
};

/* Embedded in the embedder's own structure; its fields are private to net_instance.c, except b and
 * epoll, whose readiness is that of the network. */
struct net_instance {
	struct net net;
	const struct net_clock *clock;
	struct burble *b;
	int epoll;   /* of b */
	size_t sent; /* in batches since the last step */
	struct epoll_event events[NET_EVENTS_MAX];
};

/* Sets up a network over the sockets of b, which stays the caller's. 0 or -errno. */
int net_instance_open(struct net_instance *i, struct burble *b, const struct net_clock *clock);

/* Closes it; its handles must be closed, or the network cut. */
void net_instance_close(struct net_instance *i);

/* The process that used the network was killed: b is not accessed any more, and what is sent is
 * discarded. Its descriptors in b stay as they are. */
void net_instance_cut(struct net_instance *i);

#endif
