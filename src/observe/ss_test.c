/*
 * ss_test.c - rows in ss's words, as lines of JSON, and the filters of ss.
 */
#include "base/test/test.h"
#include "observe/ss_filter.h"
#include "observe/ss_states.h"
#include "observe/ss_table.h"

#include <stdio.h>
#include <stdlib.h>

static struct sock_row row(const char *local, uint16_t lport, const char *peer, uint16_t pport)
{
	struct sock_row r = {.state = 1, .lport = lport, .pport = pport};

	assert_true(ip_addr_parse(&r.local, local));
	assert_true(ip_addr_parse(&r.peer, peer));
	return r;
}

static bool matches(const char *filter, const struct sock_row *r)
{
	struct ss_filter f = {.service = NULL};
	char why[SS_FILTER_WHY];

	if (!ss_filter_parse(&f, filter, why))
		fail_msg("%s: %s", filter, why);
	return ss_filter_match(&f, r);
}

TEST(a_filter_selects_by_address_prefix_port_and_interface)
{
	struct sock_row r = row("192.0.2.1", 6667, "10.1.2.3", 40000);
	static const char *const yes[] = {"", "dst 10.1.2.3", "dst = 10.0.0.0/8",
		"dst 10.0.0.0/8:40000", "src 192.0.2.1:6667", "src :6667", "src *:6667", "src *",
		"sport = :6667", "sport 6667", "sport eq 6667", "dport > :39999", "dport >= 40000",
		"dport le 40000", "dport != 80", "sport lt 6668", "dev = tun0", "dev tun0",
		"dev != lo", "sport = *"};
	static const char *const no[] = {"dst 10.1.2.4", "dst 11.0.0.0/8", "dst 10.0.0.0/8:1",
		"src :6668", "sport = :80", "dport < 40000", "dport gt 40000", "sport != 6667",
		"dst 2001:db8::/32", "dev lo", "dev != tun0"};

	strcpy(r.dev, "tun0");
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (!matches(yes[i], &r))
			fail_msg("'%s' does not match", yes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		if (matches(no[i], &r))
			fail_msg("'%s' matches", no[i]);
}

TEST(a_filter_of_ipv6_takes_brackets_or_none)
{
	struct sock_row r = row("2001:db8::1", 6667, "fe80::1", 1);
	static const char *const yes[] = {"src 2001:db8::/32", "src [2001:db8::1]:6667",
		"src [2001:db8::1]", "dst [fe80::]/10:1", "dst fe80::1"};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (!matches(yes[i], &r))
			fail_msg("'%s' does not match", yes[i]);
	assert_false(matches("src [2001:db8::1]:6668", &r));
}

TEST(operators_go_from_left_to_right_and_parentheses_group)
{
	struct sock_row r = row("192.0.2.1", 6667, "10.1.2.3", 40000);

	assert_true(matches("( sport = :6667 or sport = :6697 ) and dst 10.0.0.0/8", &r));
	assert_true(matches("(sport=:80||sport=:6667)&dst 10.0.0.0/8", &r));
	assert_true(matches("sport 6667 dst 10.0.0.0/8", &r));
	assert_false(matches("sport 6667 dst 11.0.0.0/8", &r));
	assert_false(matches("sport 6667 or sport 80 and dst 11.0.0.0/8", &r));
	assert_true(matches("sport 6667 or ( sport 80 and dst 11.0.0.0/8 )", &r));
	assert_true(matches("not sport 80", &r));
	assert_true(matches("! ( sport 80 or dst 11.0.0.0/8 )", &r));
	assert_false(matches("not not sport 80", &r));
}

TEST(a_wrong_filter_is_refused_with_a_reason)
{
	static const char *const bad[] = {"bogus", "(", ")", "( sport 1", "sport 1 )", "sport",
		"sport = ", "sport 65536", "sport = http", "dst", "dst 10.0.0.0/33", "dst [::1",
		"dst host", "not", "sport 1 or", "dev", "dev = a-name-that-is-too-long",
		"fwmark = 1", "autobound", "sport 1 and and sport 2", "dst = =", "src 1.2.3.4:x"};
	static char deep[4096];
	struct ss_filter f = {.service = NULL};
	char why[SS_FILTER_WHY];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (ss_filter_parse(&f, bad[i], why))
			fail_msg("'%s' is accepted", bad[i]);
		assert_true(why[0]);
	}
	memset(deep, '(', SS_FILTER_DEPTH + 1);
	assert_false(ss_filter_parse(&f, deep, why));
	for (size_t n = 0; n + 10 < sizeof(deep); n += 8)
		memcpy(deep + n, "sport 1 ", 9);
	assert_false(ss_filter_parse(&f, deep, why));
}

