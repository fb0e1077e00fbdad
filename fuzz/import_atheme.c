/*
 * import_atheme.c - a file that is said to be Atheme's services.db: whatever is in it, what is
 * written of it is valid here, and nothing is written twice.
 */
#include "import/atheme.h"
#include "import_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct siphash_key key = {1, 2};
	struct import im;

	import_init(&im, &key, NULL);
	if (!atheme_read(&im, (const char *)data, size))
		write_checked(&im);
	import_free(&im);
	return 0;
}
