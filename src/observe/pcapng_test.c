/* pcapng_test.c - captures write, repeat byte for byte, and read back; hostile ones are refused. */
#include "base/test/test.h"
#include "observe/pcapng.h"

struct file {
	uint8_t bytes[2000];
	size_t len, limit;
};

static bool keep(void *user, const void *bytes, size_t n)
{
	struct file *f = user;

	if (f->len + n > f->limit)
		return false;
	memcpy(f->bytes + f->len, bytes, n);
	f->len += n;
	return true;
}

static const uint8_t five[] = {1, 2, 3, 4, 5};

/* Two interfaces, a packet on each, one with a comment. */
static bool two_packets(struct file *f, size_t limit)
{
	struct pcapng_writer w;
	struct pcapng_packet p = {
		.at = 5 * NSEC_SEC + 7, .data = five, .len = 5, .comment = "lost"};

	f->len = 0;
	f->limit = limit;
	pcapng_begin(&w, keep, f);
	pcapng_add_link(&w, PCAPNG_ETHERNET, "eth0");
	pcapng_add_link(&w, PCAPNG_RAW_IP, NULL);
	if (w.failed)
		return false;
	pcapng_write(&w, &p);
	p = (struct pcapng_packet){.link = 1, .at = 1, .data = five, .len = 4, .wire_len = 1500};
	return pcapng_write(&w, &p);
}

TEST(packets_read_back_with_their_times)
{
	struct pcapng_reader r;
	struct pcapng_packet p;
	struct file f;

	assert_true(two_packets(&f, sizeof(f.bytes)));
	pcapng_read(&r, f.bytes, f.len);
	assert_true(pcapng_next(&r, &p));
	assert_int_equal(p.at, 5 * NSEC_SEC + 7);
	assert_int_equal(p.link, 0);
	assert_int_equal(r.link[0].type, PCAPNG_ETHERNET);
	assert_int_equal(p.len, 5);
	assert_int_equal(p.wire_len, 5);
	assert_memory_equal(p.data, five, 5);
	assert_true(pcapng_next(&r, &p));
	assert_int_equal(r.link[p.link].type, PCAPNG_RAW_IP);
	assert_int_equal(p.len, 4);
	assert_int_equal(p.wire_len, 1500);
	assert_false(pcapng_next(&r, &p));
	assert_null(r.error);
}

TEST(the_same_packets_give_the_same_bytes)
{
	struct file a, b;

	memset(&a, 0x11, sizeof(a));
	memset(&b, 0x22, sizeof(b));
	assert_true(two_packets(&a, sizeof(a.bytes)) && two_packets(&b, sizeof(b.bytes)));
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.bytes, b.bytes, a.len);
	assert_int_equal(a.len % 4, 0);
}

TEST(a_full_disk_is_reported_at_every_point)
{
	struct file f;

	assert_true(two_packets(&f, sizeof(f.bytes)));
	size_t whole = f.len;

	for (size_t limit = 0; limit < whole; limit++)
		assert_false(two_packets(&f, limit));
}

TEST(files_of_the_other_byte_order_and_microseconds_read)
{
	static const uint8_t file[] = {
		0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 28, 0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0,
		0,                                                              /* section */
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 28,    /* */
		0, 0, 0, 1, 0, 0, 0, 20, 0, 101, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, /* interface */
		0, 0, 0, 99, 0, 0, 0, 12, 0, 0, 0, 12,                          /* unknown block */
		0, 0, 0, 6, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2,    /* packet */
		0, 0, 0, 1, 0, 0, 0, 1, 0xab, 0, 0, 0, 0, 0, 0, 36,             /* */
	};
	struct pcapng_reader r;
	struct pcapng_packet p;

	pcapng_read(&r, file, sizeof(file));
	assert_true(pcapng_next(&r, &p));
	assert_int_equal(p.at, (4294967296 + 2) * NSEC_USEC);
	assert_int_equal(p.data[0], 0xab);
	assert_false(pcapng_next(&r, &p));
	assert_null(r.error);
}

/* The time of a packet stamped 2^32 + 2 in a file whose if_tsresol is `resolution`. */
static nsec_t time_in_units(uint8_t resolution)
{
	const uint8_t file[] = {
		0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 28, 0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0,
		0,                                                           /* section */
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 28, /* */
		0, 0, 0, 1, 0, 0, 0, 28, 0, 101, 0, 0, 0, 0, 0, 0,           /* interface */
		0, 9, 0, 1, resolution, 0, 0, 0, 0, 0, 0, 28,                /* */
		0, 0, 0, 6, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, /* packet */
		0, 0, 0, 1, 0, 0, 0, 1, 0xab, 0, 0, 0, 0, 0, 0, 36,          /* */
	};
	struct pcapng_reader r;
	struct pcapng_packet p;

	pcapng_read(&r, file, sizeof(file));
	assert_true(pcapng_next(&r, &p));
	return p.at;
}

TEST(times_in_decimal_and_binary_units_finer_and_coarser_than_a_nanosecond_read)
{
	assert_int_equal(time_in_units(9), 4294967298);
	assert_int_equal(time_in_units(12), 4294967);
	assert_int_equal(time_in_units(3), 4294967298 * NSEC_MSEC);
	assert_int_equal(time_in_units(0), 4294967298 * NSEC_SEC);
	assert_int_equal(time_in_units(0x80 | 10), 4194304001953125);
	assert_int_equal(time_in_units(0x80 | 32), NSEC_SEC);
	assert_int_equal(time_in_units(0x80 | 40), 3906250);
}

TEST(every_cut_ends_with_a_reason_or_between_blocks)
{
	struct pcapng_reader r;
	struct pcapng_packet p;
	struct file f;
	int clean = 0;

	assert_true(two_packets(&f, sizeof(f.bytes)));
	for (size_t len = 0; len <= f.len; len++) {
		pcapng_read(&r, f.bytes, len);
		while (pcapng_next(&r, &p))
			;
		clean += r.error == NULL;
	}
	assert_int_equal(clean, 6); /* nothing, and after each of the five blocks */
}
