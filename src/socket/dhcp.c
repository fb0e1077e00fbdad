/* dhcp.c - DHCP client of an instance's interfaces, with leases as text. */
#include "socket/dhcp.h"

#include "socket/socket_priv.h"
#include "stack/ip/ip.h"

#include <errno.h>
#include <stdio.h>

static void on_change(void *ctx, uint32_t ifindex, enum dhcp_event e)
{
	static const enum burble_dhcp_event event[] = {
		[DHCP_EVENT_BOUND] = BURBLE_DHCP_BOUND,
		[DHCP_EVENT_RENEWED] = BURBLE_DHCP_RENEWED,
		[DHCP_EVENT_LOST] = BURBLE_DHCP_LOST,
	};
	struct burble *b = ctx;

	b->dhcp_event(b->dhcp_ctx, (int)ifindex, event[e]);
}

void burble_dhcp_hook(struct burble *b,
	void (*event)(void *ctx, int ifindex, enum burble_dhcp_event event), void *ctx)
{
	struct dhcp_events ev = {.ctx = b, .changed = event ? on_change : NULL};

	b->dhcp_event = event;
	b->dhcp_ctx = ctx;
	dhcp_set_events(b->stack, &ev);
}

/* The message leaves while there is still an address to send it from. */
void dhcp_give_back(struct stack *s, struct netdev *dev)
{
	if (!dhcp_runs(s, dev))
		return;
	dhcp_release(s, dev);
	stack_flush(s, stack_now(s));
	dhcp_stop(s, dev);
}

static struct netdev *find(struct burble *b, int ifindex)
{
	return ifindex > 0 ? stack_netdev(b->stack, (uint32_t)ifindex) : NULL;
}

int burble_if_dhcp(struct burble *b, int ifindex)
{
	struct netdev *dev = find(b, ifindex);

	return dev ? dhcp_start(b->stack, dev) : -ENODEV;
}

int burble_dhcp_ask_for(struct burble *b, int ifindex, const char *address)
{
	struct netdev *dev = find(b, ifindex);
	struct ip_addr a;

	if (!dev)
		return -ENODEV;
	if (!ip_addr_parse(&a, address) || !ip_addr_is_v4(&a))
		return -EINVAL;
	return dhcp_ask_for(b->stack, dev, &a);
}

static void text(char *out, size_t size, const struct ip_addr *a)
{
	char whole[IP_ADDR_TEXT_MAX];

	snprintf(out, size, "%s", ip_addr_text(whole, a));
}

int burble_dhcp_lease(struct burble *b, int ifindex, struct burble_lease *out)
{
	struct netdev *dev = find(b, ifindex);
	const struct dhcp_lease *l;
	size_t n;

	if (!dev)
		return -ENODEV;
	if (!dhcp_runs(b->stack, dev))
		return -ENOENT;
	l = dhcp_lease(b->stack, dev);
	if (!l)
		return -EAGAIN;
	*out = (struct burble_lease){.mtu = l->mtu ? l->mtu : dev->mtu,
		.renew = l->renew_at,
		.rebind = l->rebind_at,
		.expires = l->expires};
	text(out->address, sizeof(out->address), &l->addr);
	n = strlen(out->address);
	snprintf(out->address + n, sizeof(out->address) - n, "/%u", l->bits);
	text(out->server, sizeof(out->server), &l->server);
	if (!ip_addr_is_any(&l->router))
		text(out->router, sizeof(out->router), &l->router);
	return 0;
}

int burble_dhcp_ignored(struct burble *b, int ifindex, struct burble_dhcp_ignored *out)
{
	struct netdev *dev = find(b, ifindex);
	struct dhcp_ignored i;

	if (!dev)
		return -ENODEV;
	if (!dhcp_runs(b->stack, dev))
		return -ENOENT;
	i = dhcp_ignored(b->stack, dev);
	*out = (struct burble_dhcp_ignored){i.malformed, i.foreign, i.unexpected, i.unacceptable};
	return 0;
}

int burble_dhcp_release(struct burble *b, int ifindex)
{
	struct netdev *dev = find(b, ifindex);

	if (!dev)
		return -ENODEV;
	if (!dhcp_runs(b->stack, dev))
		return -ENOENT;
	dhcp_give_back(b->stack, dev);
	return 0;
}

static void count_waiting(const struct ip_neigh_row *row, void *arg)
{
	*(int *)arg += strcmp(row->state, "INCOMPLETE") == 0;
}

bool burble_resolving(struct burble *b)
{
	int waiting = 0;

	ip_each_neigh(b->stack, count_waiting, &waiting);
	return waiting > 0;
}
