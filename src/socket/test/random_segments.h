/*
 * random_segments.h - for tests: a hostile peer. One instance with a listener and sockets that
 * connect; its peer, the test, sends segments with every combination of flags, numbers near all
 * that matter (what is awaited, the FIN, the window's edge, the first number, anywhere), texts that
 * overlap and come in any order, against a connection that was first led into one of the states of
 * RFC 9293; between the segments the program calls what it likes and time passes.
 *
 * What must hold for every draw: no sanitizer and no assert speaks; a reader gets the text in order
 * without a gap, and nothing after the end of the stream; what is sent is what was written; once
 * all is closed, everything ends and no connection is left.
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
