/*
 * nats_queue.h - messages on their way between the loop and the threads, and the lists of them.
 */
#ifndef BUS_NATS_QUEUE_H
#define BUS_NATS_QUEUE_H

#include "base/base.h"

/* A message, allocated as one block. */
struct nats_message {
	struct nats_message *next;
	uint32_t subscription; /* of one that was received: the number that nats_link_subscribe()
				  gave */
	bool no_responders;    /* the engine: no one listens to what was asked */
	const char *reply;     /* of one to be sent: where the answer goes; NULL: none */
	const char *expected;  /* and the sequence number that its subject must have; NULL: any */
	const char *subject;
	const uint8_t *bytes;
	size_t len, size; /* size: what it counts in its queue */
};

struct nats_queue {
	struct nats_message *first, **end;
	size_t bytes;
};

/* An empty queue. */
void nats_queue_init(struct nats_queue *q);

/* Adds a message at the end. */
void nats_queue_add(struct nats_queue *q, struct nats_message *m);

/* Takes the first; NULL if there is none. */
struct nats_message *nats_queue_take(struct nats_queue *q);

/* Frees all of it; returns how many there were. */
uint64_t nats_queue_clear(struct nats_queue *q);

/* A copy of a message with its texts and bytes; NULL if out of memory. */
struct nats_message *nats_message_copy(const struct nats_message *m);

#endif
