/*
 * instance.c - instance of the stack as the system under test: one raw interface, and a virtual
 * clock that jumps from one timer to the next.
 */
#include "lab/pkt/sut.h"

#include "stack/ip/route.h"
#include "stack/tcp/tcp.h"

#include <errno.h>
#include <stdlib.h>

#define CLOCK_START (1000 * NSEC_SEC) /* not 0, which can mean "never" */

struct instance {
	struct stack *stack;
	struct netdev dev;
	bool drop; /* every packet: PKT_QDISC_NONE */
};

static int on_send(struct netdev *dev, struct pkt *p)
{
	struct pkt_sut *sut = dev->ctx;
	struct instance *in = sut->self;
	struct pkt_frame *f;

	if (in->drop) {
		pkt_free(p);
		return -ENOBUFS;
	}
	f = sut_frame_new(sut->now, pkt_total(p));
	pkt_bytes(p, f->bytes);
	pkt_free(p);
	sut_queue(sut, f);
	return 0;
}

static const struct netdev_ops tun_ops = {.send = on_send};

static bool add_routes(struct instance *in, const struct pkt_setup *setup)
{
	struct route r = {.dst = setup->remote,
		.gateway = setup->gateway,
		.src = setup->mode == PKT_IPV6 ? IP_ADDR_ANY6 : IP_ADDR_ANY4,
		.ifindex = in->dev.ifindex,
		.expires = NSEC_MAX,
		.bits = setup->mode == PKT_IPV6 ? 64 : 24};

	return stack_addr_add(in->stack, &in->dev, &setup->local, setup->bits) == 0 &&
	       route_add(stack_routes(in->stack), &r) == 0;
}

static bool build(struct pkt_sut *sut, struct instance *in, const struct pkt_setup *setup)
{
	struct stack_config config = {.seed = setup->seed,
		.now = CLOCK_START,
		.checked = true,
		.slow_path = setup->slow_path};

	in->dev = (struct netdev){.ops = &tun_ops,
		.ctx = sut,
		.name = "tun0",
		.mtu = setup->mtu,
		.kind = NETDEV_RAW,
		.flags = NETDEV_UP};
	in->stack = stack_new(&config);
	if (!in->stack)
		return false;
	stack_sysctl(in->stack)->ipv6_accept_ra = 0;
	stack_sysctl(in->stack)->ipv6_dad_transmits = 0;
	sut->bs = sockets_new(in->stack, &(struct burble_config){.fds_max = 1024});
	return sut->bs && stack_attach(in->stack, &in->dev) == 0 && add_routes(in, setup);
}

static enum pkt_result instance_init(
	struct pkt_sut *sut, const struct pkt_setup *setup, struct text *why)
{
	sut->now = CLOCK_START;
	sut->self = calloc(1, sizeof(struct instance));
	if (sut->self && build(sut, sut->self, setup))
		return PKT_OK;
	text_add(why, "out of memory");
	return PKT_INVALID;
}

static void instance_free(struct pkt_sut *sut)
{
	struct instance *in = sut->self;

	if (sut->bs)
		sockets_free(sut->bs);
	if (in && in->stack) {
		if (in->dev.stack)
			stack_detach(in->stack, &in->dev);
		stack_free(in->stack);
	}
	free(in);
}

/* Sends everything that is marked, after an entry into the stack. */
static void settle(struct pkt_sut *sut)
{
	struct instance *in = sut->self;

	for (int i = 0; i < 1000 && stack_dirty(in->stack); i++)
		stack_flush(in->stack, sut->now);
}

static void step(struct pkt_sut *sut, nsec_t when)
{
	struct instance *in = sut->self;

	sut->now = when;
	stack_timers(in->stack, when);
	settle(sut);
}

/* Timers due exactly at `when` fire too, unless until_sent: a packet then is not yet late. */
static void instance_advance(
	struct pkt_sut *sut, nsec_t when, bool until_sent, const uint32_t *stop)
{
	struct instance *in = sut->self;

	settle(sut);
	while (!(until_sent && sut->first) && !(stop && *stop)) {
		nsec_t next = stack_next(in->stack);

		if (until_sent ? next >= when : (next > when || sut->now >= when)) {
			if (when > sut->now)
				step(sut, when);
			return;
		}
		step(sut, next > sut->now ? next : sut->now);
	}
}

