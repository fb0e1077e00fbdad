/*
 * shrink.h - shrinking of a failing plan while the same property fails: rows are removed, halves
 * first (delta debugging), random loss becomes the loss of single packets, numbers become simple.
 */
#ifndef LAB_FUZZ_SHRINK_H
#define LAB_FUZZ_SHRINK_H

#include "lab/fuzz/run.h"

enum {
	SHRINK_TRIES = 20000, /* runs, at most */
};

struct shrink {
	/* Runs a plan, also listing randomly lost packets if `losses`. */
	void (*run)(void *ctx, const struct plan *p, bool losses, struct run_result *result);
	void *ctx;
};

/* Shrinks p as long as it fails in the same way as `failure`, which is replaced by the result's.
 * Returns the number of runs. */
unsigned shrink_plan(const struct shrink *s, struct plan *p, struct failure *failure);

/* True if both are failures of the same property; for a crash, at the same place. */
bool failure_same(const struct failure *a, const struct failure *b);

#endif
