/* ip_test.c - packets through the network layer of one instance, in and out. */
#include "base/test/test.h"
#include "stack/ip/test/ip_fixture.h"
#include "stack/link/link_in.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#include <errno.h>

static const struct made to_us = {.src = "10.0.0.2", .dst = "10.0.0.1", .proto = IP_PROTO_TCP};
static const struct made to_us6 = {
	.src = "2001:db8::2", .dst = "2001:db8::1", .proto = IP_PROTO_TCP};

TEST_IN(a_packet_for_us_reaches_its_transport, world_begin, world_end)
{
	struct made m = to_us;

	m.tos = 0x03;
	m.ttl = 9;
	ip_comes_in(&m, "segment", 7);
	assert_int_equal(w->tcp_count, 1);
	assert_int_equal(w->last.len, 7);
	assert_memory_equal(w->last.bytes, "segment", 7);
	assert_int_equal(w->last.ecn, 3);
	assert_int_equal(w->last.rx.ttl, 9);
	assert_true(w->last.rx.local && !w->last.rx.v6);
	assert_int_equal(counted(MIB_IpInReceives), 1);
	assert_int_equal(counted(MIB_IpInDelivers), 1);
	assert_int_equal(counted(MIB_IpExtInCEPkts), 1);
	ip_comes_in(&to_us6, "segment", 7);
	assert_int_equal(w->tcp_count, 2);
	assert_true(w->last.rx.v6);
	assert_int_equal(counted(MIB_Ip6InDelivers), 1);
}

TEST_IN(each_packet_that_is_dropped_counts_under_its_name, world_begin, world_end)
{
	static const struct {
		const char *src, *dst;
		enum mib why;
	} row[] = {
		{"10.0.0.2", "10.0.0.7", MIB_IpInAddrErrors},  /* not ours */
		{"127.0.0.1", "10.0.0.1", MIB_IpInAddrErrors}, /* martians */
		{"224.0.0.1", "10.0.0.1", MIB_IpInAddrErrors},
		{"255.255.255.255", "10.0.0.1", MIB_IpInAddrErrors},
		{"10.0.0.255", "10.0.0.1", MIB_IpInAddrErrors},
		{"10.0.0.1", "10.0.0.1", MIB_IpInAddrErrors}, /* our own address, from outside */
		{"10.0.0.2", "127.0.0.1", MIB_IpInAddrErrors},
		{"10.0.0.2", "239.1.1.1", MIB_IpInAddrErrors}, /* a group that is not joined */
		{"2001:db8::2", "2001:db8::7", MIB_Ip6InAddrErrors},
		{"ff02::1", "2001:db8::1", MIB_Ip6InHdrErrors},
		{"::1", "2001:db8::1", MIB_Ip6InHdrErrors},
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct made m = {.src = row[i].src, .dst = row[i].dst, .proto = IP_PROTO_TCP};
		uint64_t before = counted(row[i].why);

		ip_comes_in(&m, "x", 1);
		assert_int_equal(counted(row[i].why), before + 1);
	}
	assert_int_equal(w->tcp_count, 0);
}

TEST_IN(bad_headers_count_as_linux_does, world_begin, world_end)
{
	uint8_t p[100];
	size_t len = make_ip(p, &to_us, "12345678", 8);

	p[10] ^= 1;
	comes_in(p, len);
	assert_int_equal(counted(MIB_IpExtInCsumErrors), 1);
	assert_int_equal(counted(MIB_IpInHdrErrors), 1);
	p[10] ^= 1;
	comes_in(p, len - 1);
	assert_int_equal(counted(MIB_IpExtInTruncatedPkts), 1);
	comes_in(p, 19);
	assert_int_equal(counted(MIB_IpInHdrErrors), 2);
	len = make_ip(p, &to_us6, "12345678", 8);
	comes_in(p, len - 1);
	assert_int_equal(counted(MIB_Ip6InTruncatedPkts), 1);
	assert_int_equal(w->tcp_count, 0);
}

