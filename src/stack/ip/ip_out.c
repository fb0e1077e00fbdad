/*
 * ip_out.c - IP output: header, MTU, link; and the queue of packets to be sent at the end of a
 * batch.
 */
#include "stack/ip/ip_out.h"
#include "stack/ip/ip_dst.h"
#include "stack/ip/ip_frag.h"
#include "stack/ip/ip_offload.h"
#include "stack/link/link_out.h"

#include <errno.h>

#include "wire/tcp.h"
#include "wire/udp.h"

uint32_t ip_ident(struct stack *s, const struct ip_pair *a, uint8_t proto)
{
	struct ip_state *ip = s->ip;
	uint64_t src =
		siphash_2u64(ip_addr_half(&a->src, 0), ip_addr_half(&a->src, 1), &ip->ident_key);
	uint64_t dst =
		siphash_2u64(ip_addr_half(&a->dst, 0), ip_addr_half(&a->dst, 1), &ip->ident_key);
	uint64_t h = siphash_2u64(src, dst + proto, &ip->ident_key);

	return (uint32_t)(h >> 32) + ip->ident[h % IP_IDENTS]++;
}

static void count_out(struct stack *s, const struct ip_dst *dst, uint64_t bytes, bool v6)
{
	stack_count(s, v6 ? MIB_Ip6OutTransmits : MIB_IpOutTransmits);
	mib_add(&s->mib, v6 ? MIB_Ip6OutOctets : MIB_IpExtOutOctets, bytes);
	if (dst->multicast) {
		stack_count(s, v6 ? MIB_Ip6OutMcastPkts : MIB_IpExtOutMcastPkts);
		mib_add(&s->mib, v6 ? MIB_Ip6OutMcastOctets : MIB_IpExtOutMcastOctets, bytes);
	} else if (dst->broadcast) {
		stack_count(s, MIB_IpExtOutBcastPkts);
		mib_add(&s->mib, MIB_IpExtOutBcastOctets, bytes);
	}
}

int ip_transmit(struct stack *s, struct pkt *p, struct ip_dst *dst)
{
	count_out(s, dst, pkt_total(p), !ip_addr_is_v4(&dst->addr));
	return p->gso || p->csum_partial ? ip_offload_out(s, p, dst) : link_out(s, p, dst);
}

/* Fragmented rather than refused: allowed, or the path MTU is so small that DF is not set. */
static bool may_cut(const struct ip_tx *tx, const struct ip_dst *dst)
{
	return tx->may_fragment || dst->locked;
}

static void put_ipv4(
	struct stack *s, struct pkt *p, const struct ip_tx *tx, const struct ip_dst *dst)
{
	uint32_t len = pkt_total(p) - tx->opt_len;
	struct ipv4 h = {.addr = tx->addr,
		.df = !may_cut(tx, dst),
		.tos = tx->tos,
		.ttl = (uint8_t)(tx->ttl % IP_NO_HOPS ? tx->ttl : s->sysctl.ip_default_ttl),
		.proto = tx->proto,
		.opt_len = tx->opt_len,
		.opt = p->data,
		.len = (uint16_t)len};

	assert(tx->opt_len <= p->len && tx->opt_len % 4 == 0);
	if (dst->multicast && tx->ttl == 0)
		h.ttl = 1;
	if (!h.df)
		h.id = (uint16_t)ip_ident(s, &tx->addr, tx->proto);
	ipv4_emit(&h, pkt_push(p, IPV4_HDR_MIN));
}

/* RFC 6437: one unpredictable label per flow. auto_flowlabels: on in modes 1 and 3. */
uint32_t ip6_flow(const struct stack *s, const struct pkt *p, const struct ip_tx *tx)
{
	uint64_t ends = ip_addr_half(&tx->addr.src, 1) ^ ip_addr_half(&tx->addr.dst, 1) * 31 ^
			ip_addr_half(&tx->addr.dst, 0);
	bool ports = p->len >= 4 && (tx->proto == IP_PROTO_TCP || tx->proto == IP_PROTO_UDP);
	uint64_t what = (uint64_t)tx->rehash << 48 | (uint64_t)tx->proto << 32 |
			(ports ? get_be32(p->data) : 0);

	if (tx->flow != 0)
		return tx->flow % IP_NO_FLOW;
	if (s->sysctl.ipv6_auto_flowlabels % 2 == 0)
		return 0;
	return (uint32_t)siphash_2u64(ends, what, &s->ip->ident_key) & 0xfffff;
}

uint8_t ip6_hops(const struct stack *s, const struct ip_tx *tx, const struct ip_dst *dst)
{
	uint8_t told = ip_dev_of(dst->dev)->hop_limit;

	if (tx->ttl != 0)
		return (uint8_t)(tx->ttl % IP_NO_HOPS);
	if (dst->multicast)
		return 1;
	return told != 0 ? told : (uint8_t)s->sysctl.ipv6_hop_limit;
}

/* The header of nearly every segment, in place. Version, length, DF, hops, protocol; the checksum
 * last. */
static void put_plain_ipv4(struct stack *s, struct pkt *p, const struct ip_pair *a, uint8_t tos)
{
	uint32_t src = get_ne32(a->src.b + 12), dst = get_ne32(a->dst.b + 12);
	uint8_t *h = pkt_push(p, IPV4_HDR_MIN);
	uint64_t sum = (uint64_t)src + dst;
	uint16_t field;

	put_be32(h, 0x45000000u | (uint32_t)tos << 16 | pkt_total(p));
	put_be32(h + 4, 0x4000);
	put_be32(h + 8, (uint32_t)s->sysctl.ip_default_ttl << 24 | IP_PROTO_TCP << 16);
	memcpy(h + 12, &src, sizeof(src));
	memcpy(h + 16, &dst, sizeof(dst));
	sum += (uint64_t)get_ne32(h) + get_ne32(h + 4) + get_ne32(h + 8);
	field = csum_fold(sum);
	memcpy(h + 10, &field, sizeof(field));
}

