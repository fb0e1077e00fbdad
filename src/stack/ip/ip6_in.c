/*
 * ip6_in.c - IPv6 input: the fixed header, the chain of extension headers, reassembly, and the
 * protocol. Errors that RFC 8200 requires are answered with a parameter problem.
 */
#include "stack/ip/ip6_in.h"
#include "stack/ip/icmp_in.h"
#include "stack/ip/icmp_out.h"
#include "stack/ip/ip_forward.h"
#include "stack/ip/ip_if.h"

static void count_in(struct stack *s, const struct ipv6 *h, enum ip_cast cast, uint64_t bytes)
{
	static const enum mib ecn[] = {
		MIB_Ip6InNoECTPkts, MIB_Ip6InECT1Pkts, MIB_Ip6InECT0Pkts, MIB_Ip6InCEPkts};

	stack_count(s, ecn[h->tclass & 3]);
	if (cast == IP_CAST_MULTICAST) {
		stack_count(s, MIB_Ip6InMcastPkts);
		mib_add(&s->mib, MIB_Ip6InMcastOctets, bytes);
	}
}

/* One packet and its parsed headers; p->data is the IP header. */
struct packet {
	struct stack *s;
	struct netdev *dev;
	struct pkt *p;
	struct ipv6 h;
	struct ipv6_chain c;
	enum ip_cast cast;
};

static struct ip_cause cause_of(const struct packet *k)
{
	return (struct ip_cause){.p = k->p->data,
		.len = k->p->len,
		.dev = k->dev,
		.addr = k->h.addr,
		.v6 = true,
		.group = k->cast != IP_CAST_UNICAST};
}

static void problem(const struct packet *k, uint8_t code, uint32_t pointer)
{
	struct ip_cause cause = cause_of(k);
	struct icmp_what what = {ICMP6_PARAM_PROBLEM, code, pointer};

	if (code ==
		2) /* an option that requests it is answered even to a group (RFC 4443 2.4 e.3) */
		cause.group = false;
	icmp_error_out(k->s, &cause, &what);
}

/* The extension headers require the packet to be dropped, perhaps with an error. */
static void obey(const struct packet *k)
{
	assert(k->c.act != EXT_OK);
	if (k->c.act == EXT_PROBLEM ||
		(k->c.act == EXT_PROBLEM_UNICAST && !ip_addr_is_multicast(&k->h.addr.dst)))
		problem(k, k->c.code, k->c.pointer);
	stack_drop(k->s, k->p, MIB_Ip6InHdrErrors);
}

/* Takes k->p. */
static void deliver(struct packet *k)
{
	struct stack *s = k->s;
	struct ip_rx rx = {.dev = k->dev,
		.addr = k->h.addr,
		.tos = k->h.tclass,
		.ttl = k->h.hop_limit,
		.v6 = true,
		.local = k->cast == IP_CAST_UNICAST,
		.flow = k->h.flow,
		.head = k->p->data,
		.head_len = IPV6_HDR_LEN + (uint32_t)k->c.off};
	const struct ip_transport *transport = s->ip->transport[k->c.proto];

	k->p->ecn = k->h.tclass & 3;
	if (k->c.proto == IP_PROTO_NONE) { /* RFC 8200 section 4.7: nothing follows */
		stack_count(s, MIB_Ip6InDelivers);
		pkt_free(k->p);
		return;
	}
	if (transport == NULL && k->c.proto != IP_PROTO_ICMPV6) {
		problem(k, 1, k->c.named_at);
		stack_drop(s, k->p, MIB_Ip6InUnknownProtos);
		return;
	}
	stack_count(s, MIB_Ip6InDelivers);
	pkt_pull(k->p, IPV6_HDR_LEN + (uint32_t)k->c.off);
	if (transport != NULL)
		transport->input(s, k->p, &rx);
	else
		icmp6_input(s, k->p, &rx);
}

/* Reads the fixed header of k->p. False if it was dropped. */
static bool read_fixed(struct packet *k)
{
	struct ipv6_view v;
	enum drop why = DROP_TRUNCATED;

	if (ipv6_view(&v, k->p->data, k->p->len))
		why = ipv6_parse(&k->h, v);
	if (why == DROP_NONE) {
		assert(IPV6_HDR_LEN + (uint32_t)k->h.len <= k->p->len);
		k->p->len = IPV6_HDR_LEN + (uint32_t)k->h.len;
		return true;
	}
	if (why == DROP_TRUNCATED)
		stack_drop(k->s, k->p, MIB_Ip6InTruncatedPkts);
	else
		stack_drop(
			k->s, k->p, why == DROP_ADDRESS ? MIB_Ip6InAddrErrors : MIB_Ip6InHdrErrors);
	return false;
}

/* Walks the extension headers of k->p, which is for us. False if it was dropped. */
static bool read_chain(struct packet *k)
{
	enum drop why = ipv6_chain(&k->c, &k->h);

	if (why != DROP_NONE)
		stack_drop(k->s, k->p, MIB_Ip6InHdrErrors);
	else if (k->c.act != EXT_OK)
		obey(k);
	return why == DROP_NONE && k->c.act == EXT_OK;
}

/* ---- reassembly ---- */

/* A new packet without the fragment header, whose predecessor has the next header. NULL: out of
 * memory. */
static struct pkt *made_whole(struct stack *s, const struct reasm_packet *r)
{
	uint32_t head = r->head_len - IPV6_FRAG_LEN;
	struct pkt *p = pkt_new(&s->pkts, head + r->len);

