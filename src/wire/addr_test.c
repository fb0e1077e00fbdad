/* addr_test.c - classes, prefixes and text of addresses of both versions. */
#include "base/test/test.h"
#include "wire/addr.h"

static struct ip_addr addr(const char *text)
{
	struct ip_addr a;

	assert_true(ip_addr_parse(&a, text));
	return a;
}

TEST(text_reads_and_writes_back)
{
	static const char *const row[] = {
		"10.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "2001:db8:1:2:3:4:5:6"};
	char out[IP_ADDR_TEXT_MAX];
	struct ip_addr a;

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		a = addr(row[i]);
		assert_string_equal(ip_addr_text(out, &a), row[i]);
	}
	assert_false(ip_addr_parse(&a, "10.0.0"));
	assert_false(ip_addr_parse(&a, ""));
}

TEST(the_mapped_form_is_ipv4)
{
	struct ip_addr a = addr("::ffff:10.0.0.1"), b = ip_addr_from_v4(0x0a000001);

	assert_true(ip_addr_is_v4(&a) && ip_addr_eq(&a, &b));
	assert_int_equal(ip_addr_v4(&a), 0x0a000001);
	a = addr("::1");
	assert_false(ip_addr_is_v4(&a));
}

TEST(classes_hold_in_both_versions)
{
	static const struct {
		const char *text;
		bool any, loopback, multicast, link_local;
	} row[] = {
		{"0.0.0.0", 1, 0, 0, 0},
		{"::", 1, 0, 0, 0},
		{"127.9.9.9", 0, 1, 0, 0},
		{"::1", 0, 1, 0, 0},
		{"224.0.0.1", 0, 0, 1, 0},
		{"239.255.255.255", 0, 0, 1, 0},
		{"240.0.0.1", 0, 0, 0, 0},
		{"ff02::1", 0, 0, 1, 0},
		{"169.254.1.1", 0, 0, 0, 1},
		{"fe80::1", 0, 0, 0, 1},
		{"febf::1", 0, 0, 0, 1},
		{"fec0::1", 0, 0, 0, 0},
		{"10.0.0.1", 0, 0, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct ip_addr a = addr(row[i].text);

		assert_int_equal(ip_addr_is_any(&a), row[i].any);
		assert_int_equal(ip_addr_is_loopback(&a), row[i].loopback);
		assert_int_equal(ip_addr_is_multicast(&a), row[i].multicast);
		assert_int_equal(ip_addr_is_link_local(&a), row[i].link_local);
	}
}

TEST(prefixes_compare_bit_by_bit)
{
	struct ip_addr a = addr("2001:db8::1");

	for (unsigned bit = 0; bit < 128; bit++) {
		struct ip_addr b = a;

		b.b[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		assert_int_equal(ip_addr_common_bits(&a, &b), bit);
		assert_true(ip_addr_prefix_eq(&a, &b, bit));
		assert_false(ip_addr_prefix_eq(&a, &b, bit + 1));
	}
	assert_int_equal(ip_addr_common_bits(&a, &a), 128);
}

TEST(a_prefix_counts_the_bits_of_its_own_family)
{
	struct ip_addr net = addr("10.1.0.0"), in = addr("10.1.255.1"), out = addr("10.2.0.1"),
		       any6 = addr("::"), six = addr("2001:db8::1");

	assert_true(ip_prefix_has(&net, 16, &in));
	assert_false(ip_prefix_has(&net, 16, &out));
	assert_true(ip_prefix_has(&net, 0, &out));
	assert_false(ip_prefix_has(&net, 0, &six));
	assert_true(ip_prefix_has(&any6, 0, &six));
	assert_false(ip_prefix_has(&any6, 0, &in));
	assert_true(ip_prefix_has(&net, ip_addr_bits(&net), &net));
	assert_true(ip_prefix_has(&six, ip_addr_bits(&six), &six));
}

TEST(the_solicited_node_group_ends_in_the_last_24_bits)
{
	struct ip_addr a = addr("fe80::aabb:ccdd:eeff"), want = addr("ff02::1:ffdd:eeff");

	a = ip_addr_solicited_node(&a);
	assert_true(ip_addr_eq(&a, &want));
}

/* The fullest of 64 slots that the 256 addresses with any value of one byte are put into. */
static unsigned fullest(const char *text, int byte)
{
	struct ip_addr a = addr(text);
	unsigned slot[64] = {0}, most = 0;

	for (int i = 0; i < 256; i++) {
		unsigned *at;

		a.b[byte] = (uint8_t)i;
		at = &slot[ip_addr_hash(&a) % ARRAY_SIZE(slot)];
		most = ++*at > most ? *at : most;
	}
	return most;
}

TEST(addresses_of_one_network_spread_over_a_table)
{
	for (int byte = 0; byte < 16; byte++) {
		assert_in_range(fullest("10.0.0.0", byte), 1, 16);
		assert_in_range(fullest("2001:db8::", byte), 1, 16);
	}
}