static void instance_inject(struct pkt_sut *sut, const uint8_t *bytes, size_t len)
{
	struct instance *in = sut->self;
	struct pkt *p = pkt_new(stack_pkts(in->stack), len);

	if (!p)
		abort();
	memcpy(p->data, bytes, len);
	p->len = (uint32_t)len;
	stack_input(in->stack, &in->dev, p, sut->now);
	settle(sut);
}

static int64_t instance_call(struct pkt_sut *sut, struct pkt_job *job)
{
	struct instance *in = sut->self;
	int64_t ret;

	stack_at(in->stack, sut->now);
	ret = job->run(job->ctx);
	settle(sut);
	return ret;
}

/* Everything is supported. */
static bool instance_probe(
	const struct pkt_script *s, enum pkt_mode mode, int *line, struct text *why)
{
	return true;
}

static void instance_opened(struct pkt_sut *sut, int fd)
{
}

static enum pkt_result instance_sysctl(
	struct pkt_sut *sut, const char *name, const char *value, const char **why)
{
	struct instance *in = sut->self;

	return sysctl_set(stack_sysctl(in->stack), name, value, why) == 0 ? PKT_OK : PKT_INVALID;
}

static enum pkt_result instance_queue(struct pkt_sut *sut, enum pkt_qdisc q)
{
	struct instance *in = sut->self;

	in->drop = q == PKT_QDISC_NONE;
	in->dev.flags &= ~(uint32_t)NETDEV_FQ;
	if (q == PKT_QDISC_FQ)
		in->dev.flags |= NETDEV_FQ;
	return PKT_OK;
}

static enum pkt_result instance_route(struct pkt_sut *sut, const struct pkt_route *given)
{
	struct instance *in = sut->self;
	bool v4 = ip_addr_is_v4(&given->dst);
	struct route r = {.dst = given->dst,
		.gateway = given->gateway,
		.src = v4 ? IP_ADDR_ANY4 : IP_ADDR_ANY6,
		.ifindex = in->dev.ifindex,
		.mtu = given->mtu,
		.advmss = given->advmss,
		.initcwnd = given->initcwnd,
		.expires = NSEC_MAX,
		.bits = (uint8_t)ip_addr_bits(&given->dst)};

	route_del(stack_routes(in->stack), &r);
	return route_add(stack_routes(in->stack), &r) == 0 ? PKT_OK : PKT_INVALID;
}

static void instance_flush(struct pkt_sut *sut)
{
	struct instance *in = sut->self;

	tcp_metrics_flush(in->stack);
}

static bool instance_counters(struct pkt_sut *sut, uint64_t count[MIB_COUNT])
{
	struct instance *in = sut->self;

	memcpy(count, stack_mib(in->stack)->count, MIB_COUNT * sizeof(count[0]));
	return true;
}

static const struct pkt_sockets instance_sockets = {
	.socket = burble_socket,
	.bind = burble_bind,
	.listen = burble_listen,
	.accept4 = burble_accept4_call,
	.connect = burble_connect_call,
	.shutdown = burble_shutdown,
	.close = burble_close_call,
	.recv = burble_recv_call,
	.readv = burble_readv_call,
	.recvmsg = burble_recvmsg_call,
	.send = burble_send_call,
	.writev = burble_writev_call,
	.sendmsg = burble_sendmsg_call,
	.setsockopt = burble_setopt,
	.getsockopt = burble_getopt,
	.getsockname = burble_getsockname,
	.getpeername = burble_getpeername,
	.ioctl = burble_ioctl,
	.fcntl = burble_fcntl,
	.poll = burble_poll_call,
	.epoll_create1 = burble_epoll_create1,
	.epoll_ctl = burble_epoll_ctl,
	.epoll_wait = burble_epoll_wait_call,
};

const struct pkt_ops pkt_instance_ops = {
	.sockets = &instance_sockets,
	.event_cost = NSEC_USEC, /* no two events are simultaneous */
	.any_time_max = 1000000 * NSEC_SEC,
	.init = instance_init,
	.probe = instance_probe,
	.opened = instance_opened,
	.free = instance_free,
	.advance = instance_advance,
	.inject = instance_inject,
	.call = instance_call,
	.set_sysctl = instance_sysctl,
	.set_qdisc = instance_queue,
	.set_route = instance_route,
	.flush_metrics = instance_flush,
	.counters = instance_counters,
};
