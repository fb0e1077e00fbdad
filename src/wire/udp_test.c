/* udp_test.c - UDP and its checksum rules on literal bytes. */
#include "base/test/test.h"
#include "wire/udp.h"

static struct ip_pair pair4(void)
{
	return (struct ip_pair){ip_addr_from_v4(0x0a000001), ip_addr_from_v4(0x0a000002)};
}

static struct ip_pair pair6(void)
{
	struct ip_pair a = {{{0xfe, 0x80, [15] = 1}}, {{0xfe, 0x80, [15] = 2}}};

	return a;
}

static enum drop read_udp(struct udp *u, const uint8_t *p, size_t len, const struct ip_pair *a)
{
	struct udp_view v;

	assert_true(udp_view(&v, p, len));
	return udp_parse(u, v, a);
}

TEST(datagrams_write_and_read_back_over_both_versions)
{
	const struct ip_pair pairs[] = {pair4(), pair6()};
	const struct udp sent = {
		.sport = 53, .dport = 4000, .len = 5, .data = (const uint8_t *)"hello"};
	/* the literal checksums were computed independently */
	static const uint8_t want[2][13] = {
		{0, 53, 15, 160, 0, 13, 0x98, 0x2a, 'h', 'e', 'l', 'l', 'o'},
		{0, 53, 15, 160, 0, 13, 0xaf, 0x28, 'h', 'e', 'l', 'l', 'o'},
	};

	for (size_t i = 0; i < 2; i++) {
		uint8_t p[13] = {0};
		struct udp u;

		udp_emit(&sent, &pairs[i], p);
		assert_memory_equal(p, want[i], sizeof(p));
		assert_int_equal(read_udp(&u, p, sizeof(p), &pairs[i]), DROP_NONE);
		assert_int_equal(u.len, 5);
		assert_memory_equal(u.data, "hello", 5);
		p[9] ^= 1;
		assert_int_equal(read_udp(&u, p, sizeof(p), &pairs[i]), DROP_CHECKSUM);
	}
}

TEST(no_checksum_is_good_over_ipv4_only)
{
	struct ip_pair a4 = pair4(), a6 = pair6();
	struct udp u = {.sport = 1, .dport = 2, .no_checksum = true};
	uint8_t p[UDP_HDR_LEN];

	udp_emit(&u, &a4, p);
	assert_int_equal(get_be16(p + 6), 0);
	assert_int_equal(read_udp(&u, p, sizeof(p), &a4), DROP_NONE);
	assert_true(u.no_checksum);
	assert_int_equal(read_udp(&u, p, sizeof(p), &a6), DROP_NO_CHECKSUM);
}

TEST(a_checksum_that_comes_out_zero_is_sent_as_all_ones)
{
	struct ip_pair a = pair4();
	struct udp u = {.sport = 0, .dport = 0};
	uint8_t p[UDP_HDR_LEN];

	/* without the ports the sum is s; port ~s makes the whole sum all ones */
	uint32_t sum = 0x0a00 + 1 + 0x0a00 + 2 + IP_PROTO_UDP + 8 + 8;
	u.sport = (uint16_t)~sum;
	udp_emit(&u, &a, p);
	assert_int_equal(get_be16(p + 6), 0xffff);
	assert_int_equal(read_udp(&u, p, sizeof(p), &a), DROP_NONE);
}

TEST(the_length_field_rules_within_the_packet)
{
	struct ip_pair a = pair4();
	struct udp u = {.sport = 1, .dport = 2};
	uint8_t p[12] = {0};

	udp_emit(&u, &a, p);
	assert_int_equal(read_udp(&u, p, sizeof(p), &a), DROP_NONE); /* four bytes beyond it */
	assert_int_equal(u.len, 0);
	put_be16(p + 4, 7);
	assert_int_equal(read_udp(&u, p, sizeof(p), &a), DROP_TOTAL_LEN);
	put_be16(p + 4, 13);
	assert_int_equal(read_udp(&u, p, sizeof(p), &a), DROP_TOTAL_LEN);
	assert_int_equal(read_udp(&u, p, sizeof(p), NULL), DROP_NONE); /* a quote, cut short */
	assert_int_equal(u.len, 4);
}
