/*
 * forms_test.c - requirements on all report formats: they are well formed, agree with each other,
 * and escape quoted text.
 */
#include "lab/report/test/fixture.h"

#include "base/test/test.h"
#include "observe/pcapng.h"
#include "wire/tcp.h"

#include <stdlib.h>

static size_t count(const char *in, const char *what)
{
	size_t n = 0;

	for (const char *p = in; (p = strstr(p, what)); p += strlen(what))
		n++;
	return n;
}

/* No controls except newline and tab, and only valid UTF-8. */
static void expect_clean(const char *text)
{
	for (const uint8_t *p = (const uint8_t *)text; *p;) {
		int more = *p < 0x80 ? 0 : *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : 1;

		assert_true(*p >= 0x20 || *p == '\n' || *p == '\t');
		assert_true(*p < 0x7f || (*p >= 0xc2 && *p < 0xf5));
		assert_false(p[0] == 0xed && p[1] >= 0xa0); /* surrogates */
		assert_false(p[0] == 0xe2 && p[1] == 0x80 && (p[2] & 0xf8) == 0xa8); /* bidi */
		for (p++; more > 0; more--, p++)
			assert_int_equal(*p & 0xc0, 0x80);
	}
}

/* A run with a lost segment, and its record in one of the forms. */
static char *lossy_run(report_form form)
{
	struct run r;
	char *got;

	run_new(&r);
	r.lose = 4;
	run_connect(&r);
	run_call(&r, r.client, "send(3, \"hello\")",
		burble_send(host_instance(r.client), r.client_fd, "hello", 5, 0));
	run_pass(&r, NSEC_SEC);
	host_record_counters(r.client);
	got = form_of(form, &r.trace, NULL);
	run_free(&r);
	return got;
}

TEST(the_same_run_gives_the_same_bytes)
{
	static const report_form forms[] = {report_ladder, report_svg, report_json, report_html};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		char *a = lossy_run(forms[i]), *b = lossy_run(forms[i]);

		assert_string_equal(a, b);
		free(a);
		free(b);
	}
}

TEST(a_picture_shows_the_loss_and_the_repetition)
{
	char *svg = lossy_run(report_svg);

	assert_int_equal(count(svg, "class=\"a bad\""), 1);
	assert_int_equal(count(svg, "class=\"a again\""), 1);
	assert_int_equal(count(svg, ">1:6(5) ack 1 again<"), 1);
	assert_int_equal(count(svg, ">filter<"), 1);
	assert_int_equal(count(svg, "prefers-color-scheme:dark"), 1);
	assert_int_equal(count(svg, "<text"), count(svg, "</text>"));
	expect_clean(svg);
	free(svg);
}

TEST(json_has_the_fate_of_each_packet)
{
	char *json = lossy_run(report_json);

	assert_non_null(strstr(json, "\"schema\": \"burble-lab-1\""));
	assert_int_equal(
		count(json, "\"fate\": \"dropped\", \"end\": 2, \"reason\": \"filter\""), 1);
	assert_int_equal(count(json, "\"mark\": \"again\""), 1);
	assert_int_equal(count(json, "\"kind\": \"call\""), 4);
	assert_int_equal(count(json, "\"kind\": \"return\""), 4);
	assert_int_equal(count(json, "\"text\": \"SYN-RECEIVED\""), 1);
	assert_int_equal(
		count(json, "\"name\": \"TcpRetransSegs\", \"before\": 0, \"after\": 1"), 1);
	expect_clean(json);
	free(json);
}

TEST(json_has_readiness_and_the_queues_of_a_listener)
{
	char *json = lossy_run(report_json);

	/* the handshake, accept(), the payload */
	assert_non_null(
		strstr(json, "\"port\": 80, \"embryonic\": 1, \"acceptable\": 0, \"limit\": 5"));
	assert_non_null(
		strstr(json, "\"port\": 80, \"embryonic\": 0, \"acceptable\": 1, \"limit\": 5"));
	assert_int_equal(count(json, "\"embryonic\": 0, \"acceptable\": 0"), 2);
	assert_int_equal(count(json, "\"kind\": \"ready\", \"fd\": 0, \"connection\": null, "
				     "\"text\": \"POLLIN\""),
		1);
	assert_int_equal(
		count(json,
			"\"kind\": \"ready\", \"fd\": 0, \"connection\": 1, \"text\": \"POLLOUT\""),
		1);
	assert_int_equal(
		count(json, "\"fd\": 1, \"connection\": 1, \"text\": \"POLLIN POLLOUT\""), 1);
	free(json);
}

/* The second server sends under its own address, though the first has the same one. */
TEST(hosts_of_two_networks_may_have_the_same_address)
{
	struct trace_event listens = {.at = WORLD_START, .kind = TRACE_STATE, .value = 10};
	struct trace t;
	char *json;

	trace_init(&t);
	listens.flow.local = ip_addr_from_v4(0x0a000002);
	listens.flow.local_port = 80;
	for (listens.node = 0; listens.node < 2; listens.node++) {
		trace_node(&t, "server", true);
		trace_add(&t, &listens);
	}
	hand_segment(&t, &(struct by_hand){.id = 1,
				 .kind = TRACE_SEND,
				 .node = 1,
				 .back = true,
				 .seq = 4000000,
				 .ack = 1,
				 .flags = SEG_SYN | SEG_ACK});
	json = form_of(report_json, &t, NULL);
	assert_non_null(strstr(json, "\"words\": \"SYN 0:0 ack 1 win 0\""));
	free(json);
	trace_free(&t);
}

