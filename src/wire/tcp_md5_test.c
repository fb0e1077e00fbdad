/*
 * tcp_md5_test.c - signatures of RFC 2385. The digests were computed by Python's hashlib from the
 * RFC's description (section 2.0): not by code of this room.
 */
#include "base/test/test.h"
#include "wire/tcp_md5.h"

#include <stdio.h>

static struct ip_addr addr(const char *text)
{
	struct ip_addr a;

	assert_true(ip_addr_parse(&a, text));
	return a;
}

static void assert_digest(
	const struct ip_pair *a, const struct tcp_seg *s, struct tcp_secret key, const char *hex)
{
	uint8_t d[TCP_MD5_LEN];
	char text[2 * TCP_MD5_LEN + 1];

	tcp_md5_digest(d, a, s, &key);
	for (int i = 0; i < TCP_MD5_LEN; i++)
		snprintf(text + 2 * i, 3, "%02x", d[i]);
	assert_string_equal(text, hex);
}

TEST(a_syn_over_ipv4_is_signed_without_its_options)
{
	struct ip_pair a = {addr("192.0.2.1"), addr("192.168.0.1")};
	struct tcp_seg s = {.sport = 33000,
		.dport = 179,
		.seq = seq_of(0x12345678),
		.flags = SEG_SYN,
		.win = 65535,
		.opt_len = 32};

	assert_digest(&a, &s, (struct tcp_secret){(const uint8_t *)"secret", 6},
		"97e9b96bec1af10a2b32c5ffe101ea17");
}

TEST(the_payload_is_signed_too)
{
	struct ip_pair a = {addr("192.168.0.1"), addr("192.0.2.1")};
	struct tcp_seg s = {.sport = 179,
		.dport = 33000,
		.seq = seq_of(0x9abcdef0),
		.ack = seq_of(0x12345679),
		.flags = SEG_PSH | SEG_ACK,
		.win = 512,
		.opt_len = 20,
		.len = 5,
		.data = (const uint8_t *)"hello"};

	assert_digest(&a, &s, (struct tcp_secret){(const uint8_t *)"k", 1},
		"0a432322ec235be97dcd101fb2c54a5d");
}

TEST(over_ipv6_with_a_key_of_eighty_bytes)
{
	struct ip_pair a = {addr("2001:db8::1"), addr("2001:db8::2")};
	uint8_t text[1024], key[80];
	struct tcp_seg s = {.sport = 1,
		.dport = 65535,
		.seq = seq_of(1),
		.ack = seq_of(2),
		.flags = SEG_AE | SEG_CWR | SEG_ECE | SEG_URG | SEG_ACK,
		.urg = 7,
		.opt_len = 20,
		.len = sizeof(text),
		.data = text};

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)i;
	memcpy(key, text, sizeof(key));
	assert_digest(
		&a, &s, (struct tcp_secret){key, sizeof(key)}, "29075f066a6b0440ddb7c17954252f02");
}

TEST(digests_are_compared_whole)
{
	assert_true(tcp_digest_eq((const uint8_t *)"abcd", (const uint8_t *)"abcd", 4));
	assert_false(tcp_digest_eq((const uint8_t *)"abcd", (const uint8_t *)"abce", 4));
	assert_false(tcp_digest_eq((const uint8_t *)"bbcd", (const uint8_t *)"abcd", 4));
}
