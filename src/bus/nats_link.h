/*
 * nats_link.h - a connection to one of the servers of the engine, and a thread that keeps it: it
 * connects, subscribes, sends what is queued, and begins again when the connection ends.
 *
 *     loop   nats_link_send()  -> bounded queue -> the thread -> engine
 *            nats_link_take()  <- bounded queue <- a thread of libnats       wake()
 *
 * Nothing is kept for a later connection: what is queued when one ends is dropped.
 */
#ifndef BUS_NATS_LINK_H
#define BUS_NATS_LINK_H

#include "bus/bus_nats.h"
#include "bus/nats_queue.h"

struct nats_lib;

enum {
	LINK_OUT_BYTES = 32 << 20, /* queued to be sent; more is refused */
	LINK_IN_BYTES = 64 << 20,  /* received and not taken; more is dropped */
	LINK_SUBJECT_MAX = 640,    /* of a key, in hexadecimal for the most part */
	LINK_SUBSCRIPTIONS = 64,
};

/* The state, as of nats_link_state(). */
struct nats_link_state {
	bool up, unsent;               /* unsent: something is queued, or being sent */
	uint64_t connections, dropped; /* dropped: in both directions */
	char why[BUS_WHY_MAX];
};

struct nats_link;

/* Starts it. NULL if out of memory or threads. */
struct nats_link *nats_link_new(const struct bus_nats_options *o, const struct nats_lib *lib);

/* Ends the connection and the threads, and frees it. */
void nats_link_free(struct nats_link *l);

/* Listens to a subject, also on every later connection, and gives it a number: 0, 1, ... False if
 * there are LINK_SUBSCRIPTIONS, or the subject is longer than LINK_SUBJECT_MAX. */
bool nats_link_subscribe(struct nats_link *l, const char *subject, uint32_t *number);

/* Queues a copy of m. False if there is no connection, the queue is full or memory is out. */
bool nats_link_send(struct nats_link *l, const struct nats_message *m);

/* Takes received messages until they have so many bytes: a list, each to be freed by free(). *more:
 * there are others. */
struct nats_message *nats_link_take(struct nats_link *l, size_t most, bool *more);

/* Reads the state. */
void nats_link_state(struct nats_link *l, struct nats_link_state *out);

/* Has wake() called at a time of CLOCK_MONOTONIC; NSEC_MAX: no more. */
void nats_link_wake_at(struct nats_link *l, nsec_t at);

/* The time of CLOCK_MONOTONIC. */
nsec_t nats_now(void);

#endif
