/* ipv6_test.c - the IPv6 header and walks over chains of extension headers on literal bytes. */
#include "base/test/test.h"
#include "wire/ipv6.h"

static const uint8_t plain[44] = {0x6a, 0xb1, 0x23, 0x45, 0, 4, 6, 64, 0xfe, 0x80, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 1, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 3,
	4};

static enum drop read_ip(struct ipv6 *h, const uint8_t *p, size_t len)
{
	struct ipv6_view v;

	assert_true(ipv6_view(&v, p, len));
	return ipv6_parse(h, v);
}

static struct ipv6_chain walked(uint8_t next, const uint8_t *p, size_t len)
{
	struct ipv6 h = {.next = next, .len = (uint16_t)len, .data = p};
	struct ipv6_chain c;

	assert_int_equal(ipv6_chain(&c, &h), DROP_NONE);
	return c;
}

static enum drop refused(uint8_t next, const uint8_t *p, size_t len)
{
	struct ipv6 h = {.next = next, .len = (uint16_t)len, .data = p};
	struct ipv6_chain c;

	return ipv6_chain(&c, &h);
}

TEST(headers_read_and_write_back)
{
	struct ipv6 h;
	uint8_t out[IPV6_HDR_LEN];
	char text[120];

	assert_int_equal(read_ip(&h, plain, sizeof(plain)), DROP_NONE);
	assert_int_equal(h.tclass, 0xab);
	assert_int_equal(h.flow, 0x12345);
	assert_int_equal(h.len, 4);
	ipv6_emit(&h, out);
	assert_memory_equal(out, plain, sizeof(out));
	ipv6_print(text, sizeof(text), &h);
	assert_string_equal(text,
		"class 0xab, flowlabel 0x12345, hlim 64, next-header TCP (6), payload length 4");
}

TEST(each_rejection_has_its_reason)
{
	struct ipv6_view v;
	struct ipv6 h;
	uint8_t p[sizeof(plain)];

	assert_false(ipv6_view(&v, plain, 39));
	assert_int_equal(read_ip(&h, plain, 43), DROP_TRUNCATED);
	memcpy(p, plain, sizeof(p));
	p[0] = 0x4a;
	assert_int_equal(read_ip(&h, p, sizeof(p)), DROP_VERSION);
	memcpy(p, plain, sizeof(p));
	memset(p + 8, 0, 16);
	p[18] = p[19] = 0xff; /* ::ffff:0.0.0.0 */
	assert_int_equal(read_ip(&h, p, sizeof(p)), DROP_ADDRESS);
}

TEST(a_chain_is_walked_to_the_upper_layer)
{
	const uint8_t p[] = {
		60, 0, 1, 4, 0, 0, 0, 0,                        /* hop-by-hop: PadN */
		43, 0, 0, 0, 1, 2, 0, 0,                        /* destination: Pad1s */
		6, 2, 0, 0, 0, 0, 0, 0,                         /* routing, no segments left */
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* its address */
		1, 2, 3,                                        /* TCP */
	};
	struct ipv6_chain c = walked(IP_PROTO_HOPOPT, p, sizeof(p));

	assert_int_equal(c.proto, 6);
	assert_int_equal(c.off, 40);
	assert_int_equal(c.act, EXT_OK);
	assert_false(c.fragmented);
}

TEST(a_first_fragment_shows_its_upper_layer_and_a_later_one_does_not)
{
	uint8_t p[8 + 24] = {6, 0, 0, 1, 0, 0, 0, 7};
	struct ipv6_chain c = walked(IP_PROTO_FRAGMENT, p, sizeof(p));

	assert_true(c.fragmented && c.frag_mf);
	assert_int_equal(c.frag_off, 0);
	assert_int_equal(c.frag_id, 7);
	assert_int_equal(c.frag_prev, 6);
	assert_int_equal(c.proto, 6);
	p[0] = 60; /* a destination header, in the first fragment only */
	p[3] = 8;
	c = walked(IP_PROTO_FRAGMENT, p, sizeof(p));
	assert_int_equal(c.frag_off, 8);
	assert_int_equal(c.proto, 60);
	assert_int_equal(c.off, 8);
}

