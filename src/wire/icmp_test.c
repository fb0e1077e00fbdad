/* icmp_test.c - ICMP of both versions on literal bytes, and the quotes in errors. */
#include "base/test/test.h"
#include "wire/icmp.h"

static struct ip_pair pair6(void)
{
	struct ip_pair a = {{{0xfe, 0x80, [15] = 1}}, {{0xfe, 0x80, [15] = 2}}};

	return a;
}

static enum drop read_icmp(struct icmp *m, const uint8_t *p, size_t len, const struct ip_pair *a)
{
	struct icmp_view v;

	assert_true(icmp_view(&v, p, len));
	return icmp_parse(m, v, a);
}

TEST(echoes_write_and_read_back_in_both_versions)
{
	static const uint8_t want[2][12] = {
		{8, 0, 0x19, 0x2c, 0, 1, 0, 2, 'p', 'i', 'n', 'g'},
		{128, 0, 0xa3, 0xe0, 0, 1, 0, 2, 'p', 'i', 'n', 'g'},
	};
	static const char *const text[] = {"ICMP echo request, id 1, seq 2, length 12",
		"ICMP6, echo request, id 1, seq 2, length 12"};
	struct ip_pair a = pair6();

	for (int v6 = 0; v6 < 2; v6++) {
		struct icmp sent = {.type = v6 ? ICMP6_ECHO : ICMP4_ECHO,
			.rest = 1u << 16 | 2,
			.len = 4,
			.data = (const uint8_t *)"ping"};
		struct icmp m;
		uint8_t p[12] = {0};
		char out[80];

		icmp_emit(&sent, v6 ? &a : NULL, p);
		assert_memory_equal(p, want[v6], sizeof(p));
		assert_int_equal(read_icmp(&m, p, sizeof(p), v6 ? &a : NULL), DROP_NONE);
		assert_int_equal(icmp_id(&m), 1);
		assert_int_equal(icmp_seq(&m), 2);
		icmp_print(out, sizeof(out), &m, v6);
		assert_string_equal(out, text[v6]);
		assert_int_equal(read_icmp(&m, p, sizeof(p), v6 ? NULL : &a), DROP_CHECKSUM);
	}
}

TEST(the_checksum_covers_every_byte)
{
	struct icmp m = {.type = ICMP4_ECHO, .len = 3, .data = (const uint8_t *)"abc"};
	uint8_t p[11] = {0};

	icmp_emit(&m, NULL, p);
	for (size_t i = 0; i < sizeof(p); i++) {
		p[i] ^= 4;
		assert_int_equal(read_icmp(&m, p, sizeof(p), NULL), DROP_CHECKSUM);
		p[i] ^= 4;
	}
}

/* The quote of a TCP segment 10.0.0.1.4000 > 10.0.0.2.80, seq 99, in its first 28 bytes. */
static void quoted4(uint8_t *p)
{
	struct ipv4 h = {.ttl = 1, .proto = 6, .len = 1000};

	h.addr = (struct ip_pair){ip_addr_from_v4(0x0a000001), ip_addr_from_v4(0x0a000002)};
	ipv4_emit(&h, p);
	put_be16(p + 20, 4000);
	put_be16(p + 22, 80);
	put_be32(p + 24, 99);
}

TEST(eight_quoted_bytes_name_the_connection)
{
	struct icmp_quote q;
	uint8_t p[28];

	quoted4(p);
	assert_int_equal(icmp_quote_parse(&q, false, p, sizeof(p)), DROP_NONE);
	assert_int_equal(ip_addr_v4(&q.addr.dst), 0x0a000002);
	assert_int_equal(q.proto, 6);
	assert_int_equal(q.sport, 4000);
	assert_int_equal(q.dport, 80);
	assert_int_equal(q.seq.v, 99);
	assert_int_equal(icmp_quote_parse(&q, false, p, 27), DROP_TRUNCATED);
	assert_int_equal(icmp_quote_parse(&q, false, p, 19), DROP_TRUNCATED);
	assert_int_equal(icmp_quote_parse(&q, true, p, sizeof(p)), DROP_TRUNCATED);
	put_be16(p + 6, 10);
	assert_int_equal(icmp_quote_parse(&q, false, p, sizeof(p)), DROP_NONE);
	assert_true(q.fragment && q.sport == 0);
}

