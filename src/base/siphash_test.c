/* siphash_test.c - the vectors of the SipHash paper's reference implementation. */
#include "base/siphash.h"
#include "base/test/test.h"

#include <endian.h>

static const struct siphash_key key = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};

TEST(lengths_0_to_15_give_the_published_values)
{
	static const struct {
		size_t len;
		uint64_t hash;
	} row[] = {
		{0, 0x726fdb47dd0e0e31u},
		{1, 0x74f839c593dc67fdu},
		{8, 0x93f5f5799a932462u},
		{15, 0xa129ca6149be45e5u},
	};
	uint8_t data[16];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		assert_true(siphash(data, row[i].len, &key) == row[i].hash);
}

TEST(two_words_hash_as_their_sixteen_bytes)
{
	uint64_t w[2] = {0x1122334455667788u, 42};

	assert_true(
		siphash_2u64(le64toh(w[0]), le64toh(w[1]), &key) == siphash(w, sizeof(w), &key));
}