TEST_IN(options_are_skipped_and_source_routes_refused, world_begin, world_end)
{
	static const uint8_t record[8] = {7, 7, 4}, route[8] = {131, 7, 4};
	struct ipv4 h = {.ttl = 64, .proto = IP_PROTO_TCP, .opt_len = 8, .len = 3};
	uint8_t p[31];

	h.addr = (struct ip_pair){addr("10.0.0.2"), addr("10.0.0.1")};
	for (int refused = 0; refused < 2; refused++) {
		h.opt = refused ? route : record;
		ipv4_emit(&h, p);
		memcpy(p + 28, "abc", 3);
		comes_in(p, sizeof(p));
		assert_int_equal(w->tcp_count, 1);
		assert_memory_equal(w->last.bytes, "abc", 3);
		assert_int_equal(counted(MIB_IpInHdrErrors), refused);
	}
}

TEST_IN(broadcasts_and_joined_groups_are_taken, world_begin, world_end)
{
	struct ip_addr group = addr("239.1.1.1");
	struct made m = {.src = "10.0.0.2", .proto = IP_PROTO_TCP};

	assert_int_equal(ip_group_join(&w->s, w->dev.ifindex, &group), 0);
	static const char *const dst[] = {
		"255.255.255.255", "10.0.0.255", "224.0.0.1", "239.1.1.1"};
	for (size_t i = 0; i < ARRAY_SIZE(dst); i++) {
		m.dst = dst[i];
		ip_comes_in(&m, "x", 1);
		assert_int_equal(w->tcp_count, i + 1);
		assert_false(w->last.rx.local);
	}
	assert_int_equal(counted(MIB_IpExtInBcastPkts), 2);
	assert_int_equal(counted(MIB_IpExtInBcastOctets), 2 * (IPV4_HDR_MIN + 1));
	assert_int_equal(counted(MIB_IpExtInMcastPkts), 2);
	assert_int_equal(counted(MIB_IpExtInMcastOctets), 2 * (IPV4_HDR_MIN + 1));
	assert_int_equal(ip_group_leave(&w->s, w->dev.ifindex, &group), 0);
	ip_comes_in(&m, "x", 1);
	assert_int_equal(w->tcp_count, 4);
	assert_int_equal(ip_group_leave(&w->s, w->dev.ifindex, &group), -EADDRNOTAVAIL);
}

/* Linux: 0.0.0.0 may only send to broadcast on the link (DHCP); 0/8 and 240/4 are ordinary
 * sources. */
TEST_IN(a_source_is_validated_with_its_destination, world_begin, world_end)
{
	static const struct {
		const char *src, *dst;
		bool taken;
	} row[] = {
		{"0.0.0.0", "255.255.255.255", true},
		{"0.0.0.0", "224.0.0.1", true},
		{"0.0.0.0", "10.0.0.255", false},
		{"0.0.0.0", "10.0.0.1", false},
		{"0.0.0.0", "239.1.1.1", false},
		{"0.1.2.3", "10.0.0.1", true},
		{"0.1.2.3", "255.255.255.255", true},
		{"240.0.0.1", "10.0.0.1", true},
		{"240.0.0.1", "10.0.0.255", true},
		{"255.255.255.254", "10.0.0.1", true},
		{"255.255.255.255", "255.255.255.255", false},
		{"127.0.0.1", "255.255.255.255", false},
		{"224.0.0.1", "255.255.255.255", false},
		{"10.0.0.1", "255.255.255.255", false},
		{"::", "2001:db8::1", true},
	};
	struct ip_addr group = addr("239.1.1.1");
	uint32_t taken = 0;

	assert_int_equal(ip_group_join(&w->s, w->dev.ifindex, &group), 0);
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct made m = {.src = row[i].src, .dst = row[i].dst, .proto = IP_PROTO_TCP};
		uint64_t errors = counted(MIB_IpInAddrErrors);

		ip_comes_in(&m, "x", 1);
		taken += row[i].taken;
		assert_int_equal(w->tcp_count, taken);
		assert_int_equal(counted(MIB_IpInAddrErrors), errors + !row[i].taken);
	}
}

