/*
 * netstat_test.c - counters and sockets in the words of netstat and nstat.
 */
#include "base/test/test.h"
#include "observe/netstat_text.h"
#include "observe/nstat_text.h"

#include <stdio.h>

static struct counter_list counters(const char *const *names, const uint64_t *values)
{
	struct counter_list l = {0};

	for (size_t i = 0; names[i]; i++)
		assert_true(counter_list_add(&l, names[i], values[i]));
	return l;
}

static const char *const names[] = {"IpInReceives", "IpOutTransmits", "IcmpInMsgs", "IcmpInErrors",
	"IcmpInDestUnreachs", "IcmpInEchos", "IcmpOutMsgs", "IcmpOutDestUnreachs", "TcpActiveOpens",
	"TcpCurrEstab", "UdpInErrors", "TcpExtListenOverflows", "TcpExtListenDrops",
	"TcpExtTCPTimeouts", "IpExtInOctets", "Ip6InReceives", "Icmp6InMsgs", NULL};

static void expect_stats(const struct counter_list *l, struct netstat_groups g, const char *want)
{
	static char out[NETSTAT_STATS_MAX];
	struct text t = text_in(out, sizeof(out));

	netstat_text_stats(&t, l, &g);
	assert_string_equal(out, want);
}

TEST(counters_are_sentences_in_groups_and_what_never_happened_is_left_out)
{
	static const uint64_t values[] = {12, 11, 1, 0, 3, 0, 2, 4, 5, 6, 7, 8, 9, 10, 0, 13, 14};
	struct counter_list l = counters(names, values);

	expect_stats(&l, (struct netstat_groups){.v4 = true},
		"Ip:\n    12 total packets received\n    OutTransmits: 11\n"
		"Icmp:\n    1 ICMP messages received\n    0 input ICMP message failed\n"
		"    ICMP input histogram:\n        destination unreachable: 3\n"
		"    2 ICMP messages sent\n"
		"    ICMP output histogram:\n        destination unreachable: 4\n"
		"Tcp:\n    5 active connection openings\n    6 connections established\n"
		"Udp:\n    7 packet receive errors\n"
		"TcpExt:\n    8 times the listen queue of a socket overflowed\n"
		"    9 SYNs to LISTEN sockets dropped\n    TCPTimeouts: 10\n"
		"IpExt:\n");
	expect_stats(&l, (struct netstat_groups){.v4 = true, .udp = true},
		"Udp:\n    7 packet receive errors\nIpExt:\n");
	expect_stats(&l, (struct netstat_groups){.v6 = true, .tcp = true},
		"Tcp:\n    5 active connection openings\n    6 connections established\n");
	expect_stats(&l, (struct netstat_groups){.v6 = true},
		"Ip6:\n    13 total packets received\n"
		"Icmp6:\n    14 ICMP messages received\n"
		"Udp6:\nTcp:\n    5 active connection openings\n    6 connections established\n");
}

static FILE *open_recorded(const char *file)
{
	FILE *in = fopen(file, "r");

	if (!in)
		fail_msg("no %s", file);
	return in;
}

/* The output of net-tools for the recorded counters. */
static void expect_recorded(struct netstat_groups g, const char *file)
{
	static char want[NETSTAT_STATS_MAX];
	struct counter_list l = {0};
	FILE *in = open_recorded(RECORDED "/counters");
	char name[COUNTER_NAME];
	unsigned long value;

	while (fscanf(in, "%47s %lu", name, &value) == 2)
		assert_true(counter_list_add(&l, name, value));
	fclose(in);
	in = open_recorded(file);
	want[fread(want, 1, sizeof(want) - 1, in)] = '\0';
	fclose(in);
	expect_stats(&l, g, want);
}

TEST(every_counter_reads_as_in_net_tools)
{
	expect_recorded((struct netstat_groups){.v4 = true}, RECORDED "/netstat-s");
	expect_recorded((struct netstat_groups){.v6 = true}, RECORDED "/netstat-s6");
}

static void expect_row(const struct sock_row *r, const struct netstat_options *o, const char *want)
{
	char out[NETSTAT_LINE_MAX];
	struct text t = text_in(out, sizeof(out));

	netstat_text_row(&t, r, o);
	assert_string_equal(out, want);
}

