/* proxy_header_test.c - headers of the PROXY protocol. */
#include "proxy/proxy_header.h"

#include "base/test/test.h"

/* As a connection delivers it: never more bytes than were asked for. */
static enum proxy_parse parse(const void *header, size_t len, struct proxy_client *out)
{
	enum proxy_parse result = PROXY_MORE;
	size_t at = 0, need = PROXY_FIRST;

	while (result == PROXY_MORE) {
		assert_true(need > at);
		if (need > len)
			return PROXY_MORE;
		at = need;
		result = proxy_header_parse(header, at, &need, out);
	}
	if (result == PROXY_READY)
		assert_int_equal(at, len);
	return result;
}

static enum proxy_parse parse_text(const char *text, struct proxy_client *out)
{
	return parse(text, strlen(text), out);
}

TEST(a_line_names_the_client)
{
	struct proxy_client c;

	assert_int_equal(
		parse_text("PROXY TCP4 192.0.2.9 198.51.100.1 56324 6667\r\n", &c), PROXY_READY);
	assert_true(c.known && !c.secure && c.addr.family == 4 && c.addr.port == 56324);
	assert_memory_equal(c.addr.ip, ((uint8_t[]){192, 0, 2, 9}), 4);
	assert_int_equal(parse_text("PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n", &c), PROXY_READY);
	assert_true(c.addr.family == 6 && c.addr.ip[15] == 7);
	assert_int_equal(parse_text("PROXY TCP6 ::ffff:192.0.2.9 ::1 1 2\r\n", &c), PROXY_READY);
	assert_true(c.addr.family == 4 && c.addr.ip[3] == 9);
	assert_int_equal(parse_text("PROXY UNKNOWN\r\n", &c), PROXY_READY);
	assert_false(c.known);
	assert_int_equal(parse_text("PROXY UNKNOWN a b c\r\n", &c), PROXY_READY);
}

TEST(a_line_that_is_not_exactly_that_is_refused)
{
	static const char *const bad[] = {"PROXY TCP4 192.0.2.9 198.51.100.1 56324\r\n",
		"PROXY TCP4 192.0.2.9 198.51.100.1 56324 6667 1\r\n",
		"PROXY TCP4 192.0.2.9 198.51.100.1 65536 6667\r\n",
		"PROXY TCP4 192.0.2.9 198.51.100.1 -1 6667\r\n",
		"PROXY TCP4 192.0.2.9 198.51.100.1 012 6667\r\n",
		"PROXY TCP4 192.0.2.256 198.51.100.1 1 2\r\n", "PROXY TCP4 ::1 ::1 1 2\r\n",
		"PROXY TCP4  192.0.2.9 198.51.100.1 1 2\r\n",
		"PROXY TCP5 192.0.2.9 198.51.100.1 1 2\r\n", "PROXY TCP4 192.0.2.9 1.1.1.1 1 2\n",
		"NICK a\r\nUSER a 0 * :a\r\n", "GET / HTTP/1.1\r\n", "proxy UNKNOWN\r\n"};
	struct proxy_client c;
	char big[PROXY_LINE_MAX + 2];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(parse_text(bad[i], &c), PROXY_BAD);
	memset(big, 'x', sizeof(big));
	memcpy(big, "PROXY UNKNOWN ", 14);
	assert_int_equal(parse(big, sizeof(big), &c), PROXY_BAD);
	assert_int_equal(parse("PROXY TCP4 192.0.2.9\0198.51.100.1 1 2\r\n", 39, &c), PROXY_BAD);
}

static const uint8_t head4[] =
	"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\2\x09\xc6\x33\x64\1\xdc\4\x1a\x0b";

TEST(version_2_names_the_client_and_its_tls)
{
	struct proxy_client c;
	uint8_t h[80];

	assert_int_equal(parse(head4, 28, &c), PROXY_READY);
	assert_true(c.known && !c.secure && c.addr.family == 4 && c.addr.port == 0xdc04);
	memcpy(h, head4, 28);
	memcpy(h + 28, "\x02\0\1x\x20\0\x17\1\0\0\0\0\x21\0\7TLSv1.3\x23\0\5AES\033G", 30);
	h[15] = 42;
	assert_int_equal(parse(h, 58, &c), PROXY_READY);
	assert_true(c.secure);
	assert_string_equal(c.version, "TLSv1.3");
	assert_string_equal(c.cipher, "AESG"); /* without what is not printable */
	h[12] = 0x20;                          /* LOCAL */
	assert_int_equal(parse(h, 58, &c), PROXY_READY);
	assert_false(c.known);
}

TEST(version_2_with_lengths_that_do_not_fit_is_refused)
{
	struct proxy_client c;
	uint8_t h[80] = {0};

	memcpy(h, head4, 28);
	h[15] = 11; /* less than the addresses */
	assert_int_equal(parse(h, 27, &c), PROXY_BAD);
	h[15] = 13; /* a TLV of one byte */
	assert_int_equal(parse(h, 29, &c), PROXY_BAD);
	memcpy(h + 28, "\x20\0\4\1\0\0\0", 7); /* shorter than its fields */
	h[15] = 19;
	assert_int_equal(parse(h, 35, &c), PROXY_BAD);
	h[14] = 0xff; /* beyond the bound */
	assert_int_equal(parse(h, 80, &c), PROXY_BAD);
	h[14] = 0;
	h[12] = 0x11; /* no version 2 */
	assert_int_equal(parse(h, 35, &c), PROXY_BAD);
	memcpy(h, head4, 28);
	h[13] = 0x31; /* a Unix socket: of no use */
	assert_int_equal(parse(h, 28, &c), PROXY_READY);
	assert_false(c.known);
}
