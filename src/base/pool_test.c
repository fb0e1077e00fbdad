/*
 * pool_test.c - pool objects are zeroed and distinct, are reused, and are bounded in number.
 */
#include "base/pool.h"
#include "base/test/test.h"

TEST(objects_are_zeroed_aligned_and_apart)
{
	struct pool p;
	unsigned char *o[2000];
	pool_init(&p, 40, 0);
	for (int i = 0; i < 2000; i++) {
		o[i] = pool_get(&p);
		assert_int_equal((uintptr_t)o[i] % 16, 0);
		for (int b = 0; b < 40; b++)
			assert_int_equal(o[i][b], 0);
		memset(o[i], i & 0xff, 40);
	}
	for (int i = 0; i < 2000; i++)
		assert_int_equal(o[i][39], i & 0xff);
	pool_free(&p);
}

TEST(an_object_given_back_is_the_next_one_out)
{
	struct pool p;
	pool_init(&p, 24, 0);
	void *a = pool_get(&p), *b = pool_get(&p);
	pool_put(&p, a);
	pool_put(&p, b);
	assert_int_equal(p.live, 0);
	assert_ptr_equal(pool_get(&p), b);
	assert_ptr_equal(pool_get(&p), a);
	pool_free(&p);
}

TEST(the_bound_holds)
{
	struct pool p;
	pool_init(&p, 100000, 2);
	void *a = pool_get(&p);
	assert_non_null(a);
	assert_non_null(pool_get(&p));
	assert_null(pool_get(&p));
	pool_put(&p, a);
	assert_non_null(pool_get(&p));
	pool_free(&p);
}

/* A small instance does not pay for the chunks of a large one. */
TEST(chunks_grow_with_the_pool)
{
	struct pool p;
	uint32_t per, most = 0;
	pool_init(&p, 40, 0);
	pool_get(&p);
	assert_in_range(p.per * p.size, 1, POOL_FIRST_BYTES);
	per = p.per;
	for (uint32_t i = 1; i <= per; i++)
		pool_get(&p);
	assert_int_equal(p.per, 2 * per);
	for (int i = 0; i < 100000; i++) {
		pool_get(&p);
		most = p.per > most ? p.per : most;
	}
	assert_in_range(most * p.size, POOL_CHUNK_BYTES - 64, POOL_CHUNK_BYTES);
	pool_free(&p);
}
