/*
 * ip_in.c - IPv4 input: the cheapest check first, a counter for each rejection.
 *
 *     header -> counters -> source -> destination -> [reassembly] -> protocol
 */
#include "stack/ip/ip_in.h"
#include "stack/ip/icmp_in.h"
#include "stack/ip/icmp_out.h"
#include "stack/ip/ip_forward.h"
#include "stack/ip/ip_if.h"
#include "stack/ip/ip_opts.h"
#include "stack/ip/ip_saddr.h"
#include "stack/ip/mcast_in.h"

static void count_ecn(struct stack *s, uint8_t tos)
{
	static const enum mib ecn[] = {
		MIB_IpExtInNoECTPkts, MIB_IpExtInECT1Pkts, MIB_IpExtInECT0Pkts, MIB_IpExtInCEPkts};

	stack_count(s, ecn[tos & 3]);
}

static void count_cast(struct stack *s, enum ip_cast cast, uint64_t bytes)
{
	if (cast == IP_CAST_MULTICAST) {
		stack_count(s, MIB_IpExtInMcastPkts);
		mib_add(&s->mib, MIB_IpExtInMcastOctets, bytes);
	} else if (cast == IP_CAST_BROADCAST) {
		stack_count(s, MIB_IpExtInBcastPkts);
		mib_add(&s->mib, MIB_IpExtInBcastOctets, bytes);
	}
}

/* RFC 1122 section 3.2.1.8: answered with a pointer to the offending byte. */
static void bad_option(struct stack *s, struct netdev *dev, struct pkt *p, const struct ipv4 *h)
{
	enum ip_cast cast = ip_classify(s, dev, &h->addr)->cast;
	struct ip_cause cause = {.p = p->data,
		.len = p->len,
		.dev = dev,
		.addr = h->addr,
		.group = cast == IP_CAST_BROADCAST || cast == IP_CAST_MULTICAST};
	struct icmp_what what = {ICMP4_PARAM_PROBLEM, 0, (uint32_t)h->opt_bad << 24};

	assert(h->opt_bad >= IPV4_HDR_MIN && h->opt_bad < ipv4_emit_len(h));
	icmp_error_out(s, &cause, &what);
	stack_drop(s, p, MIB_IpInHdrErrors);
}

static void record(struct stack *s, struct netdev *dev, struct pkt *p, const struct ipv4 *h)
{
	struct ip_addr us = h->addr.dst;

	if (h->opt_len == 0)
		return;
	if (ip_is_local(s, &us) || ip_saddr_select(s, dev, &h->addr.src, &us))
		ip_opts_record(s, h, p->data, &us);
}

static void unknown_protocol(struct stack *s, struct pkt *p, const struct ip_rx *rx)
{
	struct ip_cause cause = {
		.p = p->data, .len = p->len, .dev = rx->dev, .addr = rx->addr, .group = !rx->local};
	struct icmp_what what = {ICMP4_UNREACHABLE, ICMP4_PROTO_UNREACHABLE, 0};

	stack_count(s, MIB_IpInUnknownProtos);
	icmp_error_out(s, &cause, &what);
	pkt_free(p);
}

/* Passes p to its protocol; p->data moves from the IP header to the transport header. Takes p. */
static void deliver(
	struct stack *s, struct netdev *dev, struct pkt *p, const struct ipv4 *h, enum ip_cast cast)
{
	struct ip_rx rx = {.dev = dev,
		.addr = h->addr,
		.tos = h->tos,
		.ttl = h->ttl,
		.local = cast == IP_CAST_UNICAST,
		.head = p->data,
		.head_len = (uint32_t)ipv4_emit_len(h)};
	const struct ip_transport *transport = s->ip->transport[h->proto];

	p->ecn = h->tos & 3;
	if (transport == NULL && h->proto != IP_PROTO_ICMP && h->proto != IP_PROTO_IGMP) {
		unknown_protocol(s, p, &rx);
		return;
	}
	stack_count(s, MIB_IpInDelivers);
	pkt_pull(p, (uint32_t)ipv4_emit_len(h));
	if (transport != NULL)
		transport->input(s, p, &rx);
	else if (h->proto == IP_PROTO_ICMP)
		icmp4_input(s, p, &rx);
	else
		igmp_input(s, p, &rx);
}

/* ---- reassembly ---- */

/* A fragment with more to follow ends at a multiple of 8 bytes; as in Linux, bytes beyond are
 * dropped. */
static struct reasm_frag fragment_of(const struct ipv4 *h, const struct pkt *p, struct netdev *dev)
{
	assert(h->data + h->len <= p->data + p->len && h->frag_off % 8 == 0);
	return (struct reasm_frag){
		.key = {.addr = h->addr, .id = h->id, .proto = h->proto},
		.off = h->frag_off,
		.len = (uint16_t)(h->mf ? h->len & ~7 : h->len),
		.more = h->mf,
		.ecn = h->tos & 3,
		.head = p->data,
		.head_len = (uint16_t)ipv4_emit_len(h),
		.data = h->data,
		.ifindex = dev->ifindex,
	};
}

