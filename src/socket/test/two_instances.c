/*
 * two_instances.c - a sorted list of packets in flight, and an event loop.
 */
#include "socket/test/two_instances.h"

#include "base/test/test.h"

#include <stdlib.h>

struct wire_pkt {
	struct wire_pkt *next;
	nsec_t at;
	int to;
	uint32_t len;
	uint8_t bytes[];
};

static void put(struct two_instances *p, int to, const struct pkt *from, nsec_t at)
{
	struct wire_pkt *w = malloc(sizeof(*w) + pkt_total(from)), **place = &p->first;
	assert_non_null(w);
	*w = (struct wire_pkt){.at = at, .to = to, .len = pkt_total(from)};
	pkt_bytes(from, w->bytes);
	while (*place && (*place)->at <= at)
		place = &(*place)->next;
	w->next = *place;
	*place = w;
}

static bool chance(struct two_instances *p, uint32_t per_mille)
{
	return per_mille > 0 && prng_below(&p->prng, 1000) < per_mille;
}

static int wire_send(struct netdev *dev, struct pkt *pkt)
{
	struct two_instances *p = dev->ctx;
	int to = dev == &p->dev[0];
	nsec_t at = p->now + p->faults.delay;
	p->carried += pkt_total(pkt);
	if (!p->faults.cut && !chance(p, p->faults.lose)) {
		if (chance(p, p->faults.reorder))
			at += (nsec_t)prng_below(&p->prng, (uint64_t)p->faults.jitter + 1);
		put(p, to, pkt, at);
		if (chance(p, p->faults.duplicate))
			put(p, to, pkt, at + NSEC_USEC);
	}
	pkt_free(pkt);
	return 0;
}

static const struct netdev_ops wire_ops = {.send = wire_send};

struct two_instances *two_new(uint64_t seed)
{
	struct two_instances *p = calloc(1, sizeof(*p));
	prng_seed(&p->prng, seed);
	p->faults.delay = NSEC_MSEC;
	for (int i = 0; i < 2; i++) {
		struct ip_addr a = ip_addr_from_v4(0x0a000001 + (uint32_t)i);
		struct stack_config c = {.seed = seed + (uint64_t)i + 1};
		p->stack[i] = stack_new(&c);
		assert_non_null(p->stack[i]);
		p->dev[i] = (struct netdev){.ops = &wire_ops, .ctx = p, .name = "wire0"};
		p->dev[i].mtu = 1500;
		p->dev[i].kind = NETDEV_RAW;
		p->dev[i].flags = NETDEV_UP;
		assert_int_equal(stack_attach(p->stack[i], &p->dev[i]), 0);
		assert_int_equal(stack_addr_add(p->stack[i], &p->dev[i], &a, 24), 0);
		p->bs[i] = sockets_new(p->stack[i], &(struct burble_config){.fds_max = 4096});
	}
	return p;
}

void two_free(struct two_instances *p)
{
	for (int i = 0; i < 2; i++) {
		sockets_free(p->bs[i]);
		stack_flush(p->stack[i], p->now);
	}
	while (p->first) {
		struct wire_pkt *w = p->first;
		p->first = w->next;
		free(w);
	}
	for (int i = 0; i < 2; i++) {
		stack_detach(p->stack[i], &p->dev[i]);
		stack_free(p->stack[i]);
	}
	free(p);
}

int two_begin(void **state)
{
	*state = two_new(7);
	return 0;
}

int two_end(void **state)
{
	two_free(*state);
	return 0;
}

void two_flush(struct two_instances *p)
{
	for (int i = 0; i < 2; i++)
		stack_flush(p->stack[i], p->now);
}

static void deliver(struct two_instances *p)
{
	struct wire_pkt *w = p->first;
	struct pkt *pkt = pkt_new(stack_pkts(p->stack[w->to]), w->len);
	assert_non_null(pkt);
	p->first = w->next;
	pkt->len = w->len;
	memcpy(pkt->data, w->bytes, w->len);
	stack_input(p->stack[w->to], &p->dev[w->to], pkt, p->now);
	free(w);
}

bool two_step(struct two_instances *p, nsec_t until)
{
	two_flush(p);
	nsec_t next = p->first ? p->first->at : NSEC_MAX;
	for (int i = 0; i < 2; i++) {
		nsec_t t = stack_next(p->stack[i]);
		next = t < next ? t : next;
	}
	bool happens = next <= until;
	p->now = happens ? (next > p->now ? next : p->now) : until;
	for (int i = 0; i < 2; i++)
		stack_timers(p->stack[i], p->now);
	while (p->first && p->first->at <= p->now)
		deliver(p);
	two_flush(p);
	return happens;
}

void two_run(struct two_instances *p, nsec_t until)
{
	while (two_step(p, until) && p->now < until)
		continue;
}

struct sockaddr_in two_addr(int side, uint16_t port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
	in.sin_addr.s_addr = htonl(0x0a000001 + (uint32_t)side);
	return in;
}
