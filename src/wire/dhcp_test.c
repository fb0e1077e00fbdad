/* dhcp_test.c - DHCP messages: written and read back, and what a hostile server may send. */
#include "base/test/test.h"
#include "wire/dhcp.h"

enum {
	OPTIONS = 240, /* offset */
	FILE_AT = 108,
	SNAME_AT = 44,
};

static const struct eth_addr mac = {{2, 0, 0, 0, 0, 1}};

/* A reply with this type; returns its length so far, where more options may follow. */
static size_t reply(uint8_t *p, uint8_t type)
{
	struct dhcp d = {.op = DHCP_OP_REPLY, .type = type, .xid = 7, .chaddr = mac};

	dhcp_emit(&d, p);
	return OPTIONS + 3;
}

static enum drop read_dhcp(struct dhcp *d, const uint8_t *p, size_t len)
{
	struct dhcp_view v;

	assert_true(dhcp_view(&v, p, len));
	return dhcp_parse(d, v);
}

/* The verdict on an ACK with these bytes as its further options. */
static enum drop with(struct dhcp *d, const char *options, size_t len)
{
	uint8_t p[1500] = {0};
	size_t at = reply(p, DHCP_ACK);

	memcpy(p + at, options, len);
	return read_dhcp(d, p, at + len);
}

#define WITH(d, options) with((d), (options), sizeof(options) - 1)

TEST(a_message_reads_back_as_it_was_written)
{
	const struct dhcp sent = {.op = DHCP_OP_REQUEST,
		.type = DHCP_REQUEST,
		.broadcast = true,
		.asks = true,
		.bits = 20,
		.id_len = 3,
		.secs = 5,
		.mtu = 1400,
		.max_size = 1472,
		.xid = 0xdeadbeef,
		.lease_s = UINT32_MAX,
		.t1_s = 100,
		.t2_s = 200,
		.chaddr = mac,
		.ciaddr = ip_addr_from_v4(0x0a000001),
		.yiaddr = ip_addr_from_v4(0x0a000002),
		.requested = ip_addr_from_v4(0x0a000003),
		.server = ip_addr_from_v4(0x0a000004),
		.router = ip_addr_from_v4(0x0a000005),
		.id = "abc",
		.route_count = 3,
		.route = {{IP_ADDR_ANY4, ip_addr_from_v4(0x0a000006), 0},
			{ip_addr_from_v4(0xac100000), IP_ADDR_ANY4, 12},
			{ip_addr_from_v4(0xa9fea9fe), ip_addr_from_v4(0x0a000007), 32}}};
	uint8_t p[DHCP_LEN_MAX], again[DHCP_LEN_MAX];
	size_t len = dhcp_emit_len(&sent);
	struct dhcp d;

	assert_in_range(len, DHCP_LEN_MIN, sizeof(p));
	dhcp_emit(&sent, p);
	assert_int_equal(read_dhcp(&d, p, len), DROP_NONE);
	assert_int_equal(d.type, DHCP_REQUEST);
	assert_int_equal(d.route_count, 3);
	assert_int_equal(dhcp_emit_len(&d), len);
	dhcp_emit(&d, again);
	assert_memory_equal(again, p, len);
}

TEST(a_discover_has_the_bytes_of_the_rfc)
{
	const struct dhcp sent = {.op = DHCP_OP_REQUEST,
		.type = DHCP_DISCOVER,
		.broadcast = true,
		.xid = 0x01020304,
		.chaddr = mac};
	uint8_t p[DHCP_LEN_MAX];

	assert_int_equal(dhcp_emit_len(&sent), 300);
	dhcp_emit(&sent, p);
	assert_memory_equal(p, "\1\1\6\0\1\2\3\4\0\0\x80\0", 12);
	assert_memory_equal(p + 28, "\2\0\0\0\0\1", 6);
	assert_memory_equal(p + 236, "\x63\x82\x53\x63\x35\1\1\xff", 8);
}

