/* two_hosts.c - the wire between two instances: packets in a list by time of arrival. */
#include "stack/tcp/test/two_hosts.h"
#include "base/test/test.h"

#include "wire/ipv4.h"

#include <stdlib.h>

static void put(struct pair *p, int to, struct pkt *pkt, nsec_t at)
{
	uint32_t i = p->flights++;

	assert(i < PAIR_WIRE);
	while (i > 0 && p->wire[i - 1].at > at) {
		p->wire[i] = p->wire[i - 1];
		i--;
	}
	p->wire[i] = (struct pair_flight){at, pkt, to, p->order++};
}

/* Copies the bytes into a packet of the other instance's pool. */
static struct pkt *carry(struct pair *p, int to, const struct pkt *from)
{
	struct pkt *n = pkt_new(stack_pkts(p->host[to].s), pkt_total(from));

	assert(n);
	pkt_bytes(from, n->data);
	n->len = pkt_total(from);
	return n;
}

static int wire_send(struct netdev *dev, struct pkt *pkt)
{
	struct pair_host *h = dev->ctx;
	struct pair *p = h->pair;
	int to = h == &p->host[0];
	nsec_t at = p->now + p->delay;

	h->sent++;
	if ((p->tamper && p->tamper(p, !to, pkt)) || prng_below(&p->prng, 10000) < p->loss) {
		pkt_free(pkt);
		return 0;
	}
	if (prng_below(&p->prng, 10000) < p->reorder)
		at += (nsec_t)prng_below(&p->prng, (uint64_t)p->delay + 1);
	put(p, to, carry(p, to, pkt), at);
	if (prng_below(&p->prng, 10000) < p->dup)
		put(p, to, carry(p, to, pkt), at + p->delay / 2);
	pkt_free(pkt);
	return 0;
}

static const struct netdev_ops wire_ops = {.send = wire_send};

static void on_notify(void *ctx, void *owner, uint32_t events)
{
	((struct pair_host *)ctx)->events |= events;
}

struct pair *pair_new(uint64_t seed, bool v6)
{
	static const char *const text[2][2] = {{"10.0.0.1", "10.0.0.2"}, {"fd00::1", "fd00::2"}};
	struct pair *p = calloc(1, sizeof(*p));

	assert(p);
	p->now = NSEC_SEC;
	p->delay = 10 * NSEC_MSEC;
	prng_seed(&p->prng, seed);
	for (int i = 0; i < 2; i++) {
		struct pair_host *h = &p->host[i];

		h->pair = p;
		h->s = stack_new(&(struct stack_config){
			.seed = seed + 1 + (uint64_t)i, .now = p->now, .checked = true});
		assert(h->s);
		h->dev = (struct netdev){.ops = &wire_ops,
			.ctx = h,
			.name = "w0",
			.mtu = 1500,
			.kind = NETDEV_RAW,
			.flags = NETDEV_UP};
		stack_attach(h->s, &h->dev);
		ip_addr_parse(&h->addr, text[v6][i]);
		stack_addr_add(h->s, &h->dev, &h->addr, v6 ? 64 : 24);
		tcp_set_events(h->s, &(struct tcp_events){.ctx = h, .notify = on_notify});
	}
	pair_run(p, 2 * NSEC_SEC); /* duplicate address detection */
	return p;
}

void pair_free(struct pair *p)
{
	for (uint32_t i = 0; i < p->flights; i++)
		pkt_free(p->wire[i].p);
	for (int i = 0; i < 2; i++)
		stack_free(p->host[i].s);
	free(p);
}

static void flush(struct pair *p)
{
	for (int i = 0; i < 2; i++)
		stack_flush(p->host[i].s, p->now);
}

bool pair_step(struct pair *p, nsec_t until)
{
	nsec_t next = NSEC_MAX;

	flush(p);
	if (p->flights)
		next = p->wire[0].at;
	for (int i = 0; i < 2; i++) {
		nsec_t t = stack_next(p->host[i].s);

		next = t < next ? t : next;
	}
	if (next > until) {
		p->now = until;
		for (int i = 0; i < 2; i++)
			stack_at(p->host[i].s, p->now);
		return false;
	}
	if (next > p->now)
		p->now = next;
	for (int i = 0; i < 2; i++)
		stack_timers(p->host[i].s, p->now);
	while (p->flights && p->wire[0].at <= p->now) {
		struct pair_flight f = p->wire[0];

		memmove(p->wire, p->wire + 1, --p->flights * sizeof(f));
		stack_input(p->host[f.to].s, &p->host[f.to].dev, f.p, p->now);
	}
	flush(p);
	return true;
}

void pair_run(struct pair *p, nsec_t span)
{
	nsec_t until = p->now + span;

	while (pair_step(p, until))
		;
}

void pair_connect(struct pair *p, struct pair_conn *pc, uint16_t port)
{
	struct tcp_end e = {p->host[1].addr, port, 0};
	bool v6 = !ip_addr_is_v4(&e.addr);
	int err;

	pc->l = tcp_new(p->host[1].s, &p->host[1], v6);
	err = tcp_bind(p->host[1].s, pc->l, &e);
	assert(err == 0);
	err = tcp_listen(p->host[1].s, pc->l, 10);
	assert(err == 0);
	pc->c[0] = tcp_new(p->host[0].s, &p->host[0], v6);
	err = tcp_connect(p->host[0].s, pc->c[0], &e);
	assert(err == 0);
	pair_run(p, 10 * p->delay);
	pc->c[1] = tcp_accept(p->host[1].s, pc->l, &p->host[1]);
	assert(pc->c[1]);
}

void pair_say(struct pair *p, const struct pair_conn *pc, int from, size_t n)
{
	static uint8_t text[65536], room[65536];
	size_t sent = 0, got = 0;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7 + i / 251);
	for (int turn = 0; got < n && turn < 100000; turn++) {
		struct tcp_read r = {.to = room + got, .n = n - got};
		size_t more;

		sent += tcp_send(p->host[from].s, pc->c[from], text + sent, n - sent, 0);
		pair_run(p, NSEC_MSEC);
		more = tcp_read(p->host[!from].s, pc->c[!from], &r);
		tcp_read_done(p->host[!from].s, pc->c[!from], more);
		got += more;
	}
	assert_int_equal(got, n);
	assert_memory_equal(text, room, n);
}

void pair_read(struct pkt *pkt, uint8_t bytes[PAIR_BYTES], struct ip_pair *addr, struct tcp_seg *g)
{
	struct ipv4_view v4;
	struct tcp_view v;
	struct ipv4 h;

	assert_in_range(pkt_total(pkt), 1, PAIR_BYTES);
	pkt_bytes(pkt, bytes);
	assert_true(ipv4_view(&v4, bytes, pkt_total(pkt)) && ipv4_parse(&h, v4) == DROP_NONE);
	*addr = h.addr;
	assert_true(tcp_view(&v, h.data, h.len) && tcp_parse(g, v, addr) == DROP_NONE);
}
