/* tlv_test.c - records come back as they were written; cut or damaged ones are refused. */
#include "base/tlv.h"

#include "base/test/test.h"

#include <stdlib.h>

struct thing {
	uint16_t small;
	uint64_t large;
	nsec_t time;
	bool yes;
	char *text, *none;
};

static const struct tlv_row rows[] = {
	TLV_NUMBER(1, struct thing, small),
	TLV_NUMBER(2, struct thing, large),
	TLV_NUMBER(3, struct thing, time),
	TLV_NUMBER(4, struct thing, yes),
	TLV_TEXT(5, struct thing, text),
	TLV_TEXT(6, struct thing, none),
};

TEST(members_come_back)
{
	struct thing a = {0xfffe, UINT64_MAX - 1, -5, true, (char *)"text", NULL}, b = {0};
	struct tlv_out o = {0};

	tlv_put_rows(&o, rows, ARRAY_SIZE(rows), &a);
	assert_true(tlv_take_rows(tlv_read(o.at, o.len), rows, ARRAY_SIZE(rows), &b));
	assert_int_equal(b.small, a.small);
	assert_true(b.large == a.large && b.time == a.time && b.yes);
	assert_string_equal(b.text, "text");
	assert_null(b.none);
	tlv_free_rows(rows, ARRAY_SIZE(rows), &b);
	tlv_free(&o);
}

TEST(zero_is_not_written)
{
	struct thing a = {0};
	struct tlv_out o = {0};

	tlv_put_rows(&o, rows, ARRAY_SIZE(rows), &a);
	assert_int_equal(o.len, 0);
	tlv_free(&o);
}

TEST(records_lie_in_records)
{
	struct tlv_out o = {0};
	size_t outer = tlv_begin(&o, 7);
	struct tlv_in in;
	struct tlv r, inner;

	tlv_number(&o, 1, 256);
	tlv_text(&o, 2, "");
	tlv_end(&o, outer);
	tlv_number(&o, 8, 9);
	in = tlv_read(o.at, o.len);
	assert_true(tlv_next(&in, &r) && r.type == 7);
	struct tlv_in inside = tlv_inside(&r);

	assert_int_equal(tlv_find_number(&inside, 1), 256);
	assert_true(tlv_find(&inside, 2, &inner) && inner.len == 0);
	assert_false(tlv_find(&inside, 8, &inner));
	assert_int_equal(inner.type, 2);
	assert_true(tlv_next(&in, &r) && tlv_as_number(&r) == 9);
	assert_false(tlv_next(&in, &r));
	assert_false(in.bad);
	tlv_free(&o);
}

/* Every cut is found, wherever it is. */
TEST(a_cut_record_is_bad)
{
	struct tlv_out o = {0};

	tlv_number(&o, 1, 77);
	for (size_t n = 1; n < o.len; n++) {
		struct tlv_in in = tlv_read(o.at, n);
		struct tlv r;

		assert_false(tlv_next(&in, &r));
		assert_true(in.bad);
	}
	tlv_free(&o);
}

TEST(what_does_not_fit_is_refused)
{
	struct thing b = {0};
	struct tlv_out o = {0};

	tlv_number(&o, 1, 0x10000);
	assert_false(tlv_take_rows(tlv_read(o.at, o.len), rows, ARRAY_SIZE(rows), &b));
	tlv_free(&o);
	tlv_bytes(&o, 5, "a\0b", 3);
	assert_false(tlv_take_rows(tlv_read(o.at, o.len), rows, ARRAY_SIZE(rows), &b));
	tlv_free(&o);
	tlv_free_rows(rows, ARRAY_SIZE(rows), &b);
}

TEST(a_flag_is_0_or_1)
{
	struct thing b = {0};
	struct tlv_out o = {0};
	uint8_t byte;

	tlv_number(&o, 4, 2);
	assert_true(tlv_take_rows(tlv_read(o.at, o.len), rows, ARRAY_SIZE(rows), &b));
	memcpy(&byte, &b.yes, sizeof(byte));
	assert_int_equal(byte, 1);
	tlv_free(&o);
}
