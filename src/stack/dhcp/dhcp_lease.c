/*
 * dhcp_lease.c - a lease: what a server says, held within bounds, and the configuration of an
 * interface by it. A server decides about address and router; it can neither make the client ask
 * without pause, nor shrink packets to nothing, nor configure what is no address of a host.
 */
#include "stack/dhcp/dhcp_lease.h"

#include "stack/ip/ip_config.h"
#include "stack/ip/route.h"

#include <errno.h>

enum {
	LEASE_MIN_S = 10, /* a shorter lease is not taken */
	RENEW_MIN_S = 2,  /* T1 and T2 - T1 below it are replaced by the defaults */
	MTU_MIN = 576,    /* every host takes it (RFC 791); a smaller one is ignored */
	METRIC = 1024,    /* of the routes: configured ones go first */
};

/* ---- reading ---- */

/* The prefix of an address whose server does not tell a mask (RFC 791 section 3.2). */
static uint8_t class_bits(uint32_t v4)
{
	if (v4 >> 31 == 0)
		return 8;
	return v4 >> 30 == 2 ? 16 : 24;
}

bool dhcp_is_unicast(const struct ip_addr *a)
{
	uint32_t v4 = ip_addr_v4(a);

	return v4 >> 24 != 0 && !ip_addr_is_loopback(a) && v4 >> 29 != 7;
}

/* Neither the network itself nor its broadcast address. */
static bool is_host(uint32_t v4, uint8_t bits)
{
	uint32_t host = bits < 32 ? UINT32_MAX >> bits : 0;

	return bits > 30 || ((v4 & host) != 0 && (v4 & host) != host);
}

/* Section 4.4.5: T1 is half of the lease and T2 seven eighths, unless the server tells others. The
 * defaults vary, so that hosts that started together do not ask together. */
static void read_times(struct stack *s, const struct dhcp *d, nsec_t from, struct dhcp_lease *l)
{
	nsec_t lease = d->lease_s * NSEC_SEC, t1 = d->t1_s * NSEC_SEC, t2 = d->t2_s * NSEC_SEC;
	nsec_t least = RENEW_MIN_S * NSEC_SEC;

	l->renew_at = l->rebind_at = l->expires = NSEC_MAX;
	if (d->lease_s == UINT32_MAX)
		return;
	if (t2 < 2 * least || t2 >= lease)
		t2 = lease / 8 * 7;
	if (t1 < least || t1 > t2 - least) {
		t1 = lease / 2 < t2 ? lease / 2 : t2 / 2;
		t1 -= (nsec_t)prng_below(&s->prng, (uint64_t)(t1 / 16));
	}
	assert(t1 < t2 && t2 < lease);
	l->renew_at = from + t1;
	l->rebind_at = from + t2;
	l->expires = from + lease;
}

/* A route that is none of ours to take: to no network of hosts, or through no other host. */
static bool is_absurd(const struct dhcp_route *r, const struct ip_addr *self)
{
	if (r->bits > 0 && !dhcp_is_unicast(&r->dst))
		return true;
	return !ip_addr_is_any(&r->router) &&
	       (!dhcp_is_unicast(&r->router) || ip_addr_eq(&r->router, self));
}

/* RFC 3442: where there are classless routes, the router is ignored. */
static void read_routes(const struct dhcp *d, struct dhcp_lease *l)
{
	const struct dhcp_route by_router = {IP_ADDR_ANY4, d->router, 0},
				*from = d->route_count > 0 ? d->route : &by_router;
	uint8_t count = d->route_count > 0 ? d->route_count : !ip_addr_is_any(&d->router);

	for (uint8_t i = 0; i < count; i++) {
		if (is_absurd(&from[i], &l->addr))
			continue;
		l->route[l->route_count++] = from[i];
		if (from[i].bits == 0 && ip_addr_is_any(&l->router))
			l->router = from[i].router;
	}
}

bool dhcp_lease_read(struct stack *s, const struct netdev *dev, const struct dhcp *d, nsec_t from,
	struct dhcp_lease *out)
{
	uint32_t v4 = ip_addr_v4(&d->yiaddr);
	uint8_t bits = d->bits != 0 ? d->bits : class_bits(v4);

	if (!dhcp_is_unicast(&d->yiaddr) || !is_host(v4, bits) || !dhcp_is_unicast(&d->server) ||
		d->lease_s < LEASE_MIN_S)
		return false;
	*out = (struct dhcp_lease){
		.addr = d->yiaddr, .server = d->server, .router = IP_ADDR_ANY4, .bits = bits};
	read_routes(d, out);
	if (d->mtu >= MTU_MIN && d->mtu < dev->mtu)
		out->mtu = d->mtu;
	read_times(s, d, from, out);
	return out->expires > s->now;
}

/* ---- the interface ---- */

static struct route route_of(const struct netdev *dev, const struct dhcp_route *r)
{
	return (struct route){.dst = r->dst,
		.bits = r->bits,
		.gateway = r->router,
		.src = IP_ADDR_ANY4,
		.ifindex = dev->ifindex,
		.metric = METRIC,
		.expires = NSEC_MAX,
		.origin = ROUTE_DHCP};
}

/* The routes and MTU. */
static int take_rest(struct stack *s, struct netdev *dev, const struct dhcp_lease *l)
{
	int err = 0;

	ip_dev_of(dev)->mtu4 = l->mtu;
	s->ip->addr_gen++;
	for (uint8_t i = 0; i < l->route_count && err == 0; i++) {
		struct route r = route_of(dev, &l->route[i]);

		err = route_add(&s->ip->routes, &r);
		err = err == -EEXIST ? 0 : err; /* the server says it twice */
	}
	return err;
}

static void drop_rest(struct stack *s, struct netdev *dev, const struct dhcp_lease *l)
{
	ip_dev_of(dev)->mtu4 = 0;
	s->ip->addr_gen++;
	for (uint8_t i = 0; i < l->route_count; i++) {
		struct route r = route_of(dev, &l->route[i]);

		route_del(&s->ip->routes, &r);
	}
}

int dhcp_lease_take(struct stack *s, struct netdev *dev, const struct dhcp_lease *l)
{
	int err = stack_addr_add(s, dev, &l->addr, l->bits);

	if (err == 0 && (err = take_rest(s, dev, l)) != 0)
		dhcp_lease_drop(s, dev, l);
	return err;
}

void dhcp_lease_change(struct stack *s, struct netdev *dev, const struct dhcp_lease *from,
	const struct dhcp_lease *to)
{
	if (from->mtu == to->mtu && from->route_count == to->route_count &&
		memcmp(from->route, to->route, to->route_count * sizeof(to->route[0])) == 0)
		return;
	drop_rest(s, dev, from);
	take_rest(s, dev, to);
}

void dhcp_lease_drop(struct stack *s, struct netdev *dev, const struct dhcp_lease *l)
{
	drop_rest(s, dev, l);
	stack_addr_del(s, dev, &l->addr); /* a program may have removed it already */
}