TEST(options_that_are_absent_are_zero)
{
	struct dhcp d;

	assert_int_equal(WITH(&d, "\xff"), DROP_NONE);
	assert_int_equal(d.type, DHCP_ACK);
	assert_true(d.bits == 0 && d.lease_s == 0 && d.mtu == 0 && d.id_len == 0 && !d.asks);
	assert_true(ip_addr_is_any(&d.router) && ip_addr_is_any(&d.server));
}

TEST(the_first_of_several_routers_is_taken)
{
	struct dhcp d;

	assert_int_equal(WITH(&d, "\3\x8\xa\0\0\1\xa\0\0\2\xff"), DROP_NONE);
	assert_int_equal(ip_addr_v4(&d.router), 0x0a000001);
}

TEST(an_option_in_pieces_is_one_value)
{
	struct dhcp d;

	assert_int_equal(WITH(&d, "\x33\2\0\0\0\x33\2\x0e\x10\xff"), DROP_NONE);
	assert_int_equal(d.lease_s, 3600);
}

TEST(options_go_on_in_file_and_then_in_sname)
{
	uint8_t p[320] = {0};
	size_t at = reply(p, DHCP_OFFER);
	struct dhcp d;

	memcpy(p + at, "\x34\1\3\x33\1\0\xff", 7);
	memcpy(p + FILE_AT, "\x33\1\0\xff", 4);
	memcpy(p + SNAME_AT, "\x33\2\1\2\xff", 5);
	assert_int_equal(read_dhcp(&d, p, sizeof(p)), DROP_NONE);
	assert_int_equal(d.lease_s, 0x0102);
	p[at + 2] = 2; /* in sname only: two bytes are missing */
	assert_int_equal(read_dhcp(&d, p, sizeof(p)), DROP_OPTION);
}

TEST(file_and_sname_are_names_without_overload)
{
	uint8_t p[320] = {0};
	struct dhcp d;

	reply(p, DHCP_OFFER);
	memcpy(p + FILE_AT, "\x33\4\0\0\1\0\xff", 7);
	assert_int_equal(read_dhcp(&d, p, sizeof(p)), DROP_NONE);
	assert_int_equal(d.lease_s, 0);
}

TEST(an_option_beyond_its_field_is_refused)
{
	uint8_t p[320] = {0};
	size_t at = reply(p, DHCP_OFFER);
	struct dhcp d;

	assert_int_equal(WITH(&d, "\x33"), DROP_OPTION);
	assert_int_equal(WITH(&d, "\x33\4\0\0\0"), DROP_OPTION);
	memcpy(p + at, "\x34\1\1\xff", 4);
	p[FILE_AT + 126] = 43; /* unknown, and its length, the last byte, leads into the cookie */
	p[FILE_AT + 127] = 1;
	assert_int_equal(read_dhcp(&d, p, sizeof(p)), DROP_OPTION);
}

TEST(a_value_of_the_wrong_length_is_refused)
{
	struct dhcp d;

	assert_int_equal(WITH(&d, "\x33\3\0\0\0\xff"), DROP_OPTION);
	assert_int_equal(WITH(&d, "\x33\5\0\0\0\0\0\xff"), DROP_OPTION);
	assert_int_equal(WITH(&d, "\3\5\0\0\0\0\0\xff"), DROP_OPTION);
	assert_int_equal(WITH(&d, "\x1a\1\0\xff"), DROP_OPTION);
	assert_int_equal(WITH(&d, "\x3d\1\0\xff"), DROP_OPTION);
	assert_int_equal(WITH(&d, "\x35\1\5\xff"), DROP_OPTION); /* the type twice */
}

TEST(a_mask_must_be_a_prefix)
{
	struct dhcp d;

	assert_int_equal(WITH(&d, "\1\4\xff\xff\xf0\0\xff"), DROP_NONE);
	assert_int_equal(d.bits, 20);
	assert_int_equal(WITH(&d, "\1\4\xff\xff\xff\xff\xff"), DROP_NONE);
	assert_int_equal(d.bits, 32);
	assert_int_equal(WITH(&d, "\1\4\xff\0\xff\0\xff"), DROP_OPTION);
	assert_int_equal(WITH(&d, "\1\4\0\0\0\0\xff"), DROP_OPTION);
}

