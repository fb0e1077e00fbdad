/*
 * ring.h - the cable: frames one way, from one writer to one reader, who may be two processes that
 * share the memory.
 *
 *     data   [ ... | length frame | length frame | length frame | ... ]
 *                  ^ taken                                      ^ put
 *
 * A frame is copied in and copied out, as a device does. A full ring is the writer's to wait for:
 * nothing is lost.
 */
#ifndef BENCH_MILLION_RING_H
#define BENCH_MILLION_RING_H

#include "base/base.h"

#include <stdatomic.h>

enum {
	RING_BYTES = 1 << 22,
	RING_FRAME_MAX = 2048,
};

/* All zero: empty. */
struct ring {
	_Alignas(64) _Atomic uint64_t put;    /* bytes ever written */
	_Alignas(64) _Atomic uint64_t taken;  /* bytes ever read */
	_Alignas(64) _Atomic uint32_t sleeps; /* the reader waits: a futex */
	_Alignas(64) uint8_t data[RING_BYTES];
};

/* Room for a frame of len bytes, written by the caller before ring_put(); NULL: the ring is full.
 */
uint8_t *ring_room(struct ring *r, uint32_t len);

/* The frame in the room is whole. */
void ring_put(struct ring *r, uint32_t len);

/* The oldest frame and its length, good until ring_take(); NULL: there is none. */
const uint8_t *ring_first(struct ring *r, uint32_t *len);

/* Takes the oldest frame off. */
void ring_take(struct ring *r);

/* The reader: sleeps until there is a frame, ring_wake(), or so long. */
void ring_sleep(struct ring *r, nsec_t span);

/* The writer, after some frames: wakes a reader that sleeps. */
void ring_wake(struct ring *r);

#endif
