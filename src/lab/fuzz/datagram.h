/*
 * datagram.h - flows of datagrams beside the connections of a plan: one host sends so many UDP
 * datagrams to another, whose program checks each.
 *
 *     intact     what is read is a datagram that was sent
 *     copies     none is read more often than it came; what comes is read, or a counter has it
 */
#ifndef LAB_FUZZ_DATAGRAM_H
#define LAB_FUZZ_DATAGRAM_H

#include "lab/fuzz/net.h"

#include "burble/blocking.h"

enum {
	DATAGRAM_PORT = 9000,         /* a receiver's port is this and the flow's id */
	DATAGRAM_SENDER_PORT = 21000, /* and its sender's */
	DATAGRAM_NUMBER = 2,          /* bytes at the front: its number in the flow */
};

/* A sender goes on so long, so that what it has sent is there when all is judged. */
#define DATAGRAM_SETTLE (300 * NSEC_SEC)

struct run;

/* A flow of a plan: both programs, and what came of its datagrams. */
struct flow {
	struct run *run;
	const struct row *row;
	int sender, receiver, epoll; /* descriptors; < 0: none */
	bool over;                   /* everything was sent, and had its time to come */
	bool crashed;                /* its receiver was killed: what it had not read is gone */
	nsec_t send_at, read_at;     /* when the programs go on; NSEC_MAX: never by themselves */
	struct burble_call call;     /* the receiver waits */
	bool waits;
	struct epoll_event event;
	uint32_t sent;
	uint16_t came[PLAN_DATAGRAMS], read[PLAN_DATAGRAMS]; /* by their number */
};

/* The byte at a position of datagram `number` of flow `id`. */
uint8_t datagram_byte(int64_t id, uint32_t number, uint32_t at);

/* Sets up the flows of r's plan. */
void datagram_init(struct run *r);

/* Runs the programs that are due; returns when the next is. */
nsec_t datagram_run(struct run *r);

/* Programs of a host end; begin again; go on. */
void datagram_down(struct run *r, int host);
void datagram_up(struct run *r, int host);
void datagram_thawed(struct run *r, int host);

/* A packet reaches a host. */
void datagram_arrives(struct run *r, int host, const struct packet *p);

/* Ends all of them; what can still be read is. */
void datagram_end(struct run *r);

/* True if all flows are over. */
bool datagram_over(const struct run *r);

/* When all is over: copies. */
void datagram_check(struct run *r);

#endif
