/*
 * icmp_out.c - ICMP errors out, with the rules and rate limits that suppress them:
 *
 *     RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e)   never about an error, a group, or to a
 *                                                        source that is not a host; IPv4: nor a
 *                                                        later fragment
 *     icmp_msgs_per_sec, icmp_msgs_burst                 for the whole instance
 *     icmp_ratelimit with icmp_ratemask, icmp.ratelimit  for each host
 */
#include "stack/ip/icmp_out.h"
#include "stack/ip/ip_if.h"
#include "stack/ip/ip_opts.h"
#include "stack/ip/ip_out.h"
#include "stack/ip/ip_saddr.h"

#include <errno.h>

struct row {
	uint8_t type;
	enum mib out;
};

static const struct row rows4[] = {
	{ICMP4_ECHO_REPLY, MIB_IcmpOutEchoReps},
	{ICMP4_UNREACHABLE, MIB_IcmpOutDestUnreachs},
	{ICMP4_ECHO, MIB_IcmpOutEchos},
	{ICMP4_TIME_EXCEEDED, MIB_IcmpOutTimeExcds},
	{ICMP4_PARAM_PROBLEM, MIB_IcmpOutParmProbs},
	{ICMP4_TIMESTAMP_REPLY, MIB_IcmpOutTimestampReps},
};

static const struct row rows6[] = {
	{ICMP6_UNREACHABLE, MIB_Icmp6OutDestUnreachs},
	{ICMP6_PACKET_TOO_BIG, MIB_Icmp6OutPktTooBigs},
	{ICMP6_TIME_EXCEEDED, MIB_Icmp6OutTimeExcds},
	{ICMP6_PARAM_PROBLEM, MIB_Icmp6OutParmProblems},
	{ICMP6_ECHO, MIB_Icmp6OutEchos},
	{ICMP6_ECHO_REPLY, MIB_Icmp6OutEchoReplies},
	{ICMP6_MLD_REPORT, MIB_Icmp6OutGroupMembResponses},
	{ICMP6_MLD_DONE, MIB_Icmp6OutGroupMembReductions},
	{ICMP6_MLD2_REPORT, MIB_Icmp6OutMLDv2Reports},
	{133, MIB_Icmp6OutRouterSolicits},
	{134, MIB_Icmp6OutRouterAdvertisements},
	{135, MIB_Icmp6OutNeighborSolicits},
	{136, MIB_Icmp6OutNeighborAdvertisements},
	{137, MIB_Icmp6OutRedirects},
};

void icmp_count_out(struct stack *s, bool v6, uint8_t type)
{
	const struct row *rows = v6 ? rows6 : rows4;
	size_t count = v6 ? ARRAY_SIZE(rows6) : ARRAY_SIZE(rows4);

	stack_count(s, v6 ? MIB_Icmp6OutMsgs : MIB_IcmpOutMsgs);
	for (size_t i = 0; i < count; i++)
		if (rows[i].type == type)
			stack_count(s, rows[i].out);
}

/* ---- rules ---- */

static bool about_error(const struct ip_cause *c)
{
	struct ipv4_view v4;
	struct ipv6_view v6;
	struct ipv6_chain chain;
	struct ipv4 h4;
	struct ipv6 h6;

	if (!c->v6) {
		if (!ipv4_view(&v4, c->p, c->len) || ipv4_parse_quote(&h4, v4) != DROP_NONE)
			return true;
		return h4.frag_off > 0 ||
		       (h4.proto == IP_PROTO_ICMP && (h4.len < 1 || icmp4_is_error(h4.data[0])));
	}
	if (!ipv6_view(&v6, c->p, c->len) || ipv6_parse_quote(&h6, v6) != DROP_NONE)
		return true;
	if (ipv6_upper(&chain, &h6) != DROP_NONE || chain.frag_off > 0)
		return false; /* the chain is invalid, or continues in another fragment */
	return chain.proto == IP_PROTO_ICMPV6 &&
	       (chain.off >= h6.len || icmp6_is_error(h6.data[chain.off]));
}

