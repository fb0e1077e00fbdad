/*
 * arp.c - ARP in and out (RFC 826, RFC 5227). A request for one of our addresses is answered and
 * adds its sender to the cache; a reply only updates an existing entry, resolved or pending; a
 * gratuitous ARP updates a known neighbour and creates no entry, as in Linux.
 */
#include "wire/arp.h"
#include "stack/ip/ip_if.h"
#include "stack/ip/ip_out.h"
#include "stack/ip/ip_saddr.h"
#include "stack/link/acd.h"
#include "stack/link/arp.h"

/* An address does not change twice within this time (Linux neigh locktime), unless announced. */
#define LOCK_TIME NSEC_SEC

static void send_arp(
	struct stack *s, struct netdev *dev, const struct arp *a, const struct eth_addr *to)
{
	struct pkt *p = pkt_new(&s->pkts, ETH_FRAME_MIN);
	struct eth e = {.dst = *to, .src = dev->mac, .type = ETH_TYPE_ARP};

	assert(dev->kind == NETDEV_ETHER);
	if (p == NULL)
		return;
	memset(p->data, 0, ETH_FRAME_MIN);
	p->len = ETH_FRAME_MIN;
	eth_emit(&e, p->data);
	arp_emit(a, p->data + ETH_HDR_LEN);
	ip_frame_later(s, dev, p);
}

void arp_solicit(struct stack *s, struct netdev *dev, const struct ip_addr *target,
	const struct eth_addr *hw)
{
	struct arp a = {.op = ARP_REQUEST, .sender_hw = dev->mac, .target = *target};
	struct eth_addr to = hw == NULL ? ETH_ADDR_BROADCAST : *hw;

	assert(ip_addr_is_v4(target));
	if (!ip_saddr_select(s, dev, target, &a.sender))
		a.sender = IP_ADDR_ANY4;
	send_arp(s, dev, &a, &to);
}

void arp_probe(struct stack *s, struct netdev *dev, const struct ip_addr *addr)
{
	struct arp a = {
		.op = ARP_REQUEST, .sender_hw = dev->mac, .sender = IP_ADDR_ANY4, .target = *addr};
	struct eth_addr all = ETH_ADDR_BROADCAST;

	send_arp(s, dev, &a, &all);
}

void arp_announce(struct stack *s, struct netdev *dev, const struct ip_addr *addr)
{
	struct arp a = {.op = ARP_REQUEST, .sender_hw = dev->mac, .sender = *addr, .target = *addr};
	struct eth_addr all = ETH_ADDR_BROADCAST;

	assert(ip_addr_is_v4(addr));
	if (dev->kind == NETDEV_ETHER && dev->flags & NETDEV_UP)
		send_arp(s, dev, &a, &all);
}

static bool ours(const struct stack *s, const struct netdev *dev, const struct ip_addr *a)
{
	return !ip_addr_is_loopback(a) && ip_cast_of(s, dev, a) == IP_CAST_UNICAST;
}

static void answer(struct stack *s, struct netdev *dev, const struct arp *q)
{
	struct arp a = {.op = ARP_REPLY,
		.sender_hw = dev->mac,
		.sender = q->target,
		.target_hw = q->sender_hw,
		.target = q->sender};

	send_arp(s, dev, &a, &q->sender_hw);
}

static void learn(struct stack *s, struct netdev *dev, const struct arp *a, bool asked_us)
{
	bool gratuitous = ip_addr_eq(&a->sender, &a->target);
	struct neigh *known = neigh_find(&s->ip->neigh, dev->ifindex, &a->sender);
	struct neigh_update update = {.ifindex = dev->ifindex,
		.addr = a->sender,
		.has_hw = true,
		.hw = a->sender_hw,
		.create = asked_us,
		.override = true,
		.solicited = a->op == ARP_REPLY && !gratuitous};

	assert(a->op == ARP_REQUEST || !asked_us);
	if (known != NULL && !gratuitous && !asked_us)
		update.override = s->now - known->updated >= LOCK_TIME;
	neigh_learn(&s->ip->neigh, &update);
}

void arp_in(struct stack *s, struct netdev *dev, struct pkt *p)
{
	struct ip_dev_stats *st = &ip_dev_of(dev)->stats;
	struct arp_view v;
	struct arp a;

	if (!arp_view(&v, p->data, p->len) || arp_parse(&a, v) != DROP_NONE) {
		st->arp_errors++;
		pkt_free(p);
		return;
	}
	acd_seen(s, dev, &a);
	bool asked_us = a.op == ARP_REQUEST && ours(s, dev, &a.target);

	if (asked_us)
		answer(s, dev, &a);
	if (!ip_addr_is_any(&a.sender) && !ip_is_local(s, &a.sender))
		learn(s, dev, &a, asked_us);
	pkt_free(p);
}