/* No options, the usual number of hops, never to be cut. */
static bool is_plain(const struct stack *s, const struct pkt *p, const struct ip_tx *tx,
	const struct ip_dst *dst)
{
	return s->fast_path && tx->proto == IP_PROTO_TCP && tx->opt_len == 0 && tx->ttl == 0 &&
	       p->gso == 0 && !may_cut(tx, dst) && !dst->multicast;
}

static void put_ipv6(
	struct stack *s, struct pkt *p, const struct ip_tx *tx, const struct ip_dst *dst)
{
	struct ipv6 h = {.addr = tx->addr,
		.tclass = tx->tos,
		.next = tx->proto,
		.hop_limit = ip6_hops(s, tx, dst),
		.len = (uint16_t)pkt_total(p),
		.flow = ip6_flow(s, p, tx)};

	assert(h.len == pkt_total(p));
	ipv6_emit(&h, pkt_push(p, IPV6_HDR_LEN));
}

/* The packet cannot be sent: counts why, and frees it. */
static int refused(struct stack *s, struct pkt *p, int err, bool v6)
{
	if (err == -EMSGSIZE)
		stack_count(s, v6 ? MIB_Ip6FragFails : MIB_IpFragFails);
	else if (err == -ENETUNREACH)
		stack_count(s, v6 ? MIB_Ip6OutNoRoutes : MIB_IpOutNoRoutes);
	else
		stack_count(s, v6 ? MIB_Ip6OutDiscards : MIB_IpOutDiscards);
	pkt_free(p);
	return err;
}

int ip_out(struct stack *s, struct pkt *p, const struct ip_tx *tx)
{
	bool v6 = !ip_addr_is_v4(&tx->addr.dst);
	struct ip_dst *dst = ip_dst_lookup(s, &tx->addr.dst, tx->ifindex);
	uint32_t head = v6 ? IPV6_HDR_LEN : IPV4_HDR_MIN;

	stack_count(s, v6 ? MIB_Ip6OutRequests : MIB_IpOutRequests);
	if (dst->err != 0)
		return refused(s, p, dst->err, v6);
	if (p->gso == 0 && head + pkt_total(p) > dst->mtu) {
		if (!may_cut(tx, dst))
			return refused(s, p, -EMSGSIZE, v6);
		if (p->csum_partial)
			ip_checksum_complete(p);
		return ip_fragment(s, p, tx, dst);
	}
	if (v6)
		put_ipv6(s, p, tx, dst);
	else if (is_plain(s, p, tx, dst))
		put_plain_ipv4(s, p, &tx->addr, tx->tos);
	else
		put_ipv4(s, p, tx, dst);
	return ip_transmit(s, p, dst);
}

/* ---- the fast path ---- */

struct ip_dst *ip_fast_route(struct stack *s, const struct ip_addr *dst, uint32_t len)
{
	struct ip_dst *d = ip_dst_lookup(s, dst, 0);
	uint32_t head = ip_addr_is_v4(dst) ? IPV4_HDR_MIN : IPV6_HDR_LEN;

	return d->err == 0 && !d->locked && !d->multicast && !d->broadcast && head + len <= d->mtu
		       ? d
		       : NULL;
}

int ip_fast_out(struct stack *s, struct pkt *p, struct ip_dst *dst, const struct ip_fast *f)
{
	bool v6 = !ip_addr_is_v4(&f->addr->dst);

	assert(dst->err == 0 && !dst->locked);
	stack_count(s, v6 ? MIB_Ip6OutRequests : MIB_IpOutRequests);
	if (v6) {
		struct ip_tx tx = {.addr = *f->addr,
			.rehash = f->rehash,
			.proto = IP_PROTO_TCP,
			.tos = f->tos};

		put_ipv6(s, p, &tx, dst);
	} else {
		put_plain_ipv4(s, p, f->addr, f->tos);
	}
	return ip_transmit(s, p, dst);
}

/* ---- deferred: queued for ip_flush() ---- */

static struct ip_later *later(struct stack *s, struct pkt *p, bool v6)
{
	struct ip_state *ip = s->ip;
	struct ip_later *l = pool_get(&ip->later_pool);

	if (l == NULL) {
		stack_drop(s, p, v6 ? MIB_Ip6OutDiscards : MIB_IpOutDiscards);
		return NULL;
	}
	l->p = p;
	assert(*ip->later_end == NULL);
	*ip->later_end = l;
	ip->later_end = &l->next;
	return l;
}

void ip_send_later(struct stack *s, struct pkt *p, const struct ip_tx *tx)
{
	struct ip_later *l = later(s, p, !ip_addr_is_v4(&tx->addr.dst));

	if (l != NULL)
		l->tx = *tx;
}

void ip_forward_later(struct stack *s, struct pkt *p, const struct ip_pair *a)
{
	struct ip_later *l = later(s, p, !ip_addr_is_v4(&a->dst));

	if (l == NULL)
		return;
	l->whole = true;
	l->tx.addr = *a;
}

void ip_frame_later(struct stack *s, struct netdev *dev, struct pkt *p)
{
	struct ip_later *l = later(s, p, false);

	if (l != NULL)
		l->frame_if = dev->ifindex;
}