static bool allowed(const struct ip_cause *c)
{
	const struct ip_addr *src = &c->addr.src;

	if (c->group || ip_addr_is_any(src) || ip_addr_is_multicast(src))
		return false;
	if (!c->v6 && ip_is_broadcast(c->dev, src))
		return false;
	return !about_error(c);
}

/* ---- rate limits ---- */

/* As in Linux: one token per message on average, drawn at random so that they cannot be counted
 * from outside. */
static bool global_budget(struct stack *s)
{
	struct ip_state *ip = s->ip;
	nsec_t since = s->now - ip->icmp_refilled;
	int64_t rate = s->sysctl.icmp_msgs_per_sec;

	assert(since >= 0);
	if (since >= NSEC_SEC / 50) {
		since = since < NSEC_SEC ? since : NSEC_SEC;
		int64_t credit = ip->icmp_credit + rate * since / NSEC_SEC;

		ip->icmp_credit =
			(int32_t)(credit < s->sysctl.icmp_msgs_burst ? credit
								     : s->sysctl.icmp_msgs_burst);
		ip->icmp_refilled = s->now;
	}
	if (ip->icmp_credit <= 0)
		return false;
	ip->icmp_credit -= (int32_t)prng_below(&s->prng, 3);
	return true;
}

static bool limited4(const struct stack *s, const struct icmp_what *what)
{
	if (what->type == ICMP4_UNREACHABLE && what->code == ICMP4_FRAG_NEEDED)
		return false;
	return what->type < 31 && s->sysctl.icmp_ratemask >> what->type & 1;
}

static bool within_budget(struct stack *s, const struct ip_cause *c, const struct icmp_what *what)
{
	nsec_t each =
		(c->v6 ? s->sysctl.ipv6_icmp_ratelimit : s->sysctl.icmp_ratelimit) * NSEC_MSEC;

	if (c->v6 ? what->type == ICMP6_PACKET_TOO_BIG : !limited4(s, what))
		return true;
	if (c->dev->kind == NETDEV_LOOPBACK)
		return true;
	if (!global_budget(s)) {
		stack_count(s, MIB_IcmpOutRateLimitGlobal);
		return false;
	}
	if (host_icmp_allow(&s->ip->hosts, &c->addr.src, each, s->now))
		return true;
	stack_count(s, c->v6 ? MIB_Icmp6OutRateLimitHost : MIB_IcmpOutRateLimitHost);
	return false;
}

/* ---- the message ---- */

static bool error_source(struct stack *s, const struct ip_cause *c, struct ip_addr *src)
{
	*src = c->addr.dst;
	return ip_is_local(s, src) || ip_saddr_select(s, c->dev, &c->addr.src, src);
}

/* RFC 1812 section 4.3.2.5: internetwork control precedence; errors have no ECN bits. */
static uint8_t error_tos(const struct ip_cause *c)
{
	assert(c->len >= (c->v6 ? IPV6_HDR_LEN : IPV4_HDR_MIN));
	return c->v6 ? 0 : (uint8_t)((c->p[1] & 0x1c) | 0xc0);
}