struct printed {
	char text[16384];
	size_t len;
};

static void print(void *arg, const char *text, size_t n)
{
	struct printed *p = arg;

	assert_true(p->len + n < sizeof(p->text));
	memcpy(p->text + p->len, text, n);
	p->len += n;
}

static void expect_table(const struct ss_options *o, struct sock_row *rows, int n, const char *want)
{
	struct ss_table *t = calloc(1, sizeof(*t));
	struct printed *p = calloc(1, sizeof(*p));

	ss_table_begin(t, o, print, p);
	for (int i = 0; i < n; i++)
		ss_table_add(t, &rows[i]);
	ss_table_end(t);
	assert_string_equal(p->text, want);
	free(t);
	free(p);
}

static const char *ircd(uint16_t port, bool udp)
{
	return port == 6667 && !udp ? "ircd" : NULL;
}

TEST(columns_are_as_wide_as_their_widest_cell)
{
	struct sock_row rows[] = {row("0.0.0.0", 6667, "0.0.0.0", 0),
		row("::ffff:192.0.2.1", 6667, "::ffff:192.0.2.9", 40010), row("::", 53, "::", 0)};
	struct ss_options o = {.header = true, .state = true, .netid = true, .service = ircd};

	rows[0].state = SOCK_STATE_LISTEN;
	rows[0].v[SOCK_SEND_Q] = 4096;
	rows[1].v6 = rows[2].v6 = true;
	rows[1].v[SOCK_RECV_Q] = 1234567;
	rows[2].state = SOCK_STATE_UNCONN;
	rows[2].udp = true;
	expect_table(&o, rows, 3,
		"Netid State  Recv-Q  Send-Q      Local Address:Port       Peer Address:Port  "
		"Process\n"
		"tcp   LISTEN 0       4096              0.0.0.0:ircd            0.0.0.0:*\n"
		"tcp   ESTAB  1234567 0      [::ffff:192.0.2.1]:ircd [::ffff:192.0.2.9]:40010\n"
		"udp   UNCONN 0       0                       *:53                    *:*\n");
	o = (struct ss_options){.numeric = true};
	rows[2].v[SOCK_V6ONLY] = 1;
	expect_table(&o, rows + 2, 1, "0 0 [::]:53 [::]:*\n");
}

static int fd_of(const void *arg, uint64_t ino)
{
	return ino == 77 ? 5 : -1;
}

static void expect_more(const struct sock_row *r, const struct ss_options *o, const char *want)
{
	char text[SS_MORE_MAX];
	struct text t = text_in(text, sizeof(text));

	ss_more(&t, r, o);
	ss_info(&t, r, o);
	assert_string_equal(text, want);
}

TEST(timers_are_shown_to_the_digit_that_matters)
{
	static const struct {
		uint64_t ms;
		const char *want;
	} spans[] = {{204, "204ms"}, {9500, "9.500sec"}, {9000, "9sec"}, {12345, "12sec"},
		{119999, "1min59sec"}, {600000, "10min"}, {7199000, "119min"}, {5, "005ms"}};
	struct sock_row r = row("1.2.3.4", 1, "5.6.7.8", 2);
	struct ss_options o = {.timers = true};
	char want[64];

	expect_more(&r, &o, "");
	r.v[SOCK_TIMER] = SOCK_TIMER_KEEPALIVE;
	r.v[SOCK_RETRANSMITS] = 2;
	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		r.v[SOCK_EXPIRES] = spans[i].ms;
		snprintf(want, sizeof(want), " timer:(keepalive,%s,2)", spans[i].want);
		expect_more(&r, &o, want);
	}
}

TEST(details_and_processes_are_those_of_ss)
{
	struct sock_row r = row("1.2.3.4", 1, "5.6.7.8", 2);
	struct ss_options o = {.details = true,
		.processes = true,
		.command = "chat",
		.pid = 12,
		.descriptor = fd_of};

	r.v[SOCK_INO] = 77;
	r.v[SOCK_SHUT] = 2;
	expect_more(&r, &o, " users:((\"chat\",pid=12,fd=5)) ino:77 sk:4d <--");
	r.v[SOCK_INO] = 78;
	r.v[SOCK_UID] = 1000;
	r.v[SOCK_SHUT] = 0;
	r.v6 = true;
	expect_more(&r, &o, " uid:1000 ino:78 sk:4e v6only:0 <->");
}

