/*
 * mcast_test.c - IGMP and MLD of a host in virtual time. The frames are
 * those of Linux 6.18 in the same situations, captured on a veth.
 */
#include "base/test/test.h"
#include "stack/ip/ip_if.h"
#include "stack/ip/test/ip_fixture.h"

static int ether(void **state)
{
	world_open(NETDEV_ETHER);
	w->reports = true;
	w->s.sysctl.ipv6_accept_ra = 0; /* no router solicitations */
	have("10.0.0.2", 24);
	run_until(10 * NSEC_SEC);
	w->out_count = 0;
	return 0;
}

static uint8_t hex_digit(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* The n-th frame, from its IP header on, is the bytes in hexadecimal. */
static void assert_frame(uint32_t n, const char *hex)
{
	uint8_t want[256];
	size_t len = strlen(hex) / 2;

	assert_true(n < w->out_count && len <= sizeof(want));
	for (size_t i = 0; i < len; i++)
		want[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
	assert_int_equal(w->out[n].len - ETH_HDR_LEN, len);
	assert_memory_equal(w->out[n].bytes + ETH_HDR_LEN, want, len);
}

#define JOIN4                                                                                      \
	"46c00028000040000102f9f70a000002e000001694040000"                                         \
	"2200e9fb0000000104000000ef010101"
#define LEAVE4                                                                                     \
	"46c00028000040000102f9f70a000002e000001694040000"                                         \
	"2200eafb0000000103000000ef010101"
#define STATE4                                                                                     \
	"46c00028000040000102f9f70a000002e000001694040000"                                         \
	"2200ebfb0000000102000000ef010101"
#define REPORT2 "46c00020000040000102ea130a000002ef010101940400001600f9fcef010101"
#define LEAVE2  "46c00020000040000102fa130a000002e0000002940400001700f8fcef010101"

static void join(const char *group)
{
	struct ip_addr g = addr(group);

	assert_int_equal(ip_group_join(&w->s, w->dev.ifindex, &g), 0);
}

static void leave(const char *group)
{
	struct ip_addr g = addr(group);

	assert_int_equal(ip_group_leave(&w->s, w->dev.ifindex, &g), 0);
}

static void run_for(nsec_t time)
{
	run_until(w->s.now + time);
}

static void igmp_comes_in(const char *dst, const void *bytes, size_t len)
{
	struct made h = {.src = "10.0.0.1", .dst = dst, .proto = IP_PROTO_IGMP, .ttl = 1};
	struct ip_addr to = addr(dst);
	struct eth e = {.dst = eth_addr_multicast(&to), .src = {{2, 9}}, .type = ETH_TYPE_IPV4};
	uint8_t p[200], body[64];
	uint16_t sum;

	memcpy(body, bytes, len);
	sum = csum_fold(csum_add(0, body, len));
	memcpy(body + 2, &sum, sizeof(sum));
	eth_emit(&e, p);
	comes_in(p, ETH_HDR_LEN + make_ip(p + ETH_HDR_LEN, &h, body, len));
	flush();
}

#define QUERY(dst, bytes) igmp_comes_in((dst), (bytes), sizeof(bytes) - 1)
#define GENERAL3          "\x11\5\0\0\0\0\0\0\2\x7d\0\0" /* to be answered within half a second */
#define GENERAL2          "\x11\5\0\0\0\0\0\0"
#define GENERAL1          "\x11\0\0\0\0\0\0\0"

TEST_IN(a_join_and_a_leave_are_reported_twice, ether, world_end)
{
	join("239.1.1.1");
	run_for(0);
	assert_int_equal(w->out_count, 1);
	assert_frame(0, JOIN4);
	assert_memory_equal(w->out[0].bytes, "\1\0\x5e\0\0\x16", 6);
	run_for(NSEC_SEC);
	assert_int_equal(w->out_count, 2);
	assert_frame(1, JOIN4);
	run_for(100 * NSEC_SEC);
	assert_int_equal(w->out_count, 2);
	leave("239.1.1.1");
	run_for(NSEC_SEC);
	assert_int_equal(w->out_count, 4);
	assert_frame(2, LEAVE4);
	assert_frame(3, LEAVE4);
	assert_int_equal(w->s.ip->mcast_pool.live, 1); /* of fe80::ff:fe00:1 */
}

TEST_IN(only_the_first_join_and_the_last_leave_count, ether, world_end)
{
	join("239.1.1.1");
	join("239.1.1.1");
	run_for(NSEC_SEC);
	assert_int_equal(w->out_count, 2);
	leave("239.1.1.1");
	run_for(NSEC_SEC);
	assert_int_equal(w->out_count, 2);
}

TEST_IN(joins_at_one_time_share_a_report, ether, world_end)
{
	join("239.1.1.1");
	join("239.1.1.2");
	run_for(0);
	assert_int_equal(w->out_count, 1);
	assert_int_equal(w->out[0].bytes[ETH_HDR_LEN + 24 + 7], 2);
}

TEST_IN(many_groups_take_several_reports, ether, world_end)
{
	char group[16];

	for (int i = 0; i < 150; i++) {
		snprintf(group, sizeof(group), "239.1.2.%d", i);
		join(group);
	}
	run_for(0);
	assert_int_equal(w->out_count, 3);
}

TEST_IN(the_robustness_is_a_parameter_until_a_querier_tells_it, ether, world_end)
{
	w->s.sysctl.igmp_qrv = 3;
	join("239.1.1.1");
	run_for(2 * NSEC_SEC);
	assert_int_equal(w->out_count, 3);
	QUERY("224.0.0.1", "\x11\5\0\0\0\0\0\0\5\x7d\0\0");
	run_for(NSEC_SEC);
	w->out_count = 0;
	join("239.1.1.2");
	run_for(5 * NSEC_SEC);
	assert_int_equal(w->out_count, 5);
}

TEST_IN(a_query_is_answered_with_the_state_within_its_time, ether, world_end)
{
	join("239.1.1.1");
	run_for(NSEC_SEC);
	w->out_count = 0;
	QUERY("224.0.0.1", GENERAL3);
	assert_int_equal(w->out_count, 0); /* not at once: all hosts are asked */
	run_for(NSEC_SEC / 2);
	assert_int_equal(w->out_count, 1);
	assert_frame(0, STATE4);
	QUERY("239.1.1.1", "\x11\5\0\0\xef\1\1\1\2\x7d\0\0");
	run_for(NSEC_SEC / 2);
	assert_int_equal(w->out_count, 2);
	assert_frame(1, STATE4);
	QUERY("239.1.1.1", "\x11\5\0\0\xef\1\1\2\2\x7d\0\0"); /* of a group not joined */
	run_for(NSEC_SEC);
	assert_int_equal(w->out_count, 2);
}

TEST_IN(queries_in_a_row_get_one_answer, ether, world_end)
{
	join("239.1.1.1");
	run_for(NSEC_SEC);
	w->out_count = 0;
	for (int i = 0; i < 1000; i++)
		QUERY("224.0.0.1", "\x11\x64\0\0\0\0\0\0\2\x7d\0\0");
	run_for(10 * NSEC_SEC);
	assert_int_equal(w->out_count, 1);
}

TEST_IN(all_hosts_is_never_reported_and_the_links_groups_by_parameter, ether, world_end)
{
	join("224.0.0.1");
	run_for(NSEC_SEC);
	leave("224.0.0.1");
	run_for(NSEC_SEC);
	assert_int_equal(w->out_count, 0);
	join("224.0.0.251");
	run_for(NSEC_SEC);
	assert_int_equal(w->out_count, 2);
	w->s.sysctl.igmp_link_local_mcast_reports = 0;
	join("224.0.0.252");
	run_for(NSEC_SEC);
	assert_int_equal(w->out_count, 2);
}

/* ---- older queriers ---- */

TEST_IN(to_a_querier_of_version_2_version_2_is_spoken, ether, world_end)
{
	join("239.1.1.1");
	run_for(NSEC_SEC);
	w->out_count = 0;
	QUERY("224.0.0.1", GENERAL2);
	run_for(NSEC_SEC / 2);
	assert_int_equal(w->out_count, 1);
	assert_frame(0, REPORT2);
	leave("239.1.1.1");
	run_for(0);
	assert_int_equal(w->out_count, 2);
	assert_frame(1, LEAVE2);
	join("239.1.1.2");
	run_for(0);
	assert_int_equal(w->out_count, 3); /* at once, and again within ten seconds */
	run_for(10 * NSEC_SEC);
	assert_int_equal(w->out_count, 4);
	run_for(300 * NSEC_SEC); /* twice 125 s and the response time: the querier is gone */
	join("239.1.1.1");
	run_for(0);
	assert_frame(4, JOIN4);
}

TEST_IN(version_1_knows_no_leave, ether, world_end)
{
	QUERY("224.0.0.1", GENERAL1);
	join("239.1.1.1");
	run_for(10 * NSEC_SEC);
	assert_int_equal(w->out_count, 2);
	assert_int_equal(w->out[0].bytes[ETH_HDR_LEN + 24], IGMP_REPORT_V1);
	leave("239.1.1.1");
	run_for(100 * NSEC_SEC);
	assert_int_equal(w->out_count, 2);
}

TEST_IN(a_report_of_another_host_makes_ours_unnecessary_and_so_the_leave, ether, world_end)
{
	QUERY("224.0.0.1", GENERAL2);
	join("239.1.1.1");
	run_for(10 * NSEC_SEC);
	w->out_count = 0;
	QUERY("224.0.0.1", "\x11\x64\0\0\0\0\0\0");
	igmp_comes_in("239.1.1.1", "\x16\0\0\0\xef\1\1\1", 8);
	run_for(10 * NSEC_SEC);
	assert_int_equal(w->out_count, 0);
	leave("239.1.1.1");
	run_for(10 * NSEC_SEC);
	assert_int_equal(w->out_count, 0);
}

TEST_IN(the_version_can_be_forced, ether, world_end)
{
	w->s.sysctl.force_igmp_version = 2;
	join("239.1.1.1");
	run_for(0);
	assert_frame(0, REPORT2);
	w->s.sysctl.force_igmp_version = 3;
	QUERY("224.0.0.1", GENERAL2);
	w->out_count = 0;
	join("239.1.1.2");
	run_for(0);
	assert_int_equal(w->out[0].bytes[ETH_HDR_LEN + 24], IGMP_REPORT_V3);
}

TEST_IN(the_intervals_of_unsolicited_reports_are_parameters, ether, world_end)
{
	w->s.sysctl.igmpv3_report_ms = 0;
	join("239.1.1.1");
	run_for(0);
	assert_int_equal(w->out_count, 2);
	w->s.sysctl.force_igmp_version = 2;
	w->s.sysctl.igmpv2_report_ms = 0;
	join("239.1.1.2");
	run_for(0);
	assert_int_equal(w->out_count, 4);
}

/* A version is forced between the first report of a join and the second. */
TEST_IN(a_change_that_version_2_has_told_is_not_told_by_version_3_again, ether, world_end)
{
	join("239.1.1.1");
	run_for(0);
	w->s.sysctl.force_igmp_version = 2;
	ip_dev_of(&w->dev)->mcast[0].changes_at = w->s.now + NSEC_SEC;
	QUERY("224.0.0.1", GENERAL2);
	run_for(10 * NSEC_SEC);
	assert_int_equal(w->out_count, 2);
	assert_frame(0, JOIN4);
	assert_frame(1, REPORT2);
}

TEST_IN(igmp_from_other_links_or_malformed_is_dropped, ether, world_end)
{
	uint64_t before = counted(MIB_IpInDiscards);

	join("239.1.1.1");
	run_for(NSEC_SEC);
	w->out_count = 0;
	igmp_comes_in("224.0.0.1", "\x11\5\0\0\0\0\0\0\0", 9);
	struct made h = {.src = "10.0.0.1", .dst = "10.0.0.2", .proto = IP_PROTO_IGMP, .ttl = 9};
	uint8_t p[200];
	struct eth e = {.dst = w->dev.mac, .src = {{2, 9}}, .type = ETH_TYPE_IPV4};

	eth_emit(&e, p);
	comes_in(p, ETH_HDR_LEN + make_ip(p + ETH_HDR_LEN, &h, "\x11\5\xee\xfa\0\0\0\0", 8));
	run_for(10 * NSEC_SEC);
	assert_int_equal(w->out_count, 0);
	assert_int_equal(counted(MIB_IpInDiscards) - before, 2);
}

/* ---- MLD ---- */

#define MLD_HEAD(src) "6000000000240001" src "ff0200000000000000000000000000163a00050200000100"
#define LINK_LOCAL    "fe80000000000000000000fffe000001"
#define ANY           "00000000000000000000000000000000"

static int fresh(void **state)
{
	world_open(NETDEV_ETHER);
	w->reports = true;
	w->s.sysctl.ipv6_accept_ra = 0;
	return 0;
}

TEST_IN(the_solicited_node_group_is_reported_before_detection_and_again_after_it, fresh, world_end)
{
	run_until(0);
	assert_frame(0, MLD_HEAD(ANY) "8f006f890000000104000000ff0200000000000000000001ff000001");
	run_until(10 * NSEC_SEC);
	assert_int_equal(w->out_count, 2 + 1 + 2); /* reports from ::, detection, from fe80:: */
	assert_frame(
		4, MLD_HEAD(LINK_LOCAL) "8f0072070000000104000000ff0200000000000000000001ff000001");
	assert_int_equal(counted(MIB_Icmp6OutMLDv2Reports), 4);
}

static void mld_query(uint32_t max_ms, const char *group)
{
	struct made h = {.src = "fe80::9", .dst = "ff02::1", .proto = IP_PROTO_ICMPV6, .ttl = 1};
	struct eth e = {.src = {{2, 9}}, .type = ETH_TYPE_IPV6};
	struct ip_pair a = {addr(h.src), addr(h.dst)};
	struct ip_addr g = addr(group);
	struct icmp m = {.type = ICMP6_MLD_QUERY, .rest = max_ms << 16, .len = 16, .data = g.b};
	uint8_t p[200], body[64];

	e.dst = eth_addr_multicast(&a.dst);
	icmp_emit(&m, &a, body);
	eth_emit(&e, p);
	comes_in(p, ETH_HDR_LEN + make_ip(p + ETH_HDR_LEN, &h, body, ICMP_HDR_LEN + m.len));
	flush();
}

TEST_IN(groups_of_sockets_are_reported_by_mld_too, ether, world_end)
{
	join("ff15::1");
	run_for(NSEC_SEC);
	assert_int_equal(w->out_count, 2);
	assert_frame(
		0, MLD_HEAD(LINK_LOCAL) "8f0070f60000000104000000ff150000000000000000000000000001");
	leave("ff15::1");
	run_for(NSEC_SEC);
	assert_int_equal(w->out_count, 4);
	assert_frame(
		3, MLD_HEAD(LINK_LOCAL) "8f0071f60000000103000000ff150000000000000000000000000001");
	join("ff01::1"); /* never leaves the host */
	join("ff02::1");
	run_for(NSEC_SEC);
	assert_int_equal(w->out_count, 4);
}

TEST_IN(to_a_querier_of_mld_1_version_1_is_spoken, ether, world_end)
{
	join("ff15::1");
	run_for(NSEC_SEC);
	w->out_count = 0;
	mld_query(500, "::");
	run_for(NSEC_SEC / 2);
	assert_int_equal(w->out_count, 2); /* also of the solicited-node group */
	assert_int_equal(counted(MIB_Icmp6OutGroupMembResponses), 2);
	leave("ff15::1");
	run_for(NSEC_SEC);
	assert_int_equal(counted(MIB_Icmp6OutGroupMembReductions), 1);
	w->s.sysctl.force_mld_version = 2;
	w->out_count = 0;
	join("ff15::2");
	run_for(0);
	assert_int_equal(w->out[0].bytes[ETH_HDR_LEN + 48], ICMP6_MLD2_REPORT);
	w->s.sysctl.force_mld_version = 1;
	join("ff15::3");
	run_for(0);
	assert_int_equal(counted(MIB_Icmp6OutGroupMembResponses), 3);
}

/* fd50::1:N, of a group that no other address has. */
static struct ip_addr numbered(uint32_t n)
{
	struct ip_addr a = addr("fd50::");

	put_be32(a.b + 12, 0x10000 + n);
	return a;
}

/* Half a second if each addition looks at all groups, else milliseconds. */
TEST_IN(ten_thousand_addresses_each_have_their_group, ether, world_end)
{
	enum {
		MANY = 10000
	};
	uint32_t before = w->s.ip->mcast_pool.live;

	w->reports = false; /* are not caught */
	for (uint32_t i = 1; i <= MANY; i++) {
		struct ip_addr a = numbered(i);

		assert_int_equal(stack_addr_add(&w->s, &w->dev, &a, 64), 0);
	}
	assert_int_equal(w->s.ip->mcast_pool.live, before + MANY);
	assert_int_equal(ip_dev_of(&w->dev)->mcast[1].by_addr.count, 1 + MANY);
	run_for(0);
	for (uint32_t i = 1; i <= MANY; i++) {
		struct ip_addr a = numbered(i);

		assert_int_equal(stack_addr_del(&w->s, &w->dev, &a), 0);
	}
	run_for(2 * NSEC_SEC);
	assert_int_equal(w->s.ip->mcast_pool.live, before);
}

TEST_IN(a_detached_interface_keeps_no_group, ether, world_end)
{
	join("239.1.1.1");
	stack_detach(&w->s, &w->dev);
	assert_int_equal(w->s.ip->mcast_pool.live, 0);
	run_for(10 * NSEC_SEC);
	assert_int_equal(stack_attach(&w->s, &w->dev), 0);
	w->out_count = 0;
	run_for(10 * NSEC_SEC);
}
