/*
 * ip_resolve.c - address resolution: sends the solicitations and waiting packets that the neighbour
 * cache has marked, and fails packets to neighbours that did not answer.
 */
#include "stack/ip/ip_resolve.h"
#include "stack/ip/icmp_in.h"
#include "stack/ip/icmp_out.h"
#include "stack/ip/ndp_out.h"
#include "stack/link/arp.h"
#include "stack/link/link_out.h"

static void solicit(struct stack *s, struct neigh *n, bool unicast)
{
	struct netdev *dev = stack_netdev(s, n->ifindex);

	if (ip_addr_is_v4(&n->addr))
		arp_solicit(s, dev, &n->addr, unicast ? &n->hw : NULL);
	else
		ndp_solicit(s, dev, &n->addr, unicast);
}

/* The next hop of p did not answer on dev. Local sockets get an error like that of a router (Linux:
 * link failure), other senders an ICMP error. Takes p. */
static void unreachable(struct stack *s, struct netdev *dev, struct pkt *p)
{
	bool v6 = p->data[0] >> 4 == 6;
	struct icmp_what what = {ICMP4_UNREACHABLE, ICMP4_HOST_UNREACHABLE, 0};
	struct ip_cause c = {.p = p->data, .len = p->len, .dev = dev, .v6 = v6};

	assert(p->len >= (v6 ? IPV6_HDR_LEN : IPV4_HDR_MIN));
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
		icmp_notify(s, p->data, p->len, &e);
	else
		icmp_error_out(s, &c, &what);
	pkt_free(p);
}

static void settle(struct stack *s, struct neigh *n, uint8_t todo)
{
	struct netdev *dev = stack_netdev(s, n->ifindex);
	struct pkt *p;

	assert(dev != NULL && dev->kind == NETDEV_ETHER); /* its entries are removed with it */
	if (todo & NEIGH_SOLICIT_ALL)
		solicit(s, n, false);
	if (todo & NEIGH_SOLICIT_ONE)
		solicit(s, n, true);
	if (todo & (NEIGH_SEND | NEIGH_FAIL))
		while ((p = neigh_dequeue(n)) != NULL) {
			if (n->state == NEIGH_FAILED)
				unreachable(s, dev, p);
			else
				eth_out(dev, p, &n->hw, !ip_addr_is_v4(&n->addr));
		}
}

bool ip_resolve(struct stack *s)
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
