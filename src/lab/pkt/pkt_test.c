/*
 * pkt_test.c - the runner tested on scripts that must pass, and on scripts that must not.
 */
#include "lab/pkt/pkt.h"

#include "base/test/test.h"
#include "lab/pkt/code.h"

#include <stdio.h>

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
	return pkt_run_source(&source, &o, report, sizeof(report)) == PKT_PASSED;
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

TEST(a_handshake_and_a_write_pass_in_every_mode)
{
	passes(OPEN "+0 write(4, ..., 1000) = 1000\n+0 > P. 1:1001(1000) ack 1\n");
}

TEST(segments_are_joined_to_the_expected_length)
{
	passes(OPEN "+0 write(4, ..., 4000) = 4000\n+0 > P. 1:4001(4000) ack 1\n");
	fails("--strict_segments\n" OPEN
	      "+0 write(4, ..., 4000) = 4000\n+0 > P. 1:4001(4000) ack 1\n",
		"length differs");
}

TEST(a_mismatch_shows_both_segments_and_the_last_packets)
{
	fails(OPEN "+0 write(4, ..., 1000) = 1000\n+0 > P. 1:1001(1000) ack 2\n",
		"test.pkt:9: [ipv4] acknowledgement number differs\n  expected  > P. 1:1001(1000) "
		"ack 2\n  actual    > P. 1:1001(1000) ack 1\n");
	assert_non_null(strstr(report, "Flags [S]"));
}

TEST(a_packet_at_the_wrong_time_fails)
{
	fails(OPEN "+0 write(4, ..., 1000) = 1000\n+.5 > P. 1:1001(1000) ack 1\n", "sent at");
}

TEST(a_missing_packet_fails)
{
	fails(OPEN "+0 > P. 1:1001(1000) ack 1\n", "no packet was sent");
}

TEST(a_result_that_differs_fails)
{
	fails(OPEN "+0 write(4, ..., 1000) = 999\n", "write() = 1000, expected 999");
}

TEST(a_blocking_call_returns_when_data_arrives)
{
	passes(OPEN "+0...0.2 read(4, ..., 100) = 10\n+.2 < P. 1:11(10) ack 1 win 257\n");
	fails(OPEN "+0...0.1 read(4, ..., 100) = 10\n+.2 < P. 1:11(10) ack 1 win 257\n",
		"returned at");
	fails(OPEN "+0 read(4, ..., 100) = 10\n", "blocks");
}

TEST(parameters_are_set_without_a_shell)
{
	passes("`sysctl -q net.ipv4.tcp_sack=0`\n"
	       "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n"
	       "+0 listen(3, 1) = 0\n+0 < S 0:0(0) win 1000 <mss 1000,sackOK,nop,nop>\n"
	       "+0 > S. 0:0(0) ack 1 <mss 1460>\n");
	fails("`sysctl -q net.ipv4.tcp_nonsense=0`\n" OPEN, "tcp_nonsense");
	fails("`rm -rf /`\n" OPEN, "not supported");
}

TEST(the_second_of_two_commands_runs_if_the_first_fails)
{
	passes("`sysctl -q net.ipv4.tcp_nonsense=0 || sysctl -q net.ipv4.tcp_sack=0`\n"
	       "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n"
	       "+0 listen(3, 1) = 0\n+0 < S 0:0(0) win 1000 <mss 1000,sackOK,nop,nop>\n"
	       "+0 > S. 0:0(0) ack 1 <mss 1460>\n");
	passes("`true || sysctl -q net.ipv4.tcp_nonsense=0`\n" OPEN);
}

TEST(unsupported_arguments_of_a_command_are_refused_by_name)
{
	static const char *const commands[] = {"tc qdisc add dev tun0 root netem", "ip route add x",
		"ethtool -K tun0 tso on", "grep '^a' /proc/net/tcp", "nstat -az",
		"echo 1 > /sys/module/tcp_cubic/parameters/hystart_detect",
		"sysctl -q net.ipv4.tcp_sack=0 > /tmp/x", "curl example.org || true"};
	char text[512];

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		snprintf(text, sizeof(text), "`%s`\n" OPEN, commands[i]);
		fails(text, "not supported: ");
	}
	fails("--mss=1000\n" OPEN, "not supported: --mss");
}