TEST_IN(nobody_is_answered_who_has_no_address, world_begin, world_end)
{
	static const char *const pairs[][2] = {{"0.0.0.0", "255.255.255.255"}, {"::", "ff02::1"}};
	uint8_t echo[ICMP_HDR_LEN];

	w->s.sysctl.icmp_echo_ignore_broadcasts = 0;
	route_via("0.0.0.0", 0, "10.0.0.254");
	route_via("::", 0, "2001:db8::9");
	for (int v6 = 0; v6 < 2; v6++) {
		struct ip_pair a = {addr(pairs[v6][0]), addr(pairs[v6][1])};
		struct icmp m = {.type = v6 ? ICMP6_ECHO : ICMP4_ECHO};
		struct made made = {.src = pairs[v6][0],
			.dst = pairs[v6][1],
			.proto = v6 ? IP_PROTO_ICMPV6 : IP_PROTO_ICMP};

		icmp_emit(&m, v6 ? &a : NULL, echo);
		ip_comes_in(&made, echo, sizeof(echo));
		flush();
	}
	assert_int_equal(counted(MIB_IcmpInEchos) + counted(MIB_Icmp6InEchos), 2);
	assert_int_equal(w->out_count, 0);
}

TEST_IN(what_is_sent_has_the_header_that_was_asked_for, world_begin, world_end)
{
	struct ipv4_view v;
	struct ipv4 h;

	assert_int_equal(send_ip("10.0.0.1", "10.0.0.2", 100, false), 0);
	assert_int_equal(w->out_count, 1);
	assert_true(ipv4_view(&v, w->out[0].bytes, w->out[0].len));
	assert_int_equal(ipv4_parse(&h, v), DROP_NONE);
	assert_true(h.df);
	assert_int_equal(h.ttl, 64);
	assert_int_equal(h.len, 100);
	assert_int_equal(counted(MIB_IpOutRequests), 1);
	assert_int_equal(counted(MIB_IpOutTransmits), 1);
	assert_int_equal(counted(MIB_IpExtOutOctets), 120);
	assert_int_equal(send_ip("2001:db8::1", "2001:db8::2", 100, false), 0);
	assert_int_equal(w->out[1].len, 140);
	assert_int_equal(w->out[1].bytes[7], 64);
}

/* A TCP segment to dst, with and without fast paths: the same packet. */
static void assert_one_header(const struct ip_tx *tx)
{
	for (int fast = 0; fast < 2; fast++) {
		struct pkt *p = pkt_new(&w->s.pkts, 40);

		assert_non_null(p);
		memset(p->data, TCP_OPT_NOP, 40);
		p->len = 40;
		w->s.fast_path = fast;
		w->out_count = 0;
		assert_int_equal(ip_out(&w->s, p, tx), 0);
		assert_int_equal(w->out_count, 1);
		if (fast) {
			assert_int_equal(w->out[0].len, w->out[1].len);
			assert_memory_equal(w->out[0].bytes, w->out[1].bytes, w->out[0].len);
		}
		w->out[1] = w->out[0];
	}
}

TEST_IN(a_plain_header_is_written_like_any_other, world_begin, world_end)
{
	static const struct ip_tx rows[] = {
		{.tos = 0},
		{.tos = 0xb9},
		{.ttl = 7},
		{.ttl = IP_NO_HOPS},
		{.opt_len = 8},
	};
	static const char *const dst[] = {"10.0.0.2", "10.0.0.255", "224.0.0.7"};

	w->s.sysctl.ip_default_ttl = 99;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t d = 0; d < ARRAY_SIZE(dst); d++) {
			struct ip_tx tx = rows[i];

			tx.proto = IP_PROTO_TCP;
			tx.ifindex = w->dev.ifindex;
			tx.addr = (struct ip_pair){addr("10.0.0.1"), addr(dst[d])};
			assert_one_header(&tx);
		}
}

