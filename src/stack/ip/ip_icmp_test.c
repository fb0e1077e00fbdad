/* ip_icmp_test.c - ICMP in and out of one instance: echo, errors, and the rules that suppress
 * errors. */
#include "base/test/test.h"
#include "stack/ip/test/ip_fixture.h"
#include "stack/link/link_in.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#include <errno.h>

/* Inputs an ICMP message with len bytes of data from src. */
static void icmp_comes_in(const char *src, const char *dst, struct icmp m)
{
	struct ip_pair a = {addr(src), addr(dst)};
	bool v6 = !ip_addr_is_v4(&a.src);
	struct made h = {.src = src, .dst = dst, .proto = v6 ? IP_PROTO_ICMPV6 : IP_PROTO_ICMP};
	uint8_t p[2000];

	icmp_emit(&m, v6 ? &a : NULL, p);
	ip_comes_in(&h, p, ICMP_HDR_LEN + m.len);
	flush();
}

/* Parses the n-th caught packet as ICMP. */
static struct icmp caught_icmp(uint32_t n)
{
	const struct caught *c = &w->out[n];
	bool v6 = c->bytes[0] >> 4 == 6;
	size_t head = v6 ? IPV6_HDR_LEN : IPV4_HDR_MIN;
	struct ip_pair a = {ip_addr_from_v6(c->bytes + 8), ip_addr_from_v6(c->bytes + 24)};
	struct icmp_view v;
	struct icmp m;

	assert_true(n < w->out_count);
	assert_true(icmp_view(&v, c->bytes + head, c->len - head));
	assert_int_equal(icmp_parse(&m, v, v6 ? &a : NULL), DROP_NONE);
	return m;
}

static const struct made udp4 = {.src = "10.0.0.2", .dst = "10.0.0.1", .proto = IP_PROTO_UDP};
static const struct made udp6 = {.src = "2001:db8::2", .dst = "2001:db8::1", .proto = IP_PROTO_UDP};

TEST_IN(echoes_are_answered_in_both_versions, world_begin, world_end)
{
	struct icmp q = {.type = ICMP4_ECHO, .rest = 7u << 16 | 3, .len = 4};

	q.data = (const uint8_t *)"ping";
	icmp_comes_in("10.0.0.2", "10.0.0.1", q);
	q.type = ICMP6_ECHO;
	icmp_comes_in("2001:db8::2", "2001:db8::1", q);
	assert_int_equal(w->out_count, 2);
	for (uint32_t i = 0; i < 2; i++) {
		struct icmp m = caught_icmp(i);

		assert_int_equal(m.type, i == 0 ? ICMP4_ECHO_REPLY : ICMP6_ECHO_REPLY);
		assert_int_equal(m.rest, q.rest);
		assert_memory_equal(m.data, "ping", 4);
	}
	assert_int_equal(counted(MIB_IcmpInEchos), 1);
	assert_int_equal(counted(MIB_IcmpOutEchoReps), 1);
	assert_int_equal(counted(MIB_Icmp6OutEchoReplies), 1);
}

/* RFC 6918 deprecates them: counted, nothing else. */
TEST_IN(address_masks_are_counted_and_not_answered, world_begin, world_end)
{
	icmp_comes_in("10.0.0.2", "10.0.0.1", (struct icmp){.type = ICMP4_ADDRESS});
	icmp_comes_in("10.0.0.2", "10.0.0.1", (struct icmp){.type = ICMP4_ADDRESS_REPLY});
	assert_int_equal(w->out_count, 0);
	assert_int_equal(counted(MIB_IcmpInAddrMasks), 1);
	assert_int_equal(counted(MIB_IcmpInAddrMaskReps), 1);
}

TEST_IN(echoes_are_ignored_when_the_parameters_say_so, world_begin, world_end)
{
	struct icmp q = {.type = ICMP4_ECHO};

	icmp_comes_in("10.0.0.2", "10.0.0.255", q); /* icmp_echo_ignore_broadcasts is 1 */
	assert_int_equal(w->out_count, 0);
	w->s.sysctl.icmp_echo_ignore_broadcasts = 0;
	icmp_comes_in("10.0.0.2", "10.0.0.255", q);
	assert_int_equal(w->out_count, 1);
	assert_int_equal(get_be32(w->out[0].bytes + 12), 0x0a000001); /* from our unicast address */
	w->s.sysctl.icmp_echo_ignore_all = 1;
	icmp_comes_in("10.0.0.2", "10.0.0.1", q);
	assert_int_equal(w->out_count, 1);
}

TEST_IN(timestamps_are_answered_with_a_nonstandard_clock, world_begin, world_end)
{
	static const uint8_t originate[12] = {0, 0, 0, 9};
	struct icmp q = {.type = ICMP4_TIMESTAMP, .len = 12, .data = originate};

	w->s.now = 5 * NSEC_SEC;
	icmp_comes_in("10.0.0.2", "10.0.0.1", q);
	struct icmp m = caught_icmp(0);
	assert_int_equal(m.type, ICMP4_TIMESTAMP_REPLY);
	assert_int_equal(get_be32(m.data), 9);
	assert_int_equal(get_be32(m.data + 4), 0x80000000 + 5000);
}

