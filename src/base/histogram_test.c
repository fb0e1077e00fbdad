/*
 * histogram_test.c - bounds of the buckets, against a search one by one.
 */
#include "base/histogram.h"
#include "base/test/test.h"

static int slow_bucket(nsec_t t)
{
	int i = 0;

	while (i < HISTOGRAM_BOUNDS && t > histogram_bound(i))
		i++;
	return i;
}

static void expect_in_its_bucket(nsec_t t)
{
	struct histogram h = {0};

	histogram_add(&h, t, 1);
	assert_int_equal(h.buckets[slow_bucket(t)], 1);
	assert_int_equal(h.sum, t > 0 ? t : 0);
}

TEST(a_time_counts_in_the_first_bucket_that_is_large_enough)
{
	for (int i = 0; i < HISTOGRAM_BOUNDS; i++)
		for (nsec_t d = -1; d <= 1; d++)
			expect_in_its_bucket(histogram_bound(i) + d);
	expect_in_its_bucket(0);
	expect_in_its_bucket(-5);
	expect_in_its_bucket(NSEC_MAX / 2);
}

TEST(many_equal_times_are_added_at_once)
{
	struct histogram h = {0};

	histogram_add(&h, 3 * NSEC_USEC, 7);
	assert_int_equal(h.buckets[2], 7);
	assert_int_equal(h.sum, 21 * NSEC_USEC);
}
