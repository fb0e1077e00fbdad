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

static bool accepts_adverts(const struct stack *s)
{
	const struct sysctl *c = &s->sysctl;

	return c->ipv6_accept_ra > 1 || (c->ipv6_accept_ra == 1 && !c->ipv6_forwarding);
}

/* `wait` plus or minus a tenth (RFC 8415 section 15, by RFC 7559). */
static nsec_t about(struct stack *s, nsec_t wait)
{
	return wait / 10 * 9 + (nsec_t)prng_below(&s->prng, (uint64_t)wait / 5 + 1);
}

/* RFC 7559: the wait doubles up to a maximum; on a link without a router it goes on for ever. */
static nsec_t next_wait(struct stack *s, nsec_t last)
{
	nsec_t first = s->sysctl.ipv6_router_solicitation_interval * NSEC_SEC,
	       most = s->sysctl.ipv6_router_solicitation_max_interval * NSEC_SEC;

	if (last == 0)
		return about(s, first);
	return 2 * last > most ? about(s, most) : 2 * last;
}

static void send_solicitation(struct stack *s, struct ip_dev *d)
{
	const struct ip_ifaddr *from = link_local_of(d->dev);
	struct ip_pair a = {IP_ADDR_ANY6, {{0xff, 2, [15] = 2}}};
	struct ndp n = {.type = NDP_ROUTER_SOLICIT};

	if (from != NULL && !(from->flags & (IP_ADDR_TENTATIVE | IP_ADDR_DUPLICATE))) {
		a.src = from->addr;
		n.has_hw = true;
		n.hw = d->dev->mac;
	}
	ndp_send(s, d->dev, &n, &a);
}

/* RFC 4861 section 6.3.7. */
static void solicit_fire(struct stack *s, struct stack_timer *t)
{
	struct ip_dev *d = container_of(t, struct ip_dev, solicit);
	int32_t most = s->sysctl.ipv6_router_solicitations;

	if (!accepts_adverts(s) || (most >= 0 && d->solicited >= (uint32_t)most))
		return;
	if (d->solicited < UINT32_MAX)
		d->solicited++;
	send_solicitation(s, d);
	d->solicit_wait = next_wait(s, d->solicit_wait);
	stack_timer_at(s, t, s->now + d->solicit_wait);
}

void ndp_detected(struct stack *s, const struct ip_ifaddr *a)
{
	struct ip_dev *d = a->on;

	if (ip_addr_is_link_local(&a->addr) && !(a->flags & IP_ADDR_DUPLICATE))
		mcast_source_ready(s, d->dev);
	if (d->solicited == 0 && ip_addr_is_link_local(&a->addr))
		stack_timer_at(s, &d->solicit, s->now);
}

