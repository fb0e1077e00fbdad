/* sendq_test.c - sending of queued data, and the memory that a slow reader pins. */

#include "chat/out/line_encode.h"
#include "chat/out/sendq.h"

#include "base/prng.h"
#include "base/test/test.h"

static struct piece say(struct outbufs *c, const char *text, size_t n)
{
	memcpy(outbufs_reserve(c, 0, n), text, n);
	return outbufs_commit(c, 0, n);
}

TEST(lines_of_a_turn_are_one_piece)
{
	struct outbufs c = {0};
	struct sendq q = {0};
	struct iovec iov[4];

	assert_true(sendq_put(&q, say(&c, "one", 3)));
	assert_true(sendq_put(&q, say(&c, "two", 3)));
	assert_int_equal(sendq_iov(&q, iov, 4), 1);
	assert_int_equal(iov[0].iov_len, 6);
	assert_memory_equal(iov[0].iov_base, "onetwo", 6);
	sendq_clear(&q, &c);
	outbufs_free(&c);
}

TEST(a_line_for_others_in_between_makes_a_second_piece)
{
	struct outbufs c = {0};
	struct sendq q = {0};
	struct iovec iov[4];

	assert_true(sendq_put(&q, say(&c, "one", 3)));
	say(&c, "other", 5);
	assert_true(sendq_put(&q, say(&c, "two", 3)));
	assert_int_equal(sendq_iov(&q, iov, 4), 2);
	sendq_sent(&q, &c, 4);
	assert_int_equal(sendq_iov(&q, iov, 4), 1);
	assert_memory_equal(iov[0].iov_base, "wo", 2);
	assert_null(q.more);
	sendq_clear(&q, &c);
	outbufs_free(&c);
}

TEST(an_unreferenced_buffer_restarts)
{
	struct outbufs c = {0};
	struct sendq q = {0};
	struct piece p = say(&c, "one", 3);

	assert_true(sendq_put(&q, p));
	outbufs_rewind(&c);
	assert_int_equal(say(&c, "x", 1).at, 3);
	sendq_clear(&q, &c);
	outbufs_rewind(&c);
	assert_int_equal(say(&c, "x", 1).at, 0);
	outbufs_free(&c);
}

TEST(a_slow_reader_of_a_few_bytes_pins_no_chunk)
{
	static char fill[OUTBUF_BYTES];
	struct outbufs c = {0};
	struct sendq q = {0};
	struct iovec iov[8];

	assert_true(sendq_put(&q, say(&c, "first", 5)));
	say(&c, fill, 10);
	assert_true(sendq_put(&q, say(&c, "second", 6)));
	say(&c, fill, OUTBUF_BYTES - 21);
	say(&c, fill, 100); /* retires the first chunk */
	assert_true(c.retired);
	assert_true(sendq_settle(&q, &c));
	assert_int_equal(c.spares, 1); /* no longer needed */
	assert_int_equal(sendq_iov(&q, iov, 8), 1);
	assert_memory_equal(iov[0].iov_base, "firstsecond", 11);
	sendq_clear(&q, &c);
	outbufs_free(&c);
}

TEST(readers_of_most_of_a_chunk_share_it)
{
	static char fill[OUTBUF_BYTES];
	struct outbufs c = {0};
	struct sendq q[3] = {0};
	struct piece p = say(&c, fill, OUTBUF_BYTES);

	for (int i = 0; i < 3; i++)
		assert_true(sendq_put(&q[i], p));
	say(&c, fill, 1);
	for (int i = 0; i < 3; i++)
		assert_true(sendq_settle(&q[i], &c));
	assert_int_equal(p.buf->refs, 3);
	for (int i = 0; i < 3; i++)
		sendq_clear(&q[i], &c);
	assert_int_equal(c.spares, 1);
	outbufs_free(&c);
}

TEST(whole_chunks_are_counted_until_they_are_freed)
{
	enum {
		MANY = OUTBUFS_SPARE + 4
	};
	struct outbufs c = {0};
	struct sendq q = {0};

	for (uint32_t i = 0; i < MANY; i++) {
		char *room = outbufs_reserve(&c, 0, OUTBUF_BYTES);

		assert_non_null(room);
		memset(room, 'x', OUTBUF_BYTES);
		assert_true(sendq_put(&q, outbufs_commit(&c, 0, OUTBUF_BYTES)));
	}
	assert_int_equal(c.whole, MANY);
	sendq_clear(&q, &c);
	assert_int_equal(c.whole, OUTBUFS_SPARE + 1); /* spares, and the turn buffer */
	assert_int_equal(c.peak, MANY);
	outbufs_free(&c);
	assert_int_equal(c.whole, 0);
}

/* Queue, send and settle in any order: the bytes come out once and in order. */
TEST(any_sequence_of_operations_keeps_the_bytes_in_order)
{
	struct outbufs c = {0};
	struct sendq q = {0};
	struct prng r;
	uint8_t next_in = 0, next_out = 0;
	char line[4000];

	prng_seed(&r, 7);
	for (int step = 0; step < 30000; step++) {
		size_t n = prng_below(&r, sizeof(line)) + 1;
		struct iovec iov[3];

		switch (prng_below(&r, 5)) {
		case 0: say(&c, line, n); break;
		case 1:
			for (size_t i = 0; i < n; i++)
				line[i] = (char)next_in++;
			assert_true(sendq_put(&q, say(&c, line, n)));
			break;
		case 2: assert_true(sendq_settle(&q, &c)); break;
		case 3: outbufs_rewind(&c); break;
		default:
			n = sendq_iov(&q, iov, 3) ? size_min(n, iov[0].iov_len) : 0;
			for (size_t i = 0; i < n; i++)
				assert_int_equal(((uint8_t *)iov[0].iov_base)[i], next_out++);
			sendq_sent(&q, &c, n);
		}
		assert_int_equal((uint8_t)(next_in - next_out), (uint8_t)q.bytes);
	}
	sendq_clear(&q, &c);
	outbufs_free(&c);
}

TEST(a_line_takes_the_tags_of_its_form)
{
	struct line_out l = {.time = "T", .msgid = "I", .account = "A", .label = "L"};
	struct outbufs c = {0};
	struct piece p;

	line_add_all(&l, ":a", " PING", NULL);
	p = line_encode(&c, &l, 0);
	assert_memory_equal(p.buf->data + p.at, "@label=L :a PING\r\n", p.len);
	l.label = NULL;
	p = line_encode(&c, &l, 0);
	assert_memory_equal(p.buf->data + p.at, ":a PING\r\n", p.len);
	p = line_encode(&c, &l, FORM_TIME | FORM_TAGS | FORM_ACCOUNT);
	assert_memory_equal(p.buf->data + p.at, "@time=T;account=A;msgid=I :a PING\r\n", p.len);
	outbufs_free(&c);
}

TEST(a_time_is_written_in_milliseconds)
{
	char out[TIME_TEXT_MAX];

	time_text(out, 1234567890123);
	assert_string_equal(out, "2009-02-13T23:31:30.123Z");
}
