/* net.c - the hosts and links of a plan as a world: net.h. */
#include "lab/fuzz/net.h"

#include "lab/fuzz/knob.h"
#include "lab/world/need.h"

#include <arpa/inet.h>
#include <stdio.h>

enum {
	MILLION = 1000000,
};

/* --- addresses -------------------------------------------------------------------------------- */

/* The number of the subnet of an end host. */
static int subnet(const struct plan *p, int host)
{
	return plan_net(p, NET_SHAPE) == NET_ROUTER ? host : 0;
}

void net_address_text(const struct plan *p, int host, bool prefix, char text[64])
{
	if (plan_net(p, NET_SHAPE) == NET_NAT && host == 1)
		snprintf(text, 64, "192.0.2.2%s", prefix ? "/24" : "");
	else if (plan_net(p, NET_V6))
		snprintf(text, 64, "fd00:0:0:%d::%d%s", subnet(p, host), host + 1,
			prefix ? "/64" : "");
	else
		snprintf(text, 64, "10.0.%d.%d%s", subnet(p, host), host + 1, prefix ? "/24" : "");
}

void net_router_text(const struct plan *p, int link, char text[64])
{
	if (plan_net(p, NET_V6))
		snprintf(text, 64, "fd00:0:0:%d::ff/64", link);
	else
		snprintf(text, 64, "10.0.%d.254/24", link);
}

socklen_t net_address(const struct net *n, int host, uint16_t port, struct sockaddr_storage *a)
{
	struct sockaddr_in *in = (struct sockaddr_in *)a;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)a;
	char text[64];

	*a = (struct sockaddr_storage){0};
	net_address_text(n->plan, host, false, text);
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		return sizeof(*in);
	}
	inet_pton(AF_INET6, text, &in6->sin6_addr);
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	return sizeof(*in6);
}

/* --- configuration of links ------------------------------------------------------------------- */

static double share(int64_t millionths)
{
	return (double)millionths / MILLION;
}

static void apply_row(struct link_config *c, const struct row *r)
{
	switch (r->kind) {
	case ROW_DELAY:
		c->delay = r->arg[LINK_VALUE];
		c->jitter = r->arg[LINK_SECOND];
		break;
	case ROW_RATE:
		c->rate = (uint64_t)r->arg[LINK_VALUE];
		c->queue.limit = (uint32_t)r->arg[LINK_SECOND];
		c->queue.codel = r->arg[LINK_THIRD] != 0;
		break;
	case ROW_LOSS: c->loss = share(r->arg[LINK_VALUE]); break;
	case ROW_DUPLICATE: c->duplicate = share(r->arg[LINK_VALUE]); break;
	case ROW_CORRUPT: c->corrupt = share(r->arg[LINK_VALUE]); break;
	case ROW_REORDER: c->reorder = share(r->arg[LINK_VALUE]); break;
	case ROW_BURSTS:
		c->ge_p = share(r->arg[LINK_VALUE]);
		c->ge_r = share(r->arg[LINK_SECOND]);
		c->ge_h = 0;
		c->ge_k = 1;
		break;
	}
}

struct link_config net_link_config(const struct plan *p, int link)
{
	struct link_config c = {.delay = 10 * NSEC_MSEC};

	for (uint32_t i = 0; i < p->rows; i++)
		if (p->row[i].arg[LINK_NUMBER] == link)
			apply_row(&c, &p->row[i]);
	return c;
}

uint32_t net_mtu(const struct plan *p, int link)
{
	uint32_t mtu = 1500;

	for (uint32_t i = 0; i < p->rows; i++)
		if (p->row[i].kind == ROW_MTU && p->row[i].arg[LINK_NUMBER] == link)
			mtu = (uint32_t)p->row[i].arg[LINK_VALUE];
	return mtu < 1280 && plan_net(p, NET_V6) ? 1280 : mtu < 68 ? 68 : mtu;
}

/* --- faults ----------------------------------------------------------------------------------- */

