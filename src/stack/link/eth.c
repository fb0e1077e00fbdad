/* eth.c - the door of an interface: frames in, frames out, and their counters. */
#include "stack/ip/ip_priv.h"

#include <errno.h>

static bool for_us(const struct netdev *dev, const struct eth_addr *dst)
{
	return eth_addr_is_group(dst) || memcmp(dst->b, dev->mac, ETH_ADDR_LEN) == 0;
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

void ip_input(struct stack *s, struct netdev *dev, struct pkt *p)
{
	struct ip_dev_stats *st = &ip_dev_of(dev)->stats;

	if (!(dev->flags & NETDEV_UP)) {
		drop(p, &st->rx_dropped);
		return;
	}
	if (p->ext_len > 0) { /* what follows reads headers and data as one run */
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
	if (dev->kind == NETDEV_ETHER)
		eth_in(s, dev, p);
	else
		raw_in(s, dev, p);
}

int link_send(struct netdev *dev, struct pkt *p)
{
	struct ip_dev_stats *st = &ip_dev_of(dev)->stats;
	uint32_t bytes = pkt_total(p);

	if (!(dev->flags & NETDEV_UP)) {
		drop(p, &st->tx_dropped);
		return -ENETDOWN;
	}
	int err = dev->ops->send(dev, p);

	if (err != 0) {
		st->tx_dropped++;
		return err;
	}
	st->tx_packets++;
	st->tx_bytes += bytes;
	return 0;
}

static int send_to(struct netdev *dev, struct pkt *p, const struct eth_addr *dst, bool v6)
{
	struct eth e = {.dst = *dst, .type = v6 ? ETH_TYPE_IPV6 : ETH_TYPE_IPV4};

	memcpy(e.src.b, dev->mac, ETH_ADDR_LEN);
	eth_emit(&e, pkt_push(p, ETH_HDR_LEN));
	return link_send(dev, p);
}

int link_out(struct stack *s, struct pkt *p, struct ip_way *way)
{
	bool v6 = !ip_addr_is_v4(&way->dst);
	struct eth_addr dst = ETH_ADDR_BROADCAST;

	if (way->dev->kind != NETDEV_ETHER)
		return link_send(way->dev, p);
	if (way->multicast)
		dst = eth_addr_multicast(&way->dst);
	if (way->multicast || way->broadcast)
		return send_to(way->dev, p, &dst, v6);
	if (way->neigh != NULL && way->neigh_gen == s->ip->neigh.gen && neigh_ready(way->neigh))
		return send_to(way->dev, p, &way->neigh->hw, v6);
	struct neigh_way n = neigh_output(&s->ip->neigh, way->dev->ifindex, &way->next, p);

	way->neigh = n.neigh;
	way->neigh_gen = s->ip->neigh.gen;
	switch (n.verdict) {
	case NEIGH_GO: return send_to(way->dev, p, &n.neigh->hw, v6);
	case NEIGH_HELD: return 0;
	case NEIGH_FULL: break;
	}
	stack_count(s, v6 ? MIB_Ip6OutDiscards : MIB_IpOutDiscards);
	pkt_free(p);
	return -ENOBUFS;
}

/* ---- what the neighbour cache has marked ---- */

static void ask(struct stack *s, struct neigh *n, bool unicast)
{
	struct netdev *dev = stack_netdev(s, n->ifindex);

	if (ip_addr_is_v4(&n->addr))
		arp_ask(s, dev, &n->addr, unicast ? &n->hw : NULL);
	else
		ndp_ask(s, dev, &n->addr, unicast);
}

/* Nobody answered on dev for who p goes to. Its sender is told: a socket of ours as if a router had
 * said so (Linux: link failure), others by ICMP. Takes p. */
static void unreachable(struct stack *s, struct netdev *dev, struct pkt *p)
{
	bool v6 = p->data[0] >> 4 == 6;
	struct icmp_what what = {ICMP4_UNREACHABLE, ICMP4_HOST_UNREACHABLE, 0};
	struct ip_cause c = {.p = p->data, .len = p->len, .dev = dev, .v6 = v6};

	if (v6) {
		what = (struct icmp_what){ICMP6_UNREACHABLE, ICMP6_ADDR_UNREACHABLE, 0};
		c.addr = (struct ip_pair){
			ip_addr_from_v6(p->data + 8), ip_addr_from_v6(p->data + 24)};
	} else {
		c.addr.src = ip_addr_from_v4(get_be32(p->data + 12));
		c.addr.dst = ip_addr_from_v4(get_be32(p->data + 16));
	}
	struct ip_error e = {
		.v6 = v6, .type = what.type, .code = what.code, .ttl = 255, .offender = c.addr.src};

	stack_count(s, v6 ? MIB_Ip6OutDiscards : MIB_IpOutDiscards);
	if (ip_is_local(s, &c.addr.src))
		icmp_tell(s, p->data, p->len, &e);
	else
		icmp_error_out(s, &c, &what);
	pkt_free(p);
}

static void settle(struct stack *s, struct neigh *n, uint8_t todo)
{
	struct netdev *dev = stack_netdev(s, n->ifindex);
	struct pkt *p;

	if (todo & NEIGH_ASK_ALL)
		ask(s, n, false);
	if (todo & NEIGH_ASK_ONE)
		ask(s, n, true);
	if (todo & (NEIGH_SEND | NEIGH_FAIL))
		while ((p = neigh_take(n)) != NULL) {
			if (n->state == NEIGH_FAILED)
				unreachable(s, dev, p);
			else
				send_to(dev, p, &n->hw, !ip_addr_is_v4(&n->addr));
		}
}

bool link_resolve(struct stack *s)
{
	struct neigh *n;
	bool any = false;
	uint8_t todo;

	while ((n = neigh_next_dirty(&s->ip->neigh, &todo)) != NULL) {
		settle(s, n, todo);
		any = true;
	}
	return any;
}
