/*
 * watch.h - recording of a host's stack: the states of its connections, the readiness of its first
 * descriptors, the queues of its listeners, the TCP_INFO of streams that are watched, and the
 * counter that gives the reason for a discarded packet. No cost unless a run is recorded.
 */
#ifndef LAB_WORLD_WATCH_H
#define LAB_WORLD_WATCH_H

#include "base/hash.h"
#include "lab/world/host.h"
#include "stack/mib.h"

/* The last known state of a local port that has a listener or a connection in SYN-RECEIVED. */
struct watched_port {
	struct ip_addr addr;
	uint16_t port;
	bool listens;
	uint32_t embryos, accepts, limit;
};

/* The last known state of a descriptor. */
struct watched_fd {
	uint32_t ready;         /* EPOLL* bits */
	struct trace_flow flow; /* zero before it has a peer; kept when that is gone */
};

enum {
	WATCH_CHANGED = 16, /* connections that change in one step; with more, all are examined */
};

struct watch {
	struct hash_table conns;                  /* struct watched of watch.c, by flow */
	uint32_t round;                           /* of examining all connections */
	struct trace_flow changed[WATCH_CHANGED]; /* since then; a peer's port of 0: accept queue */
	uint32_t changes;
	bool all; /* more than that, or listeners */
	int fd[HOST_WATCHES];
	struct trace_sample last[HOST_WATCHES];
	int fds;
	struct watched_fd ready[HOST_READY];
	struct watched_port port[HOST_LISTENERS]; /* as last recorded */
	struct watched_port now[HOST_LISTENERS];  /* current */
	uint32_t ports;                           /* of `now` */
	uint64_t before[MIB_COUNT];
};

/* Every function accepts NULL, for a run that is not recorded, and has no effect then. */
struct watch *watch_new(void);

/* Frees w. */
void watch_free(struct watch *w);

/* The host was booted: forgets connections and descriptors. b: NULL for a kernel. */
void watch_reset(struct watch *w, struct burble *b);

/* To be called before a packet is passed to the stack. */
void watch_before(struct watch *w, struct burble *b);

/* To be called after that: the counter that explains why the packet was discarded, or NULL. */
const char *watch_reason(struct watch *w, struct burble *b);

/* Records the changes since the last call, for m, which runs b. */
void watch_changes(struct watch *w, struct machine *m, struct burble *b);

/* Records the states of all TCP sockets of m that changed, and the queues of listeners; returns how
 * many sockets there are. */
uint32_t watch_all(struct watch *w, struct machine *m);

/* Records TCP_INFO of fd from now on; false if HOST_WATCHES are recorded already. */
bool watch_fd(struct watch *w, int fd);

/* Stops watching all descriptors. */
void watch_forget_fds(struct watch *w);

#endif
