/* stack_machine.c - an instance of burble's stack as what a host runs: stack_machine.h. */
#include "lab/world/stack_machine.h"

#include "lab/world/host.h"
#include "lab/world/need.h"
#include "lab/world/watch.h"
#include "socket/instance.h"

#include <errno.h>

struct interface {
	struct stack_machine *machine;
	int port, ifindex;
};

struct stack_machine {
	struct machine machine;
	struct burble *b; /* NULL: off */
	uint32_t boots;
	struct interface interface[HOST_INTERFACES];
	struct watch *watch; /* NULL: not recorded */
};

static struct stack_machine *of(struct machine *m)
{
	return container_of(m, struct stack_machine, machine);
}

static struct node *node_of(const struct stack_machine *s)
{
	return host_node(s->machine.host);
}

static nsec_t now_of(const struct stack_machine *s)
{
	return node_of(s)->world->now;
}

/* --- packets ---------------------------------------------------------------------------------- */

static int transmit(void *ctx, const void *frame, size_t len)
{
	struct interface *i = ctx;

	host_send(i->machine->machine.host, i->port, frame, len);
	return 0;
}

/* The record has the arrival before the stack's immediate response. */
static const char *input(struct machine *m, int port, const uint8_t *bytes, size_t len)
{
	struct stack_machine *s = of(m);
	const char *reason;

	watch_before(s->watch, s->b);
	burble_if_input(s->b, s->interface[port].ifindex, bytes, len);
	burble_step(s->b, now_of(s));
	reason = watch_reason(s->watch, s->b);
	watch_changes(s->watch, m, s->b);
	return reason;
}

static nsec_t step(struct machine *m)
{
	struct stack_machine *s = of(m);
	nsec_t next = burble_step(s->b, now_of(s));

	watch_changes(s->watch, m, s->b);
	return next;
}

/* --- on and off ------------------------------------------------------------------------------- */

/* A new instance. There are no routers and no duplicate addresses, so it neither solicits nor
 * probes. */
static void boot(struct machine *m)
{
	struct stack_machine *s = of(m);
	struct world *w = node_of(s)->world;
	struct burble_config c = {.now = w->now};
	struct prng p;

	node_prng(node_of(s), &p);
	for (uint32_t i = 0; i <= s->boots; i++)
		c.seed = prng_u64(&p);
	s->boots++;
	s->b = need(burble_new(&c));
	if (w->checked)
		stack_check_queues(burble_stack(s->b));
	if (w->slow_path)
		stack_slow_path(burble_stack(s->b));
	burble_sysctl_set(s->b, "net.ipv6.conf.all.accept_ra", "0", NULL);
	burble_sysctl_set(s->b, "net.ipv6.conf.all.dad_transmits", "0", NULL);
}

static void booted(struct machine *m)
{
	watch_reset(of(m)->watch, of(m)->b);
}

static void off(struct machine *m)
{
	burble_free(of(m)->b);
	of(m)->b = NULL;
}

static void stack_machine_free(struct machine *m)
{
	watch_free(of(m)->watch);
	free(of(m));
}

/* --- configuration ---------------------------------------------------------------------------- */

static int add_interface(struct machine *m, int port, uint32_t mtu)
{
	struct stack_machine *s = of(m);
	struct interface *i = &s->interface[port];
	struct burble_if_config c = {
		.kind = BURBLE_IF_IP, .mtu = mtu, .transmit = transmit, .ctx = i};
	char name[16];

	snprintf(name, sizeof(name), "eth%d", port);
	c.name = name;
	*i = (struct interface){s, port, burble_if_add(s->b, &c)};
	return i->ifindex < 0 ? i->ifindex : 0;
}

static int addr_add(struct machine *m, int port, const char *address)
{
	return burble_addr_add(of(m)->b, of(m)->interface[port].ifindex, address);
}

static int addr_del(struct machine *m, int port, const char *address)
{
	return burble_addr_del(of(m)->b, of(m)->interface[port].ifindex, address);
}

static int route(struct machine *m, int port, const char *prefix, const char *gateway)
{
	return burble_route_add(of(m)->b, of(m)->interface[port].ifindex, prefix, gateway);
}

static int set_sysctl(struct machine *m, const char *name, const char *value, const char **why)
{
	return burble_sysctl_set(of(m)->b, name, value, why);
}

static int get_sysctl(struct machine *m, const char *name, char *value, size_t size)
{
	return burble_sysctl_get(of(m)->b, name, value, size);
}

/* --- programs --------------------------------------------------------------------------------- */

static struct burble *instance(struct machine *m)
{
	burble_step(of(m)->b, now_of(of(m)));
	return of(m)->b;
}

static int64_t call(struct machine *m, const struct machine_call *call)
{
	return call->run(call->ctx);
}

static void interrupt(struct machine *m, struct burble_call *wait)
{
	burble_interrupt(wait);
}

static void noted(struct machine *m, int fd)
{
}

static void crash(struct machine *m)
{
	struct stack_machine *s = of(m);

	burble_step(s->b, now_of(s));
	watch_forget_fds(s->watch);
	burble_close_all(s->b);
}

static void freeze(struct machine *m, bool frozen)
{
}

static void each(struct machine *m, void (*see)(const struct tcp_row *row, void *arg), void *arg)
{
	tcp_each(burble_stack(of(m)->b), see, arg);
}

static void counters(struct machine *m, uint64_t count[MIB_COUNT])
{
	memcpy(count, stack_mib(burble_stack(of(m)->b))->count, MIB_COUNT * sizeof(count[0]));
}

static bool watch(struct machine *m, int fd)
{
	return watch_fd(of(m)->watch, fd);
}

static const struct machine_ops stack_ops = {
	.boot = boot,
	.booted = booted,
	.off = off,
	.free = stack_machine_free,
	.interface = add_interface,
	.addr_add = addr_add,
	.addr_del = addr_del,
	.route = route,
	.sysctl = set_sysctl,
	.sysctl_get = get_sysctl,
	.input = input,
	.step = step,
	.instance = instance,
	.call = call,
	.interrupt = interrupt,
	.opened = noted,
	.closed = noted,
	.crash = crash,
	.freeze = freeze,
	.each = each,
	.counters = counters,
	.watch = watch,
};

struct machine *stack_machine_new(struct host *h, void *ctx)
{
	struct stack_machine *s = need(calloc(1, sizeof(*s)));

	s->machine = (struct machine){&stack_ops, h};
	s->watch = host_node(h)->world->trace ? watch_new() : NULL;
	return &s->machine;
}
