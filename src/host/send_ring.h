/*
 * send_ring.h - batched send(): an io_uring that only sends.
 */
#ifndef HOST_SEND_RING_H
#define HOST_SEND_RING_H

#include "chat/net.h"

struct send_ring;

/* A ring; NULL if the kernel has no io_uring, forbids it, or lacks a needed feature. */
struct send_ring *send_ring_new(void);

/* Ends the ring and frees r. */
void send_ring_free(struct send_ring *r);

/* Performs the sends and sets done of each to the result of send() with MSG_DONTWAIT. False: the
 * ring failed and must not be used again; the result of sends whose done is SEND_RING_UNKNOWN is
 * unknown. */
#define SEND_RING_UNKNOWN ((ssize_t)INT64_MIN)
bool send_ring_run(struct send_ring *r, struct net_send *sends, size_t count);

#endif
