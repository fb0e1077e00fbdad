/*
 * worker.h - runs plans in a child process, so that a failed assertion, a sanitizer's report or an
 * endless loop is a failure like any other.
 */
#ifndef LAB_FUZZ_WORKER_H
#define LAB_FUZZ_WORKER_H

#include "lab/fuzz/run.h"

enum {
	WORKER_SECONDS = 20, /* of processor time for one run */
};

/* Runs a scenario in a child; true if it fails, or the child does not finish. */
bool worker_scenario(const char *path, const char *text, uint64_t seed);

/* Runs p in a child; if `compare`, also without fast paths, and compares. */
struct worker_run {
	const struct plan *plan;
	bool losses; /* result->loss is filled in */
	bool compare;
};
void worker_run(const struct worker_run *run, struct run_result *result);

/* Zeroed memory shared with a child; the caller frees it with worker_unshare(). */
void *worker_share(size_t size);
void worker_unshare(void *p, size_t size);

/* Runs p in a child and records it; `into` must be shared. */
void worker_record(const struct plan *p, struct dialogue *into, struct run_result *result);

/* A packet script run in a child: the failure, "packets", "crash" or nothing, and the number of
 * packets that the host sent. */
struct worker_packets {
	const char *text;
	bool v6;
	struct failure failure;
	uint64_t sent;
};

/* Runs the script of w, and fills in the result. */
void worker_packets(struct worker_packets *w);

struct worker_batch {
	uint64_t first, count; /* seeds */
	uint64_t compare;      /* one in so many seeds is also run without fast paths; 0: none */
	uint64_t until;        /* time() after which no seed is started; 0: none */
	uint64_t done;         /* seeds that passed before the one that fails */
	uint64_t packets;
	bool failed;
};

/* Runs plan after plan in a child until one fails; even a crash leaves its seed in b->first +
 * b->done. */
void worker_seeds(struct worker_batch *b);

#endif
