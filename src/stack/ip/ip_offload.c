/*
 * ip_offload.c - offloads in software. TCP hands over several segments as one packet, and checksums
 * that are not complete, where the route's device takes them (netdev.h); a packet that came from
 * such a device and is forwarded through another is brought into the form of the wire here.
 *
 *     [ IP | TCP seq=n PSH | data of 3 segments ]
 *         -> [ IP | TCP seq=n | data ] [ IP | TCP seq=n+gso | data ] [ IP | TCP PSH | rest ]
 */
#include "stack/ip/ip_offload.h"
#include "stack/link/link_out.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#include <errno.h>

void ip_checksum_complete(struct pkt *p)
{
	uint32_t at = pkt_csum_start(p), field_at = at + p->csum_offset;
	uint64_t sum = csum_add(0, p->data + at, p->len - at);
	uint16_t field;

	assert(p->csum_partial && p->len >= field_at + sizeof(field));
	if (p->ext_len > 0)
		sum = csum_join(sum, csum_add(0, p->ext, p->ext_len), p->len - at);
	field = csum_fold(sum);
	if (field == 0 && p->csum_offset == UDP_CHECKSUM_AT) /* 0 says that there is none */
		field = 0xffff;
	memcpy(p->data + field_at, &field, sizeof(field));
	p->csum_partial = false;
}

/* The headers of a TCP or UDP packet without extension headers. */
struct headers {
	bool v6;
	uint8_t proto;
	uint32_t ip, all; /* bytes: of IP's; with the transport's */
};

/* False: it is none, or too short. */
static bool find_headers(const uint8_t *p, uint32_t len, struct headers *h)
{
	h->v6 = len >= IPV6_HDR_LEN && p[0] >> 4 == 6;
	if (!h->v6 && (len < IPV4_HDR_MIN || p[0] >> 4 != 4 || (p[0] & 15) < 5 ||
			      (get_be16(p + 6) & 0x3fff) != 0))
		return false;
	h->ip = h->v6 ? IPV6_HDR_LEN : (p[0] & 15) * 4u;
	h->proto = p[h->v6 ? 6 : 9];
	h->all = h->ip + UDP_HDR_LEN;
	if (h->proto == IP_PROTO_TCP && len >= h->ip + TCP_HDR_MIN)
		h->all = h->ip + u32_max((p[h->ip + 12] >> 4) * 4u, TCP_HDR_MIN);
	else if (h->proto != IP_PROTO_UDP)
		return false;
	return len >= h->all;
}

/* The length of the packet at p by its IP header. */
static uint32_t ip_len(const uint8_t *p)
{
	return p[0] >> 4 == 6 ? IPV6_HDR_LEN + get_be16(p + 4) : get_be16(p + 2);
}

static struct headers headers_of(const struct pkt *p)
{
	struct headers h;

	if (!find_headers(p->data, p->len, &h))
		assert(!"ip_offload_in() has looked");
	return h;
}

static bool checksum_in(struct pkt *p, uint32_t at, const struct headers *h)
{
	uint32_t start = p->csum_start - (uint32_t)(p->data - p->buf);
	uint32_t offset = h && h->proto == IP_PROTO_TCP ? TCP_CHECKSUM_AT : UDP_CHECKSUM_AT;

	if (p->csum_start < p->data - p->buf + at || start + p->csum_offset + 2 > p->len)
		return false;
	if (!h || start != at + h->ip || p->csum_offset != offset)
		ip_checksum_complete(p);
	return true;
}

bool ip_offload_in(struct pkt *p, uint32_t at)
{
	struct headers h;
	bool found = p->len > at && find_headers(p->data + at, p->len - at, &h) &&
		     ip_len(p->data + at) == p->len - at;

	if (p->csum_partial && !checksum_in(p, at, found ? &h : NULL))
		return false;
	if (p->gso && (!found || h.proto != IP_PROTO_TCP))
		return false;
	if (p->gso && p->len - at - h.all <= p->gso)
		p->gso = 0;
	return true;
}

uint32_t ip_gso_packet_len(const struct pkt *p)
{
	return headers_of(p).all + p->gso;
}

