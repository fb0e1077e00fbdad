/* rewrite.c - rewriting of packet fields: rewrite.h. */
#include "lab/world/rewrite.h"

#include "wire/checksum.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

enum {
	IPV4_SRC = 12, /* offset of the source address */
	IPV6_SRC = 8,
	MORE_FRAGMENTS = 0x2000,
};

/* --- reading ---------------------------------------------------------------------------------- */

static bool lay_out_v4(uint8_t *p, size_t len, struct layout *l)
{
	size_t header = (size_t)(p[0] & 15) * 4;

	if (header < IPV4_HDR_MIN || len < header || (get_be16(p + 6) & 0x1fff) != 0)
		return false;
	l->src = p + 12;
	l->dst = p + 16;
	l->addr_len = 4;
	l->ip_csum = p + 10;
	l->tuple.proto = p[9];
	l->tuple.src = ip_addr_from_v4(get_be32(l->src));
	l->tuple.dst = ip_addr_from_v4(get_be32(l->dst));
	l->transport = p + header;
	l->len = len - header;
	return true;
}

static bool lay_out_v6(uint8_t *p, size_t len, struct layout *l)
{
	if (len < IPV6_HDR_LEN)
		return false;
	l->src = p + 8;
	l->dst = p + 24;
	l->addr_len = 16;
	l->ip_csum = NULL;
	l->tuple.proto = p[6];
	l->tuple.src = ip_addr_from_v6(l->src);
	l->tuple.dst = ip_addr_from_v6(l->dst);
	l->transport = p + IPV6_HDR_LEN;
	l->len = len - IPV6_HDR_LEN;
	return true;
}

bool lay_out(uint8_t *p, size_t len, bool quote, struct layout *l)
{
	size_t csum_at, header;

	if (len < IPV4_HDR_MIN || !(p[0] >> 4 == 4 ? lay_out_v4 : lay_out_v6)(p, len, l))
		return false;
	if (l->tuple.proto != IP_PROTO_TCP && l->tuple.proto != IP_PROTO_UDP)
		return false;
	csum_at = l->tuple.proto == IP_PROTO_TCP ? 16 : 6;
	header = l->tuple.proto == IP_PROTO_TCP ? TCP_HDR_MIN : UDP_HDR_LEN;
	if (l->len < (quote ? 8 : header))
		return false;
	l->ports = (uint8_t *)l->transport;
	l->csum = l->len >= csum_at + 2 ? l->ports + csum_at : NULL;
	l->tuple.sport = get_be16(l->ports);
	l->tuple.dport = get_be16(l->ports + 2);
	return true;
}

/* --- rewriting -------------------------------------------------------------------------------- */

/* RFC 1624, equation 3: HC' = ~(~HC + ~m + m'). */
static void adjust(uint8_t *csum, const uint8_t *old, const uint8_t *new, size_t len)
{
	uint32_t sum;

	if (!csum)
		return;
	sum = (uint16_t)~get_be16(csum);
	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)(uint16_t)~get_be16(old + i) + get_be16(new + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put_be16(csum, (uint16_t)~sum);
}

/* A UDP checksum of 0 means that there is none. */
static uint8_t *transport_csum(const struct layout *l)
{
	bool none = l->tuple.proto == IP_PROTO_UDP && l->csum && get_be16(l->csum) == 0;

	return none ? NULL : l->csum;
}

bool is_intact(const struct layout *l)
{
	const struct ip_pair a = {l->tuple.src, l->tuple.dst};
	const uint8_t *ip = l->src - (l->ip_csum ? IPV4_SRC : IPV6_SRC);
	uint64_t sum = csum_pseudo(&a, l->tuple.proto, (uint32_t)l->len);
	bool fragment = l->ip_csum && (get_be16(ip + 6) & MORE_FRAGMENTS);

	if (l->ip_csum && csum_fold(csum_add(0, ip, (size_t)(l->transport - ip))) != 0)
		return false;
	return fragment || !transport_csum(l) ||
	       csum_fold(csum_add(sum, l->transport, l->len)) == 0;
}

void rewrite_addr(const struct layout *l, uint8_t *at, const struct ip_addr *a)
{
	const uint8_t *new = a->b + (16 - l->addr_len);

	adjust(l->ip_csum, at, new, l->addr_len);
	adjust(transport_csum(l), at, new, l->addr_len);
	memcpy(at, new, l->addr_len);
}

void rewrite(const struct layout *l, uint8_t *at, const uint8_t *new, size_t len)
{
	adjust(transport_csum(l), at, new, len);
	memcpy(at, new, len);
}

/* --- TCP -------------------------------------------------------------------------------------- */

size_t options_len(const struct layout *l)
{
	size_t header = (size_t)(l->transport[12] >> 4) * 4;

	return header > TCP_HDR_MIN && header <= l->len ? header - TCP_HDR_MIN : 0;
}

bool rewrite_options(const struct layout *l, option_change change, void *ctx)
{
	uint8_t new[TCP_OPTS_MAX], *old = l->ports + TCP_HDR_MIN;
	size_t n = options_len(l), left = n;
	const uint8_t *at = new;
	struct tcp_opt o;

	memcpy(new, old, n);
	while (tcp_opt_next(&o, &at, &left))
		if (o.kind != TCP_OPT_EOL && o.kind != TCP_OPT_NOP)
			change(ctx, o.kind, new + (o.data - new), o.len);
	if (memcmp(new, old, n) == 0)
		return false;
	rewrite(l, old, new, n);
	return true;
}

void rewrite_add(const struct layout *l, size_t offset, uint32_t n)
{
	uint8_t new[4];

	put_be32(new, get_be32(l->ports + offset) + n);
	rewrite(l, l->ports + offset, new, sizeof(new));
}