TEST(unknown_options_do_what_their_two_high_bits_say)
{
	static const struct {
		uint8_t type;
		enum ext_act act;
	} row[] = {{0x3e, EXT_OK}, {0x7e, EXT_DISCARD}, {0xbe, EXT_PROBLEM},
		{0xfe, EXT_PROBLEM_UNICAST}};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		const uint8_t p[] = {59, 0, 0, row[i].type, 2, 0, 0, 0};
		struct ipv6_chain c = walked(IP_PROTO_DSTOPT, p, sizeof(p));

		assert_int_equal(c.act, row[i].act);
		if (c.act != EXT_OK) {
			assert_int_equal(c.code, 2);
			assert_int_equal(c.pointer, 43);
		}
	}
}

TEST(problems_point_at_their_byte)
{
	const uint8_t left[] = {59, 0, 0, 1, 0, 0, 0, 0};
	const uint8_t late_hop[] = {0, 0, 1, 4, 0, 0, 0, 0, 59, 0, 1, 4, 0, 0, 0, 0};
	const uint8_t odd_fragment[] = {59, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3};
	const uint8_t long_fragment[] = {59, 0, 0xff, 0xf8, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};
	struct ipv6_chain c = walked(IP_PROTO_ROUTING, left, sizeof(left));

	assert_int_equal(c.act, EXT_PROBLEM);
	assert_int_equal(c.pointer, 42);
	c = walked(IP_PROTO_DSTOPT, late_hop, sizeof(late_hop));
	assert_int_equal(c.act, EXT_PROBLEM);
	assert_int_equal(c.code, 1);
	assert_int_equal(c.pointer, 40);
	c = walked(IP_PROTO_FRAGMENT, odd_fragment, sizeof(odd_fragment));
	assert_int_equal(c.act, EXT_PROBLEM);
	assert_int_equal(c.pointer, 4);
	c = walked(IP_PROTO_FRAGMENT, long_fragment, sizeof(long_fragment));
	assert_int_equal(c.act, EXT_PROBLEM);
	assert_int_equal(c.pointer, 42);
}

TEST(a_fragment_of_a_fragment_is_pointed_at)
{
	const uint8_t p[16] = {44, [8] = 59};
	struct ipv6_chain c = walked(IP_PROTO_FRAGMENT, p, sizeof(p));

	assert_int_equal(c.act, EXT_PROBLEM);
	assert_int_equal(c.code, 0);
	assert_int_equal(c.pointer, 48);
}

/* RFC 7112: n bytes of payload of which the first header is proto, in a first fragment. */
static bool chain_is_whole(uint8_t proto, const uint8_t *p, size_t n)
{
	uint8_t whole[IPV6_FRAG_LEN + 64] = {proto, [3] = 1};

	memcpy(whole + IPV6_FRAG_LEN, p, n);
	struct ipv6_chain c = walked(IP_PROTO_FRAGMENT, whole, IPV6_FRAG_LEN + n);

	assert_true(c.act == EXT_OK || (c.code == 3 && c.pointer == 0));
	return c.act == EXT_OK;
}

TEST(a_first_fragment_holds_the_whole_chain_rfc_7112)
{
	static const struct {
		uint8_t proto;
		size_t needs;
	} row[] = {{6, 24}, {17, 8}, {IP_PROTO_ICMPV6, 8}, {200, 8}, {IP_PROTO_NONE, 0}};
	const uint8_t dst[40] = {17, 1, 1, 4, 0, 0, 0, 0, 30, 6};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		for (size_t n = 0; n <= 32; n += 8)
			assert_int_equal(chain_is_whole(row[i].proto, (uint8_t[32]){0}, n),
				n >= row[i].needs);
	for (size_t n = 0; n <= 40; n += 8)
		assert_int_equal(chain_is_whole(IP_PROTO_DSTOPT, dst, n), n >= 24);
}

