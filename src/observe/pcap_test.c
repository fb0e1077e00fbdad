/* pcap_test.c - pcap files of both byte orders and resolutions are read; hostile ones are refused.
 */
#include "base/test/test.h"
#include "observe/pcap.h"

struct file {
	uint8_t bytes[256];
	size_t len;
	bool swapped;
};

static void put32(struct file *f, uint32_t v)
{
	v = f->swapped ? __builtin_bswap32(v) : v;
	memcpy(f->bytes + f->len, &v, sizeof(v));
	f->len += sizeof(v);
}

static void begin(struct file *f, uint32_t magic, bool swapped)
{
	*f = (struct file){.swapped = swapped};
	put32(f, magic);
	put32(f, swapped ? 4u << 16 | 2 : 2u << 16 | 4);
	put32(f, 0);
	put32(f, 0);
	put32(f, 65535);
	put32(f, PCAPNG_RAW_IP);
}

static void record(struct file *f, uint32_t sec, uint32_t part, uint32_t len)
{
	put32(f, sec);
	put32(f, part);
	put32(f, len);
	put32(f, 1500);
	memset(f->bytes + f->len, 7, len < 8 ? len : 8);
	f->len += len < 8 ? len : 8;
}

TEST(both_orders_and_resolutions_are_read)
{
	static const uint32_t magic[] = {0xa1b2c3d4, 0xa1b23c4d};
	struct pcap_reader r;
	struct pcapng_packet p;
	struct file f;

	for (int i = 0; i < 4; i++) {
		begin(&f, magic[i % 2], i / 2 == 1);
		record(&f, 5, 6, 3);
		record(&f, 4000000000u, 999999, 8);
		pcap_read(&r, f.bytes, f.len);
		assert_true(pcap_next(&r, &p));
		assert_int_equal(p.at, 5 * NSEC_SEC + (i % 2 ? 6 : 6000));
		assert_int_equal(p.len, 3);
		assert_int_equal(p.wire_len, 1500);
		assert_int_equal(p.data[2], 7);
		assert_int_equal(pcap_link(&r, &p), PCAPNG_RAW_IP);
		assert_true(pcap_next(&r, &p));
		assert_true(p.at >= 4000000000 * NSEC_SEC);
		assert_false(pcap_next(&r, &p));
		assert_null(r.ng.error);
	}
}

TEST(a_record_that_the_file_does_not_hold_is_an_error)
{
	struct pcap_reader r;
	struct pcapng_packet p;
	struct file f;

	begin(&f, 0xa1b2c3d4, false);
	record(&f, 1, 1, UINT32_MAX);
	pcap_read(&r, f.bytes, f.len);
	assert_false(pcap_next(&r, &p));
	assert_string_equal(r.ng.error, "a packet is longer than the file");
	assert_false(pcap_next(&r, &p));
	pcap_read(&r, f.bytes, 24 + 15);
	assert_false(pcap_next(&r, &p));
	assert_string_equal(r.ng.error, "truncated record");
}

TEST(what_is_neither_format_is_an_error_and_nothing_is_an_empty_capture)
{
	static const uint8_t text[40] = "not a capture";
	struct pcap_reader r;
	struct pcapng_packet p;

	pcap_read(&r, text, sizeof(text));
	assert_false(pcap_next(&r, &p));
	assert_non_null(r.ng.error);
	pcap_read(&r, text, 0);
	assert_false(pcap_next(&r, &p));
	assert_null(r.ng.error);
}
