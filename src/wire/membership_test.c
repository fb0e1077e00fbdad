/*
 * membership_test.c - IGMP and MLD: messages as Linux sent them, captured on a veth, and what a
 * hostile querier may send.
 */
#include "base/test/test.h"
#include "wire/group.h"

static struct ip_addr addr(const char *text)
{
	struct ip_addr a;

	assert_true(ip_addr_parse(&a, text));
	return a;
}

/* Messages of a host, 10.0.0.2 and fe80::ff:fe00:2, by Linux 6.18. */
TEST(reports_have_the_bytes_that_linux_sends)
{
	struct ip_pair four = {addr("10.0.0.2"), addr("224.0.0.22")},
		       six = {addr("fe80::ff:fe00:2"), addr("ff02::16")};
	struct group_record r = {GROUP_TO_EXCLUDE, addr("239.1.1.1")};
	uint8_t p[64];

	assert_int_equal(group_emit_len(false, 3, 1), 16);
	group_emit(3, &r, 1, &four, p);
	assert_memory_equal(p, "\x22\0\xe9\xfb\0\0\0\1\4\0\0\0\xef\1\1\1", 16);
	r.type = GROUP_TO_INCLUDE;
	group_emit(3, &r, 1, &four, p);
	assert_memory_equal(p, "\x22\0\xea\xfb\0\0\0\1\3\0\0\0\xef\1\1\1", 16);
	group_emit(2, &r, 1, &four, p);
	assert_memory_equal(p, "\x17\0\xf8\xfc\xef\1\1\1", 8);
	r.type = GROUP_IS_EXCLUDE;
	assert_int_equal(group_emit_len(false, 2, 1), 8);
	group_emit(2, &r, 1, &four, p);
	assert_memory_equal(p, "\x16\0\xf9\xfc\xef\1\1\1", 8);
	r = (struct group_record){GROUP_TO_EXCLUDE, addr("ff15::1")};
	assert_int_equal(group_emit_len(true, 3, 1), 28);
	group_emit(3, &r, 1, &six, p);
	assert_memory_equal(p, "\x8f\0\x70\xf5\0\0\0\1\4\0\0\0\xff\x15", 14);
	assert_int_equal(p[27], 1);
}

static struct group_msg igmp(const char *bytes, size_t len)
{
	struct group_msg m;
	uint8_t p[64];

	memcpy(p, bytes, len);
	uint16_t sum = csum_fold(csum_add(0, p, len));

	memcpy(p + 2, &sum, 2);
	assert_int_equal(group_parse_igmp(&m, p, len), DROP_NONE);
	return m;
}

#define IGMP(bytes) igmp((bytes), sizeof(bytes) - 1)

TEST(the_version_of_a_query_shows_in_its_length_and_its_code)
{
	struct group_msg m = IGMP("\x11\0\0\0\0\0\0\0");

	assert_true(m.version == 1 && m.max_ms == 10000);
	m = IGMP("\x11\x64\0\0\0\0\0\0");
	assert_true(m.version == 2 && m.max_ms == 10000 && ip_addr_is_any(&m.group));
	m = IGMP("\x11\x0a\0\0\xef\1\1\1\2\x7d\0\0");
	assert_true(m.version == 3 && m.max_ms == 1000 && m.robustness == 2 && m.interval_s == 125);
	assert_int_equal(ip_addr_v4(&m.group), 0xef010101);
	m = IGMP("\x11\xff\0\0\0\0\0\0\xf\xff\0\0"); /* the largest numbers */
	assert_true(m.max_ms == 3174400 && m.robustness == 7 && m.interval_s == 31744);
	assert_int_equal(IGMP("\x12\0\0\0\xef\1\1\1").version, 1);
	assert_int_equal(IGMP("\x16\0\0\0\xef\1\1\1").version, 2);
	assert_int_equal(IGMP("\x17\0\0\0\xef\1\1\1").type, GROUP_LEAVE);
	assert_int_equal(IGMP("\x22\0\0\0\0\0\0\1").type, GROUP_REPORT_V3);
}

TEST(malformed_igmp_is_refused)
{
	struct group_msg m;

	assert_int_equal(
		group_parse_igmp(&m, (const uint8_t *)"\x11\0\0\0\0\0\0", 7), DROP_TRUNCATED);
	assert_int_equal(
		group_parse_igmp(&m, (const uint8_t *)"\x11\0\0\0\0\0\0\0\0", 9), DROP_TRUNCATED);
	assert_int_equal(
		group_parse_igmp(&m, (const uint8_t *)"\x11\0\0\0\0\0\0\0", 8), DROP_CHECKSUM);
	assert_int_equal(
		group_parse_igmp(&m, (const uint8_t *)"\x99\0\x66\xff\0\0\0\0", 8), DROP_TYPE);
	assert_int_equal(
		group_parse_igmp(&m, (const uint8_t *)"\x16\0\xdf\xfe\x0a\0\0\1", 8), DROP_ADDRESS);
}

TEST(mld_is_read_in_both_versions)
{
	uint8_t data[20] = {0xff, 0x15, [15] = 1, [16] = 2, [17] = 125};
	struct icmp m = {.type = ICMP6_MLD_QUERY, .rest = 1000u << 16, .len = 16, .data = data};
	struct group_msg g;

	assert_int_equal(group_parse_mld(&g, &m), DROP_NONE);
	assert_true(g.type == GROUP_QUERY && g.version == 2 && g.max_ms == 1000);
	m.len = 20;
	m.rest = 0xffffu << 16;
	assert_int_equal(group_parse_mld(&g, &m), DROP_NONE);
	assert_true(g.version == 3 && g.max_ms == 8387584 && g.robustness == 2);
	assert_int_equal(g.interval_s, 125);
	m.len = 17;
	assert_int_equal(group_parse_mld(&g, &m), DROP_TRUNCATED);
	m.len = 15;
	assert_int_equal(group_parse_mld(&g, &m), DROP_TRUNCATED);
	m = (struct icmp){.type = ICMP6_MLD_REPORT, .len = 16, .data = data};
	assert_int_equal(group_parse_mld(&g, &m), DROP_NONE);
	assert_int_equal(g.type, GROUP_REPORT);
	data[0] = 0x20;
	assert_int_equal(group_parse_mld(&g, &m), DROP_ADDRESS);
	m.type = 1;
	assert_int_equal(group_parse_mld(&g, &m), DROP_TYPE);
}

TEST(messages_of_igmp_print_like_tcpdump)
{
	struct group_msg m = IGMP("\x11\x64\0\0\xef\1\1\1");
	char text[80];

	group_print(text, sizeof(text), &m);
	assert_string_equal(text, "igmp query v2 [gaddr 239.1.1.1]");
	m = IGMP("\x16\0\0\0\xef\1\1\1");
	group_print(text, sizeof(text), &m);
	assert_string_equal(text, "igmp v2 report 239.1.1.1");
	m = IGMP("\x17\0\0\0\xef\1\1\1");
	group_print(text, sizeof(text), &m);
	assert_string_equal(text, "igmp leave 239.1.1.1");
	m = IGMP("\x22\0\0\0\0\0\0\1");
	group_print(text, sizeof(text), &m);
	assert_string_equal(text, "igmp v3 report");
}