void icmp_error_out(struct stack *s, const struct ip_cause *c, const struct icmp_what *what)
{
	struct ip_bytes cause = {c->p, c->len};
	uint8_t opts[IPV4_OPT_MAX];
	struct ip_tx tx = {.addr.dst = c->addr.src,
		.proto = c->v6 ? IP_PROTO_ICMPV6 : IP_PROTO_ICMP,
		.tos = error_tos(c),
		.may_fragment = true};

	if (!allowed(c) || !within_budget(s, c, what))
		return;
	bool from = error_source(s, c, &tx.addr.src);

	if (from && !c->v6)
		tx.opt_len = (uint8_t)ip_opts_answer(s, &cause, &tx.addr.src, opts);
	assert(tx.opt_len <= IPV4_OPT_MAX && tx.opt_len % 4 == 0);
	uint32_t len = u32_min(c->len, c->v6 ? ICMP6_QUOTE_MAX : ICMP4_QUOTE_MAX - tx.opt_len);
	struct pkt *p = from ? pkt_new(&s->pkts, ICMP_HDR_LEN + len) : NULL;

	if (p == NULL) {
		stack_count(s, c->v6 ? MIB_Icmp6OutErrors : MIB_IcmpOutErrors);
		return;
	}
	struct icmp m = {what->type, what->code, what->rest, len, c->p};

	if (ip_addr_is_link_local(&tx.addr.dst))
		tx.ifindex = c->dev->ifindex;
	assert(len <= c->len);
	icmp_emit(&m, c->v6 ? &tx.addr : NULL, p->data);
	p->len = ICMP_HDR_LEN + len;
	memcpy(pkt_push(p, tx.opt_len), opts, tx.opt_len);
	icmp_count_out(s, c->v6, what->type);
	ip_send_later(s, p, &tx);
}

void ip_port_unreachable(struct stack *s, const struct pkt *p, const struct ip_rx *rx)
{
	struct ip_cause c = {.p = rx->head,
		.len = rx->head_len + p->len,
		.dev = rx->dev,
		.addr = rx->addr,
		.v6 = rx->v6,
		.group = !rx->local};
	struct icmp_what what = {ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, 0};

	if (rx->v6)
		what = (struct icmp_what){ICMP6_UNREACHABLE, ICMP6_PORT_UNREACHABLE, 0};
	icmp_error_out(s, &c, &what);
}

/* ---- mapping of errors to errno ---- */

struct meaning {
	int err;
	bool hard;
};

/* By code; Linux's icmp_err_convert. */
static const struct meaning unreachable4[] = {
	{ENETUNREACH, false},
	{EHOSTUNREACH, false},
	{ENOPROTOOPT, true},
	{ECONNREFUSED, true},
	{EMSGSIZE, false},
	{EOPNOTSUPP, false},
	{ENETUNREACH, true},
	{EHOSTDOWN, true},
	{ENONET, true},
	{ENETUNREACH, true},
	{EHOSTUNREACH, true},
	{ENETUNREACH, false},
	{EHOSTUNREACH, false},
	{EHOSTUNREACH, true},
	{EHOSTUNREACH, true},
	{EHOSTUNREACH, true},
};

static const struct meaning unreachable6[] = {
	{ENETUNREACH, false},
	{EACCES, true},
	{EHOSTUNREACH, false},
	{EHOSTUNREACH, false},
	{ECONNREFUSED, true},
	{EACCES, true},
	{EACCES, true},
};

static struct meaning meaning4(const struct ip_error *e)
{
	switch (e->type) {
	case ICMP4_UNREACHABLE:
		if (e->code < ARRAY_SIZE(unreachable4))
			return unreachable4[e->code];
		return (struct meaning){0, false};
	case ICMP4_TIME_EXCEEDED: return (struct meaning){EHOSTUNREACH, false};
	case ICMP4_PARAM_PROBLEM: return (struct meaning){EPROTO, true};
	}
	return (struct meaning){0, false};
}

static struct meaning meaning6(const struct ip_error *e)
{
	switch (e->type) {
	case ICMP6_UNREACHABLE:
		if (e->code < ARRAY_SIZE(unreachable6))
			return unreachable6[e->code];
		return (struct meaning){EPROTO, true};
	case ICMP6_PACKET_TOO_BIG: return (struct meaning){EMSGSIZE, false};
	case ICMP6_TIME_EXCEEDED: return (struct meaning){EHOSTUNREACH, false};
	case ICMP6_PARAM_PROBLEM: return (struct meaning){EPROTO, true};
	}
	return (struct meaning){0, false};
}

int ip_error_errno(const struct ip_error *e, bool *hard)
{
	struct meaning m = e->v6 ? meaning6(e) : meaning4(e);

	*hard = m.hard;
	return m.err;
}
