/* decimal_test.c - numbers as text: as printf() writes them. */
#include "base/decimal.h"

#include "base/prng.h"
#include "base/test/test.h"

#include <inttypes.h>
#include <stdio.h>

static void same(uint64_t v)
{
	char ours[DECIMAL_MAX + 1], theirs[DECIMAL_MAX + 1];

	ours[decimal(ours, v)] = '\0';
	snprintf(theirs, sizeof(theirs), "%" PRIu64, v);
	assert_string_equal(ours, theirs);
	ours[decimal_signed(ours, (int64_t)v)] = '\0';
	snprintf(theirs, sizeof(theirs), "%" PRId64, (int64_t)v);
	assert_string_equal(ours, theirs);
}

TEST(numbers_are_those_of_printf)
{
	struct prng p;

	prng_seed(&p, 1);
	for (unsigned bits = 0; bits < 64; bits++) {
		same((uint64_t)1 << bits);
		same(((uint64_t)1 << bits) - 1);
		same(-((uint64_t)1 << bits));
		same(prng_u64(&p) >> bits);
	}
	for (uint64_t v = 1; v < UINT64_MAX / 10; v *= 10)
		same(v - 1);
}

TEST(a_width_is_filled_with_zeros_or_cuts)
{
	char text[8] = {0};

	assert_int_equal(decimal_padded(text, 7, 3), 3);
	assert_string_equal(text, "007");
	decimal_padded(text, 1234, 3);
	assert_string_equal(text, "234");
}
