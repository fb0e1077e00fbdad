/* msgid_test.c - ids increase, contain their time, and survive conversion to text. */
#include "base/test/test.h"
#include "chat/proto/msgid.h"

TEST(ids_grow_when_the_clock_stands_still_or_goes_back)
{
	struct msgid_maker m = {0, 3};
	uint64_t a = msgid_next(&m, 1000 * NSEC_SEC);
	uint64_t b = msgid_next(&m, 1000 * NSEC_SEC);
	uint64_t c = msgid_next(&m, 5 * NSEC_SEC);

	assert_true(a < b && b < c);
	assert_int_equal(a & 1023, 3);
	assert_int_equal(msgid_ms(c), 1000 * 1000);
	assert_true(msgid_next(&m, -1) > c);
}

TEST(an_id_carries_the_millisecond_it_was_made_in)
{
	struct msgid_maker m = {0, 0};
	nsec_t wall = 1795240080123 * NSEC_MSEC;
	uint64_t id = msgid_next(&m, wall + 456 * NSEC_USEC);

	assert_true(msgid_ms(id) == 1795240080123);
	assert_true(msgid_floor(1795240080123) <= id && id < msgid_floor(1795240080124));
	assert_true(msgid_floor(INT64_MAX) <= INT64_MAX);
}

TEST(text_order_is_id_order_and_text_reads_back)
{
	const uint64_t ids[] = {0, 1, 31, 32, 1795240080123ull * 1000 << 10, INT64_MAX};
	char a[MSGID_TEXT_LEN + 1], b[MSGID_TEXT_LEN + 1];
	uint64_t back;

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		msgid_print(a, ids[i]);
		assert_true(msgid_parse(&back, a, MSGID_TEXT_LEN));
		assert_true(back == ids[i]);
		if (i > 0)
			assert_true(strcmp(b, a) < 0);
		memcpy(b, a, sizeof(b));
	}
}

TEST(text_that_is_not_an_id_is_refused)
{
	uint64_t id;

	assert_false(msgid_parse(&id, "", 0));
	assert_false(msgid_parse(&id, "000000000000", 12));
	assert_false(msgid_parse(&id, "00000000000000", 14));
	assert_false(msgid_parse(&id, "000000000000z", 13));
	assert_false(msgid_parse(&id, "000000000000V", 13));
	assert_false(msgid_parse(&id, "vvvvvvvvvvvvv", 13));
	assert_false(msgid_parse(&id, "000000\000000000", 13));
}
