/* blocklist_test.c - the names by which DNS lists are asked. */
#include "base/test/test.h"
#include "external/blocklist.h"

TEST(an_ipv4_address_is_asked_for_backwards)
{
	const struct external_lookup q = {.address = {192, 0, 2, 7}};
	char name[BLOCKLIST_NAME_MAX];

	assert_true(blocklist_name(&q, "dnsbl.example", name));
	assert_string_equal(name, "7.2.0.192.dnsbl.example");
}

TEST(an_ipv6_address_is_asked_for_by_its_nibbles)
{
	const struct external_lookup q = {.six = true,
		.address = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xa1}};
	char name[BLOCKLIST_NAME_MAX];

	assert_true(blocklist_name(&q, "z", name));
	assert_string_equal(
		name, "1.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.z");
}

TEST(a_name_that_is_too_long_is_not_asked_for)
{
	const struct external_lookup q = {.six = true};
	char name[BLOCKLIST_NAME_MAX], zone[BLOCKLIST_NAME_MAX];

	memset(zone, 'z', sizeof(zone));
	zone[BLOCKLIST_NAME_MAX - 64 - 1] = '\0';
	assert_true(blocklist_name(&q, zone, name));
	zone[BLOCKLIST_NAME_MAX - 64 - 1] = 'z';
	zone[BLOCKLIST_NAME_MAX - 64] = '\0';
	assert_false(blocklist_name(&q, zone, name));
}
