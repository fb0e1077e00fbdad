/* addr.c - classes, comparison and text of IP addresses. */
#include "wire/addr.h"

#include <arpa/inet.h>

bool ip_addr_is_loopback(const struct ip_addr *a)
{
	static const struct ip_addr one = {{[15] = 1}};

	return ip_addr_is_v4(a) ? a->b[12] == 127 : ip_addr_eq(a, &one);
}

bool ip_addr_is_multicast(const struct ip_addr *a)
{
	return ip_addr_is_v4(a) ? (a->b[12] & 0xf0) == 0xe0 : a->b[0] == 0xff;
}

bool ip_addr_is_link_local(const struct ip_addr *a)
{
	if (ip_addr_is_v4(a))
		return a->b[12] == 169 && a->b[13] == 254;
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

bool ip_addr_needs_scope(const struct ip_addr *a)
{
	if (a->b[0] == 0xff)
		return (a->b[1] & 15) == 1 || (a->b[1] & 15) == 2;
	return !ip_addr_is_v4(a) && ip_addr_is_link_local(a);
}

unsigned ip_addr_common_bits(const struct ip_addr *a, const struct ip_addr *b)
{
	for (unsigned half = 0; half < 2; half++) {
		uint64_t x = ip_addr_half(a, (int)half) ^ ip_addr_half(b, (int)half);

		if (x != 0)
			return half * 64 + (unsigned)__builtin_clzll(be64toh(x));
	}
	return 128;
}

bool ip_addr_prefix_eq(const struct ip_addr *a, const struct ip_addr *b, unsigned bits)
{
	assert(bits <= 128);
	return ip_addr_common_bits(a, b) >= bits;
}

bool ip_prefix_has(const struct ip_addr *prefix, unsigned bits, const struct ip_addr *a)
{
	unsigned width = ip_addr_bits(prefix);

	assert(bits <= width);
	return ip_addr_bits(a) == width && ip_addr_prefix_eq(prefix, a, 128 - width + bits);
}

struct ip_addr ip_addr_solicited_node(const struct ip_addr *a)
{
	struct ip_addr m = {{0xff, 0x02, [11] = 0x01, [12] = 0xff}};

	memcpy(m.b + 13, a->b + 13, 3);
	return m;
}

bool ip_addr_parse(struct ip_addr *out, const char *text)
{
	struct ip_addr a = IP_ADDR_ANY4;

	if (inet_pton(AF_INET, text, a.b + 12) != 1 && inet_pton(AF_INET6, text, a.b) != 1)
		return false;
	*out = a;
	return true;
}

/* Digits only: strtoul() would take a sign and blanks. */
static bool parse_bits(unsigned *out, const char *text, unsigned max)
{
	unsigned n = 0;

	if (*text == '\0' || strlen(text) > 3)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (unsigned)(*text - '0');
	}
	*out = n;
	return n <= max;
}

bool ip_prefix_parse(struct ip_addr *out, unsigned *bits, const char *text)
{
	char copy[IP_ADDR_TEXT_MAX + 4];
	struct ip_addr a;
	unsigned max, n;
	char *slash;

	if (strlen(text) >= sizeof(copy))
		return false;
	slash = strchr(strcpy(copy, text), '/');
	if (slash)
		*slash = '\0';
	if (!ip_addr_parse(&a, copy))
		return false;
	max = strchr(copy, ':') ? 128 : 32;
	n = max;
	if (slash && !parse_bits(&n, slash + 1, max))
		return false;
	*out = a;
	*bits = n;
	return true;
}

char *ip_addr_text(char *out, const struct ip_addr *a)
{
	bool v4 = ip_addr_is_v4(a);
	const char *done =
		inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? a->b + 12 : a->b, out, IP_ADDR_TEXT_MAX);

	assert(done != NULL);
	return out;
}
