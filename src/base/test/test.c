/* test.c - the main program of unit tests. */
#include "base/test/test.h"

#include "base/base.h"

#include <stdlib.h>

enum {
	TESTS_MAX = 256, /* in one program */
};

extern const struct test *const __start_tests[], *const __stop_tests[];

static int by_line(const void *a, const void *b)
{
	const struct test *x = *(const struct test *const *)a, *y = *(const struct test *const *)b;

	return x->line - y->line;
}

int test_run(CMFixtureFunction begin, CMFixtureFunction end)
{
	size_t n = (size_t)(__stop_tests - __start_tests);
	const struct test *sorted[TESTS_MAX];
	struct CMUnitTest units[TESTS_MAX];

	assert(n <= TESTS_MAX);
	memcpy(sorted, __start_tests, n * sizeof(sorted[0]));
	qsort(sorted, n, sizeof(sorted[0]), by_line);
	for (size_t i = 0; i < n; i++)
		units[i] = sorted[i]->unit;
	return _cmocka_run_group_tests("tests", units, n, begin, end);
}

__attribute__((weak)) int main(void)
{
	return test_run(NULL, NULL);
}
