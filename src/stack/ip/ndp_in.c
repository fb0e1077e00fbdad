/* ndp_in.c - neighbour solicitations, advertisements and redirects in (RFC 4861 sections 7, 8). */
#include "stack/ip/ndp_in.h"
#include "stack/ip/ip_dst.h"
#include "stack/ip/ip_if.h"
#include "stack/ip/ndp_auto.h"
#include "stack/ip/ndp_out.h"

static const struct ip_addr all_nodes = {{0xff, 2, [15] = 1}};

static void answer(struct stack *s, const struct ndp *q, const struct ip_rx *rx)
{
	struct ndp n = {.type = NDP_NEIGHBOUR_ADVERT,
		.solicited = !ip_addr_is_any(&rx->addr.src),
		.override = true,
		.has_hw = true,
		.hw = rx->dev->mac,
		.target = q->target};
	struct ip_pair a = {q->target, n.solicited ? rx->addr.src : all_nodes};

	ndp_send(s, rx->dev, &n, &a);
}

static void solicited(struct stack *s, const struct ndp *q, const struct ip_rx *rx)
{
	struct ip_ifaddr *a = ip_ifaddr_find(s, &q->target);
	struct neigh_update update = {.ifindex = rx->dev->ifindex,
		.addr = rx->addr.src,
		.has_hw = q->has_hw,
		.hw = q->hw,
		.create = true,
		.override = true};

	if (a == NULL || a->on->dev != rx->dev || a->flags & IP_ADDR_DUPLICATE)
		return;
	if (a->flags & IP_ADDR_TENTATIVE) { /* another host is probing the same address */
		if (ip_addr_is_any(&rx->addr.src))
			ndp_duplicate(s, a);
		return;
	}
	if (!ip_addr_is_any(&rx->addr.src))
		neigh_learn(&s->ip->neigh, &update);
	answer(s, q, rx);
}

static void advertised(struct stack *s, const struct ndp *n, const struct ip_rx *rx)
{
	struct ip_ifaddr *a = ip_ifaddr_find(s, &n->target);
	struct neigh_update update = {.ifindex = rx->dev->ifindex,
		.addr = n->target,
		.has_hw = n->has_hw,
		.hw = n->hw,
		.override = n->override,
		.solicited = n->solicited,
		.says_router = true,
		.router = n->router};

	if (a == NULL) {
		const struct neigh *was = neigh_find(&s->ip->neigh, update.ifindex, &n->target);

		if (was != NULL && was->router && !n->router)
			ndp_forget_router(s, rx->dev, &n->target);
		neigh_learn(&s->ip->neigh, &update);
	} else if (a->flags & IP_ADDR_TENTATIVE && a->on->dev == rx->dev)
		ndp_duplicate(s, a);
}

/* An earlier redirect for dst is no longer valid. */
static void forget_redirect(struct stack *s, const struct ip_addr *dst, uint32_t ifindex)
{
	const struct route *old = route_find(&s->ip->routes, dst, ifindex, s->now);

	if (old != NULL && old->bits == 128 && old->origin == ROUTE_RA) {
		struct route gone = *old;

		ndp_set_route(s, &gone, 0);
	}
}

/* RFC 4861 section 8.3: only from the current first hop for that destination. */
static void redirected(struct stack *s, const struct ndp *n, const struct ip_rx *rx)
{
	const struct ip_dst *d = ip_dst_lookup(s, &n->dst, 0);
	struct route r = {
		.dst = n->dst, .bits = 128, .gateway = n->target, .ifindex = rx->dev->ifindex};
	struct neigh_update update = {.ifindex = rx->dev->ifindex,
		.addr = n->target,
		.has_hw = n->has_hw,
		.hw = n->hw,
		.create = true,
		.override = true};

	if (!s->sysctl.ipv6_accept_redirects || s->sysctl.ipv6_forwarding || d->err != 0 ||
		d->dev != rx->dev || !ip_addr_eq(&d->nexthop, &rx->addr.src))
		return;
	if (ip_addr_eq(&n->target, &n->dst))
		r.gateway = IP_ADDR_ANY6; /* it is on-link */
	else if (!ip_addr_is_link_local(&n->target))
		return;
	neigh_learn(&s->ip->neigh, &update);
	forget_redirect(s, &n->dst, rx->dev->ifindex);
	ndp_set_route(s, &r, (uint32_t)s->sysctl.ipv6_route_mtu_expires);
}

void ndp_input(struct stack *s, const struct icmp *m, const struct ip_rx *rx)
{
	struct ipv6 ip = {.addr = rx->addr, .hop_limit = rx->ttl};
	struct ndp_view v;
	struct ndp n;

	assert(rx->v6);
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
