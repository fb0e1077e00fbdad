/*
 * ip_frag.c - IP fragmentation of locally sent packets (RFC 791, RFC 8200 section 4.5). Every
 * fragment but the last carries a multiple of 8 bytes; each is a separate packet with a copy of its
 * bytes.
 */
#include "stack/ip/ip_frag.h"
#include "stack/ip/ip_out.h"

#include <errno.h>

/* Copies n bytes from offset at of p, its data then its ext. */
static void copy_out(const struct pkt *p, uint32_t at, uint32_t n, uint8_t *to)
{
	uint32_t head = at < p->len ? u32_min(n, p->len - at) : 0;

	assert(at + n <= pkt_total(p));
	if (head > 0)
		memcpy(to, p->data + at, head);
	if (n > head)
		memcpy(to + head, p->ext + (at + head - p->len), n - head);
}

struct cut {
	const struct ip_tx *tx;
	struct ip_dst *dst;
	uint32_t id, flow; /* of IPv6: the flow label of the whole packet */
	uint16_t off;
	uint8_t opt_len; /* of this fragment: our options are in the first one only */
	bool more;
};

static void put_ipv4(struct stack *s, struct pkt *f, const struct cut *c)
{
	uint8_t ttl = c->dst->multicast ? 1 : (uint8_t)s->sysctl.ip_default_ttl;
	struct ipv4 h = {.addr = c->tx->addr,
		.id = (uint16_t)c->id,
		.frag_off = c->off,
		.mf = c->more,
		.tos = c->tx->tos,
		.ttl = c->tx->ttl % IP_NO_HOPS ? (uint8_t)c->tx->ttl : ttl,
		.proto = c->tx->proto,
		.opt_len = c->opt_len,
		.opt = f->data,
		.len = (uint16_t)(f->len - c->opt_len)};

	assert(f->len >= c->opt_len && c->off % 8 == 0);
	ipv4_emit(&h, pkt_push(f, IPV4_HDR_MIN));
}

static void put_ipv6(struct stack *s, struct pkt *f, const struct cut *c)
{
	struct ipv6_frag frag = {.next = c->tx->proto, .mf = c->more, .off = c->off, .id = c->id};

	assert(c->opt_len == 0 && c->off % 8 == 0);
	ipv6_frag_emit(&frag, pkt_push(f, IPV6_FRAG_LEN));
	struct ipv6 h = {.addr = c->tx->addr,
		.tclass = c->tx->tos,
		.next = IP_PROTO_FRAGMENT,
		.hop_limit = ip6_hops(s, c->tx, c->dst),
		.len = (uint16_t)f->len,
		.flow = c->flow};

	ipv6_emit(&h, pkt_push(f, IPV6_HDR_LEN));
}

static int send_one(struct stack *s, const struct pkt *p, const struct cut *c, uint32_t n)
{
	struct pkt *f = pkt_new(&s->pkts, c->opt_len + n);

	assert(n > 0 && (n % 8 == 0 || !c->more));
	if (f == NULL)
		return -ENOBUFS;
	f->len = c->opt_len + n;
	copy_out(p, 0, c->opt_len, f->data);
	copy_out(p, c->tx->opt_len + (uint32_t)c->off, n, f->data + c->opt_len);
	if (ip_addr_is_v4(&c->tx->addr.dst))
		put_ipv4(s, f, c);
	else
		put_ipv6(s, f, c);
	return ip_transmit(s, f, c->dst);
}

int ip_fragment(struct stack *s, struct pkt *p, const struct ip_tx *tx, const struct ip_dst *dst)
{
	bool v6 = !ip_addr_is_v4(&tx->addr.dst);
	uint32_t head = v6 ? IPV6_HDR_LEN + IPV6_FRAG_LEN : IPV4_HDR_MIN + (uint32_t)tx->opt_len;
	uint32_t total = pkt_total(p) - tx->opt_len;
	struct ip_dst kept = *dst; /* sending may look up other routes */
	struct cut c = {.tx = tx,
		.dst = &kept,
		.id = ip_ident(s, &tx->addr, tx->proto),
		.flow = v6 ? ip6_flow(s, p, tx) : 0};
	uint32_t most = dst->mtu > head ? (dst->mtu - head) & ~7u : 0;
	int err = most == 0 || total > IPV4_TOTAL_MAX - IPV4_HDR_MIN ? -EMSGSIZE : 0;

	assert(pkt_total(p) > tx->opt_len && (!v6 || tx->opt_len == 0));
	for (uint32_t at = 0; at < total && err == 0; at += most) {
		c.off = (uint16_t)at;
		c.opt_len = at == 0 ? tx->opt_len : 0;
		c.more = at + most < total;
		err = send_one(s, p, &c, u32_min(most, total - at));
		if (err == 0)
			stack_count(s, v6 ? MIB_Ip6FragCreates : MIB_IpFragCreates);
	}
	if (err == 0)
		stack_count(s, v6 ? MIB_Ip6FragOKs : MIB_IpFragOKs);
	else
		stack_count(s, v6 ? MIB_Ip6FragFails : MIB_IpFragFails);
	pkt_free(p);
	return err;
}
