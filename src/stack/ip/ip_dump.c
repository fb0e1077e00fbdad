/* ip_dump.c - introspection: interface counters, addresses, neighbours. */
#include "stack/ip/ip_priv.h"

const struct ip_dev_stats *ip_dev_stats(const struct netdev *dev)
{
	return &ip_dev_of(dev)->stats;
}

static struct ip_addr_row row_of(const struct ip_ifaddr *a)
{
	return (struct ip_addr_row){
		.addr = a->addr,
		.ifindex = a->on->dev->ifindex,
		.bits = a->bits,
		.tentative = (a->flags & IP_ADDR_TENTATIVE) != 0,
		.duplicate = (a->flags & IP_ADDR_DUPLICATE) != 0,
		.automatic = (a->flags & IP_ADDR_AUTO) != 0,
		.preferred_until = a->preferred_until,
		.valid_until = a->valid_until,
	};
}

void ip_each_addr(struct stack *s, void (*see)(const struct ip_addr_row *row, void *arg), void *arg)
{
	for (uint32_t i = 1; i <= NETDEV_MAX; i++) {
		struct netdev *dev = s->ip->dev[i];
		struct list *at;

		if (dev == NULL)
			continue;
		list_for_each(at, &ip_dev_of(dev)->addrs) {
			struct ip_addr_row row = row_of(list_entry(at, struct ip_ifaddr, by_dev));

			see(&row, arg);
		}
	}
}

static struct ip_neigh_row neigh_row(const struct neigh *n)
{
	struct ip_neigh_row row = {.addr = n->addr,
		.ifindex = n->ifindex,
		.state = neigh_state_name(n->state),
		.router = n->router,
		.known = n->state != NEIGH_INCOMPLETE && n->state != NEIGH_FAILED};

	memcpy(row.mac, n->hw.b, sizeof(row.mac));
	return row;
}

void ip_each_neigh(
	struct stack *s, void (*see)(const struct ip_neigh_row *row, void *arg), void *arg)
{
	struct list *at;

	for (int kind = 0; kind < NEIGH_KINDS; kind++)
		list_for_each(at, &s->ip->neigh.lru[kind]) {
			struct ip_neigh_row row = neigh_row(list_entry(at, struct neigh, lru));

			see(&row, arg);
		}
}
