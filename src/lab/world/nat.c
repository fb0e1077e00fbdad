/*
 * nat.c - a stateful firewall and NAT: nat.h. ICMP passes only in errors about a known connection,
 * whose quoted header is rewritten too (RFC 5508).
 */
#include "lab/world/nat.h"

#include "lab/world/need.h"
#include "lab/world/rewrite.h"
#include "lab/world/segment.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/udp.h"

enum {
	INSIDE,
	OUTSIDE,
	PORT_FIRST = 1024,
	PORTS = 65536 - PORT_FIRST,
};

struct nat {
	struct node node;
	struct nat_config config;
	struct conntrack ct;
	struct port out[2];
};

/* --- rewriting -------------------------------------------------------------------------------- */

static void rewrite_port(const struct layout *l, uint8_t *at, uint16_t port)
{
	uint8_t new[2];

	put_be16(new, port);
	rewrite(l, at, new, sizeof(new));
}

/* Rewrites a packet in direction dir to the form known on the other side: the reverse of its tuple
 * there. */
static void translate(const struct layout *l, const struct connection *c, int dir)
{
	const struct tuple *other = &c->tuple[1 - dir];

	rewrite_addr(l, l->src, &other->dst);
	rewrite_addr(l, l->dst, &other->src);
	rewrite_port(l, l->ports, other->dport);
	rewrite_port(l, l->ports + 2, other->sport);
}

/* --- connections ------------------------------------------------------------------------------ */

static bool translates(const struct nat *n)
{
	return !ip_addr_eq(&n->config.public, &IP_ADDR_ANY6);
}

/* The tuple of replies: from the destination to the public address, on the same port if it is free.
 * False: no port is free. */
static bool reply_tuple(struct nat *n, const struct tuple *t, struct tuple *reply)
{
	int dir;

	*reply = (struct tuple){t->dst, t->src, t->dport, t->sport, t->proto};
	if (!translates(n))
		return true;
	reply->dst = n->config.public;
	for (int i = 0; i < PORTS; i++) {
		if (!conntrack_find(&n->ct, reply, n->node.world->now, &dir))
			return true;
		reply->dport = (uint16_t)(PORT_FIRST + (reply->dport - PORT_FIRST + 1) % PORTS);
	}
	return false;
}

static struct connection *open_connection(struct nat *n, const struct layout *l, const char **why)
{
	struct connection *c;
	struct tuple reply;

	*why = "no port is free";
	if (!reply_tuple(n, &l->tuple, &reply))
		return NULL;
	*why = "connection table full";
	c = conntrack_add(&n->ct, &l->tuple, &reply, n->node.world->now);
	return c;
}

static uint16_t tcp_flags(const struct layout *l)
{
	return l->tuple.proto == IP_PROTO_TCP ? l->transport[13] : 0;
}

/* The connection of a packet; NULL, with the reason, if it may not pass. */
static struct connection *connection_of(
	struct nat *n, int port, const struct layout *l, int *dir, const char **why)
{
	struct connection *c = conntrack_find(&n->ct, &l->tuple, n->node.world->now, dir);

	if (c)
		return c;
	*dir = 0;
	*why = "no such connection";
	if (port == OUTSIDE)
		return NULL;
	*why = "no connection begins like this";
	if (l->tuple.proto == IP_PROTO_TCP && !conntrack_may_open(&n->ct, tcp_flags(l)))
		return NULL;
	return open_connection(n, l, why);
}

static void pass(struct nat *n, struct connection *c, int dir, const struct layout *l)
{
	nsec_t now = n->node.world->now;
	const uint8_t *t = l->transport;

	if (l->tuple.proto == IP_PROTO_UDP) {
		conntrack_udp(&n->ct, c, dir, now);
	} else {
		struct ct_segment s = {tcp_flags(l), get_be32(t + 4), get_be32(t + 8),
			get_be32(t + 4) + (uint32_t)l->len};

		conntrack_tcp(&n->ct, c, dir, &s, now);
	}
	if (translates(n))
		translate(l, c, dir);
}

/* --- packets that do not pass ----------------------------------------------------------------- */

/* Sends the RST that the host would send: RFC 9293 3.10.7.1. */
static void answer_reset(struct nat *n, int port, const struct layout *l)
{
	const uint8_t *t = l->transport;
	struct ip_pair a = {l->tuple.dst, l->tuple.src};
	struct tcp_seg s = {.sport = l->tuple.dport, .dport = l->tuple.sport, .flags = SEG_RST};

	if (tcp_flags(l) & SEG_RST)
		return;
	if (tcp_flags(l) & SEG_ACK) {
		s.seq = seq_of(get_be32(t + 8));
	} else {
		s.flags |= SEG_ACK;
		s.ack = seq_of(get_be32(t + 4) + 1);
	}
	node_forward(n->out[port], segment_packet(n->node.world, &a, &s));
}

