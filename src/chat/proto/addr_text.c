/*
 * addr_text.c - network addresses as text. libc's inet_ntop() and inet_pton() do the work, pure
 * functions of their arguments; but IPv4 is written here, several times for each client.
 */
#include "chat/proto/addr_text.h"

#include "base/decimal.h"

#include <arpa/inet.h>

/* Converts an IPv4-mapped IPv6 address (::ffff:192.0.2.1) to IPv4; false if it is not one. */
static bool unmap(struct net_addr *a)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (a->family != 6 || memcmp(a->ip, mapped, sizeof(mapped)) != 0)
		return false;
	a->family = 4;
	memmove(a->ip, a->ip + 12, 4);
	memset(a->ip + 4, 0, 12);
	return true;
}

static size_t print_v4(const uint8_t ip[4], char *out)
{
	size_t n = 0;

	for (int i = 0; i < 4; i++) {
		n += decimal(out + n, ip[i]);
		out[n++] = i < 3 ? '.' : '\0';
	}
	return n - 1;
}

size_t addr_print(const struct net_addr *a, char out[ADDR_TEXT_MAX])
{
	struct net_addr plain = *a;

	unmap(&plain);
	if (plain.family == 4)
		return print_v4(plain.ip, out);
	out[0] = '0'; /* no word may begin with a colon */
	if (!inet_ntop(AF_INET6, plain.ip, out + 1, ADDR_TEXT_MAX - 1))
		strcpy(out, "00");
	if (out[1] != ':')
		memmove(out, out + 1, strlen(out));
	return strlen(out);
}

static bool parse_number(const char *text, uint32_t max, uint32_t *out)
{
	uint32_t v = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		v = v * 10 + (uint32_t)(*text - '0');
		if (v > max)
			return false;
	}
	*out = v;
	return true;
}

/* Parses the first n bytes of text. */
static bool parse_ip(struct net_addr *out, const char *text, size_t n)
{
	char host[ADDR_TEXT_MAX];

	if (n >= sizeof(host))
		return false;
	memcpy(host, text, n);
	host[n] = '\0';
	memset(out, 0, sizeof(*out));
	out->family = strchr(host, ':') ? 6 : 4;
	return inet_pton(out->family == 4 ? AF_INET : AF_INET6, host, out->ip) == 1;
}

bool addr_parse(struct net_addr *out, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : 0;
	uint32_t port;

	if (!colon || n == 0 || !parse_number(colon + 1, 65535, &port))
		return false;
	bool bracketed = text[0] == '[' && text[n - 1] == ']';
	if (bracketed != (memchr(text, ':', n) != NULL))
		return false;
	if (bracketed) {
		text++;
		n -= 2;
	}
	if (!parse_ip(out, text, n))
		return false;
	out->port = (uint16_t)port;
	return true;
}

bool addr_parse_cidr(struct net_addr *out, uint32_t *bits, const char *text)
{
	const char *slash = strchrnul(text, '/');

	if (!parse_ip(out, text, (size_t)(slash - text)))
		return false;
	*bits = out->family == 4 ? 32 : 128;
	if (*slash && !parse_number(slash + 1, *bits, bits))
		return false;
	if (*bits >= 96 && unmap(out))
		*bits -= 96;
	return true;
}

struct net_addr addr_prefix(const struct net_addr *a, uint32_t bits)
{
	struct net_addr out = *a;

	out.port = 0;
	for (uint32_t i = 0; i < sizeof(out.ip); i++) {
		uint32_t keep = bits > i * 8 ? u32_min(bits - i * 8, 8) : 0;

		out.ip[i] &= (uint8_t)(0xff00 >> keep);
	}
	return out;
}

bool addr_equal(const struct net_addr *a, const struct net_addr *b)
{
	return a->family == b->family && a->port == b->port &&
	       memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

bool addr_is_any(const struct net_addr *a)
{
	static const uint8_t any[16];

	return memcmp(a->ip, any, sizeof(any)) == 0;
}

bool addr_is_loopback(const struct net_addr *a)
{
	static const uint8_t loopback6[16] = {[15] = 1};

	return a->family == 4 ? a->ip[0] == 127 : memcmp(a->ip, loopback6, 16) == 0;
}
