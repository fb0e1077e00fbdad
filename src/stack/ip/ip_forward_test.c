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

/* Linux takes a token for the packet and another for its ICMP error, from one allowance: ip_error()
 * and icmp_send(). */
TEST_IN(packets_without_a_route_are_answered_twice_at_once, router, world_end)
{
	struct made m = four;

	m.dst = "192.0.2.1";
	for (int i = 0; i < 10; i++)
		ip_comes_in(&m, "datagram", 8);
	flush();
	assert_int_equal(w->out_count, 2);
	assert_int_equal(counted(MIB_IpExtInNoRoutes), 10);
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

/* A TCP packet of 5 segments of 100 bytes and one of 50, with the sum of the pseudo-header only. */
static struct pkt *run_of_segments(bool v6)
{
	const struct made *m = v6 ? &six : &four;
	uint8_t tcp[TCP_HDR_MIN + 550], ip[sizeof(tcp) + IPV6_HDR_LEN];
	struct ip_pair a = {addr(m->src), addr(m->dst)};
	struct tcp_seg g = {.sport = 1,
		.dport = 2,
		.seq = seq_of(1000),
		.flags = SEG_ACK | SEG_PSH | SEG_FIN | SEG_CWR};
	struct made made = *m;
	struct pkt *p = pkt_new(&w->s.pkts, sizeof(ip));
	uint16_t field = csum_reduce(csum_pseudo(&a, IP_PROTO_TCP, sizeof(tcp)));

	for (size_t i = TCP_HDR_MIN; i < sizeof(tcp); i++)
		tcp[i] = (uint8_t)(i * 7);
	tcp_emit_head(&g, 0, tcp);
	memcpy(tcp + TCP_CHECKSUM_AT, &field, sizeof(field));
	made.proto = IP_PROTO_TCP;
	made.id = 77;
	assert_non_null(p);
	p->len = (uint32_t)make_ip(ip, &made, tcp, sizeof(tcp));
	memcpy(p->data, ip, p->len);
	p->csum_ok = true;
	pkt_csum_later(p, v6 ? IPV6_HDR_LEN : IPV4_HDR_MIN, TCP_CHECKSUM_AT);
	p->gso = 100;
	return p;
}

/* The n-th caught packet is a TCP segment that is right: so many bytes of data from `at` on. */
static uint16_t segment_caught(uint32_t n, bool v6, uint32_t at, uint32_t len)
{
	const struct made *m = v6 ? &six : &four;
	struct ip_pair a = {addr(m->src), addr(m->dst)};
	uint32_t head = v6 ? IPV6_HDR_LEN : IPV4_HDR_MIN;
	struct tcp_view v;
	struct tcp_seg g;

	assert_true(n < w->out_count);
	assert_int_equal(w->out[n].len, head + TCP_HDR_MIN + len);
	if (v6) {
		assert_int_equal(get_be16(w->out[n].bytes + 4), TCP_HDR_MIN + len);
	} else {
		assert_int_equal(get_be16(w->out[n].bytes + 2), w->out[n].len);
		assert_int_equal(get_be16(w->out[n].bytes + 4), 77 + n);
		assert_int_equal(csum_fold(csum_add(0, w->out[n].bytes, IPV4_HDR_MIN)), 0);
	}
	assert_true(tcp_view(&v, w->out[n].bytes + head, w->out[n].len - head));
	assert_int_equal(tcp_parse(&g, v, &a), DROP_NONE);
	assert_int_equal(g.seq.v, 1000 + at);
	for (uint32_t i = 0; i < len; i++)
		assert_int_equal(g.data[i], (uint8_t)((TCP_HDR_MIN + at + i) * 7));
	return g.flags;
}

TEST_IN(segments_that_came_as_one_are_cut_for_a_device_that_takes_them_singly, router, world_end)
{
	for (int v6 = 0; v6 < 2; v6++) {
		w->out_count = 0;
		w->dev.mtu = 1280;
		link_input(&w->s, &w->dev, run_of_segments(v6));
		flush();
		assert_int_equal(w->out_count, 6);
		assert_int_equal(segment_caught(0, v6, 0, 100), SEG_ACK | SEG_CWR);
		for (uint32_t i = 1; i < 5; i++)
			assert_int_equal(segment_caught(i, v6, i * 100, 100), SEG_ACK);
		assert_int_equal(segment_caught(5, v6, 500, 50), SEG_ACK | SEG_PSH | SEG_FIN);
	}
}

TEST_IN(segments_that_came_as_one_are_judged_by_their_own_length, router, world_end)
{
	w->dev.mtu = 300; /* less than the packet, more than a segment */
	link_input(&w->s, &w->dev, run_of_segments(false));
	flush();
	assert_int_equal(w->out_count, 6);
}

TEST_IN(segments_that_came_as_one_stay_so_for_a_device_that_takes_them, router, world_end)
{
	w->dev.flags |= NETDEV_GSO | NETDEV_TX_CSUM;
	link_input(&w->s, &w->dev, run_of_segments(false));
	flush();
	assert_int_equal(w->out_count, 1);
	assert_int_equal(w->out[0].len, IPV4_HDR_MIN + TCP_HDR_MIN + 550);
}

TEST_IN(a_checksum_that_was_left_to_a_device_is_completed, router, world_end)
{
	struct ip_pair a = {addr(four.src), addr(four.dst)};
	struct udp u = {.sport = 1, .dport = 2, .len = 8, .data = (const uint8_t *)"datagram"};
	uint8_t udp[UDP_HDR_LEN + 8], ip[64];
	uint16_t field = csum_reduce(csum_pseudo(&a, IP_PROTO_UDP, sizeof(udp)));
	struct pkt *p = pkt_new(&w->s.pkts, sizeof(ip));
	struct udp_view v;

	udp_emit(&u, &a, udp);
	memcpy(udp + UDP_CHECKSUM_AT, &field, sizeof(field));
	p->len = (uint32_t)make_ip(ip, &four, udp, sizeof(udp));
	memcpy(p->data, ip, p->len);
	p->csum_ok = true;
	pkt_csum_later(p, IPV4_HDR_MIN, UDP_CHECKSUM_AT);
	link_input(&w->s, &w->dev, p);
	flush();
	assert_int_equal(w->out_count, 1);
	assert_true(udp_view(&v, w->out[0].bytes + IPV4_HDR_MIN, sizeof(udp)));
	assert_int_equal(udp_parse(&u, v, &a), DROP_NONE);
}

TEST_IN(offload_fields_that_make_no_sense_are_dropped_and_counted, router, world_end)
{
	struct pkt *p[7];

	for (size_t i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = run_of_segments(i % 2);
	p[0]->csum_start = (uint16_t)(p[0]->data - p[0]->buf - 1); /* before the packet */
	p[1]->csum_start = UINT16_MAX;
	p[2]->csum_offset = (uint16_t)(p[2]->len - IPV4_HDR_MIN - 1); /* half of it outside */
	p[3]->data[6] = IP_PROTO_UDP;                                 /* segments of UDP */
	p[4]->len = IPV4_HDR_MIN + TCP_HDR_MIN - 1;
	put_be16(p[5]->data + 4, 0);  /* IP ends before TCP begins */
	put_be16(p[6]->data + 2, 30); /* and in the middle of its header */
	for (size_t i = 0; i < ARRAY_SIZE(p); i++)
		link_input(&w->s, &w->dev, p[i]);
	flush();
	assert_int_equal(w->out_count, 0);
	assert_int_equal(ip_dev_of(&w->dev)->stats.rx_length_errors, ARRAY_SIZE(p));
}

TEST_IN(segments_with_an_impossible_header_length_are_cut_behind_the_least, router, world_end)
{
	struct pkt *p = run_of_segments(false);

	p->data[IPV4_HDR_MIN + 12] = 0x10;
	link_input(&w->s, &w->dev, p);
	flush();
	assert_int_equal(w->out_count, 6);
}
