/* log_test.c - format of lines, escaping, and suppression. */
#include "base/test/test.h"
#include "chat/config/log.h"

#include <stdio.h>

struct fixture {
	char text[65536];
	size_t len;
	nsec_t now;
	struct log *log;
};

static void sink(void *arg, const char *line, size_t len)
{
	struct fixture *f = arg;

	assert_true(len > 0 && line[len - 1] == '\n' && f->len + len < sizeof(f->text));
	memcpy(f->text + f->len, line, len);
	f->len += len;
	f->text[f->len] = '\0';
}

static nsec_t wall(void *arg)
{
	return ((struct fixture *)arg)->now;
}

static void start(struct fixture *f, enum log_format format, uint32_t burst)
{
	struct log_options o = {LOG_LEVEL_INFO, format, burst, 10 * NSEC_SEC};
	struct log_world w = {sink, wall, f};

	f->len = 0;
	f->text[0] = '\0';
	f->now = 1795240080123 * NSEC_MSEC;
	f->log = log_new(&o, &w);
	assert_non_null(f->log);
}

TEST(logfmt_quotes_what_needs_it)
{
	struct fixture f;

	start(&f, LOG_FORMAT_LOGFMT, 0);
	LOG(f.log, WARN, "x.y", log_str("a", "plain"), log_str("b", "two words"), log_int("n", -3),
		log_str("c", "say \"\\\n"), log_str("d", ""));
	assert_string_equal(f.text, "ts=2026-11-21T05:48:00.123Z level=warn event=x.y a=plain "
				    "b=\"two words\" n=-3 c=\"say \\\"\\\\\\u000a\" d=\"\"\n");
	log_free(f.log);
}

TEST(json_is_valid_whatever_bytes_come_in)
{
	struct fixture f;

	start(&f, LOG_FORMAT_JSON, 0);
	LOG(f.log, ERROR, "x", log_bytes("a", "\xff\0\"", 3), log_int("n", 7));
	assert_string_equal(f.text, "{\"ts\":\"2026-11-21T05:48:00.123Z\",\"level\":\"error\","
				    "\"event\":\"x\",\"a\":\"\\u00ff\\u0000\\\"\",\"n\":7}\n");
	log_free(f.log);
}

/* ESC [ as one byte, as C1 in UTF-8; a line separator; right-to-left override. */
TEST(clients_cannot_control_the_terminal_of_a_reader)
{
	static const char *const hidden[] = {"a\x9b"
					     "2J",
		"a\xc2\x9b"
		"2J",
		"a\xe2\x80\xa8"
		"2J",
		"a\xe2\x80\xae"
		"2J",
		"a\x7f"
		"2J",
		"a\xc2\x85"
		"2J",
		"a\033"
		"2J"};
	static const char *const shown[] = {
		"\\u009b", "\\u009b", "\\u2028", "\\u202e", "\\u007f", "\\u0085", "\\u001b"};
	struct fixture f;
	char want[64];

	for (int format = 0; format < LOG_FORMAT_COUNT; format++)
		for (size_t i = 0; i < ARRAY_SIZE(hidden); i++) {
			start(&f, (enum log_format)format, 0);
			LOG(f.log, INFO, "x", log_str("k", hidden[i]));
			snprintf(want, sizeof(want), "\"a%s2J\"", shown[i]);
			assert_non_null(strstr(f.text, want));
			log_free(f.log);
		}
	start(&f, LOG_FORMAT_LOGFMT, 0);
	LOG(f.log, INFO, "x", log_str("k", "caf\xc3\xa9-\xc4\xa2-\xf0\x9f\x98\x80-\xc2\xa0"));
	assert_non_null(strstr(f.text, "k=caf\xc3\xa9-\xc4\xa2-\xf0\x9f\x98\x80-\xc2\xa0\n"));
	log_free(f.log);
}

TEST(a_level_below_the_chosen_one_is_not_written)
{
	struct fixture f;

	start(&f, LOG_FORMAT_LOGFMT, 0);
	LOG(f.log, DEBUG, "x");
	assert_int_equal(f.len, 0);
	LOG(NULL, ERROR, "x");
	log_free(f.log);
}

TEST(a_repeated_event_is_suppressed_and_counted)
{
	struct fixture f;

	start(&f, LOG_FORMAT_LOGFMT, 2);
	for (int i = 0; i < 10; i++)
		LOG(f.log, INFO, "again");
	LOG(f.log, INFO, "other");
	LOG(f.log, ERROR, "again");
	f.now += 10 * NSEC_SEC;
	f.len = 0;
	LOG(f.log, INFO, "again");
	assert_non_null(strstr(f.text, "event=again suppressed=8\n"));
	log_free(f.log);
}

TEST(a_line_that_is_too_long_is_cut_and_still_a_line)
{
	static char big[10000];
	struct fixture f;

	memset(big, 'x', sizeof(big) - 1);
	start(&f, LOG_FORMAT_JSON, 0);
	LOG(f.log, INFO, "x", log_str("a", big), log_str("b", "y"));
	assert_true(f.len <= 4096);
	log_free(f.log);
}
