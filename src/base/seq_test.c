/* seq_test.c - RFC 9293 section 3.4: comparison across the wrap. */
#include "base/seq.h"
#include "base/test/test.h"

TEST(order_holds_across_the_wrap)
{
	struct seq high = seq_of(0xfffffff0u), low = seq_of(0x10u);

	assert_true(seq_lt(high, low) && seq_gt(low, high) && seq_le(high, high));
	assert_int_equal(seq_diff(low, high), 0x20);
	assert_int_equal(seq_span(low, high), 0x20);
	assert_true(seq_eq(seq_add(high, 0x20), low) && seq_eq(seq_sub(low, 0x20), high));
	assert_int_equal(seq_max(high, low).v, 0x10);
	assert_int_equal(seq_min(high, low).v, 0xfffffff0u);
}

TEST(within_is_half_open_and_wraps)
{
	struct seq low = seq_of(0xfffffffeu);

	assert_true(seq_within(low, low, 4));
	assert_true(seq_within(seq_of(1), low, 4));
	assert_false(seq_within(seq_of(2), low, 4));
	assert_false(seq_within(low, low, 0));
}