/* The examples of RFC 3442. */
TEST(classless_routes_have_as_many_bytes_as_their_prefix_needs)
{
	struct dhcp d;

	assert_int_equal(
		WITH(&d,
			"\x79\x16\0\xa\0\0\1\x11\xa\x1b\x81\xa\0\0\2\x20\xa\xe5\0\x80\0\0\0\0\xff"),
		DROP_NONE);
	assert_int_equal(d.route_count, 3);
	assert_true(d.route[0].bits == 0 && ip_addr_is_any(&d.route[0].dst));
	assert_int_equal(ip_addr_v4(&d.route[0].router), 0x0a000001);
	assert_true(d.route[1].bits == 17 && ip_addr_v4(&d.route[1].dst) == 0x0a1b8000);
	assert_true(d.route[2].bits == 32 && ip_addr_v4(&d.route[2].dst) == 0x0ae50080);
	assert_true(ip_addr_is_any(&d.route[2].router));
}

TEST(a_classless_route_that_is_cut_short_or_too_long_is_refused)
{
	struct dhcp d;

	assert_int_equal(WITH(&d, "\x79\4\0\xa\0\0\xff"), DROP_OPTION);
	assert_int_equal(WITH(&d, "\x79\x6\x18\xa\0\0\xa\0\xff"), DROP_OPTION);
	assert_int_equal(WITH(&d, "\x79\xa\x21\xa\0\0\0\0\xa\0\0\1\xff"), DROP_OPTION);
	assert_int_equal(WITH(&d, "\x79\6\0\xa\0\0\1\x18\xff"), DROP_OPTION);
}

TEST(of_many_classless_routes_the_first_are_kept)
{
	char options[2 + 255 + 2 + 255 + 1];
	struct dhcp d;

	memset(options, 0, sizeof(options)); /* 0.0.0.0/0 through 0.0.0.0, in two pieces */
	options[0] = options[257] = '\x79';
	options[1] = options[258] = '\xff';
	options[514] = '\xff';
	assert_int_equal(with(&d, options, sizeof(options)), DROP_NONE);
	assert_int_equal(d.route_count, DHCP_ROUTES_MAX);
}

TEST(a_long_identifier_is_cut_and_an_unknown_option_is_skipped)
{
	char options[2 + 255 + 2 + 255 + 7] = "\x3d\xff";
	struct dhcp d;

	options[257] = '\x2b'; /* vendor information */
	options[258] = '\xff';
	memcpy(options + 514, "\x1a\2\5\xdc\xff", 5);
	assert_int_equal(with(&d, options, sizeof(options)), DROP_NONE);
	assert_int_equal(d.id_len, DHCP_ID_MAX);
	assert_int_equal(d.mtu, 1500);
}

TEST(other_protocols_are_refused)
{
	uint8_t p[300] = {0};
	struct dhcp_view v;
	struct dhcp d;

	assert_false(dhcp_view(&v, p, OPTIONS - 1));
	reply(p, DHCP_ACK);
	p[0] = 3;
	assert_int_equal(read_dhcp(&d, p, sizeof(p)), DROP_OPCODE);
	p[0] = DHCP_OP_REPLY;
	p[2] = 16;
	assert_int_equal(read_dhcp(&d, p, sizeof(p)), DROP_HARDWARE);
	p[2] = 6;
	p[239] = 0; /* BOOTP, or its cookie of another vendor */
	assert_int_equal(read_dhcp(&d, p, sizeof(p)), DROP_TYPE);
	reply(p, DHCP_TYPES);
	assert_int_equal(read_dhcp(&d, p, sizeof(p)), DROP_TYPE);
}

TEST(messages_print_like_tcpdump)
{
	struct dhcp d = {.op = DHCP_OP_REQUEST, .type = DHCP_DISCOVER, .chaddr = mac};
	char text[80];

	dhcp_print(text, sizeof(text), &d, 300);
	assert_string_equal(text, "BOOTP/DHCP, Request from 02:00:00:00:00:01, length 300");
	d.op = DHCP_OP_REPLY;
	dhcp_print(text, sizeof(text), &d, 300);
	assert_string_equal(text, "BOOTP/DHCP, Reply, length 300");
}
