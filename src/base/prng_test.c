/* prng_test.c - the sequence depends on the seed alone, and prng_below() stays in range. */
#include "base/prng.h"
#include "base/test/test.h"

TEST(equal_seeds_give_equal_sequences)
{
	struct prng a, b, c;

	prng_seed(&a, 7);
	prng_seed(&b, 7);
	prng_seed(&c, 8);
	bool differs = false;

	for (int i = 0; i < 100; i++) {
		uint64_t x = prng_u64(&a);

		assert_true(x == prng_u64(&b));
		differs |= x != prng_u64(&c);
	}
	assert_true(differs);
}

TEST(below_reaches_every_value_and_no_other)
{
	struct prng p;
	unsigned seen = 0;

	prng_seed(&p, 1);
	for (int i = 0; i < 1000; i++) {
		uint64_t x = prng_below(&p, 10);

		assert_true(x < 10);
		seen |= 1u << x;
	}
	assert_int_equal(seen, 0x3ff);
}

TEST(fill_writes_exactly_n_bytes)
{
	struct prng p;
	uint8_t buf[14] = {0};

	prng_seed(&p, 3);
	prng_fill(&p, buf, 13);
	assert_int_equal(buf[13], 0);
	unsigned any = 0;

	for (int i = 8; i < 13; i++)
		any |= buf[i];
	assert_true(any != 0);
}
