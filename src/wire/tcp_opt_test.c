/* tcp_opt_test.c - parsing and writing of every option on literal bytes, and malformed ones. */
#include "base/test/test.h"
#include "wire/tcp_opt.h"

static const uint8_t cookie[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static struct tcp_opts read_syn(const uint8_t *p, size_t len)
{
	struct tcp_opts o;

	tcp_opts_parse(&o, p, len, true);
	return o;
}

TEST(a_linux_syn_reads_and_writes_back)
{
	const uint8_t p[] = {2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 3, 232, 0, 0, 0, 9, 1, 3, 3, 7};
	struct tcp_opts o = read_syn(p, sizeof(p));
	uint8_t out[TCP_OPTS_MAX];

	assert_int_equal(o.has, TCP_HAS_MSS | TCP_HAS_SACK_OK | TCP_HAS_TS | TCP_HAS_WSCALE);
	assert_int_equal(o.mss, 1460);
	assert_int_equal(o.tsval, 1000);
	assert_int_equal(o.tsecr, 9);
	assert_int_equal(o.wscale, 7);
	assert_int_equal(tcp_opts_emit_len(&o), sizeof(p));
	tcp_opts_emit(&o, out);
	assert_memory_equal(out, p, sizeof(p));
}

/* The same values, where they are set. */
static void assert_same(const struct tcp_opts *a, const struct tcp_opts *b)
{
	assert_int_equal(a->has, b->has);
	assert_int_equal(a->sack_count, b->sack_count);
	if (a->has & TCP_HAS_MSS)
		assert_int_equal(a->mss, b->mss);
	if (a->has & TCP_HAS_WSCALE)
		assert_int_equal(a->wscale, b->wscale);
	if (a->has & TCP_HAS_TS) {
		assert_int_equal(a->tsval, b->tsval);
		assert_int_equal(a->tsecr, b->tsecr);
	}
}

/* Each byte takes each value: NOPs in front, which the parser has to walk, change nothing. */
TEST(a_syn_in_the_usual_layout_reads_like_any_other)
{
	static const uint8_t usual[] = {
		2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 3, 232, 0, 0, 0, 9, 1, 3, 3, 7};
	uint8_t p[4 + sizeof(usual)] = {1, 1, 1, 1};

	for (size_t at = 0; at < sizeof(usual); at++)
		for (int value = 0; value < 256; value++) {
			struct tcp_opts walked, read;

			memcpy(p + 4, usual, sizeof(usual));
			p[4 + at] = (uint8_t)value;
			walked = read_syn(p, sizeof(p));
			read = read_syn(p + 4, sizeof(usual));
			assert_same(&read, &walked);
			tcp_opts_parse(&walked, p, sizeof(p), false);
			tcp_opts_parse(&read, p + 4, sizeof(usual), false);
			assert_same(&read, &walked);
		}
}

/* A user timeout comes after them, and is written from the table. */
TEST(the_usual_options_are_written_as_together_with_another)
{
	static const uint16_t usual[] = {
		TCP_HAS_TS, TCP_HAS_MSS | TCP_HAS_TS | TCP_HAS_SACK_OK | TCP_HAS_WSCALE};

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		struct tcp_opts o = {.mss = 1460, .tsval = 77, .tsecr = 88, .wscale = 9, .uto = 5};
		uint8_t alone[TCP_OPTS_MAX], more[TCP_OPTS_MAX];
		size_t n;

		o.has = usual[i];
		n = tcp_opts_emit(&o, alone);
		assert_int_equal(n, tcp_opts_emit_len(&o));
		o.has |= TCP_HAS_UTO;
		assert_int_equal(tcp_opts_emit(&o, more), n + 4);
		assert_memory_equal(alone, more, n);
	}
}

