/* ndp_test.c - neighbour discovery on literal bytes; the checks of RFC 4861 by section. */
#include "base/test/test.h"
#include "wire/ndp.h"

static struct ip_pair pair(const char *src, const char *dst)
{
	struct ip_pair a;

	assert_true(ip_addr_parse(&a.src, src) && ip_addr_parse(&a.dst, dst));
	return a;
}

static struct ip_addr addr(const char *text)
{
	return pair(text, text).src;
}

/* Reads len bytes of ICMPv6 sent between a with a hop limit. */
static enum drop read_at(struct ndp *n, const uint8_t *p, size_t len, struct ip_pair a, int hops)
{
	struct ipv6 ip = {.addr = a, .hop_limit = (uint8_t)hops};
	struct icmp_view v;
	struct icmp m;
	struct ndp_view nv;

	assert_true(icmp_view(&v, p, len));
	assert_int_equal(icmp_parse(&m, v, &a), DROP_NONE);
	assert_true(ndp_view(&nv, &m, &ip));
	return ndp_parse(n, nv);
}

/* Emits n between a and parses it. */
static enum drop there_and_back(struct ndp *out, const struct ndp *n, struct ip_pair a)
{
	uint8_t p[NDP_LEN_MAX] = {0};

	assert_true(ndp_emit_len(n) <= sizeof(p));
	ndp_emit(n, &a, p);
	return read_at(out, p, ndp_emit_len(n), a, 255);
}

TEST(a_solicitation_has_its_literal_bytes)
{
	static const uint8_t want[] = {135, 0, 0x7a, 0x97, 0, 0, 0, 0, 0xfe, 0x80, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 2, 1, 1, 2, 0, 0, 0, 0, 1};
	struct ip_pair a = pair("fe80::1", "ff02::1:ff00:2");
	struct ndp n = {.type = NDP_NEIGHBOUR_SOLICIT, .has_hw = true, .hw = {{2, 0, 0, 0, 0, 1}}};
	uint8_t p[sizeof(want)] = {0};
	char text[100];

	n.target = addr("fe80::2");
	assert_int_equal(ndp_emit_len(&n), sizeof(want));
	ndp_emit(&n, &a, p);
	assert_memory_equal(p, want, sizeof(want));
	assert_int_equal(read_at(&n, p, sizeof(p), a, 255), DROP_NONE);
	assert_true(n.has_hw && n.hw.b[5] == 1);
	assert_int_equal(read_at(&n, p, sizeof(p), a, 254), DROP_HOP_LIMIT);
	ndp_print(text, sizeof(text), &n);
	assert_string_equal(text, "ICMP6, neighbor solicitation, who has fe80::2, length 32");
}

TEST(a_router_advertisement_carries_all_its_fields)
{
	struct ndp n = {.type = NDP_ROUTER_ADVERT,
		.hop_limit = 64,
		.managed = true,
		.preference = 1,
		.lifetime_s = 1800,
		.reachable_ms = 30000,
		.retrans_ms = 1000,
		.mtu = 1480,
		.has_hw = true,
		.hw = {{2, 0, 0, 0, 0, 9}},
		.prefix_count = 2};
	struct ndp back;

	n.prefix[0] = (struct ndp_prefix){addr("2001:db8:1::"), 64, true, true, UINT32_MAX, 3600};
	n.prefix[1] = (struct ndp_prefix){addr("2001:db8:2::"), 48, true, false, 7200, 0};
	assert_int_equal(there_and_back(&back, &n, pair("fe80::9", "ff02::1")), DROP_NONE);
	assert_memory_equal(&back, &n, sizeof(n));
	n.preference = -1;
	assert_int_equal(there_and_back(&back, &n, pair("fe80::9", "ff02::1")), DROP_NONE);
	assert_int_equal(back.preference, -1);
	n.preference = 2; /* reserved */
	assert_int_equal(there_and_back(&back, &n, pair("fe80::9", "ff02::1")), DROP_NONE);
	assert_int_equal(back.preference, 0);
	assert_int_equal(there_and_back(&back, &n, pair("2001:db8::9", "ff02::1")), DROP_ADDRESS);
}

TEST(flags_of_a_neighbour_advertisement_come_through)
{
	for (int bits = 0; bits < 8; bits++) {
		struct ndp back, n = {.type = NDP_NEIGHBOUR_ADVERT,
					 .router = bits & 1,
					 .solicited = bits & 2,
					 .override = bits & 4};

		n.target = addr("fe80::2");
		assert_int_equal(there_and_back(&back, &n, pair("fe80::2", "fe80::1")), DROP_NONE);
		assert_memory_equal(&back, &n, sizeof(n));
	}
}

TEST(addresses_are_checked_as_section_7_1_says)
{
	struct ndp back, n = {.type = NDP_NEIGHBOUR_SOLICIT};

	n.target = addr("fe80::2");
	assert_int_equal(there_and_back(&back, &n, pair("::", "ff02::1:ff00:2")), DROP_NONE);
	assert_int_equal(there_and_back(&back, &n, pair("::", "fe80::2")), DROP_ADDRESS);
	n.has_hw = true;
	assert_int_equal(there_and_back(&back, &n, pair("::", "ff02::1:ff00:2")), DROP_ADDRESS);
	n.target = addr("ff02::2");
	assert_int_equal(there_and_back(&back, &n, pair("fe80::1", "fe80::2")), DROP_ADDRESS);
	n = (struct ndp){
		.type = NDP_NEIGHBOUR_ADVERT, .solicited = true, .target = addr("fe80::2")};
	assert_int_equal(there_and_back(&back, &n, pair("fe80::2", "ff02::1")), DROP_ADDRESS);
	n = (struct ndp){
		.type = NDP_REDIRECT, .target = addr("fe80::2"), .dst = addr("2001:db8::5")};
	assert_int_equal(there_and_back(&back, &n, pair("fe80::9", "fe80::1")), DROP_NONE);
	assert_true(ip_addr_eq(&back.dst, &n.dst));
	assert_int_equal(there_and_back(&back, &n, pair("2001:db8::9", "fe80::1")), DROP_ADDRESS);
}

TEST(options_of_false_length_are_refused)
{
	struct ip_pair a = pair("fe80::1", "ff02::2");
	static const uint8_t lens[] = {0, 2, 255};
	struct ndp n;

	for (size_t i = 0; i < sizeof(lens); i++) {
		uint8_t p[16], option[8] = {1, lens[i]};
		struct icmp m = {.type = NDP_ROUTER_SOLICIT, .len = 8, .data = option};

		icmp_emit(&m, &a, p);
		assert_int_equal(read_at(&n, p, sizeof(p), a, 255), DROP_OPTION);
	}
}

TEST(messages_shorter_than_their_type_have_no_view)
{
	static const uint8_t least[] = {0, 8, 16, 16, 32};
	struct ipv6 ip = {.hop_limit = 255};
	struct ndp_view v;

	for (uint8_t i = 0; i < 5; i++) {
		struct icmp m = {.type = (uint8_t)(NDP_ROUTER_SOLICIT + i), .len = least[i]};

		assert_true(ndp_view(&v, &m, &ip));
		m.len--;
		assert_true(i == 0 || !ndp_view(&v, &m, &ip));
	}
}
