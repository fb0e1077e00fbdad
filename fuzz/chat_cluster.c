/*
 * chat_cluster.c - a message of another node: no text of an entry makes another line, and what was
 * read is written and read again as it was.
 */
#include "chat/cluster/entry.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(const struct entry *a, const struct entry *b)
{
	if (a->kind != b->kind || memcmp(a->number, b->number, sizeof(a->number)) != 0)
		abort();
	for (int i = 0; i < ENTRY_TEXTS; i++)
		if (strcmp(entry_text(a, i), entry_text(b, i)) != 0)
			abort();
}

static void check(const struct entry *e)
{
	struct entry_out o = {0};
	struct entry_in in;
	struct entry back;

	for (int i = 0; i < ENTRY_TEXTS; i++) {
		if (strlen(entry_text(e, i)) != e->text[i].len)
			abort();
		if (e->kind != ENTRY_MESSAGE && strpbrk(entry_text(e, i), "\r\n"))
			abort();
	}
	if (!entry_start(&o) || !entry_put(&o, e))
		abort();
	in = entry_read(o.bytes.at, o.bytes.count);
	if (!entry_next(&in, &back))
		abort();
	same(e, &back);
	VEC_FREE(&o.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct entry_in in = entry_read(data, size);
	struct entry e;

	while (entry_next(&in, &e))
		check(&e);
	return 0;
}
