/*
 * wheel.h - hierarchical timer wheel (Varghese, Lauck 1987): starting, moving and stopping a timer
 * is O(1) however many run, and an idle wheel costs nothing.
 *
 * A level has 64 slots; a slot of level l spans 64^l ticks. A timer is on the lowest level on which
 * its expiry and the wheel's present differ, so everything on a level is earlier than everything on
 * the level above, and the next expiry is the first set bit of the lowest non-empty level.
 *
 *     level 1   [  .  |  .  | t t |  .  ]      one slot = 64 ticks
 *     level 0   [..t..t.t.............. ]      one slot = 1 tick
 *                 ^ present
 */
#ifndef BASE_WHEEL_H
#define BASE_WHEEL_H

#include "base/list.h"

enum {
	WHEEL_BITS = 6,
	WHEEL_SLOTS = 1 << WHEEL_BITS,
	WHEEL_LEVELS = 9, /* 64^9 ticks: with a microsecond tick, 570 years */
};

/* One timer, 24 bytes, embedded in its owner. */
struct wheel_timer {
	struct list link;
	nsec_t when; /* expiry; meaningful while pending */
};

struct wheel {
	uint64_t tick;      /* present, in ticks */
	nsec_t tick_length; /* nanoseconds per tick */
	uint64_t pending[WHEEL_LEVELS];
	struct list slot[WHEEL_LEVELS][WHEEL_SLOTS];
	struct list expired;
};

/* An empty wheel at time now. No timer fires early, or more than a tick late. */
void wheel_init(struct wheel *w, nsec_t now, nsec_t tick_length);

/* Initializes t, not running; needed once before any other call with it. */
void wheel_timer_init(struct wheel_timer *t);

static inline bool wheel_timer_pending(const struct wheel_timer *t)
{
	return !list_empty(&t->link);
}

/* Starts t, or moves it if it is running, to expire at `when` (at once if that has passed). */
void wheel_start(struct wheel *w, struct wheel_timer *t, nsec_t when);

/* Stops t if it is running. */
void wheel_stop(struct wheel *w, struct wheel_timer *t);

/* Advances the present to now and removes one expired timer; NULL if there are no more. */
struct wheel_timer *wheel_pop(struct wheel *w, nsec_t now);

/* The time to call wheel_pop() next: never after the next expiry; NSEC_MAX if there is none. */
nsec_t wheel_next(struct wheel *w);

#endif