TEST(nstat_prints_changed_counters_and_grep_finds_them)
{
	passes(OPEN "+0 `nstat | grep TcpPassiveOpens > /dev/null`\n");
	fails(OPEN "+0 `nstat > /dev/null`\n+0 `nstat | grep TcpPassiveOpens`\n", "grep: no match");
	passes(OPEN "+0 `grep ' 0A ' /proc/net/tcp /proc/net/tcp6 | grep ':1F90'`\n");
	fails(OPEN "+0 close(3) = 0\n+0 `grep ' 0A ' /proc/net/tcp`\n", "grep: no match");
}

TEST(nstat_n_prints_nothing)
{
	passes(OPEN "+0 `nstat -n`\n"
		    "+0 `nstat | grep TcpPassiveOpens || true`\n"
		    "+0 < P. 1:11(10) ack 1 win 257\n+0 > . 1:1(0) ack 11\n"
		    "+0 `nstat | grep TcpInSegs`\n");
	fails(OPEN "+0 `nstat -n`\n+0 `nstat | grep TcpPassiveOpens`\n", "no match");
	fails(OPEN "+0 `nstat -n | grep Tcp`\n", "no match");
	fails(OPEN "+0 `nstat -n -z`\n", "not supported: nstat -z");
}

TEST(a_value_may_be_an_arithmetic_expression)
{
	static const char text[] = "`sysctl -q net.ipv4.tcp_fin_timeout=$((1 + 2*3)) "
				   "net.ipv4.tcp_retries2=\"$((1<<3))\"`\n" OPEN
				   "+0 getsockopt(4, SOL_TCP, TCP_LINGER2, [7], [4]) = 0\n";

	passes(text);
	fails("`sysctl -q net.ipv4.tcp_fin_timeout='$((7))'`\n" OPEN, "tcp_fin_timeout");
	fails("`sysctl -q net.ipv4.tcp_fin_timeout=$((7 +))`\n" OPEN, "$((7 +))");
	fails("`sysctl -q net.ipv4.tcp_fin_timeout=$((7`\n" OPEN, "missing '))'");
}

TEST(code_sees_the_memory_of_the_socket)
{
	passes(OPEN "+0 setsockopt(4, SOL_SOCKET, SO_RCVBUF, [20000], 4) = 0\n"
		    "+0 %{ assert SK_MEMINFO_RCVBUF == 40000; assert SK_MEMINFO_DROPS == 0 }%\n"
		    "+0 %{ assert SK_MEMINFO_RMEM_ALLOC == 0 }%\n"
		    "+0 < P. 1:11(10) ack 1 win 257\n+0 > . 1:1(0) ack 11\n"
		    "+0 %{ assert SK_MEMINFO_RMEM_ALLOC > 10 }%\n");
	fails(OPEN "+0 %{ assert SK_MEMINFO_ALL == 0 }%\n", "not supported: SK_MEMINFO_ALL");
}

TEST(code_sees_the_counters)
{
	passes(OPEN "+0 %{ assert TcpPassiveOpens == 1; assert TcpExtTCPTimeouts == 0 }%\n"
		    "+0 `nstat -n`\n+0 %{ assert TcpPassiveOpens == 0 }%\n");
	fails(OPEN "+0 %{ assert TcpExtNothing == 0 }%\n", "not supported: TcpExtNothing");
}

/* As in packetdrill: every header has the field, but without the flag it is not valid. */
TEST(ack_without_its_flag_is_the_field_of_the_wire)
{
	passes(OPEN "+0 < P 1:11(10) ack 77 win 257\n"
		    "+0 < R 1:1(0) ack 5\n+0 read(4, ..., 10) = -1 ECONNRESET\n");
	passes("0 < R. 1:1(0) ack 1 win 0\n");
	passes("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
	       "+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n"
	       "+0 connect(3, ..., ...) = -1 EINPROGRESS\n+0 > S 0:0(0) ack 0 <...>\n");
	fails("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
	      "+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n"
	      "+0 connect(3, ..., ...) = -1 EINPROGRESS\n+0 > S 0:0(0) ack 1 <...>\n",
		"acknowledgement number differs");
}

