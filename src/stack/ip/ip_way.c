/*
 * ip_way.c - the way to a destination: loopback, a link, a gateway, or the reason why there is
 * none. The last ones asked for are kept, so that a run of segments to one peer walks the table
 * once; a way is good until something that it was made of changes (ip_path_gen) or expires.
 */
#include "stack/ip/ip_priv.h"

#include <errno.h>

uint32_t ip_path_gen(const struct stack *s)
{
	const struct ip_state *ip = s->ip;

	return ip->addr_gen + ip->routes.gen + ip->peers.pmtu_gen; /* each only grows */
}

/* What the device carries of IP. */
static uint32_t link_mtu(const struct netdev *dev, bool v6)
{
	uint32_t told = ip_dev_of(dev)->mtu6;

	return v6 && told != 0 && told < dev->mtu ? told : dev->mtu;
}

static void by_route(struct stack *s, struct ip_way *w, const struct route *r)
{
	static const int err[] = {[ROUTE_UNICAST] = 0,
		[ROUTE_BLACKHOLE] = -EINVAL,
		[ROUTE_UNREACHABLE] = -EHOSTUNREACH,
		[ROUTE_PROHIBIT] = -EACCES};

	_Static_assert(ARRAY_SIZE(err) == ROUTE_TYPES, "every type of route has its error");
	w->err = err[r->type];
	w->dev = stack_netdev(s, r->ifindex);
	w->src = r->src;
	w->expires = r->expires;
	w->mtu = r->mtu;
	w->advmss = r->advmss;
	w->initcwnd = r->initcwnd;
	if (!ip_addr_is_any(&r->gateway))
		w->next = r->gateway;
}

static void by_peer(struct stack *s, struct ip_way *w)
{
	struct peer_pmtu told = peer_pmtu_get(&s->ip->peers, &w->dst, s->now);

	if (told.mtu == 0)
		return;
	w->mtu = u32_min(w->mtu, told.mtu);
	w->locked = told.locked;
	w->expires = told.expires < w->expires ? told.expires : w->expires;
}

/* Where a group of IPv6 is without a route: Linux has ff00::/8 on every link, the first one wins.
 */
static struct netdev *first_link(struct stack *s)
{
	for (uint32_t i = 1; i <= NETDEV_MAX; i++) {
		struct netdev *dev = stack_netdev(s, i);

		if (dev != NULL && dev->kind != NETDEV_LOOPBACK && (dev->flags & NETDEV_UP))
			return dev;
	}
	return NULL;
}

static void resolve(struct stack *s, struct ip_way *w)
{
	bool v6 = !ip_addr_is_v4(&w->dst);

	if (ip_is_local(s, &w->dst)) {
		w->loopback = true;
		w->dev = &s->ip->lo;
		w->mtu = w->dev->mtu;
		return;
	}
	if (ip_addr_is_any(&w->dst)) { /* who has no address yet cannot be answered */
		w->err = -ENETUNREACH;
		return;
	}
	const struct route *r = route_find(&s->ip->routes, &w->dst, w->ifindex, s->now);

	w->multicast = ip_addr_is_multicast(&w->dst);
	if (r != NULL)
		by_route(s, w, r);
	else if (w->ifindex != 0) /* straight onto the link that was named */
		w->dev = stack_netdev(s, w->ifindex);
	else if (v6 && w->multicast)
		w->dev = first_link(s);
	if (w->err != 0)
		return;
	if (w->dev == NULL || !(w->dev->flags & NETDEV_UP)) {
		w->err = -ENETUNREACH;
		return;
	}
	w->broadcast = !v6 && ip_is_broadcast(w->dev, &w->dst);
	w->mtu = u32_min(w->mtu == 0 ? UINT32_MAX : w->mtu, link_mtu(w->dev, v6));
	if (!w->multicast && !w->broadcast)
		by_peer(s, w);
}

struct ip_way *ip_way_find(struct stack *s, const struct ip_addr *dst, uint32_t ifindex)
{
	uint64_t mix = (ip_addr_half(dst, 1) ^ ip_addr_half(dst, 0) * 31) * 0x9e3779b97f4a7c15u;
	struct ip_way *w = &s->ip->way[(mix >> 32) % IP_WAYS];
	uint32_t gen = ip_path_gen(s);

	if (w->gen == gen && w->ifindex == ifindex && s->now < w->expires &&
		ip_addr_eq(&w->dst, dst))
		return w;
	*w = (struct ip_way){
		.dst = *dst, .next = *dst, .ifindex = ifindex, .gen = gen, .expires = NSEC_MAX};
	resolve(s, w);
	return w;
}

int ip_path(struct stack *s, const struct ip_ask *ask, struct ip_path *out)
{
	const struct ip_way *w = ip_way_find(s, &ask->dst, ask->ifindex);
	bool v6 = !ip_addr_is_v4(&ask->dst);

	if (w->err == -ENETUNREACH)
		stack_count(s, v6 ? MIB_Ip6OutNoRoutes : MIB_IpOutNoRoutes);
	if (w->err != 0)
		return w->err;
	if (!v6 && !w->loopback && !w->multicast &&
		ip_addr_is_loopback(&ask->src)) /* 127/8 leaves no host */
		return -EINVAL;
	*out = (struct ip_path){.src = ask->src,
		.ifindex = w->dev->ifindex,
		.mtu = w->mtu,
		.advmss = w->advmss,
		.initcwnd = w->initcwnd,
		.paced = (w->dev->flags & NETDEV_FQ) != 0,
		.loopback = w->loopback,
		.locked = w->locked,
		.broadcast = w->broadcast};
	if (!ip_addr_is_any(&ask->src))
		return 0;
	out->src = w->src;
	if (ip_addr_is_any(&w->src) && !ip_src_select(s, w->dev, &ask->dst, &out->src))
		return -EADDRNOTAVAIL;
	return 0;
}

void ip_confirm(struct stack *s, const struct ip_addr *dst)
{
	const struct ip_way *w = ip_way_find(s, dst, 0);
	struct neigh *n;

	if (w->err != 0 || w->dev->kind != NETDEV_ETHER)
		return;
	n = w->neigh;
	if (n == NULL || w->neigh_gen != s->ip->neigh.gen)
		n = neigh_find(&s->ip->neigh, w->dev->ifindex, &w->next);
	if (n != NULL)
		neigh_confirm(&s->ip->neigh, n);
}
