/*
 * udp_group.c - multicast group membership of sockets, and the loopback of multicast to local
 * members.
 */
#include "stack/udp/udp_priv.h"

#include <errno.h>

static struct udp_member **find(struct udp_sock *u, const struct ip_addr *group, uint32_t ifindex)
{
	struct udp_member **at = &u->members;

	while (*at != NULL &&
		!(ip_addr_eq(&(*at)->group, group) && (ifindex == 0 || (*at)->ifindex == ifindex)))
		at = &(*at)->next;
	return at;
}

/* The IPv4 groups of a socket, which igmp_max_memberships limits. */
static uint32_t joined4(const struct udp_sock *u)
{
	uint32_t n = 0;

	for (const struct udp_member *m = u->members; m != NULL; m = m->next)
		n += ip_addr_is_v4(&m->group);
	return n;
}

/* The interface of the route to the group, if none was given. */
static uint32_t interface_for(struct stack *s, const struct ip_addr *group, uint32_t ifindex)
{
	struct ip_route_key key = {.dst = *group,
		.src = ip_addr_is_v4(group) ? IP_ADDR_ANY4 : IP_ADDR_ANY6,
		.ifindex = ifindex};
	struct ip_route path;

	if (ifindex != 0)
		return stack_netdev(s, ifindex) != NULL ? ifindex : 0;
	return ip_route_query(s, &key, &path) == 0 ? path.ifindex : 0;
}

int udp_join(struct stack *s, struct udp_sock *u, const struct ip_addr *group, uint32_t ifindex)
{
	struct udp_member *m;
	int err;

	if (!ip_addr_is_multicast(group))
		return -EINVAL;
	ifindex = interface_for(s, group, ifindex);
	if (ifindex == 0)
		return -ENODEV;
	if (*find(u, group, ifindex) != NULL)
		return -EADDRINUSE;
	if (ip_addr_is_v4(group) && joined4(u) >= (uint32_t)s->sysctl.igmp_max_memberships)
		return -ENOBUFS;
	m = pool_get(&s->udp->member_pool);
	if (m == NULL)
		return -ENOBUFS;
	err = ip_group_join(s, ifindex, group);
	if (err != 0) {
		pool_put(&s->udp->member_pool, m);
		return err;
	}
	*m = (struct udp_member){u->members, *group, ifindex, stack_attachment(s, ifindex)};
	u->members = m;
	return 0;
}

/* Of an interface that was deleted the socket alone knows: as in Linux it stays a member, in name,
 * until it leaves. Linux then takes the membership of another socket from a new interface with that
 * index. */
static void drop(struct stack *s, struct udp_sock *u, struct udp_member **at)
{
	struct udp_member *m = *at;
	bool there = stack_attachment(s, m->ifindex) == m->attachment;
	int err = there ? ip_group_leave(s, m->ifindex, &m->group) : 0;

	assert(err == 0);
	*at = m->next;
	pool_put(&s->udp->member_pool, m);
}

int udp_leave(struct stack *s, struct udp_sock *u, const struct ip_addr *group, uint32_t ifindex)
{
	struct udp_member **at = find(u, group, ifindex);

	if (!ip_addr_is_multicast(group))
		return -EINVAL;
	if (ip_addr_is_v4(group) && ifindex == 0 && interface_for(s, group, 0) == 0)
		return -ENODEV; /* Linux: even if the group alone would identify it */
	if (*at == NULL)
		return -EADDRNOTAVAIL;
	drop(s, u, at);
	return 0;
}

void udp_leave_all(struct stack *s, struct udp_sock *u)
{
	while (u->members != NULL)
		drop(s, u, &u->members);
}

bool udp_group_wanted(const struct udp_sock *u, const struct udp_end *to)
{
	if (!ip_addr_is_multicast(&to->addr))
		return true;
	for (const struct udp_member *m = u->members; m != NULL; m = m->next)
		if (m->ifindex == to->ifindex && ip_addr_eq(&m->group, &to->addr))
			return true;
	return udp_ip_opts(u, &to->addr)->group_all;
}

void udp_group_loop(struct stack *s, const struct pkt *p, const struct ip_tx *tx, uint32_t ifindex)
{
	struct ip_rx rx = {.dev = stack_netdev(s, ifindex),
		.addr = tx->addr,
		.tos = tx->tos,
		.ttl = (uint8_t)tx->ttl,
		.v6 = !ip_addr_is_v4(&tx->addr.dst)};
	struct pkt *copy;

	assert(ip_addr_is_multicast(&tx->addr.dst));
	if (rx.dev == NULL || !ip_group_has(s, ifindex, &tx->addr.dst))
		return;
	copy = pkt_copy(p);
	if (copy == NULL)
		return;
	copy->stamp = s->now;
	udp_input(s, copy, &rx);
}