TEST(a_blank_may_follow_the_plus)
{
	passes(OPEN "+ 0 write(4, ..., 1000) = 1000\n+ 0 ~ + .1 > P. 1:1001(1000) ack 1\n");
}

TEST(a_route_sets_the_mss_and_the_initial_window)
{
	static const char script[] =
		"`ip route change 192.0.2.1 via 192.168.0.2 dev tun0 advmss 600 initcwnd 3`\n"
		"0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n"
		"+0 listen(3, 1) = 0\n+0 < S 0:0(0) win 60000 <mss 1000>\n"
		"+0 > S. 0:0(0) ack 1 <mss 600>\n+.1 < . 1:1(0) ack 1 win 60000\n"
		"+0 accept(3, ..., ...) = 4\n+0 %{ assert tcpi_snd_cwnd == 3 }%\n";

	if (!run(script, PKT_IPV4))
		fail_msg("%s", report);
}

TEST(with_fq_segments_leave_at_a_pace)
{
	static const char script[] = OPEN "+0 write(4, ..., 14000) = 14000\n"
					  "+0 > P. 1:10001(10000) ack 1\n"
					  "+.1 < . 1:1(0) ack 10001 win 257\n";
	char text[1024];

	snprintf(text, sizeof(text), "%s+0 > P. 10001:14001(4000) ack 1\n", script);
	passes(text);
	snprintf(text, sizeof(text),
		"--tolerance_usecs=500\n`tc qdisc replace dev tun0 root fq`\n%s+0 > P. "
		"10001:12001(2000) ack 1\n"
		"+.002~+.01 > P. 12001:14001(2000) ack 1\n",
		script);
	passes(text);
}

TEST(the_code_of_an_icmp_message_is_compared)
{
	passes("0 < udp (10)\n+0 > icmp unreachable port_unreachable\n");
	fails("0 < udp (10)\n+0 > icmp unreachable host_unreachable\n", "code differs");
	fails("0 < udp (10)\n+0 > icmp unreachable\n", "code differs");
}

TEST(code_may_assign_and_use_it_later)
{
	passes(OPEN "+0 %{ w = tcpi_snd_cwnd }%\n+0 %{ w += 1; assert w == tcpi_snd_cwnd + 1 }%\n");
	fails(OPEN "+0 %{ w += 1 }%\n", "undefined variable w");
}

TEST(a_file_of_the_run_is_sent_and_a_pipe_filled)
{
	passes("`dd if=/dev/zero of=/tmp/f bs=10 count=3`\n" OPEN
	       "+0 open(\"/tmp/f\", O_RDONLY) = 5\n+0 sendfile(4, 5, [10], 100) = 20\n"
	       "+0 > P. 1:21(20) ack 1\n");
	passes(OPEN "+0 pipe([5, 6]) = 0\n+0 < P. 1:31(30) ack 1 win 257\n"
		    "+0 > . 1:1(0) ack 31\n+0 splice(4, NULL, 6, NULL, 20, 0) = 20\n"
		    "+0 splice(5, NULL, 4, NULL, 15, 0) = 15\n+0 > P. 1:16(15) ack 31\n");
	fails(OPEN "+0 open(\"/etc/passwd\", O_RDONLY) = 5\n", "ENOENT");
}

TEST(an_error_of_the_script_has_its_place)
{
	fails("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 < S 0:1(0) win 1\n",
		"test.pkt:2:14: 0:1(0)");
}

static bool lookup(void *ctx, const char *name, int64_t *value)
{
	*value = 7;
	return strcmp(name, "SEVEN") == 0;
}

TEST(assertions_follow_python)
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

TEST(operators_bind_as_in_python)
{
	struct code_env env = {.lookup = lookup};
	char error[CODE_ERROR_MAX];

	assert_true(code_run("assert 1 | 2 & 4 == 1; assert 6 ^ 3 & 1 == 7", &env, error));
	assert_true(code_run("assert 1 << 2 + 1 == 8; assert 7 - 2 - 1 == 4", &env, error));
	assert_true(code_run("assert min(3, 1, 2) == 1; assert max(3, 1, 4) == 4", &env, error));
}