TEST_IN(there_is_no_way_and_the_caller_hears_why, world_begin, world_end)
{
	struct route r = {.dst = addr("10.9.0.0"), .bits = 16, .expires = NSEC_MAX};
	static const struct {
		enum route_type type;
		int err;
	} row[] = {{ROUTE_BLACKHOLE, -EINVAL}, {ROUTE_UNREACHABLE, -EHOSTUNREACH},
		{ROUTE_PROHIBIT, -EACCES}};

	assert_int_equal(send_ip("10.0.0.1", "8.8.8.8", 1, false), -ENETUNREACH);
	assert_int_equal(counted(MIB_IpOutNoRoutes), 1);
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		r.type = (uint8_t)row[i].type;
		assert_int_equal(route_add(stack_routes(&w->s), &r), 0);
		assert_int_equal(send_ip("10.0.0.1", "10.9.1.1", 1, false), row[i].err);
		assert_int_equal(route_del(stack_routes(&w->s), &r), 0);
	}
	assert_int_equal(send_ip("10.0.0.1", "10.0.0.2", 1481, false), -EMSGSIZE);
	assert_int_equal(counted(MIB_IpFragFails), 1);
	w->send_err = ENOBUFS;
	assert_int_equal(send_ip("10.0.0.1", "10.0.0.2", 1, false), -ENOBUFS);
	assert_int_equal(w->out_count, 0);
}

TEST_IN(lo_brings_back_what_it_is_given_at_the_flush, world_begin, world_end)
{
	assert_int_equal(send_ip("10.0.0.1", "127.0.0.1", 40, false), 0);
	assert_int_equal(send_ip("10.0.0.1", "10.0.0.1", 41, false), 0);
	assert_int_equal(w->udp_count, 0);
	assert_true(ip_dirty(&w->s));
	assert_true(ip_flush(&w->s));
	assert_int_equal(w->udp_count, 2);
	assert_int_equal(w->last.len, 41);
	assert_int_equal(w->out_count, 0);
	flush();
	assert_false(ip_dirty(&w->s));
}

/* Inputs the caught fragments in the given order, addressed to ourselves. */
static void send_back(const int *order, uint32_t n, bool v6)
{
	for (uint32_t i = 0; i < n; i++) {
		struct caught c = w->out[order[i]];
		uint16_t zero = 0;

		if (v6) {
			memcpy(c.bytes + 8, addr("2001:db8::2").b, 16);
			memcpy(c.bytes + 24, addr("2001:db8::1").b, 16);
		} else {
			put_be32(c.bytes + 12, 0x0a000002);
			put_be32(c.bytes + 16, 0x0a000001);
			memcpy(c.bytes + 10, &zero, 2);
			uint16_t field = csum_fold(csum_add(0, c.bytes, 20));
			memcpy(c.bytes + 10, &field, 2);
		}
		comes_in(c.bytes, c.len);
	}
}

TEST_IN(what_is_cut_comes_together_again_in_both_versions, world_begin, world_end)
{
	static const int order[] = {2, 0, 1};

	for (int v6 = 0; v6 < 2; v6++) {
		w->out_count = 0;
		assert_int_equal(send_ip(v6 ? "2001:db8::1" : "10.0.0.1",
					 v6 ? "2001:db8::2" : "10.0.0.2", 4000, true),
			0);
		assert_int_equal(w->out_count, 3);
		for (int i = 0; i < 3; i++)
			assert_true(w->out[i].len <= 1500);
		send_back(order, 3, v6);
		assert_int_equal(w->udp_count, v6 + 1);
		assert_int_equal(w->last.len, 4000);
		for (uint32_t i = 0; i < 4000; i++)
			assert_int_equal(w->last.bytes[i], (uint8_t)(i * 7 + i / 256));
	}
	assert_int_equal(counted(MIB_IpFragCreates), 3);
	assert_int_equal(counted(MIB_IpFragOKs), 1);
	assert_int_equal(counted(MIB_IpReasmReqds), 3);
	assert_int_equal(counted(MIB_IpReasmOKs), 1);
	assert_int_equal(counted(MIB_Ip6FragCreates), 3);
	assert_int_equal(counted(MIB_Ip6ReasmOKs), 1);
}

