/*
 * icmp_in.c - ICMP in: echoes are answered, errors go to the transport whose packet they quote,
 * neighbour discovery goes to ndp_in.c. A message that needs no answer is counted.
 */
#include "stack/ip/icmp_in.h"
#include "stack/ip/icmp_out.h"
#include "stack/ip/ip_opts.h"
#include "stack/ip/ip_out.h"
#include "stack/ip/ip_saddr.h"
#include "stack/ip/mcast_in.h"
#include "stack/ip/ndp_in.h"

struct row {
	uint8_t type;
	enum mib in;
};

static const struct row rows4[] = {
	{ICMP4_ECHO_REPLY, MIB_IcmpInEchoReps},
	{ICMP4_UNREACHABLE, MIB_IcmpInDestUnreachs},
	{ICMP4_SOURCE_QUENCH, MIB_IcmpInSrcQuenchs},
	{ICMP4_REDIRECT, MIB_IcmpInRedirects},
	{ICMP4_ECHO, MIB_IcmpInEchos},
	{ICMP4_TIME_EXCEEDED, MIB_IcmpInTimeExcds},
	{ICMP4_PARAM_PROBLEM, MIB_IcmpInParmProbs},
	{ICMP4_TIMESTAMP, MIB_IcmpInTimestamps},
	{ICMP4_TIMESTAMP_REPLY, MIB_IcmpInTimestampReps},
	{ICMP4_ADDRESS, MIB_IcmpInAddrMasks},
	{ICMP4_ADDRESS_REPLY, MIB_IcmpInAddrMaskReps},
};

static const struct row rows6[] = {
	{ICMP6_UNREACHABLE, MIB_Icmp6InDestUnreachs},
	{ICMP6_PACKET_TOO_BIG, MIB_Icmp6InPktTooBigs},
	{ICMP6_TIME_EXCEEDED, MIB_Icmp6InTimeExcds},
	{ICMP6_PARAM_PROBLEM, MIB_Icmp6InParmProblems},
	{ICMP6_ECHO, MIB_Icmp6InEchos},
	{ICMP6_ECHO_REPLY, MIB_Icmp6InEchoReplies},
	{ICMP6_MLD_QUERY, MIB_Icmp6InGroupMembQueries},
	{ICMP6_MLD_REPORT, MIB_Icmp6InGroupMembResponses},
	{ICMP6_MLD_DONE, MIB_Icmp6InGroupMembReductions},
	{NDP_ROUTER_SOLICIT, MIB_Icmp6InRouterSolicits},
	{NDP_ROUTER_ADVERT, MIB_Icmp6InRouterAdvertisements},
	{NDP_NEIGHBOUR_SOLICIT, MIB_Icmp6InNeighborSolicits},
	{NDP_NEIGHBOUR_ADVERT, MIB_Icmp6InNeighborAdvertisements},
	{NDP_REDIRECT, MIB_Icmp6InRedirects},
	{ICMP6_MLD2_REPORT, MIB_Icmp6InMLDv2Reports},
};

static void count_type(struct stack *s, bool v6, uint8_t type)
{
	const struct row *rows = v6 ? rows6 : rows4;
	size_t count = v6 ? ARRAY_SIZE(rows6) : ARRAY_SIZE(rows4);

	for (size_t i = 0; i < count; i++)
		if (rows[i].type == type)
			stack_count(s, rows[i].in);
}

/* ---- replies ---- */

/* Turns p, a request addressed to us, into the reply: its ICMP message m, rewritten. Takes p. */
static void answer(struct stack *s, struct pkt *p, const struct ip_rx *rx, struct icmp m)
{
	struct ip_tx tx = {.addr = {rx->addr.dst, rx->addr.src},
		.proto = rx->v6 ? IP_PROTO_ICMPV6 : IP_PROTO_ICMP,
		.tos = rx->tos,
		.may_fragment = true};

	assert(ICMP_HDR_LEN + m.len <= p->len);
	if (ip_addr_is_link_local(&rx->addr.src))
		tx.ifindex = rx->dev->ifindex;
	if (!rx->local && !ip_saddr_select(s, rx->dev, &rx->addr.src, &tx.addr.src)) {
		pkt_free(p);
		return;
	}
	struct ip_bytes head = {rx->head, rx->head_len};
	uint8_t opts[IPV4_OPT_MAX];

	if (!rx->v6) /* before the reply overwrites the header */
		tx.opt_len = (uint8_t)ip_opts_answer(s, &head, &tx.addr.src, opts);
	assert(tx.opt_len <= IPV4_OPT_MAX);
	icmp_emit(&m, rx->v6 ? &tx.addr : NULL, p->data);
	p->len = ICMP_HDR_LEN + m.len;
	memcpy(pkt_push(p, tx.opt_len), opts, tx.opt_len);
	icmp_count_out(s, rx->v6, m.type);
	ip_send_later(s, p, &tx);
}

