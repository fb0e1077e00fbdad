/* vec_test.c - order, bound and failure of growable arrays. */
#include "base/test/test.h"
#include "base/vec.h"

struct wide {
	uint64_t number;
	char rest[24];
};

TEST(elements_keep_their_order_and_values_as_the_array_grows)
{
	VEC(struct wide) v = {0};

	for (uint64_t i = 0; i < 10000; i++)
		assert_true(VEC_PUSH(&v, ((struct wide){.number = i}), UINT32_MAX));
	assert_int_equal(v.count, 10000);
	for (uint64_t i = 0; i < 10000; i++)
		assert_int_equal(v.at[i].number, i);
	VEC_FREE(&v);
	assert_null(v.at);
	assert_int_equal(v.count + v.size, 0);
}

TEST(capacity_doubles)
{
	VEC(int) v = {0};

	assert_true(VEC_PUSH(&v, 1, 1000));
	assert_int_equal(v.size, VEC_FIRST);
	for (int i = 0; i < VEC_FIRST; i++)
		assert_true(VEC_PUSH(&v, i, 1000));
	assert_int_equal(v.size, 2 * VEC_FIRST);
	VEC_FREE(&v);
}

TEST(the_bound_is_exact)
{
	VEC(int) v = {0};

	for (int i = 0; i < 5; i++)
		assert_true(VEC_PUSH(&v, i, 5));
	assert_int_equal(v.size, 5);
	assert_false(VEC_PUSH(&v, 5, 5));
	assert_int_equal(v.count, 5);
	assert_int_equal(v.at[4], 4);
	VEC_FREE(&v);
	assert_false(VEC_PUSH(&v, 1, 0));
	assert_null(v.at);
}

TEST(room_for_several_is_made_at_once)
{
	VEC(char) v = {0};

	assert_true(VEC_RESERVE(&v, 1000, 2000));
	assert_int_equal(v.size, 1000);
	assert_int_equal(v.count, 0);
	v.count = 1000;
	assert_true(VEC_RESERVE(&v, 1, 2000));
	assert_int_equal(v.size, 2000);
	assert_false(VEC_RESERVE(&v, 1001, 2000));
	assert_int_equal(v.size, 2000);
	VEC_FREE(&v);
}

TEST(out_of_memory_changes_nothing)
{
	VEC(int) v = {0};
	int *before;

	assert_true(VEC_PUSH(&v, 7, 10));
	before = v.at;
	/* more bytes than an address space has */
	assert_false(vec_reserve(&v.at, &v.size, SIZE_MAX / 8, 7, UINT32_MAX));
	assert_ptr_equal(v.at, before);
	assert_int_equal(v.size, VEC_FIRST);
	assert_int_equal(v.at[0], 7);
	VEC_FREE(&v);
}
