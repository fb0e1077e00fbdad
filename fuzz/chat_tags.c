/*
 * chat_tags.c - escaping of tag values: any bytes survive escaping and unescaping, and an escaped
 * value contains no separator.
 */
#include "chat/proto/tags.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const char *text)
{
	struct tag t;
	char out[16];

	while (tag_next(&text, &t)) {
		if (memchr(t.key, ';', t.key_len) || (t.value && memchr(t.value, ';', t.value_len)))
			abort();
		tag_key_valid(&t);
		tag_is(&t, "time");
		tag_unescape(&t, out, sizeof(out));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *escaped = malloc(2 * size + 1), *back = malloc(size + 1), *text = malloc(size + 1);
	struct tag t = {"k", escaped, 1, 0};

	memcpy(text, data, size);
	text[size] = '\0';
	walk(text);
	t.value_len = tag_escape((const char *)data, size, escaped, 2 * size);
	if (memchr(escaped, ';', t.value_len) || memchr(escaped, ' ', t.value_len))
		abort();
	if (tag_unescape(&t, back, size + 1) != size || memcmp(back, data, size) != 0)
		abort();
	free(text);
	free(back);
	free(escaped);
	return 0;
}
