/*
 * send_ring.h - many sends with one system call: an io_uring that only ever sends.
 */
#ifndef HOST_SEND_RING_H
#define HOST_SEND_RING_H

#include "chat/net.h"

struct send_ring;

/* A ring; NULL if the kernel has none, forbids it, or lacks what we ask of it. */
struct send_ring *send_ring_new(void);
void send_ring_free(struct send_ring *r);

/* Does the sends and fills in done of each, as send() with MSG_DONTWAIT would. False if the ring
 * failed: then nothing is known of those whose done is SEND_RING_UNKNOWN, and it must not be used
 * again. */
#define SEND_RING_UNKNOWN ((ssize_t)INT64_MIN)
bool send_ring_run(struct send_ring *r, struct net_send *sends, size_t count);

#endif
