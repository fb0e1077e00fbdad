/*
 * draw.h - a plan from a seed: topologies, links, parameters, options, programs and faults, few of
 * each in most runs, so that failures are easy to understand.
 */
#ifndef LAB_FUZZ_DRAW_H
#define LAB_FUZZ_DRAW_H

#include "lab/fuzz/plan.h"

/* Draws the plan of a seed. */
void draw_plan(struct plan *p, uint64_t seed);

#endif