/* The offset of an ICMP message of either version in p; 0: not ICMP. */
static size_t icmp_at(const struct packet *p)
{
	bool v4 = p->bytes[0] >> 4 == 4;
	size_t header = v4 ? (size_t)(p->bytes[0] & 15) * 4 : IPV6_HDR_LEN;
	uint8_t proto = p->bytes[v4 ? 9 : 6];

	return p->len >= header + ICMP_HDR_LEN && proto == (v4 ? IP_PROTO_ICMP : IP_PROTO_ICMPV6)
		       ? header
		       : 0;
}

/* Recomputes the checksum of the ICMP message of len bytes at p. */
static void put_icmp_csum(const struct ip_pair *a, uint8_t *p, size_t len)
{
	uint64_t sum = ip_addr_is_v4(&a->dst) ? 0 : csum_pseudo(a, IP_PROTO_ICMPV6, (uint32_t)len);

	put_be16(p + 2, 0);
	memcpy(p + 2, &(uint16_t){csum_fold(csum_add(sum, p, len))}, 2);
}

/* An ICMP error with this quote goes to the sender of the packet, whose address before translation
 * was `was`. */
static void translate_icmp(
	struct packet *p, size_t at, const struct layout *quote, const struct tuple *was)
{
	struct ip_pair a = {.dst = was->src};

	rewrite_addr(quote, quote->src, &was->src);
	rewrite_addr(quote, quote->dst, &was->dst);
	rewrite_port(quote, quote->ports, was->sport);
	rewrite_port(quote, quote->ports + 2, was->dport);
	if (ip_addr_is_v4(&was->src)) {
		memcpy(p->bytes + 16, was->src.b + 12, 4);
		put_be16(p->bytes + 10, 0);
		memcpy(p->bytes + 10, &(uint16_t){csum_fold(csum_add(0, p->bytes, at))}, 2);
	} else {
		memcpy(p->bytes + 24, was->src.b, 16);
		a.src = ip_addr_from_v6(p->bytes + 8);
	}
	put_icmp_csum(&a, p->bytes + at, p->len - at);
}

/* An ICMP error about a known connection: the quoted packet is from the other direction. */
static bool pass_icmp(struct nat *n, struct packet *p)
{
	size_t at = p->len >= IPV4_HDR_MIN ? icmp_at(p) : 0, quote = at + ICMP_HDR_LEN;
	struct layout l = {0};
	struct connection *c;
	struct tuple back;
	int dir;

	if (at == 0 || !lay_out(p->bytes + quote, p->len - quote, true, &l))
		return false;
	back = (struct tuple){
		l.tuple.dst, l.tuple.src, l.tuple.dport, l.tuple.sport, l.tuple.proto};
	c = conntrack_find(&n->ct, &back, n->node.world->now, &dir);
	if (c && translates(n))
		translate_icmp(p, at, &l, &c->tuple[1 - dir]);
	return c != NULL;
}

/* --- the node --------------------------------------------------------------------------------- */

static void nat_forward(struct node *node, int port, struct packet *p)
{
	struct nat *n = container_of(node, struct nat, node);
	const char *why = "neither TCP nor UDP";
	struct layout l = {0};
	struct connection *c = NULL;
	int dir;

	if (lay_out(p->bytes, p->len, false, &l)) {
		if (!is_intact(&l)) {
			packet_drop(node, p, "bad checksum");
			return;
		}
		c = connection_of(n, port, &l, &dir, &why);
		if (c)
			pass(n, c, dir, &l);
		else if (n->config.reset && l.tuple.proto == IP_PROTO_TCP)
			answer_reset(n, port, &l);
	}
	if (c || pass_icmp(n, p))
		node_forward(n->out[1 - port], p);
	else
		packet_drop(node, p, why);
}

static void nat_run(struct node *n)
{
}

static void nat_free(struct node *node)
{
	struct nat *n = container_of(node, struct nat, node);

	conntrack_free(&n->ct);
	free(n);
}

static const struct node_ops nat_ops = {nat_forward, nat_run, nat_free};

struct nat *nat_new(struct world *w, const char *name, const struct nat_config *c)
{
	struct nat *n = need(calloc(1, sizeof(*n)));

	n->node.ops = &nat_ops;
	n->config = *c;
	conntrack_init(&n->ct, &c->conntrack);
	world_add(w, &n->node, name, false);
	return n;
}

struct port nat_port(struct nat *n, int port, struct port out)
{
	assert(port == INSIDE || port == OUTSIDE);
	n->out[port] = out;
	return (struct port){&n->node, port};
}

uint32_t nat_connections(const struct nat *n)
{
	return n->ct.table[0].count;
}

void nat_forget(struct nat *n)
{
	struct conntrack_config c = n->ct.config;

	conntrack_free(&n->ct);
	conntrack_init(&n->ct, &c);
}
