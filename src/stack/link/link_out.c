/* link_out.c - packets out: the neighbour's hardware address, the Ethernet header, the counters. */
#include "stack/link/link_out.h"

#include <errno.h>

int link_send(struct netdev *dev, struct pkt *p)
{
	struct ip_dev_stats *st = &ip_dev_of(dev)->stats;
	uint32_t bytes = pkt_total(p);

	if (!(dev->flags & NETDEV_UP)) {
		st->tx_dropped++;
		pkt_free(p);
		return -ENETDOWN;
	}
	p->hash = 0; /* was computed by this instance */
	if (dev->stack->taps)
		stack_show(dev->stack, dev, p, true);
	int err = dev->ops->send(dev, p);

	if (err != 0) {
		st->tx_dropped++;
		return err;
	}
	st->tx_packets++;
	st->tx_bytes += bytes;
	return 0;
}

int eth_out(struct netdev *dev, struct pkt *p, const struct eth_addr *dst, bool v6)
{
	struct eth e = {.dst = *dst, .src = dev->mac, .type = v6 ? ETH_TYPE_IPV6 : ETH_TYPE_IPV4};

	assert(dev->kind == NETDEV_ETHER);
	eth_emit(&e, pkt_push(p, ETH_HDR_LEN));
	return link_send(dev, p);
}

int link_out(struct stack *s, struct pkt *p, struct ip_dst *dst)
{
	bool v6 = !ip_addr_is_v4(&dst->addr);
	struct eth_addr mac = ETH_ADDR_BROADCAST;

	if (dst->dev->kind != NETDEV_ETHER)
		return link_send(dst->dev, p);
	if (dst->multicast)
		mac = eth_addr_multicast(&dst->addr);
	if (dst->multicast || dst->broadcast)
		return eth_out(dst->dev, p, &mac, v6);
	if (dst->neigh != NULL && dst->neigh_gen == s->ip->neigh.gen && neigh_ready(dst->neigh))
		return eth_out(dst->dev, p, &dst->neigh->hw, v6);
	struct neigh_result n = neigh_output(&s->ip->neigh, dst->dev->ifindex, &dst->nexthop, p);

	if (n.neigh != NULL && !ip_addr_eq(&dst->nexthop, &dst->addr))
		n.neigh->gateway = true;
	dst->neigh = n.neigh;
	dst->neigh_gen = s->ip->neigh.gen;
	switch (n.verdict) {
	case NEIGH_RESOLVED: return eth_out(dst->dev, p, &n.neigh->hw, v6);
	case NEIGH_QUEUED: return 0;
	case NEIGH_FULL: break;
	}
	stack_drop(s, p, v6 ? MIB_Ip6OutDiscards : MIB_IpOutDiscards);
	return -ENOBUFS;
}
