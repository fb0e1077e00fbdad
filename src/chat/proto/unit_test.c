/* unit_test.c - numbers with a unit: parsing, range, printing. */
#include "base/test/test.h"
#include "chat/proto/unit.h"

static const struct unit sizes[] = {{"M", 1 << 20}, {"k", 1024}, {"", 1}, {NULL, 0}};
static const struct unit times[] = {{"h", 3600}, {"s", 1}, {NULL, 0}};

TEST(a_number_needs_one_of_the_units)
{
	assert_int_equal(unit_parse(sizes, "3k"), 3072);
	assert_int_equal(unit_parse(sizes, "7"), 7);
	assert_int_equal(unit_parse(times, "2h"), 7200);
	assert_int_equal(unit_parse(times, "2"), -1);
	assert_int_equal(unit_parse(times, "0"), 0);
	assert_int_equal(unit_parse(times, "0x"), -1);
	assert_int_equal(unit_parse(times, "h"), -1);
	assert_int_equal(unit_parse(times, ""), -1);
	assert_int_equal(unit_parse(sizes, " 3k"), -1);
	assert_int_equal(unit_parse(sizes, "-3k"), -1);
	assert_int_equal(unit_parse(sizes, "3 k"), -1);
}

TEST(a_number_too_large_is_clamped)
{
	assert_int_equal(unit_parse(sizes, "99999999999999999999"), INT64_MAX);
	assert_int_equal(unit_parse(sizes, "9223372036854775807k"), INT64_MAX);
}

TEST(a_number_is_written_in_its_largest_unit)
{
	char text[UNIT_TEXT_MAX];

	unit_print(text, sizes, 3 << 20);
	assert_string_equal(text, "3M");
	unit_print(text, sizes, 1025);
	assert_string_equal(text, "1025");
	unit_print(text, times, 0);
	assert_string_equal(text, "0");
}
