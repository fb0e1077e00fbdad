/*
 * slab_test.c - objects of a slab are distinct, are reused, and their chunks are freed.
 */
#include "base/slab.h"
#include "base/test/test.h"

enum {
	MANY = 2000
};

static size_t chunks(const struct slab *s)
{
	const struct list *l;
	size_t n = 0;

	list_for_each(l, &s->partial)
		n++;
	list_for_each(l, &s->full)
		n++;
	return n;
}

TEST(objects_are_aligned_and_apart)
{
	unsigned char *o[MANY];
	struct slab s;

	slab_init(&s, 200);
	for (int i = 0; i < MANY; i++) {
		o[i] = slab_take(&s);
		assert_int_equal((uintptr_t)o[i] % 8, 0);
		memset(o[i], i & 0xff, 200);
	}
	assert_int_equal(s.live, MANY);
	for (int i = 0; i < MANY; i++)
		for (int b = 0; b < 200; b += 199)
			assert_int_equal(o[i][b], i & 0xff);
	slab_free(&s);
}

TEST(a_released_object_is_taken_again_before_the_slab_grows)
{
	void *o[MANY];
	struct slab s;
	size_t full;

	slab_init(&s, 200);
	for (int i = 0; i < MANY; i++)
		o[i] = slab_take(&s);
	full = chunks(&s);
	for (int i = 0; i < MANY; i += 7)
		slab_put(&s, o[i]);
	for (int i = 0; i < MANY; i += 7)
		assert_non_null(slab_take(&s));
	assert_int_equal(chunks(&s), full);
	slab_free(&s);
}

/* In whatever order they are released; one is kept for the next object. */
TEST(chunks_without_objects_are_freed)
{
	void *o[MANY];
	struct slab s;

	for (int step = 1; step < MANY; step += 998) {
		slab_init(&s, 200);
		for (int i = 0; i < MANY; i++)
			o[i] = slab_take(&s);
		assert_in_range(
			chunks(&s), MANY * 200 / SLAB_ALIGN, MANY * 200 / SLAB_ALIGN * 11 / 10);
		for (int first = 0; first < step; first++)
			for (int i = first; i < MANY; i += step)
				slab_put(&s, o[i]);
		assert_int_equal(s.live, 0);
		assert_int_equal(chunks(&s), 1);
		slab_put(&s, slab_take(&s));
		assert_int_equal(chunks(&s), 1);
		slab_free(&s);
		assert_int_equal(chunks(&s), 0);
	}
}
