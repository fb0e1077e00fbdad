/*
 * socket_segments.c - random segments in every TCP state (socket/test/random_segments.h); each
 * random choice is a byte of the input, or four where there are more than 256 alternatives, so that
 * coverage guides them.
 */
#include "socket/test/random_segments.h"

struct input {
	const uint8_t *p;
	size_t left;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t below(void *ctx, uint32_t n)
{
	struct input *in = ctx;
	uint32_t v = 0;

	for (int bytes = n <= 256 ? 1 : 4; bytes > 0 && in->left > 0; bytes--) {
		v = v << 8 | *in->p++;
		in->left--;
	}
	return v % n;
}

static bool more(void *ctx)
{
	return ((struct input *)ctx)->left > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};

	segments_play(&(struct draw){below, more, &in});
	return 0;
}