/* IP's length, and for IPv4 the identification and the checksum, of segment i. */
static void fix_ip(uint8_t *ip, const struct headers *h, uint32_t total, uint16_t i)
{
	uint16_t field;

	if (h->v6) {
		put_be16(ip + 4, (uint16_t)(total - IPV6_HDR_LEN));
		return;
	}
	put_be16(ip + 2, (uint16_t)total);
	put_be16(ip + 4, (uint16_t)(get_be16(ip + 4) + i));
	put_be16(ip + 10, 0);
	field = csum_fold(csum_add(0, ip, h->ip));
	memcpy(ip + 10, &field, sizeof(field));
}

/* The sum of the pseudo-header of the TCP segment of so many bytes behind ip. */
static uint64_t pseudo_sum(const uint8_t *ip, const struct headers *h, uint32_t len)
{
	struct ip_pair a;

	if (h->v6)
		a = (struct ip_pair){ip_addr_from_v6(ip + 8), ip_addr_from_v6(ip + 24)};
	else
		a = (struct ip_pair){
			ip_addr_from_v4(get_be32(ip + 12)), ip_addr_from_v4(get_be32(ip + 16))};
	return csum_pseudo(&a, IP_PROTO_TCP, len);
}

/* The bytes [at, at + n) of p's data as a packet of its own; NULL: memory is out. */
static struct pkt *segment(struct pkt_pool *pool, const struct pkt *p, const struct headers *h,
	uint32_t at, uint32_t n)
{
	bool last = at + n == pkt_total(p) - h->all, by_ref = p->ext_len > 0 && p->len == h->all;
	struct pkt *f = pkt_new(pool, h->all + (by_ref ? 0 : n));
	uint16_t flags, drop = (uint16_t)((at > 0 ? SEG_CWR : 0) | (last ? 0 : SEG_FIN | SEG_PSH));
	uint8_t *tcp;

	if (!f)
		return NULL;
	memcpy(f->data, p->data, h->all);
	f->len = h->all;
	f->stamp = p->stamp;
	if (by_ref) {
		f->ext = p->ext + at;
		f->ext_len = n;
		f->ref = chunk_hold(p->ref);
	} else {
		memcpy(f->data + h->all, p->data + h->all + at, n);
		f->len += n;
	}
	fix_ip(f->data, h, pkt_total(f), (uint16_t)(at / p->gso));
	tcp = f->data + h->ip;
	flags = get_be16(tcp + 12) & (uint16_t)~drop;
	put_be32(tcp + 4, get_be32(tcp + 4) + at);
	put_be16(tcp + 12, flags);
	uint16_t field = csum_reduce(pseudo_sum(f->data, h, pkt_total(f) - h->ip));

	memcpy(tcp + TCP_CHECKSUM_AT, &field, sizeof(field));
	pkt_csum_later(f, h->ip, TCP_CHECKSUM_AT);
	return f;
}

struct pkt *ip_gso_next(struct pkt_pool *pool, const struct pkt *p, uint32_t *at)
{
	struct headers h = headers_of(p);
	uint32_t left = pkt_total(p) - h.all - *at, n = u32_min(p->gso, left);
	struct pkt *f = n > 0 ? segment(pool, p, &h, *at, n) : NULL;

	assert(h.proto == IP_PROTO_TCP && p->gso > 0);
	assert(p->ext_len == 0 || p->len == h.all);
	if (f)
		*at += n;
	return f;
}

static int send_one(struct stack *s, struct pkt *p, struct ip_dst *dst)
{
	if (p->csum_partial && !(dst->dev->flags & NETDEV_TX_CSUM))
		ip_checksum_complete(p);
	return link_out(s, p, dst);
}

static int cut(struct stack *s, struct pkt *p, struct ip_dst *dst)
{
	struct headers h = headers_of(p);
	uint32_t at = 0;
	struct pkt *f;
	int err = 0;

	while ((f = ip_gso_next(&s->pkts, p, &at))) {
		int e = send_one(s, f, dst);

		err = e ? e : err;
	}
	if (at < pkt_total(p) - h.all) {
		stack_count(s, h.v6 ? MIB_Ip6OutDiscards : MIB_IpOutDiscards);
		err = -ENOBUFS;
	}
	pkt_free(p);
	return err;
}

/* A device that sums wants the segments that it cuts unsummed. */
static bool takes(const struct netdev *dev, const struct pkt *p)
{
	return !p->gso ||
	       ((dev->flags & NETDEV_GSO) && (p->csum_partial || !(dev->flags & NETDEV_TX_CSUM)));
}

int ip_offload_out(struct stack *s, struct pkt *p, struct ip_dst *dst)
{
	return takes(dst->dev, p) ? send_one(s, p, dst) : cut(s, p, dst);
}
