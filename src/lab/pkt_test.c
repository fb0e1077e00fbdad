/*
 * pkt_test.c - the runner tested on scripts that must pass, and on scripts that must not.
 */
#include "lab/pkt_code.h"
#include "lab/pkt_run.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define OPEN                                                                                       \
	"0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"                                            \
	"+0 bind(3, ..., ...) = 0\n"                                                               \
	"+0 listen(3, 1) = 0\n"                                                                    \
	"+0 < S 0:0(0) win 32792 <mss 1000,sackOK,nop,nop,nop,wscale 7>\n"                         \
	"+0 > S. 0:0(0) ack 1 <...>\n"                                                             \
	"+.1 < . 1:1(0) ack 1 win 257\n"                                                           \
	"+0 accept(3, ..., ...) = 4\n"

static char report[PKT_REPORT];

static bool run(const char *text, enum pkt_mode mode)
{
	struct pkt_source source = {.file = "test.pkt", .text = text, .len = strlen(text)};
	struct pkt_options o = {.mode = mode, .ops = &pkt_instance_ops, .seed = 1};

	report[0] = '\0';
	return pkt_run_source(&source, &o, report, sizeof(report));
}

static void passes(const char *text)
{
	for (int m = 0; m < PKT_MODES; m++)
		if (!run(text, (enum pkt_mode)m))
			fail_msg("%s", report);
}

static void fails(const char *text, const char *with)
{
	assert_false(run(text, PKT_IPV4));
	if (!strstr(report, with))
		fail_msg("no '%s' in: %s", with, report);
}

static void a_handshake_and_a_write_pass_in_every_mode(void **state)
{
	passes(OPEN "+0 write(4, ..., 1000) = 1000\n+0 > P. 1:1001(1000) ack 1\n");
}

static void segments_are_joined_to_the_expected_length(void **state)
{
	passes(OPEN "+0 write(4, ..., 4000) = 4000\n+0 > P. 1:4001(4000) ack 1\n");
	fails("--strict_segments\n" OPEN
	      "+0 write(4, ..., 4000) = 4000\n+0 > P. 1:4001(4000) ack 1\n",
		"length differs");
}

static void a_mismatch_shows_both_segments_and_the_last_packets(void **state)
{
	fails(OPEN "+0 write(4, ..., 1000) = 1000\n+0 > P. 1:1001(1000) ack 2\n",
		"test.pkt:9: [ipv4] acknowledgement number differs\n  expected  > P. 1:1001(1000) "
		"ack 2\n  actual    > P. 1:1001(1000) ack 1\n");
	assert_non_null(strstr(report, "Flags [S]"));
}

static void a_packet_at_the_wrong_time_fails(void **state)
{
	fails(OPEN "+0 write(4, ..., 1000) = 1000\n+.5 > P. 1:1001(1000) ack 1\n", "sent at");
}

static void a_missing_packet_fails(void **state)
{
	fails(OPEN "+0 > P. 1:1001(1000) ack 1\n", "no packet was sent");
}

static void a_result_that_differs_fails(void **state)
{
	fails(OPEN "+0 write(4, ..., 1000) = 999\n", "write() = 1000, expected 999");
}

static void a_blocking_call_returns_when_data_comes(void **state)
{
	passes(OPEN "+0...0.2 read(4, ..., 100) = 10\n+.2 < P. 1:11(10) ack 1 win 257\n");
	fails(OPEN "+0...0.1 read(4, ..., 100) = 10\n+.2 < P. 1:11(10) ack 1 win 257\n",
		"returned at");
	fails(OPEN "+0 read(4, ..., 100) = 10\n", "blocks");
}

static void parameters_are_set_without_a_shell(void **state)
{
	passes("`sysctl -q net.ipv4.tcp_sack=0`\n"
	       "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n"
	       "+0 listen(3, 1) = 0\n+0 < S 0:0(0) win 1000 <mss 1000,sackOK,nop,nop>\n"
	       "+0 > S. 0:0(0) ack 1 <mss 1460>\n");
	fails("`sysctl -q net.ipv4.tcp_nonsense=0`\n" OPEN, "tcp_nonsense");
	fails("`rm -rf /`\n" OPEN, "not supported");
}

static void an_error_of_the_script_has_its_place(void **state)
{
	fails("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 < S 0:1(0) win 1\n",
		"test.pkt:2:14: 0:1(0)");
}

