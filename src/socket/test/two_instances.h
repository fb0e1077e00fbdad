/*
 * two_instances.h - two instances joined by a wire in memory, in virtual time: for tests that go
 * end to end through real socket calls. The wire delays, and on request loses, duplicates,
 * reorders, marks, corrupts, twists and pads.
 *
 *     bs[0] - stack 10.0.0.1 - wire - stack 10.0.0.2 - bs[1]
 */
#ifndef SOCKET_TEST_TWO_INSTANCES_H
#define SOCKET_TEST_TWO_INSTANCES_H

#include "base/prng.h"
#include "socket/instance.h"
#include "stack/stack.h"

#include <netinet/in.h>

/* Faults of the wire, per mille. */
struct wire_faults {
	uint32_t lose, duplicate, reorder;
	uint32_t refuse;  /* the device is full: send() returns -ENOBUFS */
	uint32_t mark;    /* IPv4 packets of an ECN-capable transport: CE */
	uint32_t corrupt; /* one bit */
	uint32_t
		twist; /* of TCP over IPv4: changes a byte of the header and updates the checksum */
	uint32_t pad;  /* bytes after the end of the packet, like Ethernet padding */
	nsec_t delay, jitter; /* jitter: maximum extra delay of a reordered packet */
	bool cut;             /* everything is lost */
};

struct wire_pkt;

struct two_instances {
	struct stack *stack[2];
	struct burble *bs[2];
	struct netdev dev[2];
	struct wire_pkt *first; /* by time of arrival */
	struct wire_faults faults;
	struct prng prng;
	nsec_t now;
	uint64_t carried;
	/* Sees what a side sends, before the wire does. NULL: no tap. */
	void (*tap)(void *ctx, int side, const struct pkt *pkt);
	void *tap_ctx;
};

/* An MTU of 1500, 1 ms each way, no faults. IP packets, or Ethernet frames. */
struct two_instances *two_new(uint64_t seed);
struct two_instances *two_new_on(uint64_t seed, enum netdev_kind kind);
void two_free(struct two_instances *p);

/* For TEST_IN(): *state is a pair. In a TWO_TEST() it is p. */
int two_begin(void **state);
int two_end(void **state);

#define TWO_TEST(name) TEST_OF(name, struct two_instances, p, two_begin, two_end)

/* Lets both ends send what is marked. */
void two_flush(struct two_instances *p);

/* Advances to the next event, at most to `until`; false if there was none. */
bool two_step(struct two_instances *p, nsec_t until);

/* Runs until `until`. */
void two_run(struct two_instances *p, nsec_t until);

/* 10.0.0.(1 + side):port */
struct sockaddr_in two_addr(int side, uint16_t port);

#endif