/* A new packet with the reassembled bytes and a matching header. NULL: out of memory. */
static struct pkt *made_whole(struct stack *s, const struct reasm_packet *r, struct ipv4 *h)
{
	struct pkt *p = pkt_new(&s->pkts, r->head_len + r->len);
	struct ipv4_view v;

	assert(r->head_len >= IPV4_HDR_MIN && r->head_len + r->len <= IPV4_TOTAL_MAX);
	if (p == NULL)
		return NULL;
	p->len = r->head_len + r->len;
	p->stamp = s->now;
	memcpy(p->data, r->head, p->len);
	if (!ipv4_view(&v, p->data, p->len) || ipv4_parse_quote(h, v) != DROP_NONE) {
		pkt_free(p);
		return NULL;
	}
	assert(ipv4_emit_len(h) == r->head_len);
	h->mf = false;
	h->frag_off = 0;
	h->tos = (uint8_t)((h->tos & ~3) | r->ecn);
	h->len = (uint16_t)r->len;
	ipv4_emit(h, p->data);
	return p;
}

static void complete(struct stack *s, struct netdev *dev, struct reasm_datagram *d)
{
	struct reasm_packet r = reasm_take(&s->ip->reasm4, d);
	struct ipv4 h;
	struct pkt *p = NULL;

	if (!r.ecn_bad && r.head_len + r.len <= IPV4_TOTAL_MAX)
		p = made_whole(s, &r, &h);
	if (p == NULL) {
		stack_count(s, MIB_IpReasmFails);
		return;
	}
	stack_count(s, MIB_IpReasmOKs);
	deliver(s, dev, p, &h, ip_classify(s, dev, &h.addr)->cast);
}

static void reassemble(struct stack *s, struct netdev *dev, struct pkt *p, const struct ipv4 *h)
{
	struct reasm_limits l = {.high = (size_t)s->sysctl.ipfrag_high_thresh,
		.time = s->sysctl.ipfrag_time * NSEC_SEC,
		.max_dist = (uint32_t)s->sysctl.ipfrag_max_dist};
	struct reasm_frag f = fragment_of(h, p, dev);
	struct ip_state *ip = s->ip;

	stack_count(s, MIB_IpReasmReqds);
	f.rid = host_fragment(&ip->hosts, &h->addr.src, s->now);
	struct reasm_result_of got = reasm_add(&ip->reasm4, &f, &l, s->now);

	mib_add(&s->mib, MIB_IpReasmFails, got.dropped);
	if (got.result == REASM_OVERLAP)
		stack_count(s, MIB_IpExtReasmOverlaps);
	if (got.result != REASM_WAIT && got.result != REASM_DONE && got.result != REASM_DUP)
		stack_count(s, MIB_IpReasmFails);
	if (got.result == REASM_DONE)
		complete(s, dev, got.whole);
	if (got.result == REASM_WAIT && !stack_timer_runs(&ip->reasm_timer))
		stack_timer_at(s, &ip->reasm_timer, s->now + l.time);
	pkt_free(p);
}

void ip4_input(struct stack *s, struct netdev *dev, struct pkt *p)
{
	struct ipv4_view v;
	struct ipv4 h;

	if (s->ip->fast && s->ip->fast->fast_input(s, dev, p))
		return;
	stack_count(s, MIB_IpInReceives);
	mib_add(&s->mib, MIB_IpExtInOctets, p->len);
	if (!ipv4_view(&v, p->data, p->len)) {
		stack_drop(s, p, MIB_IpInHdrErrors);
		return;
	}
	enum drop why = ipv4_parse(&h, v);

	if (why != DROP_NONE && why != DROP_OPTION) {
		if (why == DROP_CHECKSUM)
			stack_count(s, MIB_IpExtInCsumErrors);
		stack_drop(
			s, p, why == DROP_TRUNCATED ? MIB_IpExtInTruncatedPkts : MIB_IpInHdrErrors);
		return;
	}
	count_ecn(s, h.tos);
	p->len = (uint32_t)ipv4_emit_len(&h) + h.len;
	const struct ip_class *class = ip_classify(s, dev, &h.addr);
	bool others = class->cast == IP_CAST_NONE;

	if (!class->src_ok || (others && s->sysctl.ip_forward == 0)) {
		stack_drop(s, p, MIB_IpInAddrErrors);
		return;
	}
	if (why == DROP_OPTION) {
		bad_option(s, dev, p, &h);
		return;
	}
	if (h.source_route != 0) { /* refused by hosts (RFC 6274 section 4), as in Linux */
		stack_drop(s, p, MIB_IpInHdrErrors);
		return;
	}
	if (others) {
		ip4_forward(s, dev, p, &h);
		return;
	}
	count_cast(s, class->cast, p->len);
	record(s, dev, p, &h);
	if (ipv4_is_fragment(&h))
		reassemble(s, dev, p, &h);
	else
		deliver(s, dev, p, &h, class->cast);
}
