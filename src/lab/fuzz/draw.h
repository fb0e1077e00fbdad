/*
 * draw.h - a plan from a seed: topologies, links, parameters, options, programs and faults, most
 * runs with few of each, so that what fails is easy to see.
 */
#ifndef LAB_FUZZ_DRAW_H
#define LAB_FUZZ_DRAW_H

#include "lab/fuzz/plan.h"

/* Draws the plan of a seed. */
void draw_plan(struct plan *p, uint64_t seed);

#endif
