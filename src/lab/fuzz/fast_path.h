/*
 * fast_path.h - a plan is run without the stack's fast paths: packets, results of calls, TCP_INFO
 * and counters must be the same.
 */
#ifndef LAB_FUZZ_FAST_PATH_H
#define LAB_FUZZ_FAST_PATH_H

#include "lab/fuzz/run.h"

#define FAST_PATH "fast path" /* the property */

/* Runs p once more without fast paths and compares that with result, from a run with them; a
 * difference becomes its failure, unless it has one. */
void fast_path_compare(const struct plan *p, struct run_result *result);

#endif
