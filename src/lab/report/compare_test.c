/* compare_test.c - two handmade records beside each other. */
#include "lab/report/compare.h"

#include "base/test/test.h"
#include "lab/report/out.h"
#include "lab/report/test/fixture.h"
#include "wire/tcp.h"

#include <stdlib.h>

enum {
	TEXT_ROOM = 1000,
};

/* A handshake and five bytes, as host a sees them; what a run may do otherwise. */
struct variant {
	uint32_t isn;
	nsec_t later; /* the data */
	uint16_t win; /* of the data */
	bool silent;  /* no data */
};

static void record(struct trace *t, const struct variant *v)
{
	uint32_t s = v->isn;

	trace_init(t);
	trace_node(t, "a", true);
	trace_node(t, "b", true);
	hand_segment(
		t, &(struct by_hand){
			   .id = 1, .kind = TRACE_SEND, .seq = s, .flags = SEG_SYN, .win = 1000});
	hand_segment(t, &(struct by_hand){.at = 10 * NSEC_MSEC,
				.id = 2,
				.kind = TRACE_SEND,
				.node = 1,
				.back = true,
				.seq = 500,
				.ack = s + 1,
				.flags = SEG_SYN | SEG_ACK,
				.win = 1000});
	hand_segment(t, &(struct by_hand){.at = 20 * NSEC_MSEC,
				.id = 2,
				.kind = TRACE_RECEIVE,
				.back = true,
				.seq = 500,
				.ack = s + 1,
				.flags = SEG_SYN | SEG_ACK,
				.win = 1000});
	if (v->silent)
		return;
	hand_segment(t, &(struct by_hand){.at = 8 * NSEC_SEC + v->later,
				.id = 3,
				.kind = TRACE_SEND,
				.seq = s + 1,
				.ack = 501,
				.flags = SEG_ACK,
				.len = 5,
				.win = v->win});
}

/* The marks of the rows: one digit each. */
static const char *marks(const struct variant *a, const struct variant *b)
{
	static const char digit[] = {'0', '1', '2', '3', '4'};
	static _Thread_local char text[16];
	struct trace t[2];
	struct comparison c;
	uint32_t i;

	record(&t[0], a);
	record(&t[1], b);
	compare(&c, &t[0], &t[1], compare_node(&t[0], "a", 1));
	for (i = 0; i < c.rows; i++)
		text[i] = digit[c.row[i].mark];
	text[i] = '\0';
	compare_free(&c);
	trace_free(&t[0]);
	trace_free(&t[1]);
	return text;
}

TEST(numbers_count_from_the_start_of_the_connection)
{
	assert_string_equal(marks(&(struct variant){.isn = 7, .win = 9},
				    &(struct variant){.isn = 4000000000, .win = 9}),
		"000");
}

TEST(a_packet_may_be_late_by_an_eighth_of_the_silence_before_it)
{
	struct variant a = {.win = 9}, b = a;

	b.later = NSEC_SEC;
	assert_string_equal(marks(&a, &b), "000");
	b.later = NSEC_SEC + 20 * NSEC_MSEC;
	assert_string_equal(marks(&a, &b), "001");
}

TEST(a_window_differs_and_a_packet_is_missing)
{
	struct variant a = {.win = 9}, b = {.win = 8}, c = {.silent = true};

	assert_string_equal(marks(&a, &b), "002");
	assert_string_equal(marks(&a, &c), "003");
	assert_string_equal(marks(&c, &a), "004");
}

TEST(states_between_packets_may_be_missing_but_not_the_last)
{
	struct variant v = {.win = 9};
	struct trace t[2];
	struct comparison c;
	struct trace_event e = {.kind = TRACE_STATE,
		.flow = {ip_addr_from_v4(0x0a000001), ip_addr_from_v4(0x0a000002), 4000, 80}};

	record(&t[0], &v);
	record(&t[1], &v);
	for (int value = 2; value > 0; value--) { /* SYN-SENT, ESTABLISHED */
		e.value = value;
		trace_add(&t[0], &e);
	}
	trace_add(&t[1], &e);
	compare(&c, &t[0], &t[1], 0);
	assert_int_equal(c.states, 1);
	assert_int_equal(c.states_differ, 0);
	compare_free(&c);
	compare(&c, &t[1], &t[0], 0); /* the second run has a state that the first lacks */
	assert_int_equal(c.states_differ, 1);
	compare_free(&c);
	trace_free(&t[0]);
	trace_free(&t[1]);
}

TEST(counters_of_the_host_are_compared)
{
	struct trace t[2];
	struct comparison c;

	for (int i = 0; i < 2; i++) {
		record(&t[i], &(struct variant){.win = 9});
		trace_counter(&t[i], &(struct trace_counter){0, "TcpInSegs", 1, 3});
		trace_counter(&t[i], &(struct trace_counter){0, "TcpOutSegs", 0, 3 + (uint64_t)i});
		trace_counter(&t[i], &(struct trace_counter){1, "TcpOutRsts", 0, 9});
	}
	compare(&c, &t[0], &t[1], 0);
	assert_int_equal(c.counters, 2);
	assert_int_equal(c.counters_differ, 1);
	compare_free(&c);
	trace_free(&t[0]);
	trace_free(&t[1]);
}

static bool keep(void *user, const void *bytes, size_t n)
{
	char *text = user;
	size_t len = strlen(text);

	assert_true(len + n < TEXT_ROOM);
	memcpy(text + len, bytes, n);
	text[len + n] = '\0';
	return true;
}

TEST(words_fill_the_lines_of_the_terminal_and_a_unit_is_not_broken)
{
	static const unsigned widths[] = {0, 60, 80, 100};

	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		unsigned width = widths[i] ? widths[i] : 80;
		char text[TEXT_ROOM] = "";
		struct out o;
		struct out_fill f = {10, 10, widths[i]};

		out_begin(&o, keep, text);
		out_text(&o, "          ");
		out_words(
			&o, &f, "SYN 0:0 ack 1 mss 1460 sackOK TS wscale 10 and so on, and on and");
		out_unit(&o, &f, "win 65160 / 65535");
		assert_true(out_end(&o));
		assert_non_null(strstr(text, "win 65160 / 65535"));
		for (const char *line = text; *line;
			line += strcspn(line, "\n") + (strchr(line, '\n') != NULL)) {
			assert_in_range(strcspn(line, "\n"), 11, width);
			assert_memory_equal(line, "          ", 10);
		}
		assert_int_equal(strchr(text, '\n') != NULL, width < 100);
	}
}
