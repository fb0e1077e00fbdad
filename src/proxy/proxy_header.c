/* proxy_header.c - headers of the PROXY protocol: proxy_header.h. */
#include "proxy/proxy_header.h"

#include "base/bytes.h"

#include <arpa/inet.h>
#include <stdio.h>

enum {
	V2_SIGNATURE = 12,
	V2_HEAD = 16,
	V2_LOCAL = 0x20, /* version and command */
	V2_PROXY = 0x21,
	V2_TCP4 = 0x11, /* family and protocol */
	V2_TCP6 = 0x21,
	V2_ADDRESSES_4 = 12,
	V2_ADDRESSES_6 = 36,
	TLV_HEAD = 3,
	TLV_SSL = 0x20,
	TLV_SSL_VERSION = 0x21, /* within TLV_SSL */
	TLV_SSL_CIPHER = 0x23,
	SSL_HEAD = 5,      /* client (1), verify (4); TLVs follow */
	CLIENT_SSL = 0x01, /* of `client` */
};

static const uint8_t signature[V2_SIGNATURE] = "\r\n\r\n\0\r\nQUIT\n";

static const uint8_t mapped[12] = {[10] = 0xff, 0xff};

/* An address of 16 bytes, which may be an IPv4-mapped one. */
static void set_v6(struct net_addr *a, const uint8_t ip[16])
{
	bool v4 = memcmp(ip, mapped, sizeof(mapped)) == 0;

	a->family = v4 ? 4 : 6;
	memcpy(a->ip, v4 ? ip + 12 : ip, v4 ? 4 : 16);
}

/* --- version 1 --- */

static bool parse_port(const char *text, uint16_t *port)
{
	uint32_t n = 0;
	size_t len = strlen(text);

	if (len == 0 || len > 5 || strspn(text, "0123456789") != len || (*text == '0' && len > 1))
		return false;
	for (; *text; text++)
		n = n * 10 + (uint32_t)(*text - '0');
	*port = (uint16_t)n;
	return n <= UINT16_MAX;
}

static bool parse_address(const char *text, bool v6, struct net_addr *a)
{
	uint8_t ip[16];

	if (inet_pton(v6 ? AF_INET6 : AF_INET, text, ip) != 1)
		return false;
	if (v6) {
		set_v6(a, ip);
	} else {
		a->family = 4;
		memcpy(a->ip, ip, 4);
	}
	return true;
}

/* A line without its CR LF. */
static bool parse_line(char *line, struct proxy_client *out)
{
	struct net_addr to = {0};
	char *word[6];
	bool v6;

	for (int i = 0; i < 6; i++) {
		word[i] = strsep(&line, " ");
		if (i == 1 && word[1] && strcmp(word[1], "UNKNOWN") == 0)
			return true; /* the rest is to be ignored */
		if (!word[i])
			return false;
	}
	v6 = strcmp(word[1], "TCP6") == 0;
	if (line || (!v6 && strcmp(word[1], "TCP4") != 0))
		return false;
	out->known = true;
	return parse_address(word[2], v6, &out->addr) && parse_address(word[3], v6, &to) &&
	       parse_port(word[4], &out->addr.port) && parse_port(word[5], &to.port);
}

static enum proxy_parse parse_v1(
	const uint8_t *p, size_t len, size_t *need, struct proxy_client *out)
{
	const uint8_t *end = memchr(p, '\n', len);
	char line[PROXY_LINE_MAX + 1];

	*need = len + 1;
	if (!end)
		return len < PROXY_LINE_MAX ? PROXY_MORE : PROXY_BAD;
	if (end != p + len - 1 || len > PROXY_LINE_MAX || p[len - 2] != '\r' || memchr(p, 0, len))
		return PROXY_BAD;
	memcpy(line, p, len - 2);
	line[len - 2] = '\0';
	return parse_line(line, out) ? PROXY_READY : PROXY_BAD;
}

/* --- version 2 --- */

static void copy_word(char out[PROXY_WORD_MAX], const uint8_t *p, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n < PROXY_WORD_MAX - 1; i++)
		if (p[i] > ' ' && p[i] < 0x7f)
			out[n++] = (char)p[i];
	out[n] = '\0';
}

/* Calls each for the TLVs of p; false if they do not fill it exactly. */
static bool walk_tlvs(const uint8_t *p, size_t len, struct proxy_client *out,
	bool (*each)(uint8_t type, const uint8_t *value, size_t len, struct proxy_client *out))
{
	while (len >= TLV_HEAD) {
		size_t n = get_be16(p + 1);

		if (n > len - TLV_HEAD || !each(p[0], p + TLV_HEAD, n, out))
			return false;
		p += TLV_HEAD + n;
		len -= TLV_HEAD + n;
	}
	return len == 0;
}

static bool see_ssl(uint8_t type, const uint8_t *value, size_t len, struct proxy_client *out)
{
	if (type == TLV_SSL_VERSION)
		copy_word(out->version, value, len);
	if (type == TLV_SSL_CIPHER)
		copy_word(out->cipher, value, len);
	return true;
}

static bool see_tlv(uint8_t type, const uint8_t *value, size_t len, struct proxy_client *out)
{
	if (type != TLV_SSL)
		return true;
	if (len < SSL_HEAD)
		return false;
	out->secure = value[0] & CLIENT_SSL;
	return walk_tlvs(value + SSL_HEAD, len - SSL_HEAD, out, see_ssl);
}

static enum proxy_parse parse_v2_body(const uint8_t *p, size_t len, struct proxy_client *out)
{
	const uint8_t *body = p + V2_HEAD;
	size_t body_len = len - V2_HEAD, addresses = 0;

	if (p[12] == V2_LOCAL)
		return PROXY_READY;
	if (p[12] != V2_PROXY)
		return PROXY_BAD;
	if (p[13] == V2_TCP4)
		addresses = V2_ADDRESSES_4;
	else if (p[13] == V2_TCP6)
		addresses = V2_ADDRESSES_6;
	else
		return PROXY_READY; /* of no use here: the proxy's own address stands */
	if (body_len < addresses)
		return PROXY_BAD;
	out->known = true;
	if (p[13] == V2_TCP4) {
		out->addr.family = 4;
		memcpy(out->addr.ip, body, 4);
		out->addr.port = get_be16(body + 8);
	} else {
		set_v6(&out->addr, body);
		out->addr.port = get_be16(body + 32);
	}
	return walk_tlvs(body + addresses, body_len - addresses, out, see_tlv) ? PROXY_READY
									       : PROXY_BAD;
}

static enum proxy_parse parse_v2(
	const uint8_t *p, size_t len, size_t *need, struct proxy_client *out)
{
	*need = V2_HEAD;
	if (len < V2_HEAD)
		return PROXY_MORE;
	*need = V2_HEAD + (size_t)get_be16(p + 14);
	if (*need > PROXY_HEADER_MAX || len > *need)
		return PROXY_BAD;
	return len < *need ? PROXY_MORE : parse_v2_body(p, len, out);
}

enum proxy_parse proxy_header_parse(
	const uint8_t *p, size_t len, size_t *need, struct proxy_client *out)
{
	assert(len >= PROXY_FIRST);
	*out = (struct proxy_client){0};
	if (memcmp(p, signature, V2_SIGNATURE) == 0)
		return parse_v2(p, len, need, out);
	if (memcmp(p, "PROXY ", 6) == 0)
		return parse_v1(p, len, need, out);
	return PROXY_BAD;
}