TEST(memory_and_tcp_info_are_in_the_words_and_order_of_ss)
{
	struct sock_row r = row("1.2.3.4", 1, "5.6.7.8", 2);
	struct ss_options o = {.mem = true, .info = true, .timers = true};

	r.v[SOCK_MEM] = r.v[SOCK_INFO] = r.v[SOCK_TS] = r.v[SOCK_WSCALE] = 1;
	r.v[SOCK_MEM_RB] = 131072;
	strcpy(r.cc, "cubic");
	r.v[SOCK_SND_WSCALE] = 10;
	r.v[SOCK_RCV_WSCALE] = 7;
	r.v[SOCK_RTO] = 204000;
	r.v[SOCK_RTT] = 29;
	r.v[SOCK_RTTVAR] = 16;
	r.v[SOCK_MSS] = 1448;
	r.v[SOCK_CWND] = 11;
	r.v[SOCK_SSTHRESH] = 0x7fffffff;
	r.v[SOCK_PACING_RATE] = 125000;
	r.v[SOCK_BUSY] = 10000;
	r.v[SOCK_RWND_LIMITED] = 5000;
	r.v[SOCK_RETRANS_TOTAL] = 4;
	r.v[SOCK_REORDERING] = 3;
	r.v[SOCK_MINRTT] = 7;
	expect_more(&r, &o,
		"\n\t skmem:(r0,rb131072,t0,tb0,f0,w0,o0,bl0,d0) ts cubic wscale:10,7 rto:204 "
		"rtt:0.029/0.016 mss:1448 cwnd:11 send 4.39Gbps pacing_rate 1Mbps busy:10ms "
		"rwnd_limited:5ms(50.0%) retrans:0/4 minrtt:0.007");
	o = (struct ss_options){.info = true, .oneline = true, .numeric = true};
	r.v[SOCK_REORDERING] = 9;
	r.v[SOCK_MAX_PACING_RATE] = 250000;
	r.v[SOCK_BUSY] = r.v[SOCK_RWND_LIMITED] = 0;
	r.v[SOCK_BBR] = 1;
	r.v[SOCK_BBR_BW] = 1000;
	r.v[SOCK_BBR_MIN_RTT] = 7;
	r.v[SOCK_BBR_CWND_GAIN] = 739;
	expect_more(&r, &o,
		" cubic wscale:10,7 rto:204 rtt:0.029/0.016 mss:1448 cwnd:11 "
		"bbr:(bw:8000bps,mrtt:0.007,cwnd_gain:2.88672) send 4393931034bps pacing_rate "
		"1000000bps/2000000bps retrans:0/4 reordering:9 minrtt:0.007");
}

TEST(a_row_is_a_line_of_json_without_the_numbers_that_are_0)
{
	struct sock_row r = row("1.2.3.4", 1, "::1", 2);
	char text[SOCK_JSON_MAX];
	size_t len;

	r.v[SOCK_RECV_Q] = UINT64_MAX;
	strcpy(r.dev, "tun0");
	len = sock_row_json(&r, text);
	assert_int_equal(len, strlen(text));
	assert_string_equal(text,
		"{\"netid\":\"tcp\",\"family\":\"inet\",\"state\":\"ESTAB\",\"local\":\"1.2.3.4\","
		"\"lport\":1,\"peer\":\"::1\",\"pport\":2,\"dev\":\"tun0\","
		"\"recv_q\":18446744073709551615}\n");
	for (int f = 0; f < SOCK_FIELDS; f++)
		r.v[f] = UINT64_MAX;
	len = sock_row_json(&r, text);
	assert_int_equal(len, strlen(text));
}

TEST(states_have_the_names_of_ss_and_their_groups)
{
	char list[128];

	assert_int_equal(ss_states_find("established"), 1 << 1);
	assert_int_equal(ss_states_find("big") | ss_states_find("bucket"), ss_states_find("all"));
	assert_int_equal(ss_states_find("big") & ss_states_find("bucket"), 0);
	assert_int_equal(ss_states_find("connected") ^ ss_states_find("synchronized"), 1 << 2);
	assert_int_equal(ss_states_find("estab"), 0);
	ss_states_list(list, sizeof(list), ss_states_find("bucket"));
	assert_string_equal(list, "SYN-RECV,TIME-WAIT");
	ss_states_list(list, sizeof(list), SS_STATES_ALL);
	assert_int_equal(sock_state_find("LISTEN"), SOCK_STATE_LISTEN);
	assert_int_equal(sock_state_find("listen"), 0);
}
