/*
 * interface.c - interfaces, addresses and routes of an instance, named by index and in text. Frames
 * for an interface that is driven by the program wait here for the next step.
 */
#include "socket/socket_priv.h"
#include "stack/ip/ip.h"
#include "stack/ip/route.h"

#include <errno.h>
#include <stdlib.h>

enum {
	FRAMES_MAX = 1000, /* queued for a step, like net.core.netdev_max_backlog */
};

/* An interface of burble_if_add(). */
struct program_if {
	struct netdev dev;
	int (*transmit)(void *ctx, const void *frame, size_t len);
	void *ctx;
	struct pkt_queue waiting;
	uint32_t count; /* of those queued */
};

static const struct netdev_ops program_ops;

static struct program_if *program_if(struct netdev *dev)
{
	assert(dev->ops == &program_ops);
	return container_of(dev, struct program_if, dev);
}

static int on_send(struct netdev *dev, struct pkt *p)
{
	struct program_if *pi = program_if(dev);
	uint8_t frame[BURBLE_MTU_MAX + 18];
	uint32_t len = pkt_total(p);
	int err = -ENOBUFS;

	if (p->ext_len == 0) {
		err = pi->transmit(pi->ctx, p->data, len);
	} else if (len <= sizeof(frame)) {
		pkt_bytes(p, frame);
		err = pi->transmit(pi->ctx, frame, len);
	}
	pkt_free(p);
	return err;
}

static struct pkt *on_receive(struct netdev *dev)
{
	struct program_if *pi = program_if(dev);
	struct pkt *p = pkt_queue_take(&pi->waiting);

	assert((pi->count > 0) == (p != NULL));
	pi->count -= p != NULL;
	return p;
}

static void on_close(struct netdev *dev)
{
	struct pkt *p;

	while ((p = on_receive(dev)))
		pkt_free(p);
	free(program_if(dev));
}

static const struct netdev_ops program_ops = {
	.send = on_send, .receive = on_receive, .close = on_close};

static struct netdev *find(struct burble *b, int ifindex)
{
	return ifindex > 0 ? stack_netdev(b->stack, (uint32_t)ifindex) : NULL;
}

int burble_if_add(struct burble *b, const struct burble_if_config *c)
{
	struct program_if *pi;

	if (!c->name || !c->name[0] || strlen(c->name) >= NETDEV_NAME || !c->transmit ||
		c->mtu < BURBLE_MTU_MIN || c->mtu > BURBLE_MTU_MAX)
		return -EINVAL;
	pi = calloc(1, sizeof(*pi));
	if (!pi)
		return -ENOMEM;
	pi->transmit = c->transmit;
	pi->ctx = c->ctx;
	pi->dev = (struct netdev){.ops = &program_ops,
		.mtu = c->mtu,
		.kind = c->kind == BURBLE_IF_ETHER ? NETDEV_ETHER : NETDEV_RAW,
		.flags = NETDEV_UP,
		.fd = -1};
	strcpy(pi->dev.name, c->name);
	memcpy(pi->dev.mac.b, c->mac, sizeof(pi->dev.mac));
	return burble_if_attach(b, &pi->dev);
}

int burble_if_input(struct burble *b, int ifindex, const void *frame, size_t len)
{
	struct netdev *dev = find(b, ifindex);
	struct program_if *pi;
	struct pkt *p;

	if (!dev || dev->ops != &program_ops)
		return -ENODEV;
	if (len > BURBLE_MTU_MAX)
		return -EMSGSIZE;
	pi = program_if(dev);
	p = pi->count < FRAMES_MAX ? pkt_new(dev->pkts, len) : NULL;
	if (!p)
		return -ENOBUFS;
	memcpy(p->data, frame, len);
	p->len = (uint32_t)len;
	pkt_queue_add(&pi->waiting, p);
	pi->count++;
	assert(pi->count <= FRAMES_MAX);
	return 0;
}

int burble_addr_add(struct burble *b, int ifindex, const char *address)
{
	struct netdev *dev = find(b, ifindex);
	struct ip_addr a;
	unsigned bits;

	if (!dev)
		return -ENODEV;
	if (!ip_prefix_parse(&a, &bits, address))
		return -EINVAL;
	return stack_addr_add(b->stack, dev, &a, bits);
}

static void count_tentative(const struct ip_addr_row *row, void *arg)
{
	int *n = arg;

	if (row->duplicate)
		*n = -EADDRINUSE;
	else if (row->tentative && *n >= 0)
		++*n;
}

int burble_addr_tentative(struct burble *b)
{
	int n = 0;

	ip_each_addr(b->stack, count_tentative, &n);
	return n;
}

int burble_addr_del(struct burble *b, int ifindex, const char *address)
{
	struct netdev *dev = find(b, ifindex);
	struct ip_addr a;
	unsigned bits;

	if (!dev)
		return -ENODEV;
	if (!ip_prefix_parse(&a, &bits, address))
		return -EINVAL;
	return stack_addr_del(b->stack, dev, &a);
}

/* Parses a route: 0 or -errno. */
static int route_of(struct route *r, struct netdev *dev, const char *prefix, const char *gateway)
{
	struct ip_addr any;
	unsigned bits;

	if (!dev)
		return -ENODEV;
	*r = (struct route){.ifindex = dev->ifindex, .expires = NSEC_MAX};
	if (!ip_prefix_parse(&r->dst, &bits, prefix))
		return -EINVAL;
	any = ip_addr_is_v4(&r->dst) ? IP_ADDR_ANY4 : IP_ADDR_ANY6;
	assert(bits <= 128);
	r->bits = (uint8_t)bits;
	r->gateway = r->src = any;
	return !gateway || ip_addr_parse(&r->gateway, gateway) ? 0 : -EINVAL;
}

int burble_route_add(struct burble *b, int ifindex, const char *prefix, const char *gateway)
{
	struct route r;
	int err = route_of(&r, find(b, ifindex), prefix, gateway);

	return err ? err : route_add(stack_routes(b->stack), &r);
}

int burble_route_del(struct burble *b, int ifindex, const char *prefix, const char *gateway)
{
	struct route r;
	int err = route_of(&r, find(b, ifindex), prefix, gateway);

	return err ? err : route_del(stack_routes(b->stack), &r);
}