static bool is_fault(const struct row *r)
{
	return r->kind >= ROW_CUT;
}

nsec_t net_heal_time(const struct plan *p)
{
	nsec_t last = 0;

	for (uint32_t i = 0; i < p->rows; i++) {
		const struct row *r = &p->row[i];

		if (is_fault(r) && r->arg[FAULT_AT] + r->arg[FAULT_FOR] > last)
			last = r->arg[FAULT_AT] + r->arg[FAULT_FOR];
		if (r->kind == ROW_CONN && r->arg[CONN_AT] > last)
			last = r->arg[CONN_AT];
	}
	return last + NET_HEAL;
}

static void change_link(struct net *n, const struct row *r, bool ends)
{
	struct link *l = n->link[r->arg[FAULT_WHERE]];

	for (int side = 0; side < 2; side++) {
		struct link_config c = *link_get(l, side);
		struct link_config before = net_link_config(n->plan, (int)r->arg[FAULT_WHERE]);

		if (r->kind == ROW_CUT &&
			(r->arg[FAULT_VALUE] == side || r->arg[FAULT_VALUE] == SIDE_BOTH))
			c.down = !ends;
		if (r->kind == ROW_SWALLOW)
			c.swallows = ends ? 0 : (uint32_t)r->arg[FAULT_VALUE];
		if (r->kind == ROW_STORM)
			c.loss = ends ? before.loss : share(r->arg[FAULT_VALUE]);
		link_set(l, side, &c);
	}
}

static void freeze(struct net *n, int host, bool ends)
{
	n->frozen[host] = !ends;
	if (ends)
		n->hooks.thawed(n->hooks.ctx, host);
}

static void power(struct net *n, int host, bool ends)
{
	if (!ends && !n->off[host]) {
		n->hooks.down(n->hooks.ctx, host);
		host_power_off(n->host[host]);
		n->off[host] = true;
	} else if (ends && n->off[host]) {
		n->off[host] = false;
		host_reboot(n->host[host]);
		n->hooks.up(n->hooks.ctx, host);
	}
}

static void crash(struct net *n, int host)
{
	if (n->off[host])
		return;
	n->hooks.down(n->hooks.ctx, host);
	host_crash(n->host[host]);
}

/* A host loses its address, and has it again. */
static void change_address(struct net *n, int host, bool ends)
{
	char text[64];

	net_address_text(n->plan, host, true, text);
	if (ends)
		host_addr(n->host[host], n->port[host], text);
	else
		host_addr_del(n->host[host], n->port[host], text);
	host_wake(n->host[host]);
}

static void heal(struct net *n)
{
	for (int i = 0; i < plan_links(n->plan); i++) {
		struct link_config c = net_link_config(n->plan, i);

		c.loss = c.duplicate = c.corrupt = c.reorder = c.ge_p = 0;
		link_set(n->link[i], 0, &c);
		link_set(n->link[i], 1, &c);
	}
}

static void happen(struct net *n, const struct net_event *e)
{
	if (!e->row) {
		heal(n);
		return;
	}
	switch (e->row->kind) {
	case ROW_FREEZE: freeze(n, (int)e->row->arg[FAULT_WHERE], e->ends); break;
	case ROW_POWER: power(n, (int)e->row->arg[FAULT_WHERE], e->ends); break;
	case ROW_CRASH: crash(n, (int)e->row->arg[FAULT_WHERE]); break;
	case ROW_ADDRESS: change_address(n, (int)e->row->arg[FAULT_WHERE], e->ends); break;
	case ROW_FORGET: nat_forget(n->nat); break;
	default: change_link(n, e->row, e->ends); break;
	}
}

static void tasks_run(struct node *node)
{
	struct net *n = container_of(node, struct net, tasks);

	while (n->next < n->events && n->event[n->next].at <= n->world.now)
		happen(n, &n->event[n->next++]);
	if (n->next < n->events)
		node_due(node, n->event[n->next].at);
	n->hooks.run(n->hooks.ctx);
}