static bool lookup(void *ctx, const char *name, int64_t *value)
{
	*value = 7;
	return strcmp(name, "SEVEN") == 0;
}

static void assertions_follow_python(void **state)
{
	struct tcp_info info = {.tcpi_snd_cwnd = 10, .tcpi_options = 3};
	struct code_env env = {.info = &info, .lookup = lookup};
	char error[CODE_ERROR_MAX];

	assert_true(code_run("assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd", &env, error));
	assert_true(code_run("assert 5 <= tcpi_snd_cwnd <= 10 and not SEVEN != 7", &env, error));
	assert_true(
		code_run("assert (tcpi_options & 2) != 0; assert SEVEN - 2 * 3 == 1", &env, error));
	assert_false(code_run("assert 5 <= tcpi_snd_cwnd < 10", &env, error));
	assert_non_null(strstr(error, "tcpi_snd_cwnd=10"));
	assert_false(code_run("import os", &env, error));
	assert_non_null(strstr(error, "not supported"));
}

/* Only root can make a network namespace; elsewhere there is nothing to be seen. */
static bool on_kernel(const char *text, enum pkt_mode mode)
{
	struct pkt_source source = {.file = "test.pkt", .text = text, .len = strlen(text)};
	struct pkt_options o = {.mode = mode, .tolerance_usecs = "300000"};
	bool good = pkt_run_kernel(&source, &o, report, sizeof(report));

	if (!good && strstr(report, "only be tested as root"))
		skip();
	return good;
}

static void the_kernel_of_this_machine_passes_the_same_script_in_every_mode(void **state)
{
	for (int m = 0; m < PKT_MODES; m++)
		if (!on_kernel(OPEN "+0 write(4, ..., 1000) = 1000\n"
				    "+0 > P. 1:1001(1000) ack 1\n"
				    "+0 %{ assert tcpi_unacked == 1 }%\n",
			    (enum pkt_mode)m))
			fail_msg("%s", report);
}

static void a_call_that_blocks_on_the_kernel_returns_when_the_packet_comes(void **state)
{
	if (!on_kernel(OPEN "+0...0.5 read(4, ..., 100) = 10\n"
			    "+.5 < P. 1:11(10) ack 1 win 257\n+0 > . 1:1(0) ack 11\n",
		    PKT_IPV4))
		fail_msg("%s", report);
}

static void a_wrong_expectation_fails_on_the_kernel_with_its_line(void **state)
{
	assert_false(on_kernel(OPEN "+0 write(4, ..., 1000) = 1000\n"
				    "+0 > P. 1:1001(1000) ack 2\n",
		PKT_IPV4));
	assert_non_null(strstr(report, "test.pkt:9: [ipv4] acknowledgement number differs"));
}

static void a_call_whose_end_comes_too_early_is_a_failure(void **state)
{
	fails(OPEN "+0...1 write(4, ..., 10) = 10\n", "returned at");
}

static void a_second_call_is_made_while_one_blocks(void **state)
{
	passes(OPEN "+0...0.2 read(4, ..., 100) = 10\n"
		    "+.1 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1\n"
		    "+.1 < P. 1:11(10) ack 11 win 257\n+0 > . 11:11(0) ack 11\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_of_this_machine_passes_the_same_script_in_every_mode),
		cmocka_unit_test(a_call_that_blocks_on_the_kernel_returns_when_the_packet_comes),
		cmocka_unit_test(a_wrong_expectation_fails_on_the_kernel_with_its_line),
		cmocka_unit_test(a_call_whose_end_comes_too_early_is_a_failure),
		cmocka_unit_test(a_second_call_is_made_while_one_blocks),
		cmocka_unit_test(a_handshake_and_a_write_pass_in_every_mode),
		cmocka_unit_test(segments_are_joined_to_the_expected_length),
		cmocka_unit_test(a_mismatch_shows_both_segments_and_the_last_packets),
		cmocka_unit_test(a_packet_at_the_wrong_time_fails),
		cmocka_unit_test(a_missing_packet_fails),
		cmocka_unit_test(a_result_that_differs_fails),
		cmocka_unit_test(a_blocking_call_returns_when_data_comes),
		cmocka_unit_test(parameters_are_set_without_a_shell),
		cmocka_unit_test(an_error_of_the_script_has_its_place),
		cmocka_unit_test(assertions_follow_python),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
