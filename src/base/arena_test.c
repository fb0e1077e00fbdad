/*
 * arena_test.c - arena objects of any size are zeroed, aligned, distinct, and freed together.
 */
#include "base/arena.h"
#include "base/test/test.h"

TEST(objects_are_zeroed_aligned_and_apart)
{
	struct arena a = {0};
	uint8_t *o[3000];

	for (size_t i = 0; i < ARRAY_SIZE(o); i++) {
		o[i] = arena_alloc(&a, i % 100 + 1);
		assert_int_equal((uintptr_t)o[i] % _Alignof(max_align_t), 0);
		for (size_t b = 0; b <= i % 100; b++)
			assert_int_equal(o[i][b], 0);
		memset(o[i], (int)i & 0xff, i % 100 + 1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(o); i++)
		assert_int_equal(o[i][i % 100], i & 0xff);
	arena_free(&a);
	assert_null(a.block);
}

TEST(an_object_may_be_larger_than_a_block)
{
	struct arena a = {0};
	uint8_t *big = arena_alloc(&a, 1 << 20);

	assert_non_null(big);
	memset(big, 1, 1 << 20);
	assert_non_null(arena_alloc(&a, 8));
	assert_null(arena_alloc(&a, SIZE_MAX - 8));
	arena_free(&a);
}

TEST(a_copy_ends_with_a_nul)
{
	struct arena a = {0};

	assert_string_equal(arena_copy(&a, "burble", 3), "bur");
	assert_string_equal(arena_copy(&a, NULL, 0), "");
	arena_free(&a);
}
