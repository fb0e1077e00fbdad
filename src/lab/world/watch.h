/*
 * watch.h - recording of a host's stack: the states of its connections, the readiness of its first
 * descriptors, the queues of its listeners, the TCP_INFO of streams that are watched, the counters
 * that changed, and the counter that gives the reason for a discarded packet. It costs nothing
 * unless a run is recorded.
 */
#ifndef LAB_WORLD_WATCH_H
#define LAB_WORLD_WATCH_H

#include "base/hash.h"
#include "lab/world/host.h"
#include "stack/mib.h"

/* A local port with a listener as it was seen last, or with a connection in SYN-RECEIVED. */
struct watched_port {
	struct ip_addr addr;
	uint16_t port;
	bool listens;
	uint32_t embryos, accepts, limit;
};

/* A descriptor as it was seen last. */
struct watched_fd {
	uint32_t ready;         /* EPOLL* bits */
	struct trace_flow flow; /* zero before it has a peer; kept when that is gone */
};

enum {
	WATCH_CHANGED = 16, /* connections that change in one step; more, and all are looked at */
};

struct watch {
	struct hash_table conns;                  /* struct watched of watch.c, by flow */
	uint32_t round;                           /* of looking at all connections */
	struct trace_flow changed[WATCH_CHANGED]; /* since then; a peer's port of 0: accept queue */
	uint32_t changes;
	bool all; /* more than that, or listeners */
	int fd[HOST_WATCHES];
	struct trace_sample last[HOST_WATCHES];
	int fds;
	struct watched_fd ready[HOST_READY];
	struct watched_port port[HOST_LISTENERS]; /* as they were recorded last */
	struct watched_port now[HOST_LISTENERS];  /* as they are seen */
	uint32_t ports;                           /* of `now` */
	uint64_t begin[MIB_COUNT];                /* when the host was booted */
	uint64_t before[MIB_COUNT];
};

/* Every function takes NULL, for a run that is not recorded, and does nothing. */
struct watch *watch_new(void);

/* Frees w. */
void watch_free(struct watch *w);

/* The host was booted: forgets connections and descriptors, counters begin anew. */
void watch_reset(struct watch *w, struct burble *b);

/* Before a packet is handed to the stack. */
void watch_before(struct watch *w, struct burble *b);

/* After it: the counter that says why the packet was discarded, or NULL. */
const char *watch_reason(struct watch *w, struct burble *b);

/* Records what has changed since the last time, as n's. */
void watch_changes(struct watch *w, struct node *n, struct burble *b);

/* Records TCP_INFO of fd from now on; false if HOST_WATCHES are. */
bool watch_fd(struct watch *w, int fd);

/* No descriptor is watched any more. */
void watch_forget_fds(struct watch *w);

/* Appends the counters that moved. */
void watch_counters(struct watch *w, struct node *n, struct burble *b);

#endif
