/* link_in.c - frames in: an interface's counters, the Ethernet header, the protocol above. */
#include "stack/link/link_in.h"
#include "stack/ip/ip6_in.h"
#include "stack/ip/ip_in.h"
#include "stack/ip/ip_offload.h"
#include "stack/ip/ip_priv.h"
#include "stack/link/arp.h"

static bool for_us(const struct netdev *dev, const struct eth_addr *dst)
{
	return eth_addr_is_group(dst) || eth_addr_eq(dst, &dev->mac);
}

static void drop(struct pkt *p, uint64_t *count)
{
	++*count;
	pkt_free(p);
}

static void eth_in(struct stack *s, struct netdev *dev, struct pkt *p)
{
	struct ip_dev_stats *st = &ip_dev_of(dev)->stats;
	struct eth_view v;
	struct eth e;

	assert(p->ext_len == 0);
	if (!eth_view(&v, p->data, p->len)) {
		drop(p, &st->rx_length_errors);
		return;
	}
	if (eth_parse(&e, v) != DROP_NONE) {
		drop(p, &st->rx_frame_errors);
		return;
	}
	if (!for_us(dev, &e.dst)) {
		drop(p, &st->rx_otherhost);
		return;
	}
	pkt_pull(p, ETH_HDR_LEN);
	switch (e.type) {
	case ETH_TYPE_IPV4: ip4_input(s, dev, p); return;
	case ETH_TYPE_IPV6: ip6_input(s, dev, p); return;
	case ETH_TYPE_ARP: arp_in(s, dev, p); return;
	}
	drop(p, &st->rx_nohandler);
}

static void raw_in(struct stack *s, struct netdev *dev, struct pkt *p)
{
	struct ip_dev_stats *st = &ip_dev_of(dev)->stats;

	if (p->len == 0)
		drop(p, &st->rx_length_errors);
	else if (p->data[0] >> 4 == 4)
		ip4_input(s, dev, p);
	else if (p->data[0] >> 4 == 6)
		ip6_input(s, dev, p);
	else
		drop(p, &st->rx_nohandler);
}

void link_input(struct stack *s, struct netdev *dev, struct pkt *p)
{
	struct ip_dev_stats *st = &ip_dev_of(dev)->stats;

	assert(dev->stack == s);
	if (!(dev->flags & NETDEV_UP)) {
		drop(p, &st->rx_dropped);
		return;
	}
	if (p->ext_len > 0) { /* later code reads headers and data contiguously */
		struct pkt *whole = pkt_copy(p);

		pkt_free(p);
		if (whole == NULL) {
			st->rx_dropped++;
			return;
		}
		p = whole;
	}
	st->rx_packets++;
	st->rx_bytes += p->len;
	if ((p->gso || p->csum_partial) &&
		!ip_offload_in(p, dev->kind == NETDEV_ETHER ? ETH_HDR_LEN : 0)) {
		drop(p, &st->rx_length_errors);
		return;
	}
	if (dev->kind == NETDEV_ETHER)
		eth_in(s, dev, p);
	else
		raw_in(s, dev, p);
}
