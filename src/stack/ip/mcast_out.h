/* mcast_out.h - reports of group membership out. */
#ifndef STACK_IP_MCAST_OUT_H
#define STACK_IP_MCAST_OUT_H

#include "stack/ip/mcast.h"

enum {
	MCAST_RECORDS_MAX = 60, /* of one report: with IPv6 it fits into 1280 bytes */
};

/* A report being filled. */
struct mcast_report {
	struct mcast *m;
	uint8_t version;
	uint32_t count;
	struct group_record record[MCAST_RECORDS_MAX];
};

/* Adds a record; a full report is sent first. */
void mcast_add(struct stack *s, struct mcast_report *r, enum group_record_type type,
	const struct ip_addr *group);

/* Queues the report, if it has records, and empties it. */
void mcast_send(struct stack *s, struct mcast_report *r);

#endif
