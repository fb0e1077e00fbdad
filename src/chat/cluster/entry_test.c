/* entry_test.c - the codec of what nodes tell each other. */
#include "chat/cluster/entry.h"

#include "base/test/test.h"

static struct store_text text(const char *s)
{
	return (struct store_text){s, strlen(s)};
}

static struct entry user(void)
{
	return (struct entry){.kind = ENTRY_USER,
		.number = {[USER_SESSION] = INT64_MAX, [USER_MODES] = 3, [USER_SINCE] = 300},
		.text = {text("ann"), text("a"), text("host.example"), text("Ann B"), text(""),
			text("at lunch")}};
}

static struct entry_out message_of(const struct entry *e)
{
	struct entry_out o = {0};

	assert_true(entry_start(&o));
	assert_true(entry_put(&o, e));
	return o;
}

TEST(an_entry_is_read_as_it_was_written)
{
	struct entry e = user(), back;
	struct entry_out o = message_of(&e);
	struct entry_in in = entry_read(o.bytes.at, o.bytes.count);

	assert_true(entry_next(&in, &back));
	assert_int_equal(back.kind, ENTRY_USER);
	assert_memory_equal(back.number, e.number, sizeof(e.number));
	assert_string_equal(entry_text(&back, USER_REAL), "Ann B");
	assert_string_equal(entry_text(&back, USER_AWAY), "at lunch");
	assert_false(entry_next(&in, &back));
	assert_false(in.bad);
	VEC_FREE(&o.bytes);
}

TEST(every_cut_of_a_message_is_refused_or_ends)
{
	struct entry e = user(), back;
	struct entry_out o = message_of(&e);

	for (uint32_t n = 0; n < o.bytes.count; n++) {
		struct entry_in in = entry_read(o.bytes.at, n);

		assert_false(entry_next(&in, &back));
		assert_true(in.bad || n == 2);
	}
	VEC_FREE(&o.bytes);
}

TEST(a_kind_of_a_later_version_is_skipped)
{
	uint8_t later[] = {250, 2, 'x', 'y'};
	struct entry e = user(), back;
	struct entry_out o = message_of(&e);
	uint8_t both[256];
	struct entry_in in;

	memcpy(both, o.bytes.at, 2);
	memcpy(both + 2, later, sizeof(later));
	memcpy(both + 6, o.bytes.at + 2, o.bytes.count - 2);
	in = entry_read(both, o.bytes.count + 4);
	assert_true(entry_next(&in, &back));
	assert_int_equal(in.unknown, 1);
	assert_string_equal(entry_text(&back, USER_NICK), "ann");
	VEC_FREE(&o.bytes);
}

static void refused(struct entry e)
{
	struct entry back;
	struct entry_out o = message_of(&e);
	struct entry_in in = entry_read(o.bytes.at, o.bytes.count);

	assert_false(entry_next(&in, &back));
	assert_int_equal(in.refused, 1);
	VEC_FREE(&o.bytes);
}

TEST(texts_that_would_make_another_line_are_refused)
{
	static const struct {
		int place;
		const char *text;
	} bad[] = {{USER_NICK, "a b"}, {USER_NICK, ""}, {USER_NICK, "#a"}, {USER_HOST, "a b"},
		{USER_HOST, ":a"}, {USER_HOST, ""}, {USER_REAL, "a\r\nQUIT"}, {USER_AWAY, "a\nb"},
		{USER_NAME, "much too long for a user"}, {USER_ACCOUNT, "a b"}};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct entry e = user();

		e.text[bad[i].place] = text(bad[i].text);
		refused(e);
	}
	struct entry e = user();

	e.text[USER_REAL] = (struct store_text){"a\0b", 3};
	refused(e);
}

TEST(a_message_of_another_version_is_refused)
{
	uint8_t other[] = {'B', ENTRY_VERSION + 1, 1, 0};
	struct entry_in in = entry_read(other, sizeof(other));
	struct entry e;

	assert_true(in.bad);
	assert_false(entry_next(&in, &e));
}
