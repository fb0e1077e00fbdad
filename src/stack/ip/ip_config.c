/*
 * ip_config.c - configuration: interfaces attached and detached, addresses added and removed, and
 * the resulting protocol actions (duplicate address detection, gratuitous ARP, router
 * solicitation).
 */
#include "stack/ip/ip_config.h"
#include "stack/dhcp/dhcp.h"
#include "stack/ip/ip_if.h"
#include "stack/ip/ndp_auto.h"
#include "stack/ip/ndp_out.h"
#include "stack/link/arp.h"

#include <errno.h>
#include <stdlib.h>

int stack_attach(struct stack *s, struct netdev *dev)
{
	struct ip_state *ip = s->ip;
	uint32_t i = 1;

	assert(dev->stack == NULL && dev->ops->send != NULL);
	while (i <= NETDEV_MAX && ip->dev[i] != NULL)
		i++;
	if (i > NETDEV_MAX)
		return -ENOBUFS;
	struct ip_dev *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return -ENOMEM;
	d->dev = dev;
	d->attachment = ++ip->attachments;
	list_init(&d->addrs);
	mcast_init(d);
	dev->stack = s;
	dev->pkts = &s->pkts;
	dev->ifindex = i;
	dev->link = d;
	assert(i > 0 && i <= NETDEV_MAX);
	ip->dev[i] = dev;
	s->ifindex_top = u32_max(s->ifindex_top, i);
	ip->addr_gen++;
	ndp_start(s, dev);
	return 0;
}

static bool of_interface(const struct route *r, const void *arg)
{
	return r->ifindex == *(const uint32_t *)arg;
}

void stack_detach(struct stack *s, struct netdev *dev)
{
	struct ip_dev *d = ip_dev_of(dev);
	struct ip_state *ip = s->ip;

	assert(dev->stack == s && ip->dev[dev->ifindex] == dev);
	dhcp_stop(s, dev);
	while (!list_empty(&d->addrs))
		ip_ifaddr_del(s, list_entry(d->addrs.next, struct ip_ifaddr, by_dev));
	stack_timer_stop(s, &d->solicit);
	ip_groups_forget(s, dev->ifindex);
	mcast_free(s, d);
	route_del_if(&ip->routes, of_interface, &dev->ifindex);
	neigh_forget(&ip->neigh, dev->ifindex);
	ip->dev[dev->ifindex] = NULL;
	while (s->ifindex_top > 0 && ip->dev[s->ifindex_top] == NULL)
		s->ifindex_top--;
	ip->addr_gen++;
	dev->stack = NULL;
	dev->ifindex = 0;
	dev->link = NULL;
	free(d);
}

int ip_ifaddr_add(struct stack *s, struct netdev *dev, const struct ip_ifaddr_spec *spec)
{
	struct ip_ifaddr *a;
	int err = ip_ifaddr_insert(s, dev, spec, &a);

	if (err != 0)
		return err;
	ndp_detect(s, a);
	if (ip_addr_is_v4(&a->addr))
		arp_announce(s, dev, &a->addr);
	return 0;
}

int stack_addr_add(struct stack *s, struct netdev *dev, const struct ip_addr *a, unsigned bits)
{
	struct ip_ifaddr_spec spec = {
		.addr = *a, .bits = bits, .preferred_until = NSEC_MAX, .valid_until = NSEC_MAX};

	return ip_ifaddr_add(s, dev, &spec);
}

int stack_addr_del(struct stack *s, struct netdev *dev, const struct ip_addr *a)
{
	struct ip_ifaddr *found = ip_ifaddr_find(s, a);

	if (found == NULL || found->on->dev != dev)
		return -EADDRNOTAVAIL;
	ip_ifaddr_del(s, found);
	return 0;
}