TEST(a_quote_is_read_through_extension_headers)
{
	struct ipv6 h = {.next = IP_PROTO_DSTOPT, .hop_limit = 1, .len = 500, .addr = pair6()};
	uint8_t p[IPV6_HDR_LEN + 16] = {0};
	struct icmp_quote q;

	ipv6_emit(&h, p);
	p[40] = 17;
	put_be16(p + 48, 53);
	put_be16(p + 50, 4000);
	assert_int_equal(icmp_quote_parse(&q, true, p, sizeof(p)), DROP_NONE);
	assert_int_equal(q.proto, 17);
	assert_int_equal(q.sport, 53);
	assert_int_equal(q.dport, 4000);
	assert_int_equal(q.len, 8);
}

TEST(errors_print_as_tcpdump_writes_them)
{
	static const struct {
		struct icmp m;
		const char *text;
	} row[] = {
		{{.type = 3, .code = 0}, "ICMP net 10.0.0.2 unreachable, length 36"},
		{{.type = 3, .code = 2}, "ICMP 10.0.0.2 protocol 6 unreachable, length 36"},
		{{.type = 3, .code = 3}, "ICMP 10.0.0.2 tcp port 80 unreachable, length 36"},
		{{.type = 3, .code = 4, .rest = 1400},
			"ICMP 10.0.0.2 unreachable - need to frag (mtu 1400), length 36"},
		{{.type = 11}, "ICMP time exceeded in-transit, length 36"},
		{{.type = 12, .rest = 20u << 24}, "ICMP parameter problem - octet 20, length 36"},
		{{.type = 77}, "ICMP type-#77, length 36"},
	};
	uint8_t p[28];
	char out[100];

	quoted4(p);
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct icmp m = row[i].m;

		m.data = p;
		m.len = sizeof(p);
		icmp_print(out, sizeof(out), &m, false);
		assert_string_equal(out, row[i].text);
	}
	struct icmp cut = {.type = 3, .code = 1, .data = p, .len = 10};

	icmp_print(out, sizeof(out), &cut, false);
	assert_string_equal(out, "ICMP host ? unreachable, length 18");
}

TEST(errors_of_version_6_print_as_tcpdump_writes_them)
{
	static const struct {
		struct icmp m;
		const char *text;
	} row[] = {
		{{.type = 1, .code = 0},
			"ICMP6, destination unreachable, unreachable route fe80::2, length 56"},
		{{.type = 1, .code = 4}, "ICMP6, destination unreachable, unreachable port, "
					 "fe80::2 udp port 53, length 56"},
		{{.type = 2, .rest = 1280}, "ICMP6, packet too big, mtu 1280, length 56"},
		{{.type = 3}, "ICMP6, time exceeded in-transit for fe80::2, length 56"},
		{{.type = 3, .code = 1}, "ICMP6, time exceeded in-transit (reassembly), length 56"},
		{{.type = 4, .code = 1, .rest = 40},
			"ICMP6, parameter problem, next header - octet 40, length 56"},
	};
	struct ipv6 h = {.next = 17, .hop_limit = 1, .len = 8, .addr = pair6()};
	uint8_t p[IPV6_HDR_LEN + 8] = {[42] = 0, [43] = 53};
	char out[100];

	ipv6_emit(&h, p);
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct icmp m = row[i].m;

		m.data = p;
		m.len = sizeof(p);
		icmp_print(out, sizeof(out), &m, true);
		assert_string_equal(out, row[i].text);
	}
}