	assert(r->head_len >= IPV6_HDR_LEN + IPV6_FRAG_LEN && r->prev < head);
	if (p == NULL)
		return NULL;
	p->len = head + r->len;
	p->stamp = s->now;
	memcpy(p->data, r->head, head);
	memcpy(p->data + head, r->head + r->head_len, r->len);
	p->data[r->prev] = r->head[head];
	assert(p->len - IPV6_HDR_LEN <= IPV6_PAYLOAD_MAX);
	put_be16(p->data + 4, (uint16_t)(p->len - IPV6_HDR_LEN));
	p->data[1] = (uint8_t)((p->data[1] & ~0x30) | r->ecn << 4);
	return p;
}

static void complete(struct packet *k, struct reasm_datagram *d)
{
	struct reasm_packet r = reasm_take(&k->s->ip->reasm6, d);
	struct packet whole = {.s = k->s, .dev = k->dev, .cast = k->cast};

	if (!r.ecn_bad && r.head_len - IPV6_FRAG_LEN - IPV6_HDR_LEN + r.len <= IPV6_PAYLOAD_MAX)
		whole.p = made_whole(k->s, &r);
	if (whole.p == NULL) {
		stack_count(k->s, MIB_Ip6ReasmFails);
		return;
	}
	stack_count(k->s, MIB_Ip6ReasmOKs);
	if (read_fixed(&whole) && read_chain(&whole)) /* like its first fragment's */
		deliver(&whole);
}

static void count_result(struct stack *s, const struct reasm_result_of *got)
{
	mib_add(&s->mib, MIB_Ip6ReasmFails, got->dropped);
	if (got->result != REASM_WAIT && got->result != REASM_DONE && got->result != REASM_DUP)
		stack_count(s, MIB_Ip6ReasmFails);
}

static void reassemble(struct packet *k)
{
	struct stack *s = k->s;
	struct ip_state *ip = s->ip;
	struct reasm_limits l = {.high = (size_t)s->sysctl.ip6frag_high_thresh,
		.time = s->sysctl.ip6frag_time * NSEC_SEC};
	uint16_t data_at = (uint16_t)(k->c.frag_at + IPV6_FRAG_LEN);

	assert(data_at <= k->h.len && k->c.frag_prev < IPV6_HDR_LEN + k->c.frag_at);
	if (IPV6_HDR_LEN + data_at > REASM_HEAD_MAX) {
		stack_drop(s, k->p, MIB_Ip6ReasmFails);
		return;
	}
	struct reasm_frag f = {
		.key = {.addr = k->h.addr, .id = k->c.frag_id, .ifindex = k->dev->ifindex},
		.off = k->c.frag_off,
		.len = (uint16_t)(k->h.len - data_at),
		.more = k->c.frag_mf,
		.ecn = k->h.tclass & 3,
		.head_len = (uint16_t)(IPV6_HDR_LEN + data_at),
		.head = k->p->data,
		.prev = k->c.frag_prev,
		.data = k->h.data + data_at,
		.ifindex = k->dev->ifindex,
	};
	struct reasm_result_of got = reasm_add(&ip->reasm6, &f, &l, s->now);

	count_result(s, &got);
	if (got.result == REASM_DONE)
		complete(k, got.whole);
	if (got.result == REASM_WAIT && !stack_timer_runs(&ip->reasm_timer))
		stack_timer_at(s, &ip->reasm_timer, s->now + l.time);
	pkt_free(k->p);
}

/* RFC 6946: an atomic fragment is processed alone. */
static bool atomic(const struct ipv6_chain *c)
{
	return c->fragmented && c->frag_off == 0 && !c->frag_mf;
}

/* RFC 4291: neither ::1 (section 2.5.3) nor a group of interface-local or reserved scope (section
 * 2.7) is ever on a link; a group is never a source. */
static bool strange(const struct netdev *dev, const struct ip_pair *a)
{
	bool narrow = ip_addr_is_multicast(&a->dst) && (a->dst.b[1] & 15) <= 1;

	if (ip_addr_is_multicast(&a->src))
		return true;
	return dev->kind != NETDEV_LOOPBACK &&
	       (narrow || ip_addr_is_loopback(&a->src) || ip_addr_is_loopback(&a->dst));
}

void ip6_input(struct stack *s, struct netdev *dev, struct pkt *p)
{
	struct packet k = {.s = s, .dev = dev, .p = p};

	if (s->ip->fast && s->ip->fast->fast_input(s, dev, p))
		return;
	stack_count(s, MIB_Ip6InReceives);
	mib_add(&s->mib, MIB_Ip6InOctets, p->len);
	if (!read_fixed(&k))
		return;
	if (strange(dev, &k.h.addr)) {
		stack_drop(s, p, MIB_Ip6InHdrErrors);
		return;
	}
	const struct ip_class *class = ip_classify(s, dev, &k.h.addr);

	k.cast = class->cast;
	count_in(s, &k.h, k.cast, p->len);
	if (ip_addr_is_any(&k.h.addr.dst) || !class->src_ok) {
		stack_drop(s, p, MIB_Ip6InAddrErrors);
		return;
	}
	if (k.cast == IP_CAST_NONE && s->sysctl.ipv6_forwarding != 0) {
		ip6_forward(s, dev, p, &k.h);
		return;
	}
	if (k.cast == IP_CAST_NONE) {
		stack_drop(s, p, MIB_Ip6InAddrErrors);
		return;
	}
	bool in_order = read_chain(&k);

	if (k.c.fragmented)
		stack_count(s, MIB_Ip6ReasmReqds);
	if (!in_order)
		return;
	if (k.c.fragmented && !atomic(&k.c)) {
		reassemble(&k);
		return;
	}
	if (atomic(&k.c))
		stack_count(s, MIB_Ip6ReasmOKs);
	deliver(&k);
}