void net_due(struct net *n, nsec_t when)
{
	node_due(&n->tasks, when);
}

/* Sorted by time; stable for equal times. */
static void add_event(struct net *n, nsec_t at, const struct row *r, bool ends)
{
	uint32_t i = n->events++;

	for (; i > 0 && n->event[i - 1].at > WORLD_START + at; i--)
		n->event[i] = n->event[i - 1];
	n->event[i] = (struct net_event){WORLD_START + at, r, ends};
}

static bool spans(const struct row *r)
{
	return r->kind != ROW_CRASH && r->kind != ROW_FORGET;
}

static void add_faults(struct net *n)
{
	for (uint32_t i = 0; i < n->plan->rows; i++) {
		const struct row *r = &n->plan->row[i];

		if (!is_fault(r))
			continue;
		add_event(n, r->arg[FAULT_AT], r, false);
		if (spans(r))
			add_event(n, r->arg[FAULT_AT] + r->arg[FAULT_FOR], r, true);
	}
	add_event(n, net_heal_time(n->plan), NULL, true);
	n->healed = WORLD_START + net_heal_time(n->plan);
	node_due(&n->tasks, n->event[0].at);
}

/* --- building --------------------------------------------------------------------------------- */

static void nothing(struct node *n)
{
}

static const struct node_ops tasks_ops = {NULL, tasks_run, nothing};

static enum link_verdict see(void *ctx, struct link *l, int side, struct packet *p)
{
	struct net *n = ctx;
	int link = 0;
	int64_t nth;

	while (n->link[link] != l)
		link++;
	nth = (int64_t)++n->seen[link];
	if (n->ids[link] && nth <= NET_SEEN)
		n->ids[link][nth - 1] = p->id;
	for (uint32_t i = 0; i < n->plan->rows; i++) {
		const struct row *r = &n->plan->row[i];

		if (r->kind == ROW_DROP && r->arg[LINK_NUMBER] == link && r->arg[LINK_VALUE] == nth)
			return LINK_DROP;
	}
	return LINK_PASS;
}

/* Arrivals at a host pass here, so that hooks.arrives() sees their effect on the host. */
static void tap_forward(struct node *node, int port, struct packet *p)
{
	struct net_tap *t = container_of(node, struct net_tap, node);
	struct net *n = t->net;

	n->hooks.arrives(n->hooks.ctx, t->host, p);
	node_forward((struct port){t->to.node, port}, p);
	n->hooks.arrives(n->hooks.ctx, t->host, NULL);
}

static const struct node_ops tap_ops = {tap_forward, NULL, NULL};

static void out_forward(struct node *node, int port, struct packet *p)
{
	struct net_tap *t = container_of(node, struct net_tap, node);
	struct net *n = t->net;

	if (n->hooks.sends)
		n->hooks.sends(n->hooks.ctx, t->host, p);
	node_forward(t->to, p);
}

static const struct node_ops out_ops = {out_forward, NULL, NULL};

/* The destination of what a host sends: a router has more than one interface, and is not
 * observed. */
static struct port out_of(struct net *n, int host, struct port to)
{
	struct net_tap *t = &n->out[host];

	if (t->net)
		return to;
	*t = (struct net_tap){.node.ops = &out_ops, .net = n, .host = host, .to = to};
	return (struct port){&t->node, 0};
}

static int add_interface(struct net *n, int host, int link, int side)
{
	struct port p = host_interface(n->host[host],
		out_of(n, host, link_port(n->link[link], side)), net_mtu(n->plan, link));

	n->tap[host] = (struct net_tap){.node.ops = &tap_ops, .net = n, .host = host, .to = p};
	link_join(n->link[link], side, (struct port){&n->tap[host].node, p.port});
	return p.port;
}

static void join_host(struct net *n, int host, int link, int side)
{
	char text[64];
	int port = add_interface(n, host, link, side);

	net_address_text(n->plan, host, true, text);
	host_addr(n->host[host], port, text);
	n->port[host] = port;
}