void ndp_start(struct stack *s, struct netdev *dev)
{
	static const struct ip_addr prefix = {{0xfe, 0x80}};
	struct ip_dev *d = ip_dev_of(dev);
	struct ip_addr a = with_interface_id(&prefix, dev);
	nsec_t most = s->sysctl.ipv6_router_solicitation_delay * NSEC_SEC;

	stack_timer_init(&d->solicit, solicit_fire);
	if (dev->kind != NETDEV_ETHER || !(dev->flags & NETDEV_UP))
		return;
	stack_addr_add(s, dev, &a, 64);
	if (s->sysctl.ipv6_dad_transmits == 0) /* otherwise after detection */
		stack_timer_at(
			s, &d->solicit, s->now + (nsec_t)prng_below(&s->prng, (uint64_t)most + 1));
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

/* A route that is there keeps its place: of two routers of one preference the one known longer goes
 * first, whichever advertised last. */
void ndp_set_route(struct stack *s, struct route *r, uint32_t lifetime_s)
{
	struct ip_state *ip = s->ip;

	r->expires = until(s, lifetime_s);
	r->origin = ROUTE_RA;
	if (lifetime_s > 0 && route_set_expiry(&ip->routes, r) == 0)
		return;
	if (route_del(&ip->routes, r) == 0 && ip->learnt > 0)
		ip->learnt--;
	if (lifetime_s > 0 && has_room(s) && route_add(&ip->routes, r) == 0)
		ip->learnt++;
}

static bool is_default_of(const struct route *r, const void *arg)
{
	const struct route *gone = arg;

	return r->origin == ROUTE_RA && r->bits == 0 && r->ifindex == gone->ifindex &&
	       ip_addr_eq(&r->gateway, &gone->gateway);
}

void ndp_forget_router(struct stack *s, const struct netdev *dev, const struct ip_addr *router)
{
	const struct route gone = {.gateway = *router, .ifindex = dev->ifindex};
	uint32_t count = route_del_if(&s->ip->routes, is_default_of, &gone);

	s->ip->learnt -= u32_min(count, s->ip->learnt);
}

/* RFC 4862 section 5.5.3 (e): a router cannot shorten a lifetime below two hours, or below the
 * remaining time if that is less, unless ra_honor_pio_life lets it. */
static void renew(struct stack *s, struct ip_ifaddr *a, const struct ndp_prefix *x)
{
	nsec_t valid = until(s, x->valid_s), least = s->now + TWO_HOURS;

	assert(a->flags & IP_ADDR_AUTO);
	a->preferred_until = until(s, x->preferred_s);
	if (valid >= least || valid > a->valid_until || s->sysctl.ipv6_ra_honor_pio_life)
		a->valid_until = valid;
	else if (a->valid_until > least)
		a->valid_until = least;
	s->ip->addr_gen++;
	if (!(a->flags & IP_ADDR_TENTATIVE) && a->valid_until < NSEC_MAX)
		stack_timer_at(s, &a->timer, a->valid_until);
}

static bool has_slot(const struct stack *s, const struct ip_dev *d)
{
	int32_t most = s->sysctl.ipv6_max_addresses;

	return most == 0 || d->auto_addrs < (uint32_t)most;
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

	if (x->bits != 64 || x->preferred_s > x->valid_s || !s->sysctl.ipv6_autoconf)
		return;
	if (a != NULL && a->flags & IP_ADDR_AUTO)
		renew(s, a, x);
	else if (a == NULL && x->valid_s > 0 && has_slot(s, d) && ip_ifaddr_add(s, dev, &spec) == 0)
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
	if (x->valid_s < (uint32_t)s->sysctl.ipv6_accept_ra_min_lft)
		return;
	if (x->on_link)
		ndp_set_route(s, &r, x->valid_s);
	if (x->autonomous)
		auto_address(s, dev, x);
}

/* A default route, unless its lifetime is too short; 0 ends it. */
static void take_router(
	struct stack *s, struct netdev *dev, const struct ndp *n, const struct ip_addr *router)
{
	const struct sysctl *c = &s->sysctl;
	struct route r = {.dst = IP_ADDR_ANY6,
		.gateway = *router,
		.ifindex = dev->ifindex,
		.metric = (uint32_t)c->ipv6_ra_defrtr_metric,
		.preference = c->ipv6_accept_ra_rtr_pref ? n->preference : 0};

	if (!c->ipv6_accept_ra_defrtr ||
		(n->lifetime_s != 0 && n->lifetime_s < c->ipv6_accept_ra_min_lft))
		return;
	ndp_set_route(s, &r, n->lifetime_s);
}

/* Hop limit, MTU, and the times of neighbour discovery. 0: this router does not say. */
static void take_parameters(struct stack *s, struct netdev *dev, const struct ndp *n)
{
	struct neigh_times *times = &s->ip->neigh.times[dev->ifindex];
	struct ip_dev *d = ip_dev_of(dev);

	if (n->hop_limit != 0 && n->hop_limit >= s->sysctl.ipv6_accept_ra_min_hop_limit)
		d->hop_limit = n->hop_limit;
	if (n->reachable_ms != 0 && n->reachable_ms <= IP_REACHABLE_MS_MAX)
		times->reachable_ms = u32_max(n->reachable_ms, IP_REACHABLE_MS_MIN);
	if (n->retrans_ms != 0 && n->retrans_ms <= IP_RETRANS_MS_MAX)
		times->retrans_ms = u32_max(n->retrans_ms, IP_RETRANS_MS_MIN);
	if (s->sysctl.ipv6_accept_ra_mtu && n->mtu >= IPV6_MTU_MIN && n->mtu <= dev->mtu &&
		n->mtu != d->mtu6) {
		d->mtu6 = n->mtu;
		s->ip->addr_gen++;
	}
}

void ndp_advert(struct stack *s, struct netdev *dev, const struct ndp *n, const struct ip_rx *rx)
{
	struct neigh_update update = {.ifindex = dev->ifindex,
		.addr = rx->addr.src,
		.has_hw = n->has_hw,
		.hw = n->hw,
		.create = true,
		.override = true,
		.says_router = true,
		.router = true};

	if (!accepts_adverts(s))
		return;
	stack_timer_stop(s, &ip_dev_of(dev)->solicit);
	take_router(s, dev, n, &rx->addr.src);
	take_parameters(s, dev, n);
	assert(n->prefix_count <= ARRAY_SIZE(n->prefix));
	for (int i = 0; i < n->prefix_count && s->sysctl.ipv6_accept_ra_pinfo; i++)
		take_prefix(s, dev, &n->prefix[i]);
	neigh_learn(&s->ip->neigh, &update);
}
