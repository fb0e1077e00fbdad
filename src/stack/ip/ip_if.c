/* ip_if.c - tables of interfaces, addresses and multicast groups; address classification. */
#include "stack/ip/ip_if.h"

#include <errno.h>

/* ---- interfaces ---- */

struct netdev *stack_netdev(struct stack *s, uint32_t ifindex)
{
	return ifindex <= NETDEV_MAX ? s->ip->dev[ifindex] : NULL;
}

struct route_table *stack_routes(struct stack *s)
{
	return &s->ip->routes;
}

/* ---- addresses ---- */

static bool matches(const struct hash_node *node, const void *key)
{
	return ip_addr_eq(&container_of(node, const struct ip_ifaddr, node)->addr, key);
}

/* The addresses in the table are our own: their hash needs no key. */
struct ip_ifaddr *ip_ifaddr_find(const struct stack *s, const struct ip_addr *a)
{
	struct hash_node *n = hash_find(&s->ip->addrs, ip_addr_hash(a), matches, a);

	return n == NULL ? NULL : container_of(n, struct ip_ifaddr, node);
}

static bool addr_valid(const struct ip_ifaddr_spec *spec)
{
	return spec->bits <= ip_addr_bits(&spec->addr) && !ip_addr_is_any(&spec->addr) &&
	       !ip_addr_is_multicast(&spec->addr);
}

/* The route to an address's prefix; link-local prefixes exist once per interface. */
static struct route prefix_route(const struct ip_ifaddr *a)
{
	return (struct route){.dst = a->addr,
		.bits = a->bits,
		.ifindex = a->on->dev->ifindex,
		.metric = ip_addr_is_v4(&a->addr) ? 0 : 256,
		.expires = NSEC_MAX,
		.origin = ROUTE_LINK};
}

static bool prefix_shared(const struct ip_ifaddr *a)
{
	struct list *at;

	list_for_each(at, &a->on->addrs) {
		const struct ip_ifaddr *b = list_entry(at, struct ip_ifaddr, by_dev);

		if (b != a && b->bits == a->bits && ip_prefix_has(&a->addr, a->bits, &b->addr))
			return true;
	}
	return false;
}

static void addr_unlink(struct ip_state *ip, struct ip_ifaddr *a)
{
	list_del(&a->by_dev);
	hash_remove(&ip->addrs, &a->node);
	pool_put(&ip->addr_pool, a);
}

/* Adds the route to the neighbours of a, unless another address has added it. */
static bool addr_route(struct ip_state *ip, const struct ip_ifaddr *a, const struct netdev *dev)
{
	struct route r = prefix_route(a);
	int err = 0;

	if (a->bits < ip_addr_bits(&a->addr) || dev->kind == NETDEV_LOOPBACK)
		err = route_add(&ip->routes, &r);
	return err == 0 || err == -EEXIST;
}

int ip_ifaddr_insert(struct stack *s, struct netdev *dev, const struct ip_ifaddr_spec *spec,
	struct ip_ifaddr **out)
{
	struct ip_state *ip = s->ip;
	struct ip_ifaddr *a;

	assert(dev->stack == s);
	if (!addr_valid(spec))
		return -EINVAL;
	if (ip_ifaddr_find(s, &spec->addr) != NULL)
		return -EEXIST;
	a = pool_get(&ip->addr_pool);
	if (a == NULL)
		return -ENOBUFS;
	a->on = ip_dev_of(dev);
	a->addr = spec->addr;
	a->bits = (uint8_t)spec->bits;
	a->flags = spec->flags;
	a->preferred_until = spec->preferred_until;
	a->valid_until = spec->valid_until;
	if (!hash_insert(&ip->addrs, &a->node, ip_addr_hash(&a->addr))) {
		pool_put(&ip->addr_pool, a);
		return -ENOBUFS;
	}
	list_add_tail(&a->on->addrs, &a->by_dev);
	if (!addr_route(ip, a, dev)) {
		addr_unlink(ip, a);
		return -ENOBUFS;
	}
	ip->addr_gen++;
	if (!ip_addr_is_v4(&a->addr)) {
		struct ip_addr group = ip_addr_solicited_node(&a->addr);

		mcast_join(s, dev, &group);
	}
	*out = a;
	return 0;
}

void ip_ifaddr_del(struct stack *s, struct ip_ifaddr *a)
{
	struct ip_state *ip = s->ip;
	struct route r = prefix_route(a);

	if (!prefix_shared(a))
		route_del(&ip->routes, &r);
	stack_timer_stop(s, &a->timer);
	if (!ip_addr_is_v4(&a->addr)) {
		struct ip_addr group = ip_addr_solicited_node(&a->addr);

		mcast_leave(s, a->on->dev, &group);
	}
	assert(!(a->flags & IP_ADDR_AUTO) || a->on->auto_addrs > 0);
	a->on->auto_addrs -= (a->flags & IP_ADDR_AUTO) != 0;
	addr_unlink(ip, a);
	ip->addr_gen++;
}