static void echo(struct stack *s, struct pkt *p, const struct ip_rx *rx, struct icmp m)
{
	const struct sysctl *c = &s->sysctl;
	bool ignore = rx->v6 ? c->ipv6_echo_ignore_all != 0
			     : c->icmp_echo_ignore_all != 0 ||
				       (!rx->local && c->icmp_echo_ignore_broadcasts != 0);

	if (ignore) {
		pkt_free(p);
		return;
	}
	m.type = rx->v6 ? ICMP6_ECHO_REPLY : ICMP4_ECHO_REPLY;
	answer(s, p, rx, m);
}

/* RFC 792: originate, receive, transmit. */
static void timestamp(struct stack *s, struct pkt *p, const struct ip_rx *rx, struct icmp m)
{
	uint32_t ms = ip_time_of_day(s);

	if (m.len < 12 || (!rx->local && s->sysctl.icmp_echo_ignore_broadcasts)) {
		pkt_free(p);
		return;
	}
	assert(p->len >= ICMP_HDR_LEN + 12);
	put_be32(p->data + ICMP_HDR_LEN + 4, ms);
	put_be32(p->data + ICMP_HDR_LEN + 8, ms);
	m.type = ICMP4_TIMESTAMP_REPLY;
	m.len = 12;
	answer(s, p, rx, m);
}

/* ---- errors ---- */

static void notify(struct stack *s, const struct icmp_quote *q, const struct ip_error *e)
{
	const struct ip_transport *transport = s->ip->transport[q->proto];

	if (transport != NULL && !q->fragment && ip_is_local(s, &q->addr.src))
		transport->error(s, q, e);
}

void icmp_notify(struct stack *s, const uint8_t *p, uint32_t len, const struct ip_error *e)
{
	struct icmp_quote q;

	if (icmp_quote_parse(&q, e->v6, p, len) == DROP_NONE)
		notify(s, &q, e);
}

static void error_in(struct stack *s, const struct icmp *m, const struct ip_rx *rx)
{
	struct ip_error e = {.v6 = rx->v6,
		.type = m->type,
		.code = m->code,
		.ttl = rx->ttl,
		.offender = rx->addr.src};
	struct icmp_quote q;

	if (icmp_quote_parse(&q, rx->v6, m->data, m->len) != DROP_NONE) {
		stack_count(s, rx->v6 ? MIB_Icmp6InErrors : MIB_IcmpInErrors);
		return;
	}
	if (rx->v6 && m->type == ICMP6_PACKET_TOO_BIG)
		e.mtu = m->rest;
	if (!rx->v6 && m->type == ICMP4_UNREACHABLE && m->code == ICMP4_FRAG_NEEDED) {
		if (s->sysctl.ip_no_pmtu_disc != 0)
			return;
		e.mtu = m->rest & 0xffff;
	}
	notify(s, &q, &e);
}

/* ---- input ---- */

void icmp4_input(struct stack *s, struct pkt *p, const struct ip_rx *rx)
{
	struct icmp_view v;
	struct icmp m;

	stack_count(s, MIB_IcmpInMsgs);
	if (!icmp_view(&v, p->data, p->len)) {
		stack_drop(s, p, MIB_IcmpInErrors);
		return;
	}
	if (icmp_parse(&m, v, NULL) != DROP_NONE) {
		stack_count(s, MIB_IcmpInCsumErrors);
		stack_drop(s, p, MIB_IcmpInErrors);
		return;
	}
	count_type(s, false, m.type);
	if (m.type == ICMP4_ECHO) {
		echo(s, p, rx, m);
		return;
	}
	if (m.type == ICMP4_TIMESTAMP) {
		timestamp(s, p, rx, m);
		return;
	}
	if (icmp4_is_error(m.type) && m.type != ICMP4_REDIRECT)
		error_in(s, &m, rx);
	pkt_free(p);
}

void icmp6_input(struct stack *s, struct pkt *p, const struct ip_rx *rx)
{
	struct icmp_view v;
	struct icmp m;

	stack_count(s, MIB_Icmp6InMsgs);
	if (!icmp_view(&v, p->data, p->len)) {
		stack_drop(s, p, MIB_Icmp6InErrors);
		return;
	}
	if (icmp_parse(&m, v, &rx->addr) != DROP_NONE) {
		stack_count(s, MIB_Icmp6InCsumErrors);
		stack_drop(s, p, MIB_Icmp6InErrors);
		return;
	}
	count_type(s, true, m.type);
	if (m.type == ICMP6_ECHO) {
		echo(s, p, rx, m);
		return;
	}
	if (icmp6_is_error(m.type))
		error_in(s, &m, rx);
	else if (ndp_is(m.type))
		ndp_input(s, &m, rx);
	else if (m.type == ICMP6_MLD_QUERY || m.type == ICMP6_MLD_REPORT)
		mld_input(s, &m, rx);
	pkt_free(p);
}
