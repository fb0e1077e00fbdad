/*
 * ndp_auto.c - IPv6 autoconfiguration (RFC 4862): link-local address, router solicitations, and
 * from router advertisements a default route, on-link prefixes, addresses, hop limit and MTU.
 */
#include "stack/ip/ndp_auto.h"
#include "stack/ip/ip_config.h"
#include "stack/ip/ip_if.h"
#include "stack/ip/ndp_out.h"

#define TWO_HOURS (7200 * NSEC_SEC)

enum {
	RA_METRIC = 1024, /* of advertised default routes, as in Linux */
	PREFIX_METRIC = 256,
};

/* RFC 4291 appendix A: the modified EUI-64 of the hardware address after the first 64 bits of
 * prefix. */
static struct ip_addr with_interface_id(const struct ip_addr *prefix, const struct netdev *dev)
{
	const uint8_t *m = dev->mac.b;
	const uint8_t id[8] = {m[0] ^ 2, m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]};
	struct ip_addr a = *prefix;

	memcpy(a.b + 8, id, sizeof(id));
	return a;
}

static const struct ip_ifaddr *link_local_of(const struct netdev *dev)
{
	struct ip_dev *d = ip_dev_of(dev);
	struct list *at;

	list_for_each(at, &d->addrs) {
		const struct ip_ifaddr *a = list_entry(at, struct ip_ifaddr, by_dev);

		if (!ip_addr_is_v4(&a->addr) && ip_addr_is_link_local(&a->addr))
			return a;
	}
	return NULL;
}

/* RFC 4861 section 6.3.7. */
static void solicit_fire(struct stack *s, struct stack_timer *t)
{
	struct ip_dev *d = container_of(t, struct ip_dev, solicit);
	const struct ip_ifaddr *from = link_local_of(d->dev);
	struct ip_pair a = {IP_ADDR_ANY6, {{0xff, 2, [15] = 2}}};
	struct ndp n = {.type = NDP_ROUTER_SOLICIT};

	assert(d->solicited <= IP_RS_MAX);
	if (d->solicited == IP_RS_MAX || !s->sysctl.ipv6_accept_ra)
		return;
	if (from != NULL && !(from->flags & (IP_ADDR_TENTATIVE | IP_ADDR_DUPLICATE))) {
		a.src = from->addr;
		n.has_hw = true;
		n.hw = d->dev->mac;
	}
	d->solicited++;
	ndp_send(s, d->dev, &n, &a);
	stack_timer_at(s, t, s->now + IP_RS_INTERVAL);
}

void ndp_start(struct stack *s, struct netdev *dev)
{
	static const struct ip_addr prefix = {{0xfe, 0x80}};
	struct ip_dev *d = ip_dev_of(dev);
	struct ip_addr a = with_interface_id(&prefix, dev);

	stack_timer_init(&d->solicit, solicit_fire);
	if (dev->kind != NETDEV_ETHER || !(dev->flags & NETDEV_UP))
		return;
	stack_addr_add(s, dev, &a, 64);
	/* after duplicate address detection of the source */
	stack_timer_at(s, &d->solicit,
		s->now + 2 * NSEC_SEC + (nsec_t)prng_below(&s->prng, (uint64_t)NSEC_SEC));
}

static nsec_t until(const struct stack *s, uint32_t lifetime_s)
{
	return lifetime_s == UINT32_MAX ? NSEC_MAX : s->now + lifetime_s * NSEC_SEC;
}

static bool is_over(const struct route *r, const void *now)
{
	return r->origin == ROUTE_RA && r->expires <= *(const nsec_t *)now;
}

static void count_learnt(const struct route *r, void *count)
{
	*(uint32_t *)count += r->origin == ROUTE_RA;
}

/* Makes room for another one: expired ones are removed when there are too many, at most once a
 * second. */
static bool has_room(struct stack *s)
{
	struct ip_state *ip = s->ip;

	if (ip->learnt >= IP_LEARNT_ROUTES_MAX && s->now - ip->learnt_swept >= NSEC_SEC) {
		route_del_if(&ip->routes, is_over, &s->now);
		ip->learnt = 0;
		route_each(&ip->routes, count_learnt, &ip->learnt);
		ip->learnt_swept = s->now;
	}
	assert(ip->learnt <= IP_LEARNT_ROUTES_MAX);
	return ip->learnt < IP_LEARNT_ROUTES_MAX;
}

