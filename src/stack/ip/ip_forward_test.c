/* ip_forward_test.c - an instance as a router: forwarded packets and ICMP errors. */
#include "base/test/test.h"
#include "stack/ip/test/ip_fixture.h"
#include "stack/link/link_in.h"
#include "wire/tcp.h"
#include "wire/udp.h"

static int router(void **state)
{
	world_begin(state);
	route_via("10.9.0.0", 16, "10.0.0.9");
	route_via("2001:db8:9::", 48, "2001:db8::9");
	w->s.sysctl.ip_forward = 1;
	w->s.sysctl.ipv6_forwarding = 1;
	return 0;
}

static const struct made four = {.src = "10.0.0.2", .dst = "10.9.0.1", .proto = 17, .ttl = 9};
static const struct made six = {
	.src = "2001:db8::2", .dst = "2001:db8:9::1", .proto = 17, .ttl = 9};

TEST_IN(packets_for_others_go_on_with_one_hop_less, router, world_end)
{
	struct ipv4_view v;
	struct ipv4 h;

	ip_comes_in(&four, "datagram", 8);
	ip_comes_in(&six, "datagram", 8);
	assert_int_equal(w->out_count, 0); /* input never sends */
	flush();
	assert_int_equal(w->out_count, 2);
	assert_true(ipv4_view(&v, w->out[0].bytes, w->out[0].len));
	assert_int_equal(ipv4_parse(&h, v), DROP_NONE);
	assert_int_equal(h.ttl, 8);
	assert_memory_equal(h.data, "datagram", 8);
	assert_int_equal(w->out[1].bytes[7], 8);
	assert_int_equal(counted(MIB_IpForwDatagrams), 1);
	assert_int_equal(counted(MIB_Ip6OutForwDatagrams), 1);
	assert_int_equal(w->udp_count, 0);
}

TEST_IN(a_host_that_is_no_router_forwards_nothing, router, world_end)
{
	w->s.sysctl.ip_forward = w->s.sysctl.ipv6_forwarding = 0;
	ip_comes_in(&four, "datagram", 8);
	ip_comes_in(&six, "datagram", 8);
	flush();
	assert_int_equal(w->out_count, 0);
	assert_int_equal(counted(MIB_IpInAddrErrors), 1);
	assert_int_equal(counted(MIB_Ip6InAddrErrors), 1);
}

/* Asserts that the n-th caught packet is an ICMP error of this type and code. */
static uint32_t error_caught(uint32_t n, uint8_t type, uint8_t code)
{
	bool v6 = w->out[n].bytes[0] >> 4 == 6;
	const uint8_t *m = w->out[n].bytes + (v6 ? 40 : 20);

	assert_true(n < w->out_count);
	assert_int_equal(m[0], type);
	assert_int_equal(m[1], code);
	return get_be32(m + 4);
}

TEST_IN(the_last_hop_answers_that_time_is_exceeded, router, world_end)
{
	struct made a = four, b = six;

	a.ttl = b.ttl = 1;
	ip_comes_in(&a, "datagram", 8);
	ip_comes_in(&b, "datagram", 8);
	flush();
	error_caught(0, ICMP4_TIME_EXCEEDED, ICMP_TTL_EXCEEDED);
	error_caught(1, ICMP6_TIME_EXCEEDED, ICMP_TTL_EXCEEDED);
	assert_int_equal(counted(MIB_IpInHdrErrors), 1);
	assert_int_equal(counted(MIB_Ip6InHdrErrors), 1);
}

TEST_IN(no_route_is_answered_by_its_kind, router, world_end)
{
	struct route r = {.dst = addr("10.8.0.0"), .bits = 16, .expires = NSEC_MAX};
	struct made m = four;

	m.dst = "192.0.2.1";
	ip_comes_in(&m, "datagram", 8);
	r.type = ROUTE_PROHIBIT;
	assert_int_equal(route_add(stack_routes(&w->s), &r), 0);
	m.dst = "10.8.0.1";
	ip_comes_in(&m, "datagram", 8);
	m = six;
	m.dst = "2001:4860::1";
	ip_comes_in(&m, "datagram", 8);
	flush();
	error_caught(0, ICMP4_UNREACHABLE, ICMP4_NET_UNREACHABLE);
	error_caught(1, ICMP4_UNREACHABLE, ICMP4_PACKET_FILTERED);
	error_caught(2, ICMP6_UNREACHABLE, ICMP6_NO_ROUTE);
	assert_int_equal(counted(MIB_IpExtInNoRoutes), 1);
	assert_int_equal(counted(MIB_Ip6InNoRoutes), 1);
}

TEST_IN(what_is_too_long_is_cut_or_answered_with_the_mtu, router, world_end)
{
	static uint8_t data[1400];
	struct ipv4 h = {.ttl = 9, .proto = 17, .len = sizeof(data), .df = true};
	uint8_t p[1440];

	w->dev.mtu = 1300;
	ip_comes_in(&four, data, sizeof(data));
	flush();
	assert_int_equal(w->out_count, 2);
	assert_int_equal(w->out[0].len, 20 + 1280);
	assert_int_equal(w->out[1].len, 20 + 1400 - 1280);
	for (int i = 0; i < 2; i++)
		assert_int_equal(get_be16(w->out[i].bytes + 2), w->out[i].len);
	assert_int_equal(get_be16(w->out[0].bytes + 6), 0x2000);
	assert_int_equal(get_be16(w->out[1].bytes + 6), 1280 / 8);
	h.addr = (struct ip_pair){addr(four.src), addr(four.dst)};
	ipv4_emit(&h, p);
	comes_in(p, 20 + sizeof(data));
	ip_comes_in(&six, data, sizeof(data));
	flush();
	assert_int_equal(error_caught(2, ICMP4_UNREACHABLE, ICMP4_FRAG_NEEDED), 1300);
	assert_int_equal(error_caught(3, ICMP6_PACKET_TOO_BIG, 0), 1300);
	assert_int_equal(counted(MIB_IpFragCreates), 2);
	assert_int_equal(counted(MIB_IpFragFails), 1);
	assert_int_equal(counted(MIB_Ip6InTooBigErrors), 1);
}

TEST_IN(what_belongs_to_a_link_stays_there, router, world_end)
{
	static const char *const dst[] = {"10.0.0.255", "224.0.0.9", "169.254.1.1"};
	struct made m = four;

	w->s.sysctl.icmp_ratemask = 0;
	for (size_t i = 0; i < ARRAY_SIZE(dst); i++) {
		m.dst = dst[i];
		ip_comes_in(&m, "datagram", 8);
	}
	m = six;
	m.src = "fe80::2";
	ip_comes_in(&m, "datagram", 8);
	flush();
	for (uint32_t i = 0; i < w->out_count; i++)
		assert_int_not_equal(w->out[i].bytes[8], 8);
	assert_int_equal(counted(MIB_IpForwDatagrams) + counted(MIB_Ip6OutForwDatagrams), 0);
}