TEST(brackets_nest_to_a_limit)
{
	struct code_env env = {.lookup = lookup};
	char text[40000] = "assert ", error[CODE_ERROR_MAX];

	for (size_t i = strlen(text); i + 5 < sizeof(text); i += 4)
		memcpy(text + i, "abs(", 5);
	assert_false(code_run(text, &env, error));
	assert_non_null(strstr(error, "nested too deep"));
}

TEST(a_number_of_an_option_is_in_range)
{
	fails("--mtu=1e30\n" OPEN, "--mtu requires a number up to 65535");
	fails("--bind_port=65536\n" OPEN, "--bind_port requires a number up to 65535");
	fails("--tolerance_usecs=-1\n" OPEN, "--tolerance_usecs requires a number");
}

TEST(a_count_of_buffers_stays_within_their_list)
{
	fails(OPEN "+0 writev(4, [{..., 10}], 1000) = 10\n", "1000 buffers, but the list has 1");
	fails(OPEN "+0 readv(4, NULL, 1) = 10\n", "1 buffers, but the list has 0");
}

#define LABELLED                                                                                   \
	"0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n"                  \
	"+0 listen(3, 1) = 0\n+0 < S 0:0(0) win 60000 <mss 1000>\n"                                \
	"+0 > (flowlabel 0x1) S. 0:0(0) ack 1 <...>\n+.1 < . 1:1(0) ack 1 win 60000\n"             \
	"+0 accept(3, ..., ...) = 4\n+0 write(4, ..., 100) = 100\n"

TEST(an_expected_flow_label_is_compared)
{
	if (!run(LABELLED "+0 > (flowlabel 0x1) P. 1:101(100) ack 1\n", PKT_IPV6))
		fail_msg("%s", report);
	assert_false(run(LABELLED "+0 > (flowlabel 0x2) P. 1:101(100) ack 1\n", PKT_IPV6));
	assert_non_null(strstr(report, "flow label differs"));
	fails(LABELLED "+0 > P. 1:101(100) ack 1\n", "flow label differs");
}

static enum pkt_verdict verdict_on_kernel(const char *text, enum pkt_mode mode)
{
	struct pkt_source source = {.file = "test.pkt", .text = text, .len = strlen(text)};
	const struct pkt_option wide = {.name = "tolerance_usecs", .value = "300000"};
	struct pkt_options o = {.mode = mode, .options = &wide};

	return pkt_run_kernel(&source, &o, report, sizeof(report));
}

/* True if it passed. If this machine cannot run it (only root can create a network namespace) the
 * test is skipped; the script itself uses only features of every kernel. */
static bool on_kernel(const char *text, enum pkt_mode mode)
{
	enum pkt_verdict verdict = verdict_on_kernel(text, mode);

	if (verdict == PKT_SKIPPED) {
		print_message("%s", report);
		skip();
	}
	return verdict == PKT_PASSED;
}

TEST(the_kernel_of_this_machine_passes_the_same_script_in_every_mode)
{
	for (int m = 0; m < PKT_MODES; m++)
		if (!on_kernel(OPEN "+0 write(4, ..., 1000) = 1000\n"
				    "+0 > P. 1:1001(1000) ack 1\n"
				    "+0 %{ assert tcpi_unacked == 1 }%\n",
			    (enum pkt_mode)m))
			fail_msg("%s", report);
}

TEST(a_call_that_blocks_on_the_kernel_returns_when_the_packet_arrives)
{
	if (!on_kernel(OPEN "+0...0.5 read(4, ..., 100) = 10\n"
			    "+.5 < P. 1:11(10) ack 1 win 257\n+0 > . 1:1(0) ack 11\n",
		    PKT_IPV4))
		fail_msg("%s", report);
}

TEST(a_wrong_expectation_fails_on_the_kernel_with_its_line)
{
	assert_false(on_kernel(OPEN "+0 write(4, ..., 1000) = 1000\n"
				    "+0 > P. 1:1001(1000) ack 2\n",
		PKT_IPV4));
	assert_non_null(strstr(report, "test.pkt:9: [ipv4] acknowledgement number differs"));
}

