/* lan.c - a switch that joins many links: lan.h. */
#include "lab/world/lan.h"

#include "base/hash.h"
#include "lab/world/need.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

struct station {
	struct hash_node node;
	struct ip_addr addr;
	int port;
};

struct lan {
	struct node node;
	struct port *out;
	int ports;
	int way_out;                /* -1: none */
	struct hash_table stations; /* struct station by address */
};

static bool is_station(const struct hash_node *n, const void *addr)
{
	return ip_addr_eq(&container_of(n, struct station, node)->addr, addr);
}

static struct station *find(const struct lan *l, const struct ip_addr *a)
{
	struct hash_node *n = hash_find(&l->stations, ip_addr_hash(a), is_station, a);

	return n ? container_of(n, struct station, node) : NULL;
}

/* The destination of an IP packet; false if it is too short. */
static bool destination(const struct packet *p, struct ip_addr *a)
{
	if (p->len >= IPV4_HDR_MIN && p->bytes[0] >> 4 == 4) {
		*a = ip_addr_from_v4(get_be32(p->bytes + 16));
		return true;
	}
	if (p->len < IPV6_HDR_LEN)
		return false;
	*a = ip_addr_from_v6(p->bytes + 24);
	return true;
}

static void flood(struct lan *l, int from, struct packet *p)
{
	int last = from == l->ports - 1 ? l->ports - 2 : l->ports - 1;

	if (last < 0) {
		packet_drop(&l->node, p, "no other port");
		return;
	}
	for (int i = 0; i < last; i++)
		if (i != from)
			node_forward(l->out[i], packet_copy(l->node.world, p));
	node_forward(l->out[last], p);
}

static void lan_forward(struct node *n, int port, struct packet *p)
{
	struct lan *l = container_of(n, struct lan, node);
	struct ip_addr a;
	struct station *s;

	if (!destination(p, &a)) {
		packet_drop(n, p, "no IP packet");
		return;
	}
	s = find(l, &a);
	if (ip_addr_is_multicast(&a))
		flood(l, port, p);
	else if (s)
		node_forward(l->out[s->port], p);
	else if (l->way_out >= 0 && l->way_out != port)
		node_forward(l->out[l->way_out], p);
	else
		packet_drop(n, p, "no such address");
}

static void lan_run(struct node *n)
{
}

static void lan_free(struct node *n)
{
	struct lan *l = container_of(n, struct lan, node);
	struct hash_iter it = hash_walk(&l->stations);
	struct hash_node *at = hash_next(&it);

	while (at) {
		struct hash_node *next = hash_next(&it);

		free(container_of(at, struct station, node));
		at = next;
	}
	hash_free(&l->stations);
	free(l->out);
	free(l);
}

static const struct node_ops lan_ops = {lan_forward, lan_run, lan_free};

struct lan *lan_new(struct world *w, const char *name)
{
	struct lan *l = need(calloc(1, sizeof(*l)));

	l->node.ops = &lan_ops;
	l->way_out = -1;
	hash_init(&l->stations);
	world_add(w, &l->node, name, false);
	return l;
}

struct port lan_port(struct lan *l, struct port out)
{
	if ((l->ports & (l->ports - 1)) == 0)
		l->out = need(
			realloc(l->out, (l->ports ? 2 * (size_t)l->ports : 1) * sizeof(*l->out)));
	l->out[l->ports] = out;
	return (struct port){&l->node, l->ports++};
}

void lan_default(struct lan *l, int port)
{
	l->way_out = port;
}

void lan_learn(struct lan *l, int port, const struct ip_addr *addr)
{
	struct station *s = find(l, addr);

	assert(port >= 0 && port < l->ports);
	if (!s) {
		s = need(calloc(1, sizeof(*s)));
		s->addr = *addr;
		if (!hash_insert(&l->stations, &s->node, ip_addr_hash(addr)))
			need(NULL);
	}
	s->port = port;
}

struct node *lan_node(struct lan *l)
{
	return &l->node;
}
