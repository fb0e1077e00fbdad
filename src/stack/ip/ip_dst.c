/*
 * ip_dst.c - destination cache: routes resolved to loopback, a link or a gateway, or to the error.
 * Recent ones are cached, so that consecutive segments to one peer walk the routing table once; an
 * entry is valid until one of its sources changes (ip_route_gen) or expires.
 */
#include "stack/ip/ip_dst.h"
#include "stack/ip/ip_gateway.h"
#include "stack/ip/ip_if.h"
#include "stack/ip/ip_saddr.h"

#include <errno.h>

uint32_t ip_route_gen(const struct stack *s)
{
	const struct ip_state *ip = s->ip;

	return ip->addr_gen + ip->routes.gen + ip->hosts.pmtu_gen +
	       ip->neigh.gateway_gen; /* each only grows */
}

/* The IP MTU of the device. */
static uint32_t link_mtu(const struct netdev *dev, bool v6)
{
	uint32_t told = v6 ? ip_dev_of(dev)->mtu6 : ip_dev_of(dev)->mtu4;

	return told != 0 && told < dev->mtu ? told : dev->mtu;
}

static void by_route(struct stack *s, struct ip_dst *d, const struct route *r, nsec_t until)
{
	static const int err[] = {[ROUTE_UNICAST] = 0,
		[ROUTE_BLACKHOLE] = -EINVAL,
		[ROUTE_UNREACHABLE] = -EHOSTUNREACH,
		[ROUTE_PROHIBIT] = -EACCES};

	_Static_assert(ARRAY_SIZE(err) == ROUTE_TYPES, "every type of route has its error");
	assert(r->type < ROUTE_TYPES);
	d->err = err[r->type];
	d->dev = stack_netdev(s, r->ifindex);
	d->src = r->src;
	d->expires = until < r->expires ? until : r->expires;
	d->mtu = r->mtu;
	d->advmss = r->advmss;
	d->initcwnd = r->initcwnd;
	if (!ip_addr_is_any(&r->gateway))
		d->nexthop = r->gateway;
}

static void by_host_cache(struct stack *s, struct ip_dst *d)
{
	struct host_pmtu told = host_pmtu_get(&s->ip->hosts, &d->addr, s->now);

	if (told.mtu == 0)
		return;
	d->mtu = u32_min(d->mtu, told.mtu);
	d->locked = told.locked;
	d->expires = told.expires < d->expires ? told.expires : d->expires;
}

static bool has_link_local(const struct netdev *dev)
{
	struct list *at;

	list_for_each(at, &ip_dev_of(dev)->addrs)
		if (ip_addr_is_link_local(&list_entry(at, struct ip_ifaddr, by_dev)->addr))
			return true;
	return false;
}

/* The link of an IPv6 group or link-local address without a route: in Linux ff00::/8 is on every
 * link, and fe80::/64 on every one with such an address; the first one is chosen. */
static struct netdev *first_link(struct stack *s, bool group)
{
	for (uint32_t i = 1; i <= NETDEV_MAX; i++) {
		struct netdev *dev = stack_netdev(s, i);

		if (dev != NULL && dev->kind != NETDEV_LOOPBACK && (dev->flags & NETDEV_UP) &&
			(group || has_link_local(dev)))
			return dev;
	}
	return NULL;
}

static void resolve(struct stack *s, struct ip_dst *d)
{
	bool v6 = !ip_addr_is_v4(&d->addr);

	if (ip_is_local(s, &d->addr)) {
		d->loopback = true;
		d->dev = &s->ip->lo;
		d->mtu = d->dev->mtu;
		return;
	}
	if (ip_addr_is_any(&d->addr)) { /* a host without an address cannot be answered */
		d->err = -ENETUNREACH;
		return;
	}
	const struct route_key key = {d->addr, d->ifindex, s->now};
	nsec_t until = NSEC_MAX;
	const struct route *r = ip_gateway_route(s, &key, &until);

	d->multicast = ip_addr_is_multicast(&d->addr);
	if (r != NULL)
		by_route(s, d, r, until);
	else if (d->ifindex != 0) /* directly on the given link */
		d->dev = stack_netdev(s, d->ifindex);
	else if (v6 && (d->multicast || ip_addr_is_link_local(&d->addr)))
		d->dev = first_link(s, d->multicast);
	if (d->err != 0)
		return;
	if (d->dev == NULL || !(d->dev->flags & NETDEV_UP)) {
		d->err = -ENETUNREACH;
		return;
	}
	d->broadcast = !v6 && ip_is_broadcast(d->dev, &d->addr);
	d->mtu = u32_min(d->mtu == 0 ? UINT32_MAX : d->mtu, link_mtu(d->dev, v6));
	if (!d->multicast && !d->broadcast)
		by_host_cache(s, d);
}

struct ip_dst *ip_dst_lookup(struct stack *s, const struct ip_addr *dst, uint32_t ifindex)
{
	struct ip_dst *d = &s->ip->dst_cache[ip_addr_hash(dst) % IP_DST_CACHE];
	uint32_t gen = ip_route_gen(s);

