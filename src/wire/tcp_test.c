/* tcp_test.c - the TCP header on literal bytes. */
#include "base/test/test.h"
#include "wire/tcp.h"

/* 10.0.0.1.4000 > 10.0.0.2.80: Flags [S], mss 1460, sackOK, TS, nop, wscale 7 */
static const uint8_t syn[] = {0x0f, 0xa0, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0x00, 0x00, 0x00,
	0x00, 0xa0, 0x02, 0xff, 0xff, 0x1c, 0x20, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4, 0x04, 0x02,
	0x08, 0x0a, 0x00, 0x00, 0x03, 0xe8, 0x00, 0x00, 0x00, 0x00, 0x01, 0x03, 0x03, 0x07};

/* the same addresses, every flag set, urgent pointer 3, five bytes of data */
static const uint8_t all[] = {0x00, 0x50, 0x0f, 0xa0, 0x00, 0x00, 0x00, 0x64, 0x01, 0x02, 0x03,
	0x05, 0x51, 0xff, 0x02, 0x00, 0x3f, 0xae, 0x00, 0x03, 'h', 'e', 'l', 'l', 'o'};

/* fe80::1.80 > 2001:db8::2.4000: Flags [P.], "hello" */
static const uint8_t over6[] = {0x00, 0x50, 0x0f, 0xa0, 0x00, 0x00, 0x00, 0x64, 0x01, 0x02, 0x03,
	0x05, 0x50, 0x18, 0x02, 0x00, 0x29, 0x5e, 0x00, 0x00, 'h', 'e', 'l', 'l', 'o'};

static struct ip_pair addresses(const char *src, const char *dst)
{
	struct ip_pair a;

	assert_true(ip_addr_parse(&a.src, src) && ip_addr_parse(&a.dst, dst));
	return a;
}

static struct tcp_seg parsed(const uint8_t *p, size_t len, const struct ip_pair *a)
{
	struct tcp_view v;
	struct tcp_seg s;

	assert_true(tcp_view(&v, p, len));
	assert_int_equal(tcp_parse(&s, v, a), DROP_NONE);
	return s;
}

TEST(a_syn_reads_into_its_fields)
{
	struct ip_pair a = addresses("10.0.0.1", "10.0.0.2");
	struct tcp_seg s = parsed(syn, sizeof(syn), &a);

	assert_int_equal(s.sport, 4000);
	assert_int_equal(s.dport, 80);
	assert_int_equal(s.seq.v, 0x01020304);
	assert_int_equal(s.flags, SEG_SYN);
	assert_int_equal(s.win, 65535);
	assert_int_equal(s.opt_len, 20);
	assert_int_equal(s.len, 0);
	assert_int_equal(tcp_seg_space(&s), 1);
}

TEST(what_is_parsed_emits_the_same_bytes)
{
	struct {
		const uint8_t *p;
		size_t len;
		struct ip_pair a;
	} row[] = {
		{syn, sizeof(syn), addresses("10.0.0.1", "10.0.0.2")},
		{all, sizeof(all), addresses("10.0.0.1", "10.0.0.2")},
		{over6, sizeof(over6), addresses("fe80::1", "2001:db8::2")},
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct tcp_seg s = parsed(row[i].p, row[i].len, &row[i].a);
		uint8_t out[64] = {0};

		assert_int_equal(tcp_emit_len(&s) + s.len, row[i].len);
		tcp_emit(&s, &row[i].a, out);
		assert_memory_equal(out, row[i].p, row[i].len);
		s.data = out + tcp_emit_len(&s); /* in place: the same again */
		tcp_emit(&s, &row[i].a, out);
		assert_memory_equal(out, row[i].p, row[i].len);
	}
}

TEST(one_wrong_bit_anywhere_fails_the_checksum)
{
	struct ip_pair a = addresses("10.0.0.1", "10.0.0.2");
	struct tcp_view v;
	struct tcp_seg s;
	uint8_t bad[sizeof(all)];

	for (size_t bit = 0; bit < 8 * sizeof(all); bit++) {
		memcpy(bad, all, sizeof(all));
		bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (tcp_view(&v, bad, sizeof(bad)))
			assert_int_equal(tcp_parse(&s, v, &a), DROP_CHECKSUM);
	}
	a.dst = ip_addr_from_v4(0x0a000003);
	assert_true(tcp_view(&v, all, sizeof(all)));
	assert_int_equal(tcp_parse(&s, v, &a), DROP_CHECKSUM);
	assert_int_equal(tcp_parse(&s, v, NULL), DROP_NONE);
}

TEST(headers_of_false_length_have_no_view)
{
	struct tcp_view v;
	uint8_t p[sizeof(all)];

	memcpy(p, all, sizeof(all));
	assert_false(tcp_view(&v, p, 19));
	assert_true(tcp_view(&v, p, 20));
	p[12] = 0x40;
	assert_false(tcp_view(&v, p, sizeof(p)));
	p[12] = 0x70;
	assert_false(tcp_view(&v, p, sizeof(p)));
	p[12] = 0x60;
	assert_true(tcp_view(&v, p, sizeof(p)));
	assert_false(tcp_view(&v, p, 23));
}

TEST(reserved_bits_are_ignored)
{
	uint8_t p[sizeof(syn)];

	memcpy(p, syn, sizeof(syn));
	p[12] |= 0x0e;
	struct tcp_seg s = parsed(p, sizeof(p), NULL);
	assert_int_equal(s.flags, SEG_SYN);
}

TEST(segments_print_as_tcpdump_writes_them)
{
	char text[200];
	struct tcp_seg s = parsed(syn, sizeof(syn), NULL);

	tcp_print(text, sizeof(text), &s);
	assert_string_equal(text, "Flags [S], seq 16909060, win 65535, options "
				  "[mss 1460,sackOK,TS val 1000 ecr 0,nop,wscale 7], length 0");
	s = parsed(all, sizeof(all), NULL);
	int whole = tcp_print(text, sizeof(text), &s);
	assert_string_equal(
		text, "Flags [FSRP.UEWe], seq 100:105, ack 16909061, win 512, urg 3, length 5");
	assert_int_equal(whole, (int)strlen(text));
	assert_int_equal(tcp_print(text, 10, &s), whole);
	assert_string_equal(text, "Flags [FS");
	assert_string_equal(tcp_flags_text(text, 0), "none");
}
