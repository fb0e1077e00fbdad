/*
 * run.h - one run of a plan: the world, its programs, and the checks (oracle.h).
 *
 * result.hash, sent and count cover everything observable: they are the same with and without the
 * stacks' fast paths (fast_path.h).
 */
#ifndef LAB_FUZZ_RUN_H
#define LAB_FUZZ_RUN_H

#include "lab/fuzz/program.h"
#include "stack/mib.h"

struct run_result {
	struct failure failure; /* property empty: all hold */
	uint64_t hash; /* of the results of its calls, with their times; of TCP_INFO at the end */
	uint64_t sent; /* world.sent */
	uint64_t count[MIB_COUNT]; /* counters of all hosts, added up */
	uint64_t packets;
	uint32_t losses; /* packets lost by chance: link and index, if traced */
	struct run_loss {
		int64_t link, nth;
	} loss[64];
};

/* Runs p, and records the packets and calls of its hosts; packets queued by a call are sent within
 * the call. */
void run_recorded(const struct plan *p, struct dialogue *into, struct run_result *result);

/* Runs p. */
void run_plan(const struct plan *p, const struct net_options *o, struct run_result *result);

#endif
