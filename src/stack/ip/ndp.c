/*
 * ndp.c - IPv6 neighbours (RFC 4861 section 7): solicitations and advertisements, in and out, and
 * duplicate address detection (RFC 4862 section 5.4).
 */
#include "stack/ip/ip_priv.h"

static const struct ip_addr all_nodes = {{0xff, 2, [15] = 1}};

static struct eth_addr mac_of(const struct netdev *dev)
{
	struct eth_addr a;

	memcpy(a.b, dev->mac, ETH_ADDR_LEN);
	return a;
}

/* Sends n between a on dev, with the hop limit that proves it is from this link. */
void ndp_send(struct stack *s, struct netdev *dev, const struct ndp *n, const struct ip_pair *a)
{
	struct ip_tx tx = {.addr = *a,
		.ifindex = dev->ifindex,
		.proto = IP_PROTO_ICMPV6,
		.ttl = NDP_HOP_LIMIT};
	struct pkt *p = pkt_new(&s->pkts, ndp_emit_len(n));

	if (p == NULL) {
		stack_count(s, MIB_Icmp6OutErrors);
		return;
	}
	p->len = (uint32_t)ndp_emit_len(n);
	ndp_emit(n, a, p->data);
	icmp_count_out(s, true, n->type);
	ip_send_later(s, p, &tx);
}

/* ---- asking ---- */

void ndp_ask(struct stack *s, struct netdev *dev, const struct ip_addr *target, bool unicast)
{
	struct ndp n = {.type = NDP_NEIGHBOUR_SOLICIT,
		.target = *target,
		.has_hw = true,
		.hw = mac_of(dev)};
	struct ip_pair a = {.dst = unicast ? *target : ip_addr_solicited_node(target)};

	if (ip_src_select(s, dev, target, &a.src))
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
		a->probes--;
		detect_once(s, a);
		stack_timer_at(s, t, s->now + IP_DAD_INTERVAL);
		return;
	}
	a->flags &= (uint8_t)~IP_ADDR_TENTATIVE;
	s->ip->addr_gen++;
	if (a->valid_until < NSEC_MAX)
		stack_timer_at(s, t, a->valid_until);
}

void ndp_detect(struct stack *s, struct ip_ifaddr *a)
{
	bool detects = !ip_addr_is_v4(&a->addr) && a->on->dev->kind == NETDEV_ETHER &&
		       s->sysctl.ipv6_dad_transmits > 0;

	stack_timer_init(&a->timer, addr_fire);
	if (detects) { /* not in step with others that came up with us: RFC 4862 section 5.4.2 */
		a->flags |= IP_ADDR_TENTATIVE;
		a->probes = (uint8_t)s->sysctl.ipv6_dad_transmits;
		stack_timer_at(
			s, &a->timer, s->now + (nsec_t)prng_below(&s->prng, (uint64_t)NSEC_SEC));
	} else if (a->valid_until < NSEC_MAX) {
		stack_timer_at(s, &a->timer, a->valid_until);
	}
}

void ndp_duplicate(struct stack *s, struct ip_ifaddr *a)
{
	a->flags = (uint8_t)((a->flags & ~IP_ADDR_TENTATIVE) | IP_ADDR_DUPLICATE);
	stack_timer_stop(s, &a->timer);
	s->ip->addr_gen++;
}

/* ---- answering ---- */

static void answer(struct stack *s, const struct ndp *q, const struct ip_rx *rx)
{
	struct ndp n = {.type = NDP_NEIGHBOUR_ADVERT,
		.solicited = !ip_addr_is_any(&rx->addr.src),
		.override = true,
		.has_hw = true,
		.hw = mac_of(rx->dev),
		.target = q->target};
	struct ip_pair a = {q->target, n.solicited ? rx->addr.src : all_nodes};

	ndp_send(s, rx->dev, &n, &a);
}

