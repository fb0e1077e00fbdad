/*
 * stack_ip.c - frames of a stranger into a whole network layer: Ethernet, ARP, IPv4, IPv6,
 * fragments, ICMP and neighbour discovery, with time passing between them.
 *
 *     input = | what (1) | length (1) | bytes | what | length | bytes ...
 *     what: bit 0 a raw packet or a frame; bit 1 make the IPv4 header checksum right; bits 2 and 3
 * let time pass
 */
#include "stack/ip/ip_priv.h"
#include "wire_fuzz.h"

static int swallow(struct netdev *dev, struct pkt *p)
{
	(void)dev;
	pkt_free(p);
	return 0;
}

void tcp_input(struct stack *s, struct pkt *p, const struct ip_rx *rx)
{
	must(rx->head + rx->head_len == p->data && rx->dev->stack == s);
	pkt_free(p);
}

void udp_input(struct stack *s, struct pkt *p, const struct ip_rx *rx)
{
	ip_port_unreachable(s, p, rx);
	pkt_free(p);
}

void tcp_error(struct stack *s, const struct icmp_quote *q, const struct ip_error *e)
{
	if (e->mtu > 0)
		ip_pmtu_told(s, &q->addr.dst, e->mtu);
}

void udp_error(struct stack *s, const struct icmp_quote *q, const struct ip_error *e)
{
	tcp_error(s, q, e);
}

static void timers(struct stack *s, nsec_t to)
{
	struct wheel_timer *t;

	s->now = to;
	while ((t = wheel_pop(&s->wheel, to)) != NULL) {
		struct stack_timer *st = container_of(t, struct stack_timer, t);

		st->fire(s, st);
	}
}

static void feed(struct stack *s, struct netdev *dev, const uint8_t *bytes, size_t n, bool fix)
{
	struct pkt *p = pkt_new(&s->pkts, n);
	struct ipv4_view v;

	must(p != NULL);
	memcpy(p->data, bytes, n);
	p->len = (uint32_t)n;
	size_t at = dev->kind == NETDEV_ETHER ? ETH_HDR_LEN : 0;

	if (fix && n > at && ipv4_view(&v, p->data + at, n - at)) {
		put_be16(p->data + at + 10, 0);
		uint16_t field = csum_fold(csum_add(0, p->data + at, v.hdr_len));

		memcpy(p->data + at + 10, &field, 2);
	}
	ip_input(s, dev, p);
	while (ip_flush(s))
		;
}

static void attach(struct stack *s, struct netdev *dev, enum netdev_kind kind)
{
	static const struct netdev_ops ops = {.send = swallow};
	struct ip_addr four = ip_addr_from_v4(kind == NETDEV_RAW ? 0x0a000001 : 0x0a010001);
	struct ip_addr six = {{0x20, 1, 0x0d, 0xb8, [5] = (uint8_t)kind, [15] = 1}};

	*dev = (struct netdev){.ops = &ops, .mtu = 1500, .kind = (uint8_t)kind, .flags = NETDEV_UP};
	dev->mac[0] = 2;
	must(stack_attach(s, dev) == 0);
	must(stack_addr_add(s, dev, &four, 120) == 0 && stack_addr_add(s, dev, &six, 64) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct stack s;
	struct netdev raw, ether;

	memset(&s, 0, sizeof(s));
	wheel_init(&s.wheel, 0, NSEC_USEC);
	prng_seed(&s.prng, 1);
	sysctl_init(&s.sysctl);
	pkt_pool_init(&s.pkts);
	must(ip_new(&s) != NULL);
	attach(&s, &raw, NETDEV_RAW);
	attach(&s, &ether, NETDEV_ETHER);
	while (size >= 2) {
		uint8_t what = data[0];
		size_t n = size_min(data[1], size - 2);

		feed(&s, what & 1 ? &ether : &raw, data + 2, n, what & 2);
		timers(&s, s.now + (what >> 2 & 3) * 7 * NSEC_SEC);
		data += 2 + n;
		size -= 2 + n;
	}
	ip_free(&s);
	must(s.pkts.small.live + s.pkts.large.live + s.pkts.huge == 0);
	pkt_pool_free(&s.pkts);
	return 0;
}
