/*
 * stack_ip.c - network layer: any frames through Ethernet, ARP, IPv4, IPv6, fragments, ICMP and
 * neighbour discovery, with time passing between them.
 *
 *     input = | op (1) | length (1) | bytes | op | length | bytes ...
 *     op: bit 0 frame, not raw packet; bit 1 fix the checksums; bits 2 and 3 let time pass
 */
#include "stack/ip/ip_priv.h"
#include "stack/link/link_in.h"
#include "wire/tcp.h"
#include "wire/udp.h"
#include "wire_fuzz.h"

static int swallow(struct netdev *dev, struct pkt *p)
{
	(void)dev;
	pkt_free(p);
	return 0;
}

static void tcp_in(struct stack *s, struct pkt *p, const struct ip_rx *rx)
{
	must(rx->head + rx->head_len == p->data && rx->dev->stack == s);
	pkt_free(p);
}

static void udp_in(struct stack *s, struct pkt *p, const struct ip_rx *rx)
{
	ip_port_unreachable(s, p, rx);
	pkt_free(p);
}

static void pmtu_error(struct stack *s, const struct icmp_quote *q, const struct ip_error *e)
{
	if (e->mtu > 0)
		ip_pmtu_update(s, &q->addr.dst, e->mtu);
}

static const struct ip_transport tcp = {.input = tcp_in, .error = pmtu_error},
				 udp = {.input = udp_in, .error = pmtu_error};

static void timers(struct stack *s, nsec_t to)
{
	struct wheel_timer *t;

	s->now = to;
	while ((t = wheel_pop(&s->wheel, to)) != NULL) {
		struct stack_timer *st = container_of(t, struct stack_timer, t);

		st->fire(s, st);
	}
}

/* Corrects the checksums of the packet at p, if it is one. */
static void fix_sums(uint8_t *p, size_t n)
{
	struct ipv4_view v4;
	uint16_t field;

	if (n >= IPV6_HDR_LEN + ICMP_HDR_LEN && p[0] >> 4 == 6 && p[6] == IP_PROTO_ICMPV6) {
		struct ip_pair a = {ip_addr_from_v6(p + 8), ip_addr_from_v6(p + 24)};
		size_t len = size_min(n - IPV6_HDR_LEN, get_be16(p + 4));
		uint8_t *m = p + IPV6_HDR_LEN;

		if (len < ICMP_HDR_LEN)
			return;
		put_be16(m + 2, 0);
		field = csum_fold(
			csum_add(csum_pseudo(&a, IP_PROTO_ICMPV6, (uint32_t)len), m, len));
		memcpy(m + 2, &field, 2);
		return;
	}
	if (!ipv4_view(&v4, p, n))
		return;
	put_be16(p + 10, 0);
	field = csum_fold(csum_add(0, p, v4.hdr_len));
	memcpy(p + 10, &field, 2);
	size_t len = size_min(n, get_be16(p + 2));

	if (p[9] != IP_PROTO_ICMP || len < v4.hdr_len + (size_t)ICMP_HDR_LEN)
		return;
	put_be16(p + v4.hdr_len + 2, 0);
	field = csum_fold(csum_add(0, p + v4.hdr_len, len - v4.hdr_len));
	memcpy(p + v4.hdr_len + 2, &field, 2);
}

static void feed(struct stack *s, struct netdev *dev, const uint8_t *bytes, size_t n, bool fix)
{
	struct pkt *p = pkt_new(&s->pkts, n);

	must(p != NULL);
	memcpy(p->data, bytes, n);
	p->len = (uint32_t)n;
	size_t at = dev->kind == NETDEV_ETHER ? ETH_HDR_LEN : 0;

	if (fix && n > at)
		fix_sums(p->data + at, n - at);
	link_input(s, dev, p);
	while (ip_flush(s))
		;
}

static void attach(struct stack *s, struct netdev *dev, enum netdev_kind kind)
{
	static const struct netdev_ops ops = {.send = swallow};
	struct ip_addr four = ip_addr_from_v4(kind == NETDEV_RAW ? 0x0a000001 : 0x0a010001);
	struct ip_addr six = {{0x20, 1, 0x0d, 0xb8, [5] = (uint8_t)kind, [15] = 1}};

	*dev = (struct netdev){.ops = &ops, .mtu = 1500, .kind = (uint8_t)kind, .flags = NETDEV_UP};
	dev->mac.b[0] = 2;
	must(stack_attach(s, dev) == 0);
	s->sysctl.ip_forward = s->sysctl.ipv6_forwarding = kind == NETDEV_RAW;
	must(stack_addr_add(s, dev, &four, 24) == 0 && stack_addr_add(s, dev, &six, 64) == 0);
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
	ip_register(&s, IP_PROTO_TCP, &tcp);
	ip_register(&s, IP_PROTO_UDP, &udp);
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
