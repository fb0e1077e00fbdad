/*
 * chat_line.c - any bytes in any pieces through the framer and the message parser: every line comes
 * out the same as when all bytes arrive at once, and lies within its bounds.
 */
#include "chat/proto/parse.h"
#include "chat/proto/tags.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(struct span line)
{
	struct msg m;
	struct tag t;
	const char *tags;
	char out[64];

	if (strlen(line.p) != line.n)
		abort();
	if (parse_message(&m, line) != PARSE_OK)
		return;
	if (!*m.command || m.count > PARAMS_MAX)
		abort();
	for (uint32_t i = 0; i < m.count; i++)
		if (strlen(m.params[i]) != m.lens[i] || m.lens[i] > LINE_BODY_MAX)
			abort();
	for (tags = m.tags; tags && tag_next(&tags, &t);) {
		tag_key_valid(&t);
		if (tag_unescape(&t, out, sizeof(out)) >= sizeof(out))
			abort();
	}
}

/* Lines of the bytes given in pieces; a number that depends on all of them. */
static uint64_t run(const uint8_t *data, size_t size, size_t piece)
{
	struct line_pending pend = {0};
	struct span line;
	uint64_t sum = 0;

	for (size_t at = 0; at < size; at += piece) {
		size_t n = size_min(piece, size - at);
		char *copy = malloc(n);
		struct span in = {copy, n};
		enum line_kind k;

		memcpy(copy, data + at, n);
		while ((k = line_next(&pend, &in, &line)) != LINE_NONE) {
			sum = sum * 31 + (uint64_t)k + (k == LINE_OK ? line.n : 0);
			if (k == LINE_OK)
				parse(line);
		}
		if (!line_keep(&pend, in))
			abort();
		free(copy);
	}
	line_free(&pend);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	if (run(data + 1, size - 1, data[0] + 1u) != run(data + 1, size - 1, size))
		abort();
	return 0;
}