TEST_IN(fragments_that_never_complete_are_given_up_with_a_word, world_begin, world_end)
{
	struct made m = to_us;
	uint8_t data[64] = {0};

	m.more = true;
	run_until(NSEC_SEC);
	ip_comes_in(&m, data, sizeof(data));
	assert_true(wheel_next(&w->s.wheel) > w->s.now); /* nothing is due before the timeout */
	run_until(29 * NSEC_SEC);
	assert_int_equal(w->out_count, 0);
	run_until(32 * NSEC_SEC);
	assert_int_equal(counted(MIB_IpReasmTimeout), 1);
	assert_int_equal(counted(MIB_IpReasmFails), 1);
	assert_int_equal(w->out_count, 1);
	assert_int_equal(w->out[0].bytes[20], ICMP4_TIME_EXCEEDED);
	assert_int_equal(w->out[0].bytes[21], ICMP_REASM_EXCEEDED);
	assert_int_equal(counted(MIB_IcmpOutTimeExcds), 1);
}

TEST_IN(a_fragment_without_bytes_is_dropped_and_counted_in_both_versions, world_begin, world_end)
{
	struct made m = to_us, m6 = to_us6;
	uint8_t end[IPV6_FRAG_LEN] = {IP_PROTO_TCP, 0, 0, 64}; /* the last one, at byte 64 */

	m.off = 64;
	m6.proto = IP_PROTO_FRAGMENT;
	ip_comes_in(&m, NULL, 0);
	ip_comes_in(&m6, end, sizeof(end));
	assert_int_equal(counted(MIB_IpReasmReqds), 1);
	assert_int_equal(counted(MIB_IpReasmFails), 1);
	assert_int_equal(counted(MIB_Ip6ReasmReqds), 1);
	assert_int_equal(counted(MIB_Ip6ReasmFails), 1);
	assert_int_equal(w->s.ip->reasm4.used + w->s.ip->reasm6.used, 0);
}

TEST_IN(the_source_is_the_address_beside_the_destination, world_begin, world_end)
{
	static const struct {
		const char *dst, *src;
	} row[] = {
		{"10.0.0.9", "10.0.0.1"},
		{"10.2.0.9", "10.2.0.1"},
		{"8.8.8.8", "10.0.0.1"},
		{"127.0.0.9", "127.0.0.1"},
		{"10.0.0.1", "10.0.0.1"},
		{"2001:db8::9", "2001:db8::1"},
		{"2001:db8:2::9", "2001:db8:2::1"},
		{"fe80::9", "fe80::1"},
		{"fd00::9", "fd00::1"},
	};

	have("10.2.0.1", 16);
	have("2001:db8:2::1", 64);
	have("fe80::1", 64);
	have("fd00::1", 64);
	route_via("0.0.0.0", 0, "10.0.0.254");
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct ip_route_key key = {.dst = addr(row[i].dst), .src = IP_ADDR_ANY6};
		struct ip_addr want = addr(row[i].src);
		struct ip_route path;

		assert_int_equal(ip_route_query(&w->s, &key, &path), 0);
		assert_true(ip_addr_eq(&path.src, &want));
	}
}

TEST_IN(an_address_that_was_taken_away_sends_nothing, world_begin, world_end)
{
	struct ip_route_key key = {.dst = addr("10.0.0.2"), .src = addr("10.0.0.66")};
	struct ip_route path;

	assert_int_equal(ip_route_query(&w->s, &key, &path), -ENETUNREACH);
	assert_int_equal(counted(MIB_IpOutNoRoutes), 1);
	have("10.0.0.66", 24);
	for (int i = 0; i < 2; i++) /* the second is remembered */
		assert_int_equal(ip_route_query(&w->s, &key, &path), 0);
	assert_int_equal(stack_addr_del(&w->s, &w->dev, &key.src), 0);
	assert_int_equal(ip_route_query(&w->s, &key, &path), -ENETUNREACH);
	key = (struct ip_route_key){.dst = addr("2001:db8::2"), .src = addr("2001:db8::66")};
	assert_int_equal(ip_route_query(&w->s, &key, &path), 0); /* as in Linux */
}

