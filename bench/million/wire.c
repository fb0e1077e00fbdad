/* wire.c - see wire.h. */
#include "million/wire.h"

#include "million/must.h"

static int wire_send(struct netdev *dev, struct pkt *p)
{
	struct wire *w = container_of(dev, struct wire, dev);
	uint32_t len = pkt_total(p);
	uint8_t *room;

	while (w->out && !(room = ring_room(w->out, len)))
		w->full(w->ctx);
	if (w->out) {
		pkt_bytes(p, room);
		ring_put(w->out, len);
	}
	pkt_free(p);
	return 0;
}

static void wire_flush(struct netdev *dev)
{
	struct wire *w = container_of(dev, struct wire, dev);

	if (w->flush)
		w->flush(w->ctx);
}

struct pkt *wire_packet(struct wire *w, const uint8_t *frame, uint32_t len)
{
	struct pkt *p = pkt_new(stack_pkts(w->stack), len);

	must(p != NULL, "out of memory for frames");
	memcpy(p->data, frame, len);
	p->len = len;
	return p;
}

static struct pkt *wire_receive(struct netdev *dev)
{
	struct wire *w = container_of(dev, struct wire, dev);
	uint32_t len;
	const uint8_t *frame = w->in ? ring_first(w->in, &len) : NULL;
	struct pkt *p;

	if (!frame)
		return NULL;
	p = wire_packet(w, frame, len);
	ring_take(w->in);
	return p;
}

static const struct netdev_ops wire_ops = {
	.send = wire_send, .flush = wire_flush, .receive = wire_receive};

static void set(struct wire *w, const char *name, const char *value)
{
	const char *why;

	must(sysctl_set(stack_sysctl(w->stack), name, value, &why) == 0, name);
}

void wire_open(struct wire *w, uint32_t addr, nsec_t now)
{
	struct stack_config c = {.seed = addr, .now = now};
	struct ip_addr a = ip_addr_from_v4(addr);

	w->stack = stack_new(&c);
	must(w->stack != NULL, "out of memory for an instance");
	w->dev = (struct netdev){.ops = &wire_ops,
		.name = "wire0",
		.mtu = WIRE_MTU,
		.kind = NETDEV_RAW,
		.flags = NETDEV_UP,
		.fd = -1};
	must(stack_attach(w->stack, &w->dev) == 0, "no interface");
	must(stack_addr_add(w->stack, &w->dev, &a, 16) == 0, "no address");
	set(w, "net.core.somaxconn", "65535");
	set(w, "net.ipv4.tcp_max_syn_backlog", "65535");
	set(w, "net.ipv4.ip_local_port_range", "1024 65535");
	w->bs = sockets_new(w->stack, &(struct burble_config){0});
	must(w->bs != NULL, "out of memory for sockets");
}

void wire_close(struct wire *w)
{
	w->out = NULL;
	w->flush = NULL;
	sockets_free(w->bs);
	stack_free(w->stack);
}
