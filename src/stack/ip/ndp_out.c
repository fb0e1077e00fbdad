/*
 * ndp_out.c - neighbour discovery out (RFC 4861 section 7.2): solicitations, and duplicate address
 * detection (RFC 4862 section 5.4).
 */
#include "stack/ip/ndp_out.h"
#include "stack/ip/icmp_out.h"
#include "stack/ip/ip_if.h"
#include "stack/ip/ip_out.h"
#include "stack/ip/ip_saddr.h"
#include "stack/ip/ndp_auto.h"

/* Sends n between a on dev, with the hop limit that proves it is from this link. */
void ndp_send(struct stack *s, struct netdev *dev, const struct ndp *n, const struct ip_pair *a)
{
	struct ip_tx tx = {.addr = *a,
		.ifindex = dev->ifindex,
		.flow = IP_NO_FLOW,
		.proto = IP_PROTO_ICMPV6,
		.ttl = NDP_HOP_LIMIT};
	struct pkt *p = pkt_new(&s->pkts, ndp_emit_len(n));

	assert(!ip_addr_is_v4(&a->src) && !ip_addr_is_v4(&a->dst));
	if (p == NULL) {
		stack_count(s, MIB_Icmp6OutErrors);
		return;
	}
	p->len = (uint32_t)ndp_emit_len(n);
	ndp_emit(n, a, p->data);
	icmp_count_out(s, true, n->type);
	ip_send_later(s, p, &tx);
}

void ndp_solicit(struct stack *s, struct netdev *dev, const struct ip_addr *target, bool unicast)
{
	struct ndp n = {
		.type = NDP_NEIGHBOUR_SOLICIT, .target = *target, .has_hw = true, .hw = dev->mac};
	struct ip_pair a = {.dst = unicast ? *target : ip_addr_solicited_node(target)};

	if (ip_saddr_select(s, dev, target, &a.src))
		ndp_send(s, dev, &n, &a);
}

static void detect_once(struct stack *s, struct ip_ifaddr *a)
{
	struct ndp n = {.type = NDP_NEIGHBOUR_SOLICIT, .target = a->addr};
	struct ip_pair pair = {IP_ADDR_ANY6, ip_addr_solicited_node(&a->addr)};

	ndp_send(s, a->on->dev, &n, &pair);
}

static void addr_fire(struct stack *s, struct stack_timer *t)
{
	struct ip_ifaddr *a = container_of(t, struct ip_ifaddr, timer);

	if (!(a->flags & IP_ADDR_TENTATIVE)) {
		if (a->valid_until <= s->now)
			ip_ifaddr_del(s, a);
		else if (a->valid_until < NSEC_MAX)
			stack_timer_at(s, t, a->valid_until);
		return;
	}
	if (a->probes > 0) {
		assert(!ip_addr_is_v4(&a->addr));
		a->probes--;
		detect_once(s, a);
		stack_timer_at(
			s, t, s->now + neigh_retrans_time(&s->ip->neigh, a->on->dev->ifindex));
		return;
	}
	a->flags &= (uint8_t)~IP_ADDR_TENTATIVE;
	s->ip->addr_gen++;
	ndp_detected(s, a);
	if (a->valid_until < NSEC_MAX)
		stack_timer_at(s, t, a->valid_until);
}

void ndp_detect(struct stack *s, struct ip_ifaddr *a)
{
	bool detects = !ip_addr_is_v4(&a->addr) && a->on->dev->kind == NETDEV_ETHER &&
		       s->sysctl.ipv6_dad_transmits > 0;

	stack_timer_init(&a->timer, addr_fire);
	if (detects) { /* randomly delayed, to avoid synchronization: RFC 4862 section 5.4.2 */
		a->flags |= IP_ADDR_TENTATIVE;
		a->probes = (uint8_t)s->sysctl.ipv6_dad_transmits;
		nsec_t most = s->sysctl.ipv6_router_solicitation_delay * NSEC_SEC;

		stack_timer_at(
			s, &a->timer, s->now + (nsec_t)prng_below(&s->prng, (uint64_t)most + 1));
	} else if (a->valid_until < NSEC_MAX) {
		stack_timer_at(s, &a->timer, a->valid_until);
	}
}

void ndp_duplicate(struct stack *s, struct ip_ifaddr *a)
{
	assert(a->flags & IP_ADDR_TENTATIVE);
	a->flags = (uint8_t)((a->flags & ~IP_ADDR_TENTATIVE) | IP_ADDR_DUPLICATE);
	stack_timer_stop(s, &a->timer);
	s->ip->addr_gen++;
	ndp_detected(s, a);
}
