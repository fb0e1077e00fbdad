/*
 * import_ergo.c - a file that is said to be Ergo's ircd.db: whatever is in it, what is written of
 * it is valid here, and nothing is written twice.
 */
#include "import/ergo.h"
#include "import_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct siphash_key key = {1, 2};
	struct import im;
	char why[IMPORT_WHY_MAX];

	import_init(&im, &key, NULL);
	if (!ergo_read(&im, (const char *)data, size, why))
		write_checked(&im);
	import_free(&im);
	return 0;
}