bool ip_is_local(const struct stack *s, const struct ip_addr *a)
{
	const struct ip_ifaddr *found;

	if (ip_addr_is_v4(a) && ip_addr_is_loopback(a))
		return true;
	found = ip_ifaddr_find(s, a);
	return found != NULL && !(found->flags & (IP_ADDR_TENTATIVE | IP_ADDR_DUPLICATE));
}

bool ip_is_source(const struct stack *s, const struct ip_addr *a)
{
	return ip_is_local(s, a) || !(ip_may_bind(s, a) || ip_addr_is_multicast(a));
}

struct ip_addr ip_this_host(
	const struct stack *s, const struct ip_addr *dst, const struct ip_addr *src)
{
	if (!ip_addr_is_any(dst))
		return *dst;
	if (!ip_addr_is_v4(dst) && !ip_addr_is_v4(src))
		return (struct ip_addr){{[15] = 1}};
	if (ip_addr_is_v4(dst) && ip_addr_is_v4(src) && ip_is_source(s, src))
		return *src;
	return ip_addr_from_v4(0x7f000001);
}

bool ip_may_bind(const struct stack *s, const struct ip_addr *a)
{
	if (ip_addr_is_any(a) || ip_is_local(s, a))
		return true;
	if (!ip_addr_is_v4(a))
		return false;
	for (uint32_t i = 1; i <= NETDEV_MAX; i++)
		if (s->ip->dev[i] != NULL && ip_is_broadcast(s->ip->dev[i], a))
			return true;
	return ip_addr_is_multicast(a);
}

/* ---- groups ---- */

static struct ip_group *group_find(
	const struct ip_state *ip, uint32_t ifindex, const struct ip_addr *g)
{
	assert(ip->group_count <= IP_GROUPS_MAX);
	for (uint32_t i = 0; i < ip->group_count; i++)
		if (ip->group[i].ifindex == ifindex && ip_addr_eq(&ip->group[i].addr, g))
			return (struct ip_group *)&ip->group[i];
	return NULL;
}

int ip_group_join(struct stack *s, uint32_t ifindex, const struct ip_addr *group)
{
	struct ip_state *ip = s->ip;
	struct ip_group *g = group_find(ip, ifindex, group);

	if (!ip_addr_is_multicast(group))
		return -EINVAL;
	if (g == NULL && ip->group_count == IP_GROUPS_MAX)
		return -ENOBUFS;
	if (g == NULL) {
		g = &ip->group[ip->group_count++];
		*g = (struct ip_group){.addr = *group, .ifindex = ifindex};
		ip->addr_gen++;
		if (stack_netdev(s, ifindex) != NULL)
			mcast_join(s, stack_netdev(s, ifindex), group);
	}
	assert(g->users < UINT32_MAX);
	g->users++;
	return 0;
}

int ip_group_leave(struct stack *s, uint32_t ifindex, const struct ip_addr *group)
{
	struct ip_state *ip = s->ip;
	struct ip_group *g = group_find(ip, ifindex, group);

	if (g == NULL)
		return -EADDRNOTAVAIL;
	assert(g->users > 0);
	if (--g->users > 0)
		return 0;
	*g = ip->group[--ip->group_count];
	ip->addr_gen++;
	if (stack_netdev(s, ifindex) != NULL)
		mcast_leave(s, stack_netdev(s, ifindex), group);
	return 0;
}

void ip_groups_forget(struct stack *s, uint32_t ifindex)
{
	struct ip_state *ip = s->ip;

	for (uint32_t i = ip->group_count; i-- > 0;)
		if (ip->group[i].ifindex == ifindex)
			ip->group[i] = ip->group[--ip->group_count];
}

uint32_t stack_attachment(const struct stack *s, uint32_t ifindex)
{
	const struct netdev *dev = ifindex <= NETDEV_MAX ? s->ip->dev[ifindex] : NULL;

	return dev != NULL ? ip_dev_of(dev)->attachment : 0;
}

static bool in_group4(const struct stack *s, const struct netdev *dev, const struct ip_addr *dst)
{
	assert(ip_addr_is_v4(dst) && ip_addr_is_multicast(dst));
	return ip_addr_v4(dst) == 0xe0000001 || group_find(s->ip, dev->ifindex, dst) != NULL ||
	       group_find(s->ip, 0, dst) != NULL;
}

/* All nodes, and the solicited-node groups of the interface's addresses, including tentative
 * ones. */
