/*
 * queue.h - the queue in front of a link: first in first out, bounded in packets and bytes, with
 * tail drop or with CoDel (RFC 8289).
 */
#ifndef LAB_WORLD_QUEUE_H
#define LAB_WORLD_QUEUE_H

#include "lab/world/world.h"

struct queue_config {
	uint32_t limit;       /* packets; 0: QUEUE_LIMIT */
	uint32_t limit_bytes; /* 0: no limit */
	bool codel;
	nsec_t target, interval; /* of CoDel; 0: CODEL_TARGET, CODEL_INTERVAL */
};

enum {
	QUEUE_LIMIT = 1000, /* netem's */
};

#define CODEL_TARGET   (5 * NSEC_MSEC)
#define CODEL_INTERVAL (100 * NSEC_MSEC)

struct queue {
	struct queue_config config;
	struct packet *first, *last;
	uint32_t packets, bytes;
	/* CoDel, with the names of RFC 8289 section 5.3 */
	bool dropping;
	uint32_t count, last_count;
	nsec_t first_above_time, drop_next;
};

/* Appends p and sets its `at` to now; false, with p still the caller's, if the queue is full. */
bool queue_add(struct queue *q, struct packet *p, nsec_t now);

/* Takes the next packet to send; NULL if there is none. CoDel's drops are recorded for n. */
struct packet *queue_take(struct queue *q, struct node *n);

/* Drops everything, recorded for n with this reason. */
void queue_drop_all(struct queue *q, struct node *n, const char *reason);

#endif
