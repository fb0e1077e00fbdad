/*
 * chat_line.c - line framer and message parser: bytes in any pieces yield the same lines as all at
 * once, each within its bounds.
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

/* Frames the bytes in pieces. Returns a hash of the lines. */
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