TEST(sockets_are_lines_of_fixed_columns)
{
	struct sock_row r = {.state = 1, .lport = 6667, .pport = 40000};
	struct netstat_options o = {.numeric = true};

	ip_addr_parse(&r.local, "192.0.2.1");
	ip_addr_parse(&r.peer, "192.0.2.9");
	r.v[SOCK_RECV_Q] = 3000;
	r.v[SOCK_SEND_Q] = 7;
	expect_row(&r, &o,
		"tcp     3000      7 192.0.2.1:6667          192.0.2.9:40000         "
		"ESTABLISHED\n");
	r.state = SOCK_STATE_LISTEN;
	r.pport = 0;
	ip_addr_parse(&r.local, "2001:db8:1234:5678::1");
	ip_addr_parse(&r.peer, "::");
	r.v6 = true;
	expect_row(&r, &o,
		"tcp6    3000      0 2001:db8:1234:5678:6667 :::*                    LISTEN     "
		"\n");
	o.wide = true;
	expect_row(&r, &o,
		"tcp6    3000      0 2001:db8:1234:5678::1:6667 :::*                    LISTEN   "
		"  \n");
	r = (struct sock_row){.udp = true, .state = SOCK_STATE_UNCONN, .lport = 53};
	o = (struct netstat_options){
		.numeric = true, .timers = true, .processes = true, .command = "burble", .pid = 12};
	ip_addr_parse(&r.local, "127.0.0.1");
	ip_addr_parse(&r.peer, "0.0.0.0");
	expect_row(&r, &o,
		"udp        0      0 127.0.0.1:53            0.0.0.0:*                           "
		"-                    off (0.00/0/0)\n");
	r.v[SOCK_INO] = 1;
	r.v[SOCK_TIMER] = SOCK_TIMER_KEEPALIVE;
	r.v[SOCK_EXPIRES] = 59990;
	r.v[SOCK_RETRANSMITS] = 2;
	expect_row(&r, &o,
		"udp        0      0 127.0.0.1:53            0.0.0.0:*                           "
		"12/burble            keepalive (59.99/0/2)\n");
}

static void expect_nstat(const struct counter_list *now, const struct counter_list *old,
	const struct nstat_options *o, const char *want)
{
	static char out[NSTAT_TEXT_MAX];
	struct text t = text_in(out, sizeof(out));

	nstat_text(&t, now, old, o);
	assert_string_equal(out, want);
}

TEST(nstat_shows_differences_and_marks_what_went_back)
{
	static const char *const three[] = {"TcpInSegs", "TcpCurrEstab", "TcpOutSegs", NULL};
	static const char *const patterns[] = {"*outsegs", NULL};
	static const uint64_t before[] = {10, 3, 20}, after[] = {15, 2, 20}, less[] = {9, 0, 25};
	struct counter_list old = counters(three, before), now = counters(three, after);
	struct nstat_options o = {.source = "chat"};

	expect_nstat(&now, NULL, &o,
		"#chat\nTcpInSegs                       15                 0.0\n"
		"TcpOutSegs                      20                 0.0\n");
	expect_nstat(
		&now, &old, &o, "#chat\nTcpInSegs                       5                  0.0\n");
	o.zeros = o.json = true;
	expect_nstat(&now, &old, &o, "{\"chat\":{\"TcpInSegs\":5,\"TcpOutSegs\":0}}\n");
	o.patterns = patterns;
	expect_nstat(&now, &old, &o, "{\"chat\":{\"TcpOutSegs\":0}}\n");
	now = counters(three, less);
	o = (struct nstat_options){.source = "chat", .zeros = true};
	expect_nstat(&now, &old, &o,
		"#chat\nTcpInSegs                       0                  0.0 (overflow)\n"
		"TcpOutSegs                      5                  0.0\n");
}

TEST(a_history_is_read_back_and_garbage_is_refused)
{
	static const uint64_t values[] = {12, 11, 1, 0, 3, 0, 2, 4, 5, 6, 7, 8, 9, 10, 0, 13, 14};
	static const char *const bad[] = {"", "x 1\n", "#s\nname\n", "#s\nname x\n",
		"#a-source-whose-name-is-so-long-that-there-is-no-room-for-it-in-a-history\n"};
	static char out[NSTAT_TEXT_MAX];
	struct counter_list l = counters(names, values), back;
	struct text t = text_in(out, sizeof(out));
	char source[NSTAT_SOURCE];

	nstat_text_history(&t, &l, "chat.12");
	assert_true(nstat_text_parse(&back, source, out));
	assert_string_equal(source, "chat.12");
	assert_int_equal(back.count, l.count - 1); /* without the gauge */
	assert_int_equal(back.at[back.count - 1].value, 14);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		strcpy(out, bad[i]);
		assert_false(nstat_text_parse(&back, source, out));
	}
}
