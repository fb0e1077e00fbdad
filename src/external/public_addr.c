/* public_addr.c - addresses of the public Internet: public_addr.h. */
#include "external/public_addr.h"

#include "base/base.h"

#include <netinet/in.h>

struct network {
	uint8_t prefix[16];
	int bits;
};

/* The registries of special-purpose addresses, as of RFC 6890 and its updates. */
static const struct network special4[] = {{{0}, 8}, {{10}, 8}, {{100, 64}, 10}, {{127}, 8},
	{{169, 254}, 16}, {{172, 16}, 12}, {{192, 0, 0}, 24}, {{192, 0, 2}, 24},
	{{192, 88, 99}, 24}, {{192, 168}, 16}, {{198, 18}, 15}, {{198, 51, 100}, 24},
	{{203, 0, 113}, 24}, {{224}, 3}};

/* Of 2000::/3, outside of which nothing is public. */
static const struct network special6[] = {
	{{0x20, 0x01}, 23}, {{0x20, 0x01, 0x0d, 0xb8}, 32}, {{0x20, 0x02}, 16}, {{0x3f, 0xff}, 20}};

static bool within(const uint8_t *a, const struct network *n)
{
	for (int i = 0; i < n->bits; i++)
		if ((a[i / 8] ^ n->prefix[i / 8]) & (0x80 >> (i % 8)))
			return false;
	return true;
}

static bool public4(const uint8_t a[4])
{
	for (size_t i = 0; i < ARRAY_SIZE(special4); i++)
		if (within(a, &special4[i]))
			return false;
	return true;
}

static bool public6(const uint8_t a[16])
{
	static const struct network mapped = {{[10] = 0xff, [11] = 0xff}, 96};
	static const struct network nat64 = {{0x00, 0x64, 0xff, 0x9b}, 96};
	static const struct network global = {{0x20}, 3};

	if (within(a, &mapped) || within(a, &nat64))
		return public4(a + 12);
	if (!within(a, &global))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(special6); i++)
		if (within(a, &special6[i]))
			return false;
	return true;
}

bool address_is_public(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET)
		return public4((const uint8_t *)&((const struct sockaddr_in *)a)->sin_addr);
	if (a->sa_family == AF_INET6)
		return public6((const uint8_t *)&((const struct sockaddr_in6 *)a)->sin6_addr);
	return false;
}