TEST(classification_finds_the_upper_layer_behind_errors)
{
	const uint8_t unknown[16] = {IP_PROTO_ICMPV6, 0, 0xbe, 4, [8] = 128};
	struct ipv6 h = {.next = IP_PROTO_DSTOPT, .len = sizeof(unknown), .data = unknown};
	struct ipv6_chain c;

	assert_int_equal(ipv6_chain(&c, &h), DROP_NONE);
	assert_int_equal(c.act, EXT_PROBLEM);
	assert_int_equal(ipv6_upper(&c, &h), DROP_NONE);
	assert_int_equal(c.act, EXT_OK);
	assert_int_equal(c.proto, IP_PROTO_ICMPV6);
	assert_int_equal(c.off, 8);
}

TEST(padding_is_short_and_blank)
{
	static const struct {
		uint8_t opts[14];
		bool taken;
	} row[] = {
		{{1, 5, 0, 0, 0, 0, 0, 30, 5}, true},       /* 7, an option of 7 */
		{{1, 6, 0, 0, 0, 0, 0, 0, 30, 4}, false},   /* 8 */
		{{0, 0, 0, 0, 0, 0, 0, 30, 5}, true},       /* seven of one */
		{{0, 0, 0, 0, 0, 0, 0, 0, 30, 4}, false},   /* eight of one */
		{{1, 2, 0, 0, 1, 2, 0, 0, 30, 4}, false},   /* 4 and 4 */
		{{1, 3, 0, 0, 0, 30, 2, 0, 0, 1, 3}, true}, /* 5, an option, 5 */
		{{1, 3, 0, 0, 1, 30, 7}, false},            /* not blank */
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		for (int hop = 0; hop < 2; hop++) {
			uint8_t p[16] = {59, 1};

			memcpy(p + 2, row[i].opts, 14);
			struct ipv6 h = {.next = hop ? IP_PROTO_HOPOPT : IP_PROTO_DSTOPT,
				.len = sizeof(p),
				.data = p};
			struct ipv6_chain c;

			assert_int_equal(
				ipv6_chain(&c, &h), row[i].taken ? DROP_NONE : DROP_OPTION);
		}
}

TEST(a_router_alert_has_two_bytes_rfc_2711)
{
	for (uint8_t len = 0; len < 5; len++) {
		const uint8_t p[8] = {59, 0, 5, len};
		struct ipv6 h = {.next = IP_PROTO_HOPOPT, .len = sizeof(p), .data = p};
		struct ipv6_chain c;

		assert_int_equal(ipv6_chain(&c, &h), len == 2 ? DROP_NONE : DROP_OPTION);
		h.next = IP_PROTO_DSTOPT; /* no meaning there: skipped */
		assert_int_equal(ipv6_chain(&c, &h), DROP_NONE);
	}
}

TEST(chains_with_false_lengths_or_no_end_are_refused)
{
	const uint8_t short_header[] = {59, 0, 0, 0, 0, 0, 0};
	const uint8_t beyond[] = {59, 1, 1, 4, 0, 0, 0, 0};
	const uint8_t option_beyond[] = {59, 0, 1, 5, 0, 0, 0, 0};
	uint8_t endless[8 * (EXT_HDR_MAX + 1)];

	for (size_t i = 0; i < sizeof(endless); i++)
		endless[i] = i % 8 == 0 ? IP_PROTO_DSTOPT : 0;
	assert_int_equal(
		refused(IP_PROTO_DSTOPT, short_header, sizeof(short_header)), DROP_TRUNCATED);
	assert_int_equal(refused(IP_PROTO_DSTOPT, beyond, sizeof(beyond)), DROP_TRUNCATED);
	assert_int_equal(
		refused(IP_PROTO_DSTOPT, option_beyond, sizeof(option_beyond)), DROP_OPTION);
	assert_int_equal(refused(IP_PROTO_DSTOPT, endless, sizeof(endless)), DROP_EXT_ORDER);
}

TEST(fragment_headers_write_as_they_read)
{
	const struct ipv6_frag f = {.next = 17, .mf = true, .off = 1448, .id = 0xdeadbeef};
	const uint8_t want[] = {17, 0, 0x05, 0xa9, 0xde, 0xad, 0xbe, 0xef};
	uint8_t out[IPV6_FRAG_LEN];

	ipv6_frag_emit(&f, out);
	assert_memory_equal(out, want, sizeof(want));
}
