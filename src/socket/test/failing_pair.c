/*
 * failing_pair.c - a sorted list of packets in flight, and an event loop.
 */
#include "socket/test/failing_pair.h"
#include "base/test/test.h"

#include "base/test/failing_memory.h"

struct flying {
	struct flying *next;
	nsec_t at;
	int to;
	uint32_t len;
	uint8_t bytes[];
};

static int wire_send(struct netdev *dev, struct pkt *pkt)
{
	struct failing_pair *p = dev->ctx;
	struct flying *f, **at = &p->first;

	if (prng_below(&p->prng, 100) >= p->loss) {
		f = __real_malloc(sizeof(*f) + pkt_total(pkt));
		assert_non_null(f);
		*f = (struct flying){.to = dev == &p->dev[0], .len = pkt_total(pkt)};
		f->at = p->now + NSEC_MSEC + (nsec_t)prng_below(&p->prng, NSEC_MSEC);
		pkt_bytes(pkt, f->bytes);
		while (*at && (*at)->at <= f->at)
			at = &(*at)->next;
		f->next = *at;
		*at = f;
	}
	pkt_free(pkt);
	return 0;
}

static const struct netdev_ops wire_ops = {.send = wire_send};

/* Without memory for it a packet is lost on arrival, as in a driver. */
static void arrive(struct failing_pair *p)
{
	struct flying *f = p->first;
	struct pkt *pkt = pkt_new(stack_pkts(p->s[f->to]), f->len);

	p->first = f->next;
	if (pkt) {
		pkt->len = f->len;
		memcpy(pkt->data, f->bytes, f->len);
		stack_input(p->s[f->to], &p->dev[f->to], pkt, p->now);
	}
	__real_free(f);
}

void failing_pair_run(struct failing_pair *p, nsec_t span)
{
	nsec_t until = p->now + span;

	for (;;) {
		nsec_t next = p->first ? p->first->at : NSEC_MAX;

		for (int i = 0; i < 2; i++)
			stack_flush(p->s[i], p->now);
		for (int i = 0; i < 2; i++)
			next = stack_next(p->s[i]) < next ? stack_next(p->s[i]) : next;
		p->now = next > until ? until : next > p->now ? next : p->now;
		for (int i = 0; i < 2; i++)
			stack_timers(p->s[i], p->now);
		while (p->first && p->first->at <= p->now)
			arrive(p);
		if (next > until)
			return;
	}
}

static bool end_open(struct failing_pair *p, int i, uint8_t kind)
{
	struct ip_addr four = ip_addr_from_v4(0x0a000001 + (uint32_t)i), six = {.b = {0xfe, 0x80}};

	six.b[15] = (uint8_t)(i + 1);
	p->s[i] = stack_new(
		&(struct stack_config){.seed = (uint64_t)i + 1, .now = p->now, .checked = true});
	if (!p->s[i])
		return false;
	p->dev[i] = (struct netdev){.ops = &wire_ops,
		.ctx = p,
		.name = "w0",
		.mtu = 1500,
		.kind = kind,
		.flags = NETDEV_UP,
		.mac = {{2, 0, 0, 0, 0, (uint8_t)i}}};
	if (stack_attach(p->s[i], &p->dev[i]) < 0 ||
		stack_addr_add(p->s[i], &p->dev[i], &four, 24) < 0 ||
		stack_addr_add(p->s[i], &p->dev[i], &six, 64) < 0)
		return false;
	p->bs[i] = sockets_new(p->s[i], &(struct burble_config){.fds_max = 64});
	return p->bs[i] != NULL;
}

bool failing_pair_open(struct failing_pair *p, uint8_t kind)
{
	return end_open(p, 0, kind) && end_open(p, 1, kind);
}

void failing_pair_close(struct failing_pair *p)
{
	for (int i = 0; i < 2; i++)
		if (p->bs[i])
			sockets_free(p->bs[i]);
	for (int i = 0; i < 2; i++) {
		if (!p->s[i])
			continue;
		stack_flush(p->s[i], p->now);
		if (p->dev[i].ifindex)
			stack_detach(p->s[i], &p->dev[i]);
		stack_free(p->s[i]);
	}
	while (p->first) {
		struct flying *f = p->first;

		p->first = f->next;
		__real_free(f);
	}
}
