/*
 * ip_gateway.c - the choice of a gateway that answers (RFC 4861 section 6.3.6, RFC 4191 section
 * 3.2): the route of highest preference whose gateway is not known to be unreachable. If all are,
 * it is the turn of the one that failed first, so that each is tried; the packets sent through it
 * solicit it. A gateway that is passed over is solicited once every router_probe_interval.
 *
 * As in Linux, an IPv6 route gives way to any other, even to one of a shorter prefix; in IPv4 a
 * default route gives way to another of its metric (RFC 1122 section 3.3.1.5). A router takes its
 * IPv6 routes as they are.
 */
#include "stack/ip/ip_gateway.h"

struct choice {
	struct stack *s;
	const struct route *first;  /* that would be taken if gateways did not count */
	const struct route *oldest; /* of its prefix and metric: the first that failed */
	nsec_t failed;              /* when that was */
	bool passed_over;           /* some gateway was */
};

static bool same_group(const struct route *a, const struct route *b)
{
	return a->bits == b->bits && a->metric == b->metric;
}

/* The neighbour of a gateway that is known to be unreachable; else NULL. */
static struct neigh *dead_gateway(struct stack *s, const struct route *r)
{
	struct neigh *n;

	if (r->type != ROUTE_UNICAST || ip_addr_is_any(&r->gateway))
		return NULL;
	n = neigh_find(&s->ip->neigh, r->ifindex, &r->gateway);
	return n != NULL && n->unreachable ? n : NULL;
}

static bool answers(const struct route *r, void *arg)
{
	struct choice *c = arg;
	struct neigh *n = dead_gateway(c->s, r);

	if (c->first == NULL)
		c->first = r;
	if (ip_addr_is_v4(&r->dst) && (r->bits > 0 || !same_group(r, c->first)))
		return true; /* IPv4 looks no further: not if it is the first or stands in for it */
	if (n == NULL)
		return true;
	c->passed_over = true;
	if (same_group(r, c->first) && n->updated < c->failed) {
		c->oldest = r;
		c->failed = n->updated;
	}
	neigh_probe_failed(&c->s->ip->neigh, n, c->s->sysctl.ipv6_router_probe_interval * NSEC_SEC);
	return false;
}

const struct route *ip_gateway_route(struct stack *s, const struct route_key *key, nsec_t *until)
{
	struct choice c = {.s = s, .failed = NSEC_MAX};
	bool v4 = ip_addr_is_v4(&key->dst);
	const struct route *r;

	if (neigh_none(&s->ip->neigh) || (!v4 && s->sysctl.ipv6_forwarding))
		return route_find(&s->ip->routes, &key->dst, key->ifindex, key->now);
	r = route_find_if(&s->ip->routes, key, answers, &c);
	if (c.passed_over)
		*until = key->now + s->sysctl.ipv6_router_probe_interval * NSEC_SEC;
	return r == NULL || (v4 && !same_group(r, c.first)) ? c.oldest : r;
}