static void join_router(struct net *n, int link, int side)
{
	char text[64];
	int port = add_interface(n, 2, link, side);

	net_router_text(n->plan, link, text);
	host_addr(n->host[2], port, text);
}

static void new_link(struct net *n, int i, const char *name)
{
	struct link_config c = net_link_config(n->plan, i);

	n->link[i] = link_new(&n->world, name, &c);
	link_set_filter(n->link[i], see, n);
	if (n->world.trace)
		n->ids[i] = need(calloc(NET_SEEN, sizeof(*n->ids[i])));
}

static void default_route(struct net *n, int host)
{
	host_route(n->host[host], 0, plan_net(n->plan, NET_V6) ? "::/0" : "0.0.0.0/0", NULL);
}

static void build_router(struct net *n)
{
	bool v6 = plan_net(n->plan, NET_V6);

	host_sysctl(
		n->host[2], v6 ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward", "1", NULL);
	for (int i = 0; i < 2; i++) {
		new_link(n, i, i == 0 ? "a-c" : "b-c");
		join_host(n, i, i, 0);
		join_router(n, i, 1);
		default_route(n, i);
	}
}

static void build_nat(struct net *n)
{
	struct nat_config c = {.conntrack = conntrack_defaults()};

	ip_addr_parse(&c.public, "192.0.2.1");
	n->nat = nat_new(&n->world, "box", &c);
	for (int i = 0; i < 2; i++) {
		new_link(n, i, i == 0 ? "a-box" : "b-box");
		join_host(n, i, i, 0);
		link_join(n->link[i], 1, nat_port(n->nat, i, link_port(n->link[i], 1)));
	}
	default_route(n, 0);
}

static void build_switch(struct net *n)
{
	char text[64], name[8];

	n->lan = lan_new(&n->world, "lan");
	for (int i = 0; i < plan_hosts(n->plan); i++) {
		struct port p;
		struct ip_addr a;

		snprintf(name, sizeof(name), "%c-lan", 'a' + i);
		new_link(n, i, name);
		join_host(n, i, i, 0);
		p = lan_port(n->lan, link_port(n->link[i], 1));
		link_join(n->link[i], 1, p);
		net_address_text(n->plan, i, false, text);
		ip_addr_parse(&a, text);
		lan_learn(n->lan, p.port, &a);
	}
}

static void build_pair(struct net *n)
{
	new_link(n, 0, "a-b");
	join_host(n, 0, 0, 0);
	join_host(n, 1, 0, 1);
}

static void set_parameters(struct net *n)
{
	for (uint32_t i = 0; i < n->plan->rows; i++) {
		const struct row *r = &n->plan->row[i];
		const struct knob *k;
		char value[KNOB_TEXT];

		if (r->kind != ROW_SYSCTL)
			continue;
		k = knob_sysctl(r->arg[SYSCTL_NAME]);
		knob_value(k, r->arg[SYSCTL_VALUE], value);
		host_sysctl(n->host[r->arg[SYSCTL_HOST]], k->name, value, NULL);
	}
}

void net_init(struct net *n, const struct plan *plan, const struct net_options *o)
{
	*n = (struct net){.plan = plan, .tasks.ops = &tasks_ops};
	world_init(&n->world, plan->seed, o->trace);
	n->world.checked = true;
	n->world.slow_path = o->slow_path;
	world_add(&n->world, &n->tasks, "scenario", false);
	for (int i = 0; i < plan_hosts(plan); i++) {
		char name[2] = {(char)('a' + i), '\0'};

		n->host[i] = host_new(&n->world, name);
	}
	switch (plan_net(plan, NET_SHAPE)) {
	case NET_ROUTER: build_router(n); break;
	case NET_NAT: build_nat(n); break;
	case NET_SWITCH: build_switch(n); break;
	default: build_pair(n); break;
	}
	set_parameters(n);
	add_faults(n);
}

void net_free(struct net *n)
{
	for (int i = 0; i < PLAN_LINKS; i++)
		free(n->ids[i]);
	world_free(&n->world);
}
