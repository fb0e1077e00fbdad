/*
 * ip_state.c - set-up and teardown of the network layer, the loopback device, ip_flush(). Packets
 * sent to lo are queued until ip_flush(), so that input never runs inside output.
 */
#include "stack/ip/icmp_out.h"
#include "stack/ip/ip_dst.h"
#include "stack/ip/ip_if.h"
#include "stack/ip/ip_out.h"
#include "stack/ip/ip_priv.h"
#include "stack/ip/ip_resolve.h"
#include "stack/link/link_in.h"
#include "stack/link/link_out.h"

#include <errno.h>
#include <stdlib.h>

enum {
	LO_MTU = 65536
};

static int lo_send(struct netdev *dev, struct pkt *p)
{
	struct ip_state *ip = dev->stack->ip;

	assert(dev == &ip->lo);
	if (ip->looped_count == IP_LOOPED_MAX) {
		pkt_free(p);
		return -ENOBUFS;
	}
	ip->looped_count++;
	pkt_queue_add(&ip->looped, p);
	return 0;
}

static const struct netdev_ops lo_ops = {.send = lo_send};

static void reasm_fire(struct stack *s, struct stack_timer *t);

static void init(struct stack *s, struct ip_state *ip)
{
	struct siphash_key key = stack_key(s);

	s->ip = ip;
	hash_init(&ip->addrs);
	pool_init(&ip->addr_pool, sizeof(struct ip_ifaddr), IP_ADDRS_MAX);
	pool_init(&ip->later_pool, sizeof(struct ip_later), IP_LATER_MAX);
	/* for the groups of sockets, and those of IPv6 addresses */
	pool_init(&ip->mcast_pool, sizeof(struct mcast_group), IP_GROUPS_MAX + IP_ADDRS_MAX);
	ip->ident_key = stack_key(s);
	prng_fill(&s->prng, ip->ident, sizeof(ip->ident));
	route_init(&ip->routes);
	host_cache_init(&ip->hosts, &key);
	neigh_init(&ip->neigh, s);
	reasm_init(&ip->reasm4, &key);
	reasm_init(&ip->reasm6, &key);
	stack_timer_init(&ip->reasm_timer, reasm_fire);
	ip->later_end = &ip->later;
	ip->icmp_credit = s->sysctl.icmp_msgs_burst;
	ip->icmp_refilled = s->now;
	ip->addr_gen = 1;
}

static bool add_loopback(struct stack *s)
{
	struct netdev *lo = &s->ip->lo;
	struct ip_addr four = ip_addr_from_v4(0x7f000001), six = {{[15] = 1}};

	*lo = (struct netdev){.ops = &lo_ops,
		.name = "lo",
		.mtu = LO_MTU,
		.kind = NETDEV_LOOPBACK,
		.flags = NETDEV_UP};
	return stack_attach(s, lo) == 0 && stack_addr_add(s, lo, &four, 8) == 0 &&
	       stack_addr_add(s, lo, &six, 128) == 0;
}

struct ip_state *ip_new(struct stack *s)
{
	struct ip_state *ip = calloc(1, sizeof(*ip));

	if (ip == NULL)
		return NULL;
	init(s, ip);
	if (!add_loopback(s)) {
		ip_free(s);
		return NULL;
	}
	return ip;
}

static void drop_later(struct ip_state *ip)
{
	while (ip->later != NULL) {
		struct ip_later *l = ip->later;

		ip->later = l->next;
		pkt_free(l->p);
		pool_put(&ip->later_pool, l);
	}
	assert(ip->later_pool.live == 0);
}

void ip_free(struct stack *s)
{
	struct ip_state *ip = s->ip;
	struct pkt *p;

	for (uint32_t i = 1; i <= NETDEV_MAX; i++)
		if (ip->dev[i] != NULL)
			stack_detach(s, ip->dev[i]);
	while ((p = pkt_queue_take(&ip->looped)) != NULL)
		pkt_free(p);
	drop_later(ip);
	stack_timer_stop(s, &ip->reasm_timer);
	neigh_free(&ip->neigh);
	reasm_free(&ip->reasm4);
	reasm_free(&ip->reasm6);
	route_free(&ip->routes);
	host_cache_free(&ip->hosts);
	hash_free(&ip->addrs);
	pool_free(&ip->addr_pool);
	pool_free(&ip->later_pool);
	pool_free(&ip->mcast_pool);
	free(ip);
	s->ip = NULL;
}

void ip_register(struct stack *s, uint8_t proto, const struct ip_transport *t)
{
	assert(s->ip->transport[proto] == NULL && t->input != NULL && t->error != NULL);
	s->ip->transport[proto] = t;
	if (t->fast_input)
		s->ip->fast = t;
}

/* ---- a batch ---- */

