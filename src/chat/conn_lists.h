/*
 * conn_lists.h - lists of connections: of a turn, across turns, of those that leave; their slots.
 */
#ifndef CHAT_CONN_LISTS_H
#define CHAT_CONN_LISTS_H

#include "chat/conn.h"
#include "chat/limits.h"

/* A growing array of connections; each conn is on it at most once (a flag of the conn tells).
 * Emptied in the turn in which it was filled, before any is freed. */
struct conn_list {
	struct conn **at;
	uint32_t count, size;
};

/* The same across turns: by tag, so that a connection freed meanwhile is simply not found. */
struct tag_list {
	uint64_t *at;
	uint32_t count, size;
};

/* The sends for one call of the network; empty outside the flush. */
struct send_batch {
	uint32_t count;
	struct conn *conns[BATCH_SENDS];
	struct net_send sends[BATCH_SENDS];
	struct iovec iov[BATCH_SENDS][BATCH_IOV];
};

/* A leaving connection and the reason, which the server owns. */
struct leaving {
	struct conn *conn;
	char *why;
};

/* The slot that a connection's tag refers to. */
struct conn_slot {
	struct conn *conn; /* NULL: free */
	uint32_t generation, next_free;
};

#endif
