/* tcp_md5.c - TCP MD5 signatures (RFC 2385). */
#include "wire/tcp_md5.h"

#include "wire/ipv4.h"

#include <nettle/md5.h>

static size_t pseudo(uint8_t *p, const struct ip_pair *a, size_t len)
{
	if (ip_addr_is_v4(&a->src) && ip_addr_is_v4(&a->dst)) {
		put_be32(p, ip_addr_v4(&a->src));
		put_be32(p + 4, ip_addr_v4(&a->dst));
		put_be16(p + 8, IP_PROTO_TCP);
		put_be16(p + 10, (uint16_t)len);
		return 12;
	}
	memcpy(p, a->src.b, 16);
	memcpy(p + 16, a->dst.b, 16);
	put_be32(p + 32, (uint32_t)len);
	put_be32(p + 36, IP_PROTO_TCP);
	return 40;
}

size_t tcp_signed_head(uint8_t *out, const struct ip_pair *a, const struct tcp_seg *s)
{
	size_t hdr = tcp_emit_len(s);
	uint8_t *p = out + pseudo(out, a, hdr + s->len);

	put_be16(p, s->sport);
	put_be16(p + 2, s->dport);
	put_be32(p + 4, s->seq.v);
	put_be32(p + 8, s->ack.v);
	put_be16(p + 12, (uint16_t)(hdr / 4 << 12 | s->flags));
	put_be16(p + 14, s->win);
	put_be16(p + 16, 0);
	put_be16(p + 18, s->urg);
	return (size_t)(p + TCP_HDR_MIN - out);
}

void tcp_md5_digest(uint8_t *out, const struct ip_pair *a, const struct tcp_seg *s,
	const struct tcp_secret *key)
{
	uint8_t head[TCP_SIGNED_HEAD_MAX];
	struct md5_ctx m;

	md5_init(&m);
	md5_update(&m, tcp_signed_head(head, a, s), head);
	if (s->len > 0)
		md5_update(&m, s->len, s->data);
	md5_update(&m, key->len, key->p);
	md5_digest(&m, TCP_MD5_LEN, out);
}

bool tcp_digest_eq(const uint8_t *a, const uint8_t *b, size_t n)
{
	uint8_t differ = 0;

	for (size_t i = 0; i < n; i++)
		differ |= (uint8_t)(a[i] ^ b[i]);
	return differ == 0;
}