bool ip_prefetch(struct stack *s, const struct netdev *dev, struct pkt *const *p,
	struct ip_span span, enum ip_prefetch stage)
{
	const struct ip_transport *t = s->ip->fast;

	return t && t->prefetch &&
	       t->prefetch(s, p, span, dev->kind == NETDEV_ETHER ? ETH_HDR_LEN : 0, stage);
}

/* ---- the flush ---- */

static void send_whole(struct stack *s, struct pkt *p, const struct ip_addr *addr)
{
	struct ip_dst *dst = ip_dst_lookup(s, addr, 0);

	if (dst->err == 0) {
		ip_transmit(s, p, dst);
		return;
	}
	stack_drop(s, p, ip_addr_is_v4(addr) ? MIB_IpOutDiscards : MIB_Ip6OutDiscards);
}

static void send_frame(struct stack *s, struct pkt *p, uint32_t ifindex)
{
	struct netdev *dev = stack_netdev(s, ifindex);

	if (dev != NULL)
		link_send(dev, p);
	else
		pkt_free(p); /* the interface was detached in the meantime */
}

static bool send_later(struct stack *s)
{
	struct ip_state *ip = s->ip;
	struct ip_later *l = ip->later;

	if (l == NULL)
		return false;
	ip->later = l->next;
	if (ip->later == NULL)
		ip->later_end = &ip->later;
	assert(l->p != NULL && !(l->whole && l->frame_if != 0));
	if (l->frame_if != 0)
		send_frame(s, l->p, l->frame_if);
	else if (l->whole)
		send_whole(s, l->p, &l->tx.addr.dst);
	else
		ip_out(s, l->p, &l->tx);
	pool_put(&ip->later_pool, l);
	return true;
}

/* Delivers the packets queued on lo at the start of the call; packets sent during it wait for the
 * next. */
static bool deliver_looped(struct stack *s)
{
	struct ip_state *ip = s->ip;
	struct pkt_queue q = ip->looped;
	struct pkt *p;

	assert((q.first == NULL) == (ip->looped_count == 0));
	ip->looped = (struct pkt_queue){NULL, NULL};
	ip->looped_count = 0;
	if (q.first == NULL)
		return false;
	while ((p = pkt_queue_take(&q)) != NULL)
		link_input(s, &ip->lo, p);
	return true;
}

bool ip_flush(struct stack *s)
{
	bool more;

	do {
		more = ip_resolve(s);
		while (send_later(s))
			more = true;
	} while (more);
	return deliver_looped(s);
}

bool ip_dirty(const struct stack *s)
{
	const struct ip_state *ip = s->ip;

	return ip->later != NULL || ip->looped.first != NULL || !list_empty(&ip->neigh.dirty);
}

/* ---- expiry of incomplete datagrams ---- */

static void gave_up(struct stack *s, const struct reasm_packet *p, bool v6, uint32_t dropped)
{
	struct netdev *dev = stack_netdev(s, p->ifindex);
	struct ip_cause cause = {.p = p->head, .len = p->head_len + p->len, .dev = dev, .v6 = v6};
	struct icmp_what what = {.type = v6 ? ICMP6_TIME_EXCEEDED : ICMP4_TIME_EXCEEDED,
		.code = ICMP_REASM_EXCEEDED};

	stack_count(s, v6 ? MIB_Ip6ReasmTimeout : MIB_IpReasmTimeout);
	mib_add(&s->mib, v6 ? MIB_Ip6ReasmFails : MIB_IpReasmFails, dropped);
	if (p->len == 0 || dev == NULL)
		return;
	assert(p->head_len >= (v6 ? IPV6_HDR_LEN + IPV6_FRAG_LEN : IPV4_HDR_MIN));
	if (v6) {
		cause.addr = (struct ip_pair){
			ip_addr_from_v6(p->head + 8), ip_addr_from_v6(p->head + 24)};
	} else {
		cause.addr = (struct ip_pair){ip_addr_from_v4(get_be32(p->head + 12)),
			ip_addr_from_v4(get_be32(p->head + 16))};
	}
	cause.group = ip_cast_of(s, dev, &cause.addr.dst) != IP_CAST_UNICAST;
	icmp_error_out(s, &cause, &what);
}

static void reasm_fire(struct stack *s, struct stack_timer *t)
{
	struct ip_state *ip = s->ip;
	struct reasm_packet p;
	uint32_t dropped;

	while (reasm_expire(&ip->reasm4, s->now, &p, &dropped))
		gave_up(s, &p, false, dropped);
	while (reasm_expire(&ip->reasm6, s->now, &p, &dropped))
		gave_up(s, &p, true, dropped);
	nsec_t four = reasm_next(&ip->reasm4), six = reasm_next(&ip->reasm6);

	if (four < NSEC_MAX || six < NSEC_MAX)
		stack_timer_at(s, t, four < six ? four : six);
}