/* The captures of both hosts of a run in which the fourth packet is lost. */
TEST(a_capture_has_the_packets_seen_by_its_host)
{
	static const size_t want[2] = {6, 5}; /* the server never sees the lost one */
	struct run r;
	struct story s;

	run_new(&r);
	r.lose = 4;
	run_connect(&r);
	burble_send(host_instance(r.client), r.client_fd, "hello", 5, 0);
	host_wake(r.client);
	run_pass(&r, NSEC_SEC);
	story_init(&s, &r.trace);
	for (uint32_t node = 0; node < 2; node++) {
		struct memory m = {0};
		struct pcapng_reader reader;
		struct pcapng_packet p;
		size_t n = 0;

		assert_true(report_pcapng(
			&s, &(struct report_options){.start = WORLD_START}, node, memory_sink, &m));
		pcapng_read(&reader, (uint8_t *)m.bytes, m.len);
		for (; pcapng_next(&reader, &p); n++)
			assert_true(p.at >= 0 && p.at < 2 * NSEC_SEC);
		assert_null(reader.error);
		assert_int_equal(n, want[node]);
		assert_int_equal(
			memmem(m.bytes, m.len, "dropped by wire: filter", 23) != NULL, node == 0);
		free(m.bytes);
	}
	story_free(&s);
	run_free(&r);
}

TEST(hostile_text_is_escaped_in_a_picture)
{
	struct trace t;
	char *svg;

	hand_hostile(&t);
	svg = form_of(report_svg, &t, &(struct report_options){.title = HOSTILE});
	assert_null(strstr(svg, "<script"));
	assert_non_null(strstr(svg, "&lt;script&gt;alert(1)&lt;/script&gt;"));
	expect_clean(svg);
	free(svg);
	trace_free(&t);
}

/* The page is a template, a style sheet, a script and data: hostile text is in titles and in the
 * data. */
TEST(hostile_text_is_escaped_in_a_page)
{
	struct trace t;
	char *page, *data;

	hand_hostile(&t);
	page = form_of(report_html, &t, &(struct report_options){.title = HOSTILE});
	assert_int_equal(count(page, "<script>"), 1);
	assert_int_equal(count(page, "</script>"), 2);
	assert_int_equal(count(page, "&lt;script&gt;alert(1)&lt;/script&gt;"), 2);
	data = strstr(page, "{\"full\"");
	assert_non_null(data);
	assert_ptr_equal(strchr(data, '<'), strstr(data, "</script>"));
	assert_non_null(strstr(data, "\\u003cscript\\u003ealert(1)"));
	assert_null(strstr(data, "\\u001b")); /* would be displayed by the script */
	assert_null(strstr(data, "\\u202e"));
	expect_clean(page);
	free(page);
	trace_free(&t);
}

TEST(a_page_needs_nothing_from_elsewhere)
{
	char *page = lossy_run(report_html);

	assert_null(strstr(page, "@TITLE@"));
	assert_null(strstr(page, "src="));
	assert_null(strstr(page, "href="));
	assert_null(strstr(page, "url("));
	assert_int_equal(count(page, "://"), 1); /* the namespace of SVG */
	assert_non_null(strstr(page, "default-src 'none'"));
	assert_non_null(strstr(page, "\"1:6(5) ack 1 again\""));
	free(page);
}

TEST(hostile_text_is_escaped_in_json)
{
	struct trace t;
	char *json;

	hand_hostile(&t);
	json = form_of(report_json, &t, &(struct report_options){.title = HOSTILE});
	assert_null(strchr(json, '<'));
	assert_null(strchr(json, '&'));
	assert_non_null(
		strstr(json, "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e\\u001b[31m\\\""));
	expect_clean(json);
	free(json);
	trace_free(&t);
}

TEST(hostile_text_is_clean_in_a_capture)
{
	struct trace t;
	struct story s;
	struct memory m = {0};

	hand_hostile(&t);
	story_init(&s, &t);
	assert_true(report_pcapng(&s, &(struct report_options){0}, 0, memory_sink, &m));
	assert_null(memmem(m.bytes, m.len, "\033[31m", 5));
	assert_non_null(memmem(m.bytes, m.len, "dropped by <script>", 19));
	free(m.bytes);
	story_free(&s);
	trace_free(&t);
}

static bool refuse(void *user, const void *bytes, size_t n)
{
	(void)bytes, (void)n;
	return ++*(int *)user < 0;
}

TEST(a_sink_that_fails_is_not_called_again)
{
	static const report_form forms[] = {report_ladder, report_svg, report_json, report_html};
	struct trace t;
	struct story s;

	hand_hostile(&t);
	story_init(&s, &t);
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		int asked = 0;

		assert_false(forms[i](&s, &(struct report_options){0}, refuse, &asked));
		assert_int_equal(asked, 1);
	}
	story_free(&s);
	trace_free(&t);
}