static bool in_group6(const struct stack *s, const struct netdev *dev, const struct ip_addr *dst)
{
	static const struct ip_addr all_link = {{0xff, 2, [15] = 1}},
				    all_host = {{0xff, 1, [15] = 1}};
	struct ip_dev *d = ip_dev_of(dev);
	struct list *at;

	assert(!ip_addr_is_v4(dst) && ip_addr_is_multicast(dst));
	if (ip_addr_eq(dst, &all_link) || ip_addr_eq(dst, &all_host))
		return true;
	list_for_each(at, &d->addrs) {
		const struct ip_ifaddr *a = list_entry(at, struct ip_ifaddr, by_dev);
		struct ip_addr group = ip_addr_solicited_node(&a->addr);

		if (!ip_addr_is_v4(&a->addr) && ip_addr_eq(dst, &group))
			return true;
	}
	return group_find(s->ip, dev->ifindex, dst) != NULL || group_find(s->ip, 0, dst) != NULL;
}

bool ip_group_has(const struct stack *s, uint32_t ifindex, const struct ip_addr *group)
{
	const struct netdev *dev = ifindex <= NETDEV_MAX ? s->ip->dev[ifindex] : NULL;

	return dev != NULL && ip_cast_of(s, dev, group) == IP_CAST_MULTICAST;
}

uint32_t ip_addr_interface(const struct stack *s, const struct ip_addr *a)
{
	const struct ip_ifaddr *found = ip_ifaddr_find(s, a);

	return found != NULL ? found->on->dev->ifindex : 0;
}

/* ---- classification of addresses ---- */

bool ip_is_broadcast(const struct netdev *dev, const struct ip_addr *dst)
{
	struct ip_dev *d = ip_dev_of(dev);
	uint32_t v4 = ip_addr_v4(dst);
	struct list *at;

	assert(ip_addr_is_v4(dst));
	if (v4 == UINT32_MAX)
		return true;
	list_for_each(at, &d->addrs) {
		const struct ip_ifaddr *a = list_entry(at, struct ip_ifaddr, by_dev);

		if (!ip_addr_is_v4(&a->addr) || a->bits > 30 ||
			!ip_prefix_has(&a->addr, a->bits, dst))
			continue;
		uint32_t host = UINT32_MAX >> a->bits;

		if ((v4 & host) == host && dev->kind != NETDEV_LOOPBACK)
			return true;
	}
	return false;
}

enum ip_cast ip_cast_of(const struct stack *s, const struct netdev *dev, const struct ip_addr *dst)
{
	bool v4 = ip_addr_is_v4(dst);

	if (ip_addr_is_multicast(dst)) {
		bool in = v4 ? in_group4(s, dev, dst) : in_group6(s, dev, dst);

		return in ? IP_CAST_MULTICAST : IP_CAST_NONE;
	}
	if (ip_is_local(s, dst)) {
		bool stray = ip_addr_is_loopback(dst) && dev->kind != NETDEV_LOOPBACK;

		return stray ? IP_CAST_NONE : IP_CAST_UNICAST;
	}
	return v4 && ip_is_broadcast(dev, dst) ? IP_CAST_BROADCAST : IP_CAST_NONE;
}

/* Destinations that a host without an address may send to: all hosts on the link (RFC 1122 section
 * 3.2.1.3 (a), as implemented by Linux). */
static bool reaches_all(const struct ip_addr *dst)
{
	uint32_t v4 = ip_addr_v4(dst);

	return v4 == UINT32_MAX || v4 >> 8 == 0xe00000;
}

bool ip_source_ok(const struct stack *s, const struct netdev *dev, const struct ip_pair *a)
{
	const struct ip_addr *src = &a->src;

	if (dev->kind == NETDEV_LOOPBACK)
		return !ip_addr_is_multicast(src);
	if (ip_addr_is_multicast(src) || ip_addr_is_loopback(src) || ip_is_local(s, src))
		return false;
	if (!ip_addr_is_v4(src))
		return true;
	if (ip_addr_is_any(src))
		return reaches_all(&a->dst);
	return !ip_is_broadcast(dev, src);
}

const struct ip_class *ip_classify(
	struct stack *s, const struct netdev *dev, const struct ip_pair *a)
{
	struct ip_class *k = &s->ip->class_cache[ip_pair_hash(a) % IP_DST_CACHE];

	if (k->gen == s->ip->addr_gen && k->dev == dev && ip_addr_eq(&k->addr.src, &a->src) &&
		ip_addr_eq(&k->addr.dst, &a->dst))
		return k;
	*k = (struct ip_class){.addr = *a,
		.dev = dev,
		.gen = s->ip->addr_gen,
		.cast = (uint8_t)ip_cast_of(s, dev, &a->dst),
		.src_ok = ip_source_ok(s, dev, a)};
	return k;
}

uint32_t ip_addr_gen(const struct stack *s)
{
	return s->ip->addr_gen;
}

bool ip_for_us(struct stack *s, const struct netdev *dev, const struct ip_pair *a)
{
	const struct ip_class *k = ip_classify(s, dev, a);

	return k->cast == IP_CAST_UNICAST && k->src_ok;
}
