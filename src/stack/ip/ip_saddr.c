/*
 * ip_saddr.c - source address selection: RFC 6724 section 5 for IPv6, its rules in the order in
 * which they decide; for IPv4 Linux's: of the interface, preferably in the same prefix.
 */
#include "stack/ip/ip_saddr.h"

/* RFC 6724 section 3.1; multicast addresses contain theirs (RFC 4291 section 2.7). */
static unsigned scope(const struct ip_addr *a)
{
	if (ip_addr_is_multicast(a))
		return ip_addr_is_v4(a) ? 14 : a->b[1] & 15;
	return ip_addr_is_link_local(a) || ip_addr_is_loopback(a) ? 2 : 14;
}

/* RFC 6724 section 2.1: the label of the longest prefix of the default policy table. */
static unsigned label(const struct ip_addr *a)
{
	static const struct {
		struct ip_addr prefix;
		uint8_t bits, label;
	} policy[] = {
		{{{[15] = 1}}, 128, 0},
		{{{[10] = 0xff, [11] = 0xff}}, 96, 4},
		{{{0x20, 0x02}}, 16, 2},
		{{{0x20, 0x01}}, 32, 5},
		{{{0xfc}}, 7, 13},
	};

	for (size_t i = 0; i < ARRAY_SIZE(policy); i++)
		if (ip_addr_prefix_eq(a, &policy[i].prefix, policy[i].bits))
			return policy[i].label;
	return 1;
}

struct choice {
	const struct stack *s;
	const struct netdev *dev;
	const struct ip_addr *dst;
};

/* Rule 2 prefers the smallest scope that is not below the destination's. */
static int by_scope(const struct choice *c, const struct ip_ifaddr *a, const struct ip_ifaddr *b)
{
	unsigned sa = scope(&a->addr), sb = scope(&b->addr), sd = scope(c->dst);

	if (sa == sb)
		return 0;
	if (sa < sb)
		return sa < sd ? -1 : 1;
	return sb < sd ? 1 : -1;
}

static unsigned shared(const struct choice *c, const struct ip_ifaddr *a)
{
	unsigned bits = ip_addr_common_bits(&a->addr, c->dst),
		 prefix = 128 - ip_addr_bits(&a->addr) + a->bits;

	assert(prefix <= 128 && ip_addr_is_v4(&a->addr) == ip_addr_is_v4(c->dst));
	return bits < prefix ? bits : prefix;
}

/* Above 0: a is the better source; below: b; 0: equal. Rules 2, 3, 5, 6, 8 (4 and 7 concern
 * features that are absent: home and temporary addresses). */
static int better(const struct choice *c, const struct ip_ifaddr *a, const struct ip_ifaddr *b)
{
	int d = by_scope(c, a, b);

	if (d == 0)
		d = (a->preferred_until > c->s->now) - (b->preferred_until > c->s->now);
	if (d == 0)
		d = (a->on->dev == c->dev) - (b->on->dev == c->dev);
	if (d == 0)
		d = (label(&a->addr) == label(c->dst)) - (label(&b->addr) == label(c->dst));
	if (d == 0)
		d = (int)shared(c, a) - (int)shared(c, b);
	return d;
}

/* Among equals, Linux chooses the oldest IPv4 address and the newest IPv6 address. */
static bool preferred(const struct choice *c, const struct ip_ifaddr *a, const struct ip_ifaddr *b)
{
	int d = better(c, a, b);

	return d > 0 || (d == 0 && !ip_addr_is_v4(c->dst) && a->on == b->on);
}

static bool usable(const struct ip_ifaddr *a, bool v4)
{
	return ip_addr_is_v4(&a->addr) == v4 &&
	       !(a->flags & (IP_ADDR_TENTATIVE | IP_ADDR_DUPLICATE));
}

static const struct ip_ifaddr *best_on(
	const struct choice *c, const struct netdev *dev, const struct ip_ifaddr *best)
{
	struct ip_dev *d = ip_dev_of(dev);
	struct list *at;

	list_for_each(at, &d->addrs) {
		const struct ip_ifaddr *a = list_entry(at, struct ip_ifaddr, by_dev);

		if (usable(a, ip_addr_is_v4(c->dst)) && (best == NULL || preferred(c, a, best)))
			best = a;
	}
	return best;
}

bool ip_saddr_select(const struct stack *s, const struct netdev *dev, const struct ip_addr *dst,
	struct ip_addr *out)
{
	struct choice c = {s, dev, dst};
	const struct ip_ifaddr *best;

	if (ip_is_local(s, dst)) { /* rule 1; the rest of 127.0.0.0/8 becomes 127.0.0.1 */
		*out = *dst;
		if (ip_addr_is_v4(dst) && ip_addr_is_loopback(dst))
			*out = ip_addr_from_v4(0x7f000001);
		return true;
	}
	best = best_on(&c, dev, NULL);
	for (uint32_t i = 1; i <= NETDEV_MAX && (best == NULL || scope(&best->addr) < scope(dst));
		i++)
		if (s->ip->dev[i] != NULL && s->ip->dev[i]->kind != NETDEV_LOOPBACK)
			best = best_on(&c, s->ip->dev[i], best);
	if (best != NULL)
		*out = best->addr;
	return best != NULL;
}