TEST_IN(an_unknown_protocol_is_told, world_begin, world_end)
{
	struct made m = {.src = "10.0.0.2", .dst = "10.0.0.1", .proto = 200};

	ip_comes_in(&m, "12345678", 8);
	m.src = "2001:db8::2";
	m.dst = "2001:db8::1";
	ip_comes_in(&m, "12345678", 8);
	flush();
	assert_int_equal(caught_icmp(0).code, ICMP4_PROTO_UNREACHABLE);
	assert_int_equal(caught_icmp(1).type, ICMP6_PARAM_PROBLEM);
	assert_int_equal(caught_icmp(1).code, 1);
	assert_int_equal(caught_icmp(1).rest, 6); /* the next-header byte of the fixed header */
	assert_int_equal(counted(MIB_IpInUnknownProtos), 1);
	assert_int_equal(counted(MIB_Ip6InUnknownProtos), 1);
}

TEST_IN(a_protocol_that_registers_gets_its_packets, world_begin, world_end)
{
	struct made m = {.src = "10.0.0.2", .dst = "10.0.0.1", .proto = 200};

	ip_register(&w->s, 200, &test_tcp);
	ip_comes_in(&m, "abc", 3);
	m = (struct made){.src = "2001:db8::2", .dst = "2001:db8::1", .proto = 200};
	ip_comes_in(&m, "abc", 3);
	flush();
	assert_int_equal(w->out_count, 0);
	assert_int_equal(w->tcp_count, 2);
	assert_int_equal(counted(MIB_IpInUnknownProtos) + counted(MIB_Ip6InUnknownProtos), 0);
}

TEST_IN(errors_quote_as_much_as_their_version_allows, world_begin, world_end)
{
	static uint8_t data[1440];

	ip_comes_in(&udp4, data, sizeof(data));
	ip_comes_in(&udp6, data, sizeof(data));
	flush();
	assert_int_equal(w->out[0].len, 576);
	assert_int_equal(w->out[1].len, 1280);
	assert_int_equal(caught_icmp(0).code, ICMP4_PORT_UNREACHABLE);
	assert_int_equal(caught_icmp(1).code, ICMP6_PORT_UNREACHABLE);
	assert_int_equal(w->out[0].bytes[1], 0xc0); /* internetwork control precedence */
}

TEST_IN(there_are_no_errors_about_what_must_not_have_any, world_begin, world_end)
{
	struct made m = udp4;
	struct icmp error = {.type = ICMP4_UNREACHABLE};

	m.dst = "10.0.0.255"; /* to all */
	ip_comes_in(&m, "12345678", 8);
	m.dst = "224.0.0.1";
	ip_comes_in(&m, "12345678", 8);
	icmp_comes_in("10.0.0.2", "10.0.0.1", error); /* an error about an error */
	m = udp6;
	m.dst = "ff02::1";
	ip_comes_in(&m, "12345678", 8);
	flush();
	assert_int_equal(w->out_count, 0);
	assert_int_equal(w->udp_count, 3);
	assert_int_equal(counted(MIB_IcmpInErrors), 1);
}

TEST_IN(each_host_has_a_budget_and_so_has_the_instance, world_begin, world_end)
{
	char src[20];

	for (int i = 0; i < 20; i++)
		ip_comes_in(&udp4, "12345678", 8);
	flush();
	assert_int_equal(w->out_count, 6);
	assert_int_equal(counted(MIB_IcmpOutRateLimitHost), 14);
	w->s.now += 10 * NSEC_SEC;
	w->out_count = 0;
	w->s.sysctl.icmp_msgs_burst = 10;
	for (int i = 0; i < 60; i++) { /* many hosts, ten on average */
		struct made m = udp4;

		snprintf(src, sizeof(src), "10.0.0.%d", 10 + i);
		m.src = src;
		ip_comes_in(&m, "12345678", 8);
	}
	flush();
	assert_in_range(w->out_count, 5, 25);
	assert_int_equal(counted(MIB_IcmpOutRateLimitGlobal), 60 - w->out_count);
	w->s.sysctl.icmp_ratemask = 0;
	w->out_count = 0;
	for (int i = 0; i < 20; i++)
		ip_comes_in(&udp4, "12345678", 8);
	flush();
	assert_int_equal(w->out_count, 20);
}

