/* mul_test.c - products wider than 64 bits. */
#include "base/mul.h"
#include "base/test/test.h"

TEST(a_product_of_64_bits_is_exact)
{
	assert_int_equal(u64_mul_shr(1000, 256, 8), 1000);
	assert_int_equal(u64_mul_shr(7, 3, 1), 10);
	assert_int_equal(u64_mul_shr(0xffffffff, 0xffffffff, 1), 0x7fffffff00000000);
}

TEST(a_product_of_128_bits_is_exact)
{
	/* (2^64 - 1)^2 = 2^128 - 2^65 + 1: carries out of both middle products */
	assert_int_equal(u64_mul_shr(UINT64_MAX / 2, UINT64_MAX, 63), UINT64_MAX - 2);
	assert_int_equal(
		u64_mul_shr(0x123456789abcdef0, 0x0fedcba987654321, 60), 0x121fa00ad77d7422);
	assert_int_equal(
		u64_mul_shr(0x0fedcba987654321, 0x123456789abcdef0, 60), 0x121fa00ad77d7422);
}

TEST(what_does_not_fit_is_the_largest_number)
{
	assert_int_equal(u64_mul_shr(UINT64_MAX, 4, 1), UINT64_MAX);
	assert_int_equal(u64_mul_shr(1ull << 63, 2, 1), 1ull << 63);
	assert_int_equal(u64_mul_shr(1ull << 63, 4, 1), UINT64_MAX);
	assert_int_equal(u64_mul_shr(UINT64_MAX, UINT64_MAX, 63), UINT64_MAX);
}
