/*
 * phases.h - what is measured, in this order:
 *
 *     connect     all connect and register
 *     join        channel by channel, each member's JOIN announced to those before
 *     idle        memory, and the processor time that keeping them alive takes
 *     talk        one message to each channel, whose members have been idle; and again at once
 *     all         one message to all users
 *     power-off   a tenth vanishes while some of the others talk
 *
 * Each prints "name value" lines.
 */
#ifndef BENCH_MILLION_PHASES_H
#define BENCH_MILLION_PHASES_H

#include "million/world.h"

struct plan {
	uint32_t users, members; /* in all, of a channel; users is a multiple of it */
};

void phase_connect(struct world *w, const struct plan *p);
void phase_join(struct world *w, const struct plan *p);
void phase_idle(struct world *w, const struct plan *p);
void phase_talk(struct world *w, const struct plan *p);
void phase_all(struct world *w, const struct plan *p);
void phase_power_off(struct world *w, const struct plan *p);

#endif
