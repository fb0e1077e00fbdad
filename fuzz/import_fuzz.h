/*
 * import_fuzz.h - what an import writes of a hostile file: each record is one that the store takes,
 * valid UTF-8 without a carriage return.
 */
#ifndef IMPORT_FUZZ_H
#define IMPORT_FUZZ_H

#include "import/plan.h"

#include "base/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has_none(void *arg, enum store_table table, const char *key)
{
	return false;
}

static bool put_checked(void *arg, const struct store_record *r)
{
	struct store_request q = {.op = STORE_RECORD_PUT};

	q.u.record = *r;
	for (int i = 0; i < STORE_RECORD_TEXTS; i++)
		if (r->text[i].len && (!utf8_valid(r->text[i].p, r->text[i].len) ||
					      memchr(r->text[i].p, '\r', r->text[i].len)))
			abort();
	return store_check(&q) == STORE_OK;
}

static void write_checked(struct import *im)
{
	struct import_to to = {has_none, put_checked, NULL, 1, NULL};
	struct import_counts n;

	import_write(im, &to, &n);
}

#endif
