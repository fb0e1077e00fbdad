/*
 * two_instances.c - a sorted list of packets in flight, and an event loop.
 */
#include "socket/test/two_instances.h"

#include "base/test/test.h"
#include "wire/checksum.h"
#include "wire/ipv4.h"

#include <errno.h>
#include <stdlib.h>

struct wire_pkt {
	struct wire_pkt *next;
	nsec_t at;
	int to;
	uint32_t len;
	uint16_t gso;
	bool csum_ok;
	uint8_t bytes[];
};

enum {
	PADDING = 6,
	IP_SUM = 10, /* offset of the checksum */
	TCP_SUM = 16,
};

static bool chance(struct two_instances *p, uint32_t per_mille)
{
	return per_mille > 0 && prng_below(&p->prng, 1000) < per_mille;
}

/* Changes the byte at `at` of p and updates the checksum at `field`. */
static void change(uint8_t *p, uint32_t at, uint8_t value, uint32_t field)
{
	uint16_t sum, from, to;

	memcpy(&from, p + (at & ~1u), sizeof(from));
	p[at] = value;
	memcpy(&to, p + (at & ~1u), sizeof(to));
	memcpy(&sum, p + field, sizeof(sum));
	sum = csum_update16(sum, from, to);
	memcpy(p + field, &sum, sizeof(sum));
}

/* A router with a long queue: marks instead of dropping. */
static void mark(uint8_t *ip)
{
	if (ip[0] == 0x45 && (ip[1] & 3) != 0)
		change(ip, 1, ip[1] | 3, IP_SUM);
}

/* A middlebox that changes anything except the ports and the checksum, or the TOS. */
static void twist(struct two_instances *p, uint8_t *ip, uint32_t len)
{
	uint32_t at = 4 + (uint32_t)prng_below(&p->prng, 28), bit = 1u << prng_below(&p->prng, 8);

	if (ip[0] != 0x45 || ip[9] != IPPROTO_TCP || len < IPV4_HDR_MIN + 32)
		return;
	if (prng_below(&p->prng, 8) == 0)
		change(ip, 1, ip[1] ^ (uint8_t)bit, IP_SUM);
	else if (at < TCP_SUM || at > TCP_SUM + 1)
		change(ip + IPV4_HDR_MIN, at, ip[IPV4_HDR_MIN + at] ^ (uint8_t)bit, TCP_SUM);
}

static void spoil(struct two_instances *p, struct wire_pkt *w)
{
	uint32_t head = p->dev[w->to].kind == NETDEV_ETHER ? ETH_HDR_LEN : 0;

	if (chance(p, p->faults.mark))
		mark(w->bytes + head);
	if (chance(p, p->faults.twist))
		twist(p, w->bytes + head, w->len - head);
	if (chance(p, p->faults.corrupt)) {
		uint32_t at = head + (uint32_t)prng_below(&p->prng, w->len - head);

		w->bytes[at] ^= (uint8_t)(1 << prng_below(&p->prng, 8));
	}
	if (chance(p, p->faults.pad))
		w->len += PADDING;
}

static void put(struct two_instances *p, int to, const struct pkt *from, nsec_t at)
{
	struct wire_pkt *w = calloc(1, sizeof(*w) + pkt_total(from) + PADDING);
	struct wire_pkt **place = &p->first;
	assert_non_null(w);
	*w = (struct wire_pkt){.at = at,
		.to = to,
		.len = pkt_total(from),
		.gso = from->gso,
		.csum_ok = from->csum_partial};
	pkt_bytes(from, w->bytes);
	spoil(p, w);
	while (*place && (*place)->at <= at)
		place = &(*place)->next;
	w->next = *place;
	*place = w;
}

static int wire_send(struct netdev *dev, struct pkt *pkt)
{
	struct two_instances *p = dev->ctx;
	int to = dev == &p->dev[0];
	nsec_t at = p->now + p->faults.delay;
	p->carried += pkt_total(pkt);
	if (p->tap)
		p->tap(p->tap_ctx, 1 - to, pkt);
	if (chance(p, p->faults.refuse)) {
		pkt_free(pkt);
		return -ENOBUFS;
	}
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

struct two_instances *two_new_on(uint64_t seed, enum netdev_kind kind)
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
		p->dev[i].kind = (uint8_t)kind;
		p->dev[i].mac = (struct eth_addr){{2, 0, 0, 0, 0, (uint8_t)(i + 1)}};
		p->dev[i].flags = NETDEV_UP;
		assert_int_equal(stack_attach(p->stack[i], &p->dev[i]), 0);
		assert_int_equal(stack_addr_add(p->stack[i], &p->dev[i], &a, 24), 0);
		p->bs[i] = sockets_new(p->stack[i], &(struct burble_config){.fds_max = 4096});
	}
	return p;
}

struct two_instances *two_new(uint64_t seed)
{
	return two_new_on(seed, NETDEV_RAW);
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
	pkt->gso = w->gso;
	pkt->csum_ok = w->csum_ok;
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
