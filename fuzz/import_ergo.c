/*
 * import_ergo.c - a file that is said to be Ergo's ircd.db: whatever is in it, what is written of
 * it is valid here, and nothing is written twice.
 */
#include "import/ergo.h"
#include "import/plan.h"

#include "base/utf8.h"
#include "chat/proto/casemap.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool has(void *arg, enum store_table table, const char *key)
{
	return false;
}

static bool put(void *arg, const struct store_record *r)
{
	struct store_request q = {.op = STORE_RECORD_PUT};

	q.u.record = *r;
	for (int i = 0; i < STORE_RECORD_TEXTS; i++)
		if (r->text[i].len && (!utf8_valid(r->text[i].p, r->text[i].len) ||
					      memchr(r->text[i].p, '\r', r->text[i].len)))
			abort();
	return store_check(&q) == STORE_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct siphash_key key = {1, 2};
	struct import_to to = {has, put, NULL, 1, NULL};
	struct import_counts n;
	struct import im;
	char why[IMPORT_WHY_MAX];

	import_init(&im, &key, NULL);
	if (!ergo_read(&im, (const char *)data, size, why))
		import_write(&im, &to, &n);
	import_free(&im);
	return 0;
}
