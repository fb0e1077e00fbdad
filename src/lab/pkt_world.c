/*
 * pkt_world.c - see pkt_world.h.
 */
#include "lab/pkt_world.h"

#include "stack/ip/route.h"

#include <errno.h>
#include <stdlib.h>

#define WORLD_START (1000 * NSEC_SEC) /* away from 0, where "never happened" lies */

static struct pkt_frame *frame_new(nsec_t at, size_t len)
{
	struct pkt_frame *f = malloc(sizeof(*f) + len);

	if (!f)
		abort();
	*f = (struct pkt_frame){.at = at, .len = len};
	return f;
}

static int on_send(struct netdev *dev, struct pkt *p)
{
	struct pkt_world *w = dev->ctx;
	struct pkt_frame *f;

	if (w->refuse) {
		pkt_free(p);
		return -ENOBUFS;
	}
	f = frame_new(w->now, pkt_total(p));
	pkt_bytes(p, f->bytes);
	pkt_free(p);
	if (w->tap)
		w->tap(w->tap_ctx, f);
	if (w->first)
		w->last->next = f;
	else
		w->first = f;
	w->last = f;
	return 0;
}

static const struct netdev_ops tun_ops = {.send = on_send};

static bool add_routes(struct pkt_world *w, const struct pkt_place *place)
{
	struct route r = {.dst = place->remote,
		.gateway = place->gateway,
		.src = place->mode == PKT_IPV6 ? IP_ADDR_ANY6 : IP_ADDR_ANY4,
		.ifindex = w->dev.ifindex,
		.expires = NSEC_MAX,
		.bits = 128};

	r.bits = place->mode == PKT_IPV6 ? 64 : 120;
	return stack_addr_add(w->stack, &w->dev, &place->local, place->bits) == 0 &&
	       route_add(stack_routes(w->stack), &r) == 0;
}

bool world_init(struct pkt_world *w, const struct pkt_place *place)
{
	struct stack_config config = {.seed = place->seed, .now = WORLD_START};
	struct bs_config sockets = {.fds_max = 1024};

	*w = (struct pkt_world){.now = WORLD_START};
	w->dev = (struct netdev){.ops = &tun_ops,
		.ctx = w,
		.name = "tun0",
		.mtu = place->mtu,
		.kind = NETDEV_RAW,
		.flags = NETDEV_UP};
	w->stack = stack_new(&config);
	sockets.stack = w->stack;
	if (!w->stack)
		return false;
	stack_sysctl(w->stack)->ipv6_accept_ra = 0;
	stack_sysctl(w->stack)->ipv6_dad_transmits = 0;
	w->bs = bs_new(&sockets);
	return w->bs && stack_attach(w->stack, &w->dev) == 0 && add_routes(w, place);
}

void world_free(struct pkt_world *w)
{
	struct pkt_frame *f;

	w->tap = NULL;
	if (w->bs)
		bs_free(w->bs);
	if (w->stack) {
		if (w->dev.stack)
			stack_detach(w->stack, &w->dev);
		stack_free(w->stack);
	}
	while ((f = world_take(w)))
		free(f);
}

void world_settle(struct pkt_world *w)
{
	for (int i = 0; i < 1000 && stack_dirty(w->stack); i++)
		stack_flush(w->stack, w->now);
}

static void pass(struct pkt_world *w, nsec_t when)
{
	w->now = when;
	stack_timers(w->stack, when);
	bs_at(w->bs, when);
	world_settle(w);
}

void world_until_sent(struct pkt_world *w, nsec_t when, const uint32_t *stop)
{
	world_settle(w);
	while (!w->first && !(stop && *stop)) {
		nsec_t next = stack_next(w->stack);

		if (next >= when) {
			if (when > w->now)
				pass(w, when);
			return;
		}
		pass(w, next > w->now ? next : w->now);
	}
}

void world_until(struct pkt_world *w, nsec_t when)
{
	world_settle(w);
	for (;;) {
		nsec_t next = stack_next(w->stack);

		if (next > when || w->now >= when)
			break;
		pass(w, next > w->now ? next : w->now);
	}
	if (when > w->now)
		pass(w, when);
}

void world_inject(struct pkt_world *w, const uint8_t *bytes, size_t len)
{
	struct pkt *p = pkt_new(stack_pkts(w->stack), len);
	struct pkt_frame *f = frame_new(w->now, len);

	memcpy(f->bytes, bytes, len);
	f->inbound = true;
	if (w->tap)
		w->tap(w->tap_ctx, f);
	free(f);
	if (!p)
		abort();
	memcpy(p->data, bytes, len);
	p->len = (uint32_t)len;
	stack_input(w->stack, &w->dev, p, w->now);
	world_settle(w);
}

struct pkt_frame *world_take(struct pkt_world *w)
{
	struct pkt_frame *f = w->first;

	if (f)
		w->first = f->next;
	return f;
}

void world_untake(struct pkt_world *w, struct pkt_frame *f)
{
	f->next = w->first;
	if (!w->first)
		w->last = f;
	w->first = f;
}