/* Some kernels default to bbr, and allow namespaces only that or reno. */
TEST(the_kernel_gets_the_congestion_control_of_the_script)
{
	if (!on_kernel(OPEN "+0 getsockopt(4, SOL_TCP, TCP_CONGESTION, \"cubic\", [16]) = 0\n"
			    "+0 `sysctl net.ipv4.tcp_congestion_control=reno`\n"
			    "+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 5\n"
			    "+0 getsockopt(5, SOL_TCP, TCP_CONGESTION, \"reno\", [16]) = 0\n"
			    "+0 `sysctl net.ipv4.tcp_congestion_control=cubic`\n"
			    "+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 6\n"
			    "+0 getsockopt(6, SOL_TCP, TCP_CONGESTION, \"cubic\", [16]) = 0\n",
		    PKT_IPV4))
		fail_msg("%s", report);
}

/* A feature missing from every kernel, or from namespaces, not just from this configuration. */
TEST(a_feature_missing_in_the_kernel_skips_the_script_with_the_reason)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{OPEN "+0 setsockopt(4, IPPROTO_TCP, 250, [1], 4) = 0\n",
			"test.pkt:8: [ipv4] this kernel has no option"},
		{OPEN "+0 setsockopt(4, SOL_TCP, TCP_CONGESTION, \"none\", 4) = 0\n",
			"test.pkt:8: [ipv4] this kernel has no congestion control none"},
		{"0 socket(AF_INET, SOCK_STREAM, 200) = 3\n",
			"test.pkt:1: [ipv4] this kernel has no such socket"},
		{OPEN "+0 `sysctl -w net.ipv4.tcp_mem='1000 2000 3000'`\n",
			"net.ipv4.tcp_mem: not in a network namespace of this kernel"},
	};

	on_kernel(OPEN, PKT_IPV4);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(verdict_on_kernel(cases[i].text, PKT_IPV4), PKT_SKIPPED);
		if (!strstr(report, cases[i].why))
			fail_msg("no '%s' in: %s", cases[i].why, report);
	}
}

TEST(a_feature_of_no_kernel_fails_unless_the_script_expects_failure)
{
	on_kernel(OPEN, PKT_IPV4);
	assert_int_equal(
		verdict_on_kernel("--sysctl=net.ipv4.tcp_typo=1\n" OPEN, PKT_IPV4), PKT_FAILED);
	assert_int_equal(
		verdict_on_kernel("--sysctl=net.ipv4.tcp_sack=yes\n" OPEN, PKT_IPV4), PKT_FAILED);
	assert_int_equal(verdict_on_kernel(OPEN
				 "+0 setsockopt(4, IPPROTO_TCP, 250, [1], 4) = -1 ENOPROTOOPT\n",
				 PKT_IPV4),
		PKT_PASSED);
}

TEST(an_unknown_option_is_named_on_the_kernel_too)
{
	assert_int_equal(verdict_on_kernel("--speed=1\n" OPEN, PKT_IPV4), PKT_FAILED);
	assert_non_null(strstr(report, "test.pkt:1: [ipv4] not supported: --speed"));
}

TEST(a_parameter_on_the_command_line_wins)
{
	static const char text[] = "--sysctl=net.ipv4.tcp_fin_timeout=9\n" OPEN
				   "+0 getsockopt(4, SOL_TCP, TCP_LINGER2, [7], [4]) = 0\n";
	struct pkt_source source = {.file = "test.pkt", .text = text, .len = strlen(text)};
	struct pkt_option o = {.name = "sysctl", .value = "net.ipv4.tcp_fin_timeout=7"};
	struct pkt_options given = {.ops = &pkt_instance_ops, .seed = 1, .options = &o};

	if (pkt_run_source(&source, &given, report, sizeof(report)) != PKT_PASSED)
		fail_msg("%s", report);
	o.value = "net.ipv4.tcp_tw_recycle=1";
	assert_int_equal(pkt_run_source(&source, &given, report, sizeof(report)), PKT_FAILED);
	assert_non_null(strstr(report, "removed in Linux 4.12"));
}

TEST(a_call_whose_end_comes_too_early_is_a_failure)
{
	fails(OPEN "+0...1 write(4, ..., 10) = 10\n", "returned at");
}

TEST(a_second_call_is_made_while_one_blocks)
{
	passes(OPEN "+0...0.2 read(4, ..., 100) = 10\n"
		    "+.1 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1\n"
		    "+.1 < P. 1:11(10) ack 11 win 257\n+0 > . 11:11(0) ack 11\n");
}
