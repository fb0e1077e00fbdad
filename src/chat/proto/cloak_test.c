/* cloak_test.c - cloaks of addresses and networks. */
#include "chat/proto/cloak.h"

#include "base/test/test.h"
#include "chat/proto/addr_text.h"

#include <stdio.h>

static const struct siphash_key key = {1, 2}, other = {1, 3};

static const char *cloak(const char *address, const struct siphash_key *k)
{
	static char out[4][HOST_BYTES_MAX];
	static int n;
	struct net_addr a;
	uint32_t bits;

	n = (n + 1) % 4;
	assert_true(addr_parse_cidr(&a, &bits, address));
	cloak_host(out[n], &a, k, "cloak");
	return out[n];
}

/* The characters at the end that two texts share. */
static size_t same_end(const char *a, const char *b)
{
	size_t n = 0, la = strlen(a), lb = strlen(b);

	while (n < la && n < lb && a[la - n - 1] == b[lb - n - 1])
		n++;
	return n;
}

TEST(a_cloak_is_the_same_for_the_same_address_and_key_only)
{
	assert_string_equal(cloak("192.0.2.7", &key), cloak("192.0.2.7", &key));
	assert_string_not_equal(cloak("192.0.2.7", &key), cloak("192.0.2.8", &key));
	assert_true(same_end(cloak("192.0.2.7", &key), cloak("192.0.2.7", &other)) < CLOAK_PART);
	assert_int_equal(strlen(cloak("2001:db8::1", &key)), 3 * (CLOAK_PART + 1) + 5);
}

TEST(addresses_of_one_network_share_the_end_of_their_cloaks)
{
	size_t network = strlen(".") + CLOAK_PART + strlen(".cloak");

	assert_int_equal(same_end(cloak("192.0.2.7", &key), cloak("192.0.2.8", &key)) / CLOAK_PART,
		(network + 1 + CLOAK_PART) / CLOAK_PART);
	assert_true(same_end(cloak("192.0.2.7", &key), cloak("192.0.3.7", &key)) >= network);
	assert_true(same_end(cloak("192.0.2.7", &key), cloak("192.0.3.7", &key)) <
		    network + CLOAK_PART);
	assert_true(same_end(cloak("192.0.2.7", &key), cloak("192.1.2.7", &key)) < network);
	assert_true(same_end(cloak("2001:db8::1", &key), cloak("2001:db8::2:1", &key)) >=
		    network + 1 + CLOAK_PART);
	assert_true(
		same_end(cloak("2001:db8::1", &key), cloak("2001:db8:0:1::1", &key)) >= network);
	assert_true(same_end(cloak("2001:db8::1", &key), cloak("2001:db8:1::1", &key)) < network);
}
