/* ipv4_test.c - the IPv4 header on literal bytes; every rejection by its name. */
#include "base/test/test.h"
#include "wire/ipv4.h"

/* 10.0.0.1 > 10.0.0.2, TCP, tos 0x10, DF, eight bytes of data */
static const uint8_t plain[28] = {0x45, 0x10, 0x00, 0x1c, 0x12, 0x34, 0x40, 0x00, 0x40, 0x06, 0x14,
	0x96, 0x0a, 0x00, 0x00, 0x01, 0x0a, 0x00, 0x00, 0x02, 1, 2, 3, 4, 5, 6, 7, 8};

/* NOP and a loose source route by way of 10.0.0.9 */
static const uint8_t routed[32] = {0x47, 0x00, 0x00, 0x20, 0x00, 0x01, 0x00, 0x00, 0x40, 0x11, 0x52,
	0x3a, 0x0a, 0x00, 0x00, 0x01, 0x0a, 0x00, 0x00, 0x02, 0x01, 0x83, 0x07, 0x04, 0x0a, 0x00,
	0x00, 0x09};

static enum drop read_ip(struct ipv4 *h, const uint8_t *p, size_t len)
{
	struct ipv4_view v;

	assert_true(ipv4_view(&v, p, len));
	return ipv4_parse(h, v);
}

/* `plain` with one 16-bit field changed and the checksum corrected. */
static enum drop with_field(struct ipv4 *h, size_t at, uint16_t value)
{
	uint8_t p[sizeof(plain)];

	memcpy(p, plain, sizeof(p));
	put_be16(p + at, value);
	put_be16(p + 10, 0);
	uint16_t field = csum_fold(csum_add(0, p, 20));
	memcpy(p + 10, &field, 2);
	return read_ip(h, p, sizeof(p));
}

TEST(headers_read_and_write_back)
{
	struct ipv4 h;
	uint8_t out[IPV4_HDR_MAX];
	char text[120];

	assert_int_equal(read_ip(&h, plain, sizeof(plain)), DROP_NONE);
	assert_int_equal(h.tos, 0x10);
	assert_int_equal(h.id, 0x1234);
	assert_true(h.df && !ipv4_is_fragment(&h));
	assert_int_equal(h.proto, 6);
	assert_int_equal(h.len, 8);
	assert_ptr_equal(h.data, plain + 20);
	ipv4_emit(&h, out);
	assert_memory_equal(out, plain, 20);
	ipv4_print(text, sizeof(text), &h);
	assert_string_equal(
		text, "tos 0x10, ttl 64, id 4660, offset 0, flags [DF], proto TCP (6), length 28");
	assert_int_equal(read_ip(&h, routed, sizeof(routed)), DROP_NONE);
	assert_true(h.source_route);
	assert_int_equal(ipv4_emit_len(&h), 28);
	ipv4_emit(&h, out);
	assert_memory_equal(out, routed, 28);
}

TEST(padding_of_the_link_is_left_out)
{
	uint8_t frame[46] = {0};
	struct ipv4 h;

	memcpy(frame, plain, sizeof(plain));
	assert_int_equal(read_ip(&h, frame, sizeof(frame)), DROP_NONE);
	assert_int_equal(h.len, 8);
}

TEST(each_rejection_has_its_reason)
{
	uint8_t p[sizeof(routed)];
	struct ipv4 h;

	assert_int_equal(with_field(&h, 0, 0x5510), DROP_VERSION);
	assert_int_equal(with_field(&h, 2, 29), DROP_TRUNCATED);
	assert_int_equal(with_field(&h, 2, 19), DROP_TOTAL_LEN);
	memcpy(p, plain, sizeof(plain));
	p[8]--;
	assert_int_equal(read_ip(&h, p, sizeof(plain)), DROP_CHECKSUM);
	for (int len = 0; len < 256; len++) { /* of the only option; 8 bytes are there */
		memcpy(p, routed, sizeof(routed));
		p[20] = 0x83;
		p[21] = (uint8_t)len;
		memset(p + 22, 0, 6); /* ends the list if the option is shorter */
		p[22] = 4;            /* its pointer */
		put_be16(p + 10, 0);
		uint16_t field = csum_fold(csum_add(0, p, 28));
		memcpy(p + 10, &field, 2);
		bool fits = len >= 3 && len <= 8;
		assert_int_equal(read_ip(&h, p, sizeof(routed)), fits ? DROP_NONE : DROP_OPTION);
	}
}

TEST(fragments_beyond_the_longest_packet_are_detected)
{
	struct ipv4 h;

	assert_int_equal(with_field(&h, 6, 0x2000), DROP_NONE);
	assert_true(h.mf && h.frag_off == 0);
	assert_int_equal(with_field(&h, 6, 0x00b9), DROP_NONE);
	assert_int_equal(h.frag_off, 1480);
	assert_int_equal(with_field(&h, 6, 0x1fff), DROP_NONE);
	assert_true(ipv4_is_beyond(&h));
	assert_int_equal(with_field(&h, 6, (65535 - 28) / 8), DROP_NONE);
	assert_false(ipv4_is_beyond(&h));
	assert_int_equal(with_field(&h, 6, (65535 - 28) / 8 + 1), DROP_NONE);
	assert_true(ipv4_is_beyond(&h));
}

TEST(headers_longer_than_the_packet_have_no_view)
{
	struct ipv4_view v;
	uint8_t p[60] = {0x4f};

	assert_false(ipv4_view(&v, p, 19));
	assert_false(ipv4_view(&v, p, 59));
	assert_true(ipv4_view(&v, p, 60));
	p[0] = 0x44;
	assert_false(ipv4_view(&v, p, 60));
}