static void solicited(struct stack *s, const struct ndp *q, const struct ip_rx *rx)
{
	struct ip_ifaddr *a = ip_ifaddr_find(s, &q->target);
	struct neigh_news news = {.ifindex = rx->dev->ifindex,
		.addr = rx->addr.src,
		.has_hw = q->has_hw,
		.hw = q->hw,
		.create = true,
		.override = true};

	if (a == NULL || a->on->dev != rx->dev || a->flags & IP_ADDR_DUPLICATE)
		return;
	if (a->flags & IP_ADDR_TENTATIVE) { /* somebody else tries the same address */
		if (ip_addr_is_any(&rx->addr.src))
			ndp_duplicate(s, a);
		return;
	}
	if (!ip_addr_is_any(&rx->addr.src))
		neigh_learn(&s->ip->neigh, &news);
	answer(s, q, rx);
}

static void advertised(struct stack *s, const struct ndp *n, const struct ip_rx *rx)
{
	struct ip_ifaddr *a = ip_ifaddr_find(s, &n->target);
	struct neigh_news news = {.ifindex = rx->dev->ifindex,
		.addr = n->target,
		.has_hw = n->has_hw,
		.hw = n->hw,
		.override = n->override,
		.solicited = n->solicited,
		.says_router = true,
		.router = n->router};

	if (a == NULL)
		neigh_learn(&s->ip->neigh, &news);
	else if (a->flags & IP_ADDR_TENTATIVE && a->on->dev == rx->dev)
		ndp_duplicate(s, a);
}

/* What an earlier redirect said of dst is no longer so. */
static void forget_redirect(struct stack *s, const struct ip_addr *dst, uint32_t ifindex)
{
	const struct route *old = route_find(&s->ip->routes, dst, ifindex, s->now);

	if (old != NULL && old->bits == 128 && old->origin == ROUTE_RA) {
		struct route gone = *old;

		ndp_set_route(s, &gone, 0);
	}
}

/* RFC 4861 section 8.3: only from the first hop that we use for that destination. */
static void redirected(struct stack *s, const struct ndp *n, const struct ip_rx *rx)
{
	const struct ip_way *w = ip_way_find(s, &n->dst, 0);
	struct route r = {
		.dst = n->dst, .bits = 128, .gateway = n->target, .ifindex = rx->dev->ifindex};
	struct neigh_news news = {.ifindex = rx->dev->ifindex,
		.addr = n->target,
		.has_hw = n->has_hw,
		.hw = n->hw,
		.create = true,
		.override = true};

	if (!s->sysctl.ipv6_accept_redirects || s->sysctl.ipv6_forwarding || w->err != 0 ||
		w->dev != rx->dev || !ip_addr_eq(&w->next, &rx->addr.src))
		return;
	if (ip_addr_eq(&n->target, &n->dst))
		r.gateway = IP_ADDR_ANY6; /* it is on the link itself */
	else if (!ip_addr_is_link_local(&n->target))
		return;
	neigh_learn(&s->ip->neigh, &news);
	forget_redirect(s, &n->dst, rx->dev->ifindex);
	ndp_set_route(s, &r, (uint32_t)s->sysctl.ipv6_route_mtu_expires);
}

void ndp_input(struct stack *s, const struct icmp *m, const struct ip_rx *rx)
{
	struct ipv6 ip = {.addr = rx->addr, .hop_limit = rx->ttl};
	struct ndp_view v;
	struct ndp n;

	if (!ndp_view(&v, m, &ip) || ndp_parse(&n, v) != DROP_NONE) {
		stack_count(s, MIB_Icmp6InErrors);
		return;
	}
	switch (n.type) {
	case NDP_NEIGHBOUR_SOLICIT: solicited(s, &n, rx); break;
	case NDP_NEIGHBOUR_ADVERT: advertised(s, &n, rx); break;
	case NDP_ROUTER_ADVERT: ndp_advert(s, rx->dev, &n, rx); break;
	case NDP_REDIRECT: redirected(s, &n, rx); break;
	}
}