	if (d->gen == gen && d->ifindex == ifindex && s->now < d->expires &&
		ip_addr_eq(&d->addr, dst))
		return d;
	*d = (struct ip_dst){
		.addr = *dst, .nexthop = *dst, .ifindex = ifindex, .gen = gen, .expires = NSEC_MAX};
	resolve(s, d);
	assert(d->err != 0 || (d->dev != NULL && d->dev->stack == s));
	return d;
}

/* A multicast or broadcast destination is on the link of the source address, unless an interface is
 * given. */
static uint32_t link_of(const struct stack *s, const struct ip_route_key *key)
{
	const struct ip_ifaddr *src;

	if (key->ifindex != 0 || !ip_addr_is_v4(&key->dst) || ip_addr_is_any(&key->src) ||
		!(ip_addr_is_multicast(&key->dst) || ip_addr_v4(&key->dst) == 0xffffffff))
		return key->ifindex;
	src = ip_ifaddr_find(s, &key->src);
	return src != NULL ? src->on->dev->ifindex : 0;
}

/* src is an address of this host. It stays one while d is valid: whatever changes addresses changes
 * d->gen. */
static bool is_ours(const struct stack *s, struct ip_dst *d, const struct ip_addr *src)
{
	if (ip_addr_eq(&d->ours, src))
		return true;
	if (!ip_is_local(s, src))
		return false;
	d->ours = *src;
	return true;
}

int ip_route_query(struct stack *s, const struct ip_route_key *key, struct ip_route *out)
{
	struct ip_dst *d = ip_dst_lookup(s, &key->dst, link_of(s, key));
	bool v6 = !ip_addr_is_v4(&key->dst);

	if (d->err == -ENETUNREACH)
		stack_count(s, v6 ? MIB_Ip6OutNoRoutes : MIB_IpOutNoRoutes);
	if (d->err != 0)
		return d->err;
	if (v6 && ip_addr_is_v4(&key->src)) /* of an AF_INET6 socket bound to an IPv4 address */
		return -EAFNOSUPPORT;
	if (!v6 && !d->loopback && !d->multicast &&
		ip_addr_is_loopback(&key->src)) /* 127/8 never leaves the host */
		return -EINVAL;
	if (!v6 && !ip_addr_is_any(&key->src) && !is_ours(s, d, &key->src)) {
		stack_count(s, MIB_IpOutNoRoutes); /* an address that was removed */
		return -ENETUNREACH;
	}
	*out = (struct ip_route){.src = key->src,
		.ifindex = d->dev->ifindex,
		.mtu = d->mtu,
		.advmss = d->advmss,
		.initcwnd = d->initcwnd,
		.paced = (d->dev->flags & NETDEV_FQ) != 0,
		.gso = (d->dev->flags & NETDEV_GSO) != 0,
		.tx_csum = (d->dev->flags & NETDEV_TX_CSUM) != 0,
		.locked = d->locked,
		.broadcast = d->broadcast};
	if (!ip_addr_is_any(&key->src))
		return 0;
	out->src = d->src;
	if (ip_addr_is_any(&d->src) && !ip_saddr_select(s, d->dev, &key->dst, &out->src))
		return -EADDRNOTAVAIL;
	return 0;
}

void ip_pmtu_update(struct stack *s, const struct ip_addr *dst, uint32_t mtu)
{
	bool v6 = !ip_addr_is_v4(dst);
	const struct sysctl *c = &s->sysctl;
	const struct ip_dst *d = ip_dst_lookup(s, dst, 0);
	uint32_t least = v6 ? IPV6_MTU_MIN : (uint32_t)c->route_min_pmtu;
	int32_t keep_s = v6 ? c->ipv6_route_mtu_expires : c->route_mtu_expires;
	struct host_pmtu_report report = {.mtu = mtu, .expires = s->now + keep_s * NSEC_SEC};

	if (d->err != 0 || d->loopback)
		return;
	if (mtu < least) { /* Linux: the path MTU is raised to the minimum, for IPv4 without DF */
		report.mtu = u32_min(d->mtu, least);
		report.locked = !v6;
	}
	if (report.mtu < d->mtu || report.locked)
		host_pmtu_set(&s->ip->hosts, dst, report, s->now);
}

void ip_neigh_confirm(struct stack *s, const struct ip_addr *dst)
{
	const struct ip_dst *d;
	struct neigh *n;

	if (neigh_none(&s->ip->neigh))
		return;
	d = ip_dst_lookup(s, dst, 0);
	if (d->err != 0 || d->dev->kind != NETDEV_ETHER)
		return;
	n = d->neigh;
	if (n == NULL || d->neigh_gen != s->ip->neigh.gen)
		n = neigh_find(&s->ip->neigh, d->dev->ifindex, &d->nexthop);
	if (n != NULL)
		neigh_confirm(&s->ip->neigh, n);
}