TEST_IN(a_path_mtu_is_believed_until_it_expires, world_begin, world_end)
{
	struct ip_route_key key = {.dst = addr("10.0.0.2"), .src = IP_ADDR_ANY4};
	uint32_t gen = ip_route_gen(&w->s);
	struct ip_route path;

	assert_int_equal(ip_route_query(&w->s, &key, &path), 0);
	assert_int_equal(path.mtu, 1500);
	ip_pmtu_update(&w->s, &key.dst, 1400);
	assert_true(ip_route_gen(&w->s) != gen);
	assert_int_equal(ip_route_query(&w->s, &key, &path), 0);
	assert_int_equal(path.mtu, 1400);
	assert_false(path.locked);
	ip_pmtu_update(&w->s, &key.dst, 1450); /* more than known: no change */
	assert_int_equal(ip_route_query(&w->s, &key, &path), 0);
	assert_int_equal(path.mtu, 1400);
	ip_pmtu_update(&w->s, &key.dst, 100);
	assert_int_equal(ip_route_query(&w->s, &key, &path), 0);
	assert_int_equal(path.mtu, 552); /* route.min_pmtu, and DF is cleared */
	assert_true(path.locked);
	assert_int_equal(send_ip("10.0.0.1", "10.0.0.2", 500, false), 0);
	assert_int_equal(w->out[0].bytes[6] & 0x40, 0);
	assert_int_equal(send_ip("10.0.0.1", "10.0.0.2", 600, false), 0);
	assert_int_equal(w->out_count, 3);
	w->s.now += 600 * NSEC_SEC;
	assert_int_equal(ip_route_query(&w->s, &key, &path), 0);
	assert_int_equal(path.mtu, 1500);
}

TEST_IN(addresses_and_interfaces_come_and_go, world_begin, world_end)
{
	struct ip_addr a = addr("10.0.0.1"), b = addr("10.5.0.1");
	uint32_t routes = stack_routes(&w->s)->count;

	assert_int_equal(stack_addr_add(&w->s, &w->dev, &a, 24), -EEXIST);
	assert_int_equal(stack_addr_add(&w->s, &w->dev, &b, 33), -EINVAL);
	assert_int_equal(stack_addr_add(&w->s, &w->dev, &b, 24), 0);
	assert_true(ip_is_local(&w->s, &b));
	assert_int_equal(stack_routes(&w->s)->count, routes + 1);
	assert_int_equal(stack_addr_del(&w->s, &w->dev, &b), 0);
	assert_false(ip_is_local(&w->s, &b));
	assert_int_equal(stack_addr_del(&w->s, &w->dev, &b), -EADDRNOTAVAIL);
	stack_detach(&w->s, &w->dev);
	assert_false(ip_is_local(&w->s, &a));
	assert_int_equal(send_ip("10.0.0.1", "10.0.0.2", 1, false), -ENETUNREACH);
	assert_int_equal(stack_attach(&w->s, &w->dev), 0);
}

TEST_IN(a_flush_looks_as_far_as_the_last_interface, world_begin, world_end)
{
	struct netdev second = {.ops = &test_ops, .name = "t1", .mtu = 1500, .kind = NETDEV_RAW};

	assert_int_equal(stack_attach(&w->s, &second), 0);
	uint32_t last = second.ifindex;

	assert_int_equal(w->s.ifindex_top, last);
	stack_detach(&w->s, &w->dev);
	assert_int_equal(w->s.ifindex_top, last); /* the first one left a hole */
	stack_detach(&w->s, &second);
	assert_int_equal(w->s.ifindex_top, last - 2); /* lo */
	assert_int_equal(stack_attach(&w->s, &w->dev), 0);
	assert_int_equal(w->s.ifindex_top, last - 1);
}