void ndp_set_route(struct stack *s, struct route *r, uint32_t lifetime_s)
{
	struct ip_state *ip = s->ip;

	r->expires = until(s, lifetime_s);
	r->origin = ROUTE_RA;
	if (route_del(&ip->routes, r) == 0 && ip->learnt > 0)
		ip->learnt--;
	if (lifetime_s > 0 && has_room(s) && route_add(&ip->routes, r) == 0)
		ip->learnt++;
}

/* RFC 4862 section 5.5.3 (e): a router cannot shorten a lifetime below two hours, or below the
 * remaining time if that is less. */
static void renew(struct stack *s, struct ip_ifaddr *a, const struct ndp_prefix *x)
{
	nsec_t valid = until(s, x->valid_s), least = s->now + TWO_HOURS;

	assert(a->flags & IP_ADDR_AUTO);
	a->preferred_until = until(s, x->preferred_s);
	if (valid >= least || valid > a->valid_until)
		a->valid_until = valid;
	else if (a->valid_until > least)
		a->valid_until = least;
	s->ip->addr_gen++;
	if (!(a->flags & IP_ADDR_TENTATIVE) && a->valid_until < NSEC_MAX)
		stack_timer_at(s, &a->timer, a->valid_until);
}

static void auto_address(struct stack *s, struct netdev *dev, const struct ndp_prefix *x)
{
	struct ip_dev *d = ip_dev_of(dev);
	struct ip_ifaddr_spec spec = {.addr = with_interface_id(&x->prefix, dev),
		.bits = 128, /* whether the prefix is on-link is up to its own route */
		.flags = IP_ADDR_AUTO,
		.preferred_until = until(s, x->preferred_s),
		.valid_until = until(s, x->valid_s)};
	struct ip_ifaddr *a = ip_ifaddr_find(s, &spec.addr);

	assert(d->auto_addrs <= IP_AUTO_ADDRS_MAX);
	if (x->bits != 64 || x->preferred_s > x->valid_s || !s->sysctl.ipv6_autoconf)
		return;
	if (a != NULL && a->flags & IP_ADDR_AUTO)
		renew(s, a, x);
	else if (a == NULL && x->valid_s > 0 && d->auto_addrs < IP_AUTO_ADDRS_MAX &&
		 ip_ifaddr_add(s, dev, &spec) == 0)
		d->auto_addrs++;
}

static void take_prefix(struct stack *s, struct netdev *dev, const struct ndp_prefix *x)
{
	struct route r = {.dst = x->prefix,
		.bits = x->bits,
		.ifindex = dev->ifindex,
		.metric = PREFIX_METRIC};

	if (ip_addr_is_link_local(&x->prefix) || ip_addr_is_multicast(&x->prefix) ||
		ip_addr_is_v4(&x->prefix)) /* a mapped one would be IPv4's */
		return;
	if (x->on_link)
		ndp_set_route(s, &r, x->valid_s);
	if (x->autonomous)
		auto_address(s, dev, x);
}

void ndp_advert(struct stack *s, struct netdev *dev, const struct ndp *n, const struct ip_rx *rx)
{
	struct ip_dev *d = ip_dev_of(dev);
	struct route r = {.dst = IP_ADDR_ANY6,
		.gateway = rx->addr.src,
		.ifindex = dev->ifindex,
		.metric = RA_METRIC};
	struct neigh_update update = {.ifindex = dev->ifindex,
		.addr = rx->addr.src,
		.has_hw = n->has_hw,
		.hw = n->hw,
		.create = true,
		.override = true,
		.says_router = true,
		.router = true};

	if (s->sysctl.ipv6_accept_ra == 0 ||
		(s->sysctl.ipv6_forwarding && s->sysctl.ipv6_accept_ra < 2))
		return;
	stack_timer_stop(s, &d->solicit);
	ndp_set_route(s, &r, n->lifetime_s);
	if (n->hop_limit != 0)
		d->hop_limit = n->hop_limit;
	if (n->mtu >= IPV6_MTU_MIN && n->mtu <= dev->mtu && n->mtu != d->mtu6) {
		d->mtu6 = n->mtu;
		s->ip->addr_gen++;
	}
	assert(n->prefix_count <= ARRAY_SIZE(n->prefix));
	for (int i = 0; i < n->prefix_count; i++)
		take_prefix(s, dev, &n->prefix[i]);
	neigh_learn(&s->ip->neigh, &update);
}
