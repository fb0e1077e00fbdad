/* device.c - a Linux device as a node: device.h. */
#include "lab/live/device.h"

#include "lab/world/need.h"
#include "stack/ip/ip_offload.h"

enum {
	RECEIVE_MAX = 256, /* frames of one device before the other has its turn */
};

struct device {
	struct node node;
	struct netdev *dev;
	struct pkt_pool pkts;
	struct port to;
};

static struct device *of(struct node *n)
{
	return container_of(n, struct device, node);
}

/* --- in --- */

/* The Ethernet header of a frame; nothing on a TUN device. */
struct head {
	uint8_t bytes[ETH_HDR_LEN];
	uint32_t len;
};

/* Forwards p, an IP packet or anything else that one header precedes. Takes p. */
static void forward(struct device *d, const struct head *h, struct pkt *p)
{
	struct packet *out;

	if (p->csum_partial)
		ip_checksum_complete(p);
	out = packet_new(d->node.world, h->len + pkt_total(p));
	memcpy(out->bytes, h->bytes, h->len);
	pkt_bytes(p, out->bytes + h->len);
	pkt_free(p);
	node_forward(d->to, out);
}

/* Takes p, a frame as the driver received it. */
static void take(struct device *d, struct pkt *p)
{
	struct head h = {.len = d->dev->kind == NETDEV_ETHER ? ETH_HDR_LEN : 0};
	struct pkt *segment;
	uint32_t at = 0;

	if (p->len <= h.len || ((p->gso || p->csum_partial) && !ip_offload_in(p, h.len))) {
		d->dev->rx_missed++;
		pkt_free(p);
		return;
	}
	memcpy(h.bytes, p->data, h.len);
	pkt_pull(p, h.len);
	if (!p->gso) {
		forward(d, &h, p);
		return;
	}
	while ((segment = ip_gso_next(&d->pkts, p, &at)))
		forward(d, &h, segment);
	pkt_free(p);
}

uint32_t device_receive(struct device *d)
{
	uint32_t n = 0;
	struct pkt *p;

	for (; n < RECEIVE_MAX && (p = d->dev->ops->receive(d->dev)); n++)
		take(d, p);
	return n;
}

/* --- out --- */

/* The longest frame of the device. */
static uint32_t frame_max(const struct netdev *dev)
{
	return dev->mtu + (dev->kind == NETDEV_ETHER ? ETH_HDR_LEN : 0);
}

static void device_forward(struct node *n, int port, struct packet *p)
{
	struct device *d = of(n);
	struct pkt *out;

	if (p->len > frame_max(d->dev)) { /* the other device's MTU is larger */
		packet_drop(n, p, "too long for the device");
		return;
	}
	n->world->received++;
	out = pkt_new(&d->pkts, p->len);
	if (!out) {
		d->dev->tx_dropped++;
	} else {
		memcpy(out->data, p->bytes, p->len);
		out->len = p->len;
		if (d->dev->ops->send(d->dev, out) != 0)
			d->dev->tx_dropped++;
	}
	free(p);
}

void device_flush(struct device *d)
{
	if (d->dev->ops->flush)
		d->dev->ops->flush(d->dev);
}

/* --- the node --- */

static void device_run(struct node *n)
{
	assert(!"it never asks to run");
}

static void device_free(struct node *n)
{
	struct device *d = of(n);

	d->dev->ops->close(d->dev);
	pkt_pool_free(&d->pkts);
	free(d);
}

static const struct node_ops device_ops = {device_forward, device_run, device_free};

struct device *device_new(struct world *w, struct netdev *dev)
{
	struct device *d = need(calloc(1, sizeof(*d)));

	d->node.ops = &device_ops;
	d->dev = dev;
	pkt_pool_init(&d->pkts);
	dev->pkts = &d->pkts;
	world_add(w, &d->node, dev->name, false);
	return d;
}

struct port device_port(struct device *d)
{
	return (struct port){&d->node, 0};
}

void device_join(struct device *d, struct port to)
{
	d->to = to;
}
