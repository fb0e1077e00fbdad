/*
 * random_segments.h - for tests: a hostile peer. One instance has a listener and sockets that
 * connect. Its peer, the test, sends segments with every combination of flags, with numbers near
 * every relevant one (the next expected, the FIN, the window's edge, the ISN) or anywhere, with
 * data that overlaps and comes in any order, to a connection in one of the states of RFC 9293;
 * between the segments the program makes random calls and time passes.
 *
 * Properties: no sanitizer or assertion fails; a reader gets the data in order without gaps, and
 * nothing after the end of the stream; the data sent is the data written; once all is closed, no
 * connection is left.
 */
#ifndef SOCKET_TEST_RANDOM_SEGMENTS_H
#define SOCKET_TEST_RANDOM_SEGMENTS_H

#include "base/base.h"

/* The source of a run's choices: a generator, or the bytes of a fuzzer. */
struct draw {
	uint32_t (*below)(void *ctx, uint32_t n); /* a number below n, which is not 0 */
	bool (*more)(void *ctx);                  /* false: the run may end */
	void *ctx;
};

/* Runs one world from creation to end. Aborts if a check fails. */
void segments_play(const struct draw *d);

#endif
