/*
 * segments_test.c - random segments against every state (random_segments.h), seed after seed.
 *
 * The environment variable SEGMENTS_MS sets the duration (default 1500), SEGMENTS_SEED the first
 * seed. To repeat a failure, set SEGMENTS_SEED to the N of the last line "from seed N".
 */
#include "socket/test/random_segments.h"

#include "base/prng.h"
#include "base/test/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	TELL = 100, /* runs between two progress lines */
	MS = 1500,
};

static uint32_t from_prng(void *ctx, uint32_t n)
{
	return (uint32_t)prng_below(ctx, n);
}

static bool always(void *ctx)
{
	return ctx != NULL;
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

static uint64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

TEST(nothing_that_a_peer_sends_breaks_a_stream)
{
	uint64_t end = clock_ms() + from_environment("SEGMENTS_MS", MS);
	uint64_t first = from_environment("SEGMENTS_SEED", 1);

	for (uint64_t seed = first; seed == first || clock_ms() < end; seed++) {
		struct prng p;
		struct draw d = {from_prng, always, &p};

		if ((seed - first) % TELL == 0) {
			printf("from seed %llu\n", (unsigned long long)seed);
			fflush(stdout);
		}
		prng_seed(&p, seed);
		segments_play(&d);
	}
}