TEST(each_option_is_laid_out_as_linux_does)
{
	static const uint8_t counters[] = {0, 0, 1, 0, 0, 2, 0, 0, 3};
	static const struct {
		struct tcp_opts o;
		size_t len;
		uint8_t bytes[TCP_OPTS_MAX];
	} row[] = {
		{{.has = TCP_HAS_TS, .tsval = 1, .tsecr = 2}, 12,
			{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}},
		{{.has = TCP_HAS_SACK_OK}, 4, {1, 1, 4, 2}},
		{{.has = TCP_HAS_WSCALE, .wscale = 14}, 4, {1, 3, 3, 14}},
		{{.has = TCP_HAS_UTO, .uto = 300}, 4, {28, 4, 1, 44}},
		{{.has = TCP_HAS_UTO, .uto = 5, .uto_minutes = true}, 4, {28, 4, 0x80, 5}},
		{{.has = TCP_HAS_FASTOPEN}, 4, {34, 2, 1, 1}},
		{{.has = TCP_HAS_FASTOPEN, .cookie = cookie, .cookie_len = 8}, 12,
			{34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1}},
		{{.has = TCP_HAS_FASTOPEN, .cookie_exp = true}, 4, {254, 4, 0xf9, 0x89}},
		{{.has = TCP_HAS_FASTOPEN, .cookie_exp = true, .cookie = cookie, .cookie_len = 4},
			8, {254, 8, 0xf9, 0x89, 1, 2, 3, 4}},
		{{.has = TCP_HAS_MD5, .md5 = cookie}, 20,
			{1, 1, 19, 18, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
		{{.has = TCP_HAS_ACCECN, .accecn = counters, .accecn_len = 9}, 12,
			{172, 11, 0, 0, 1, 0, 0, 2, 0, 0, 3, 1}},
		{{.has = TCP_HAS_ACCECN,
			 .accecn = counters,
			 .accecn_len = 3,
			 .accecn_order1 = true},
			8, {174, 5, 0, 0, 1, 1, 1, 1}},
		{{.has = TCP_HAS_SACK, .sack_count = 1, .sack = {{{16}, {32}}}}, 12,
			{1, 1, 5, 10, 0, 0, 0, 16, 0, 0, 0, 32}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		uint8_t out[TCP_OPTS_MAX];

		assert_int_equal(tcp_opts_emit_len(&row[i].o), row[i].len);
		tcp_opts_emit(&row[i].o, out);
		assert_memory_equal(out, row[i].bytes, row[i].len);
		struct tcp_opts back = read_syn(out, row[i].len);
		assert_int_equal(back.has, row[i].o.has);
	}
}

TEST(four_sack_blocks_fill_a_header)
{
	struct tcp_opts o = {.has = TCP_HAS_SACK, .sack_count = 4}, back;
	uint8_t p[TCP_OPTS_MAX];

	for (uint32_t i = 0; i < 4; i++)
		o.sack[i] = (struct tcp_sack){{0xfffffff0u + 16 * i}, {0xfffffff8u + 16 * i}};
	assert_int_equal(tcp_opts_emit_len(&o), 36);
	tcp_opts_emit(&o, p);
	tcp_opts_parse(&back, p, 36, false);
	assert_int_equal(back.sack_count, 4);
	assert_memory_equal(back.sack, o.sack, sizeof(o.sack));
}

TEST(options_of_the_handshake_mean_nothing_later)
{
	const uint8_t p[] = {2, 4, 5, 180, 4, 2, 3, 3, 7, 34, 2, 1};
	struct tcp_opts o;

	tcp_opts_parse(&o, p, sizeof(p), false);
	assert_int_equal(o.has, 0);
}

TEST(unknown_kinds_are_skipped_by_their_length)
{
	const uint8_t p[] = {99, 5, 1, 2, 3, 253, 2, 2, 4, 2, 0, 1};
	struct tcp_opts o = read_syn(p, sizeof(p));

	assert_int_equal(o.has, TCP_HAS_MSS);
	assert_int_equal(o.mss, 512);
}

TEST(a_bad_length_ends_parsing_and_keeps_what_came_before)
{
	static const uint8_t row[][8] = {
		{2, 4, 2, 0, 8, 0, 1, 1},  /* length 0 */
		{2, 4, 2, 0, 8, 1, 1, 1},  /* length 1 */
		{2, 4, 2, 0, 8, 10, 1, 1}, /* beyond the header */
		{2, 4, 2, 0, 1, 1, 1, 8},  /* no room for the length */
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct tcp_opts o = read_syn(row[i], sizeof(row[i]));

		assert_int_equal(o.has, TCP_HAS_MSS | TCP_HAS_BAD_LEN);
	}
}

TEST(a_length_that_does_not_fit_the_kind_is_skipped)
{
	const uint8_t p[] = {2, 3, 9, 3, 4, 7, 7, 8, 4, 0, 0, 4, 3, 0, 5, 9, 1, 2, 3, 4, 5, 6, 7,
		28, 4, 0, 9, 0};
	struct tcp_opts o = read_syn(p, sizeof(p));

	assert_int_equal(o.has, TCP_HAS_UTO);
	assert_int_equal(o.uto, 9);
}

TEST(nothing_counts_after_the_end_of_the_list)
{
	const uint8_t p[] = {0, 2, 4, 5, 180, 1, 1, 1};

	assert_int_equal(read_syn(p, sizeof(p)).has, 0);
}

TEST(values_out_of_range_are_read_as_by_linux)
{
	const uint8_t big[] = {3, 3, 15, 1}, zero[] = {2, 4, 0, 0};
	const uint8_t odd[] = {34, 7, 1, 2, 3, 4, 5, 1}, tiny[] = {34, 4, 1, 2};

	assert_int_equal(read_syn(big, sizeof(big)).wscale, 14);
	assert_int_equal(read_syn(zero, sizeof(zero)).has, 0);
	assert_int_equal(read_syn(odd, sizeof(odd)).has, 0);
	assert_int_equal(read_syn(tiny, sizeof(tiny)).has, 0);
}

TEST(single_options_walk_and_write_byte_for_byte)
{
	const uint8_t p[] = {1, 1, 3, 3, 7, 99, 4, 0xaa, 0xbb, 2, 4, 5, 180, 0};
	const uint8_t *at = p;
	size_t left = sizeof(p), n = 0;
	struct tcp_opt o;
	uint8_t out[sizeof(p)];

	while (tcp_opt_next(&o, &at, &left))
		n += tcp_opt_put(&o, out + n);
	assert_int_equal(left, 0);
	assert_int_equal(n, sizeof(p));
	assert_memory_equal(out, p, sizeof(p));
}

TEST(options_print_as_tcpdump_writes_them)
{
	static const struct {
		uint8_t len, bytes[24];
		const char *text;
	} row[] = {
		{12, {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}, "nop,nop,TS val 1 ecr 2"},
		{12, {1, 1, 5, 10, 0, 0, 0, 16, 0, 0, 0, 32}, "nop,nop,sack 1 {16:32}"},
		{4, {28, 4, 0x80, 5}, "uto 5m"},
		{4, {34, 2, 1, 1}, "tfo cookiereq,nop,nop"},
		{8, {254, 8, 0xf9, 0x89, 1, 2, 3, 4}, "exp-tfo cookie 01020304"},
		{8, {99, 4, 0xaa, 0xbb, 0, 0, 0, 0}, "unknown-99 aabb,eol"},
		{4, {1, 1, 8, 0}, "nop,nop,[bad opt]"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		char out[100];
		struct text t = text_in(out, sizeof(out));

		tcp_opts_print(&t, row[i].bytes, row[i].len, seq_of(0));
		assert_string_equal(out, row[i].text);
	}
}
