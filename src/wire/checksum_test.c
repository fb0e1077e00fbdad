/* checksum_test.c - the fast sums against the slow definition of RFC 1071. */
#include "wire/checksum.h"

#include "base/prng.h"
#include "base/test/test.h"

/* RFC 1071 section 1, word by word in network order: slow and simple. Returns the checksum. */
static uint16_t slow(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint16_t as_number(uint16_t field)
{
	return get_be16(&field);
}

TEST(every_length_and_alignment_agrees_with_the_slow_sum)
{
	static uint8_t from[400], to[400];
	struct prng r;

	prng_seed(&r, 1);
	prng_fill(&r, from, sizeof(from));
	for (size_t at = 0; at < 16; at++)
		for (size_t len = 0; len + at <= sizeof(from); len++) {
			uint16_t want = slow(from + at, len);

			assert_int_equal(as_number(csum_fold(csum_add(0, from + at, len))), want);
			memset(to, 0, sizeof(to));
			uint64_t sum = csum_copy(0, to + at % 7, from + at, len);
			assert_int_equal(as_number(csum_fold(sum)), want);
			assert_memory_equal(to + at % 7, from + at, len);
		}
}

TEST(all_ones_lose_no_carry)
{
	static uint8_t ones[65536 * 2];

	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(csum_fold(csum_add(0, ones, sizeof(ones))), 0);
	assert_int_equal(csum_fold(csum_add(UINT32_MAX, ones, sizeof(ones))), 0);
	ones[0] = 0xfe;
	assert_int_equal(as_number(csum_fold(csum_add(0, ones, sizeof(ones)))), 0x0100);
}

TEST(parts_join_at_odd_and_even_offsets)
{
	uint8_t data[97];
	struct prng r;

	prng_seed(&r, 2);
	prng_fill(&r, data, sizeof(data));
	for (size_t cut = 0; cut <= sizeof(data); cut++) {
		uint64_t sum = csum_add(0, data, cut);

		sum = csum_join(sum, csum_add(0, data + cut, sizeof(data) - cut), cut);
		assert_int_equal(as_number(csum_fold(sum)), slow(data, sizeof(data)));
	}
}

TEST(the_mapped_form_sums_as_the_ipv4_pseudo_header)
{
	const uint8_t v4[] = {10, 0, 0, 1, 192, 168, 255, 254, 0, 6, 0x05, 0xdc};
	struct ip_pair a = {ip_addr_from_v4(0x0a000001), ip_addr_from_v4(0xc0a8fffe)};

	assert_int_equal(as_number(csum_fold(csum_pseudo(&a, 6, 1500))), slow(v4, sizeof(v4)));
}

TEST(the_ipv6_pseudo_header_has_a_32_bit_length)
{
	uint8_t v6[40] = {[0] = 0xfe, [1] = 0x80, [15] = 1, [16] = 0x20, [31] = 0xab};
	struct ip_pair a = {ip_addr_from_v6(v6), ip_addr_from_v6(v6 + 16)};

	put_be32(v6 + 32, 70000);
	v6[39] = 17;
	assert_int_equal(as_number(csum_fold(csum_pseudo(&a, 17, 70000))), slow(v6, sizeof(v6)));
}

TEST(an_updated_word_gives_the_checksum_of_the_new_bytes)
{
	uint8_t data[20];
	struct prng r;

	prng_seed(&r, 3);
	for (int turn = 0; turn < 1000; turn++) {
		uint16_t from, to = (uint16_t)prng_u64(&r);

		prng_fill(&r, data, sizeof(data));
		uint16_t field = csum_fold(csum_add(0, data, sizeof(data)));
		memcpy(&from, data + 8, 2);
		memcpy(data + 8, &to, 2);
		assert_int_equal(
			as_number(csum_update16(field, from, to)), slow(data, sizeof(data)));
	}
}