/* Inputs an error that quotes a TCP segment of ours. */
static void tcp_error_comes_in(const char *src, uint8_t type, uint8_t code, uint32_t rest)
{
	struct made m = {.src = src, .dst = "10.0.0.2", .proto = IP_PROTO_TCP};
	static const uint8_t ports[8] = {0, 80, 0x0f, 0xa0, 0, 0, 0, 99};
	uint8_t quote[28];
	struct icmp e = {type, code, rest, sizeof(quote), quote};

	make_ip(quote, &m, ports, sizeof(ports));
	icmp_comes_in("10.0.0.254", "10.0.0.1", e);
}

TEST_IN(errors_about_our_packets_reach_their_transport, world_begin, world_end)
{
	tcp_error_comes_in("10.0.0.1", ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, 0);
	assert_int_equal(w->error_count, 1);
	assert_int_equal(w->quote.sport, 80);
	assert_int_equal(w->quote.dport, 4000);
	assert_int_equal(w->quote.seq.v, 99);
	assert_true(ip_addr_v4(&w->error.offender) == 0x0a0000fe);
	tcp_error_comes_in("10.0.0.1", ICMP4_UNREACHABLE, ICMP4_FRAG_NEEDED, 1400);
	assert_int_equal(w->error.mtu, 1400);
	tcp_error_comes_in("10.0.0.77", ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, 0);
	assert_int_equal(w->error_count, 2); /* not ours */
	tcp_error_comes_in("10.0.0.1", ICMP4_REDIRECT, 1, 0);
	assert_int_equal(w->error_count, 2);
	w->s.sysctl.ip_no_pmtu_disc = 1;
	tcp_error_comes_in("10.0.0.1", ICMP4_UNREACHABLE, ICMP4_FRAG_NEEDED, 1400);
	assert_int_equal(w->error_count, 2);
	assert_int_equal(counted(MIB_IcmpInDestUnreachs), 4);
	assert_int_equal(counted(MIB_IcmpInRedirects), 1);
}

TEST_IN(errors_mean_what_linux_says, world_begin, world_end)
{
	static const struct {
		struct ip_error e;
		int err;
		bool hard;
	} row[] = {
		{{.type = 3, .code = 0}, ENETUNREACH, false},
		{{.type = 3, .code = 1}, EHOSTUNREACH, false},
		{{.type = 3, .code = 2}, ENOPROTOOPT, true},
		{{.type = 3, .code = 3}, ECONNREFUSED, true},
		{{.type = 3, .code = 4}, EMSGSIZE, false},
		{{.type = 3, .code = 13}, EHOSTUNREACH, true},
		{{.type = 3, .code = 16}, 0, false},
		{{.type = 11}, EHOSTUNREACH, false},
		{{.type = 12}, EPROTO, true},
		{{.type = 4}, 0, false},
		{{.v6 = true, .type = 1, .code = 0}, ENETUNREACH, false},
		{{.v6 = true, .type = 1, .code = 1}, EACCES, true},
		{{.v6 = true, .type = 1, .code = 4}, ECONNREFUSED, true},
		{{.v6 = true, .type = 2}, EMSGSIZE, false},
		{{.v6 = true, .type = 3}, EHOSTUNREACH, false},
		{{.v6 = true, .type = 4}, EPROTO, true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		bool hard;

		assert_int_equal(ip_error_errno(&row[i].e, &hard), row[i].err);
		assert_int_equal(hard, row[i].hard);
	}
}

TEST_IN(bad_messages_count_under_their_names, world_begin, world_end)
{
	struct made m = {.src = "10.0.0.2", .dst = "10.0.0.1", .proto = IP_PROTO_ICMP};

	ip_comes_in(&m, "1234567", 7);
	assert_int_equal(counted(MIB_IcmpInErrors), 1);
	ip_comes_in(&m, "12345678", 8);
	assert_int_equal(counted(MIB_IcmpInErrors), 2);
	assert_int_equal(counted(MIB_IcmpInCsumErrors), 1);
	assert_int_equal(counted(MIB_IcmpInMsgs), 2);
}

TEST_IN(ipv6_options_are_obeyed, world_begin, world_end)
{
	static const struct {
		uint8_t type;
		uint32_t answers;
		const char *dst;
	} row[] = {{0x3e, 0, "2001:db8::1"}, {0x7e, 0, "2001:db8::1"}, {0xbe, 1, "2001:db8::1"},
		{0xfe, 1, "2001:db8::1"}, {0xbe, 1, "ff02::1"}, {0xfe, 0, "ff02::1"}};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct made m = {.src = "2001:db8::2", .dst = row[i].dst, .proto = IP_PROTO_DSTOPT};
		uint8_t p[16] = {IP_PROTO_TCP, 0, row[i].type, 4};

		w->out_count = 0;
		ip_comes_in(&m, p, sizeof(p));
		flush();
		assert_int_equal(w->out_count, row[i].answers);
		if (w->out_count > 0)
			assert_int_equal(caught_icmp(0).rest, 42);
	}
	assert_int_equal(w->tcp_count, 1);
	assert_int_equal(counted(MIB_Ip6InHdrErrors), 5);
}
