/*
 * icmp_error.c - unreachable for a while, for good, or too big.
 */
#include "socket/test/icmp_error.h"

#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

static const struct message {
	uint8_t type, code;
	uint32_t rest; /* an MTU */
} four[] = {{ICMP4_UNREACHABLE, ICMP4_NET_UNREACHABLE, 0},
	{ICMP4_UNREACHABLE, ICMP4_HOST_UNREACHABLE, 0},
	{ICMP4_UNREACHABLE, ICMP4_HOST_UNREACHABLE, 0}, {ICMP4_TIME_EXCEEDED, ICMP_TTL_EXCEEDED, 0},
	{ICMP4_UNREACHABLE, ICMP4_FRAG_NEEDED, 1400}, {ICMP4_UNREACHABLE, ICMP4_FRAG_NEEDED, 900},
	{ICMP4_SOURCE_QUENCH, 0, 0}, {ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, 0}},
  six[] = {{ICMP6_UNREACHABLE, ICMP6_NO_ROUTE, 0}, {ICMP6_UNREACHABLE, ICMP6_ADDR_UNREACHABLE, 0},
	  {ICMP6_TIME_EXCEEDED, ICMP_TTL_EXCEEDED, 0}, {ICMP6_PACKET_TOO_BIG, 0, 1400},
	  {ICMP6_PACKET_TOO_BIG, 0, 1280}};

static struct icmp about(const struct message *m, const uint8_t *ip, size_t len, size_t head)
{
	size_t room = ICMP_ERROR_MAX - head - ICMP_HDR_LEN;
	struct icmp i = {.type = m->type, .code = m->code, .rest = m->rest, .data = ip};

	i.len = (uint32_t)(len < room ? len : room);
	return i;
}

static size_t about4(struct prng *p, const uint8_t *ip, size_t len, uint8_t *out)
{
	const struct message *m = &four[prng_below(p, ARRAY_SIZE(four))];
	struct icmp i = about(m, ip, len, IPV4_HDR_MIN);
	struct ipv4 h = {.ttl = 64, .proto = IP_PROTO_ICMP};

	h.addr.src = ip_addr_from_v4(0x0a0000fe);
	h.addr.dst = ip_addr_from_v4(
		(uint32_t)ip[12] << 24 | (uint32_t)ip[13] << 16 | (uint32_t)ip[14] << 8 | ip[15]);
	h.len = (uint16_t)(ICMP_HDR_LEN + i.len);
	ipv4_emit(&h, out);
	icmp_emit(&i, NULL, out + IPV4_HDR_MIN);
	return (size_t)IPV4_HDR_MIN + h.len;
}

static size_t about6(struct prng *p, const uint8_t *ip, size_t len, uint8_t *out)
{
	const struct message *m = &six[prng_below(p, ARRAY_SIZE(six))];
	struct icmp i = about(m, ip, len, IPV6_HDR_LEN);
	struct ipv6 h = {.hop_limit = 64, .next = IP_PROTO_ICMPV6};

	h.addr.src = ip_addr_from_v6(ip + 24);
	h.addr.dst = ip_addr_from_v6(ip + 8);
	h.len = (uint16_t)(ICMP_HDR_LEN + i.len);
	ipv6_emit(&h, out);
	icmp_emit(&i, &h.addr, out + IPV6_HDR_LEN);
	return (size_t)IPV6_HDR_LEN + h.len;
}

size_t icmp_error(struct prng *p, const uint8_t *ip, size_t len, uint8_t *out)
{
	if (len >= IPV4_HDR_MIN && ip[0] >> 4 == 4)
		return about4(p, ip, len, out);
	return len >= IPV6_HDR_LEN && ip[0] >> 4 == 6 ? about6(p, ip, len, out) : 0;
}
