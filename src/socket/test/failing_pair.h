/*
 * failing_pair.h - two instances on a wire, in virtual time, for tests in which memory runs out
 * (failing_memory.h): the wire itself never fails.
 *
 *     bs[0] - stack 10.0.0.1, fe80::1 - wire - stack 10.0.0.2, fe80::2 - bs[1]
 */
#ifndef SOCKET_TEST_FAILING_PAIR_H
#define SOCKET_TEST_FAILING_PAIR_H

#include "base/prng.h"
#include "socket/instance.h"
#include "stack/stack.h"

struct flying;

struct failing_pair {
	struct stack *s[2];
	struct burble *bs[2];
	struct netdev dev[2];
	struct flying *first; /* by time of arrival */
	nsec_t now;
	struct prng prng;
	uint32_t loss; /* of 100 packets */
};

/* Opens both ends on devices of a kind (enum netdev_kind). False: out of memory; what was opened
 * must still be closed. */
bool failing_pair_open(struct failing_pair *p, uint8_t kind);

/* Runs for span; packets take 1 to 2 ms each way. */
void failing_pair_run(struct failing_pair *p, nsec_t span);

/* Ends both instances and frees. */
void failing_pair_close(struct failing_pair *p);

#endif
