/* ip_fixture.c - see ip_fixture.h. */
#include "stack/ip/test/ip_fixture.h"
#include "stack/link/link_in.h"
#include "wire/tcp.h"
#include "wire/udp.h"

struct world *w;

static bool is_report(const struct netdev *dev, const struct pkt *p)
{
	static const struct eth_addr routers[] = {
		{{0x33, 0x33, 0, 0, 0, 0x16}}, {{1, 0, 0x5e, 0, 0, 0x16}}};

	return dev->kind == NETDEV_ETHER &&
	       (memcmp(p->data, &routers[0], 6) == 0 || memcmp(p->data, &routers[1], 6) == 0);
}

static int catch_frame(struct netdev *dev, struct pkt *p)
{
	if (w->send_err == 0 && (w->reports || !is_report(dev, p))) {
		struct caught *c = &w->out[w->out_count++];

		assert_true(w->out_count <= CAUGHT_MAX && pkt_total(p) <= sizeof(c->bytes));
		c->len = pkt_total(p);
		pkt_bytes(p, c->bytes);
	}
	pkt_free(p);
	return -(int)w->send_err;
}

static void note(struct pkt *p, const struct ip_rx *rx)
{
	assert_true(p->len <= sizeof(w->last.bytes));
	w->last.rx = *rx;
	w->last.len = p->len;
	w->last.ecn = p->ecn;
	memcpy(w->last.bytes, p->data, p->len);
	pkt_free(p);
}

static void test_tcp_input(struct stack *s, struct pkt *p, const struct ip_rx *rx)
{
	w->tcp_count++;
	note(p, rx);
}

static void test_udp_input(struct stack *s, struct pkt *p, const struct ip_rx *rx)
{
	w->udp_count++;
	ip_port_unreachable(s, p, rx); /* no listener here */
	note(p, rx);
}

static void test_error(struct stack *s, const struct icmp_quote *q, const struct ip_error *e)
{
	w->error_count++;
	w->error = *e;
	w->quote = *q;
}

const struct ip_transport test_tcp = {.input = test_tcp_input, .error = test_error};
static const struct ip_transport test_udp = {.input = test_udp_input, .error = test_error};

const struct netdev_ops test_ops = {.send = catch_frame};
const uint8_t test_mac[6] = {2, 0, 0, 0, 0, 1};
const struct eth_addr peer_hw = {{2, 0, 0, 0, 0, 9}};

void world_open(enum netdev_kind kind)
{
	w = calloc(1, sizeof(*w));
	assert_non_null(w);
	wheel_init(&w->s.wheel, 0, NSEC_USEC);
	prng_seed(&w->s.prng, 1);
	sysctl_init(&w->s.sysctl);
	pkt_pool_init(&w->s.pkts);
	assert_non_null(ip_new(&w->s));
	ip_register(&w->s, IP_PROTO_TCP, &test_tcp);
	ip_register(&w->s, IP_PROTO_UDP, &test_udp);
	w->dev =
		(struct netdev){.ops = &test_ops, .name = "t0", .mtu = 1500, .kind = (uint8_t)kind};
	w->dev.flags = NETDEV_UP;
	memcpy(w->dev.mac.b, test_mac, 6);
	assert_int_equal(stack_attach(&w->s, &w->dev), 0);
}

void world_close(void)
{
	ip_free(&w->s);
	assert_int_equal(w->s.pkts.small.live + w->s.pkts.large.live, 0); /* nothing leaks */
	pkt_pool_free(&w->s.pkts);
	free(w);
	w = NULL;
}

struct ip_addr addr(const char *text)
{
	struct ip_addr a;

	assert_true(ip_addr_parse(&a, text));
	return a;
}

void have(const char *text, unsigned bits)
{
	struct ip_addr a = addr(text);

	assert_int_equal(stack_addr_add(&w->s, &w->dev, &a, bits), 0);
}

int world_begin(void **state)
{
	world_open(NETDEV_RAW);
	have("10.0.0.1", 24);
	have("2001:db8::1", 64);
	return 0;
}

int world_end(void **state)
{
	world_close();
	return 0;
}

void route_via(const char *dst, unsigned bits, const char *gateway)
{
	struct route r = {.dst = addr(dst),
		.bits = (uint8_t)bits,
		.gateway = addr(gateway),
		.ifindex = w->dev.ifindex,
		.expires = NSEC_MAX};

	assert_int_equal(route_add(stack_routes(&w->s), &r), 0);
}

void flush(void)
{
	while (ip_flush(&w->s))
		;
}

void run_until(nsec_t to)
{
	nsec_t next;

	while ((next = wheel_next(&w->s.wheel)) <= to) {
		struct wheel_timer *t;

		w->s.now = next > w->s.now ? next : w->s.now;
		while ((t = wheel_pop(&w->s.wheel, w->s.now)) != NULL) {
			struct stack_timer *st = container_of(t, struct stack_timer, t);

			st->fire(&w->s, st);
		}
		flush();
	}
	w->s.now = to;
}

void comes_in(const uint8_t *bytes, size_t len)
{
	struct pkt *p = pkt_new(&w->s.pkts, len);

	assert_non_null(p);
	memcpy(p->data, bytes, len);
	p->len = (uint32_t)len;
	link_input(&w->s, &w->dev, p);
}

size_t make_ip(uint8_t *out, const struct made *m, const void *data, size_t len)
{
	struct ip_pair a = {addr(m->src), addr(m->dst)};
	struct ipv4 h4 = {.addr = a,
		.id = m->id,
		.frag_off = m->off,
		.mf = m->more,
		.tos = m->tos,
		.ttl = m->ttl ? m->ttl : 64,
		.proto = m->proto,
		.len = (uint16_t)len};
	struct ipv6 h6 = {.addr = a,
		.tclass = m->tos,
		.next = m->proto,
		.hop_limit = m->ttl ? m->ttl : 64,
		.len = (uint16_t)len};
	size_t head = ip_addr_is_v4(&a.src) ? IPV4_HDR_MIN : IPV6_HDR_LEN;

	if (head == IPV4_HDR_MIN)
		ipv4_emit(&h4, out);
	else
		ipv6_emit(&h6, out);
	if (len > 0)
		memcpy(out + head, data, len);
	return head + len;
}

void ip_comes_in(const struct made *m, const void *data, size_t len)
{
	uint8_t p[3000];

	assert_true(len <= sizeof(p) - 40);
	comes_in(p, make_ip(p, m, data, len));
}

void ndp_comes_in(const char *src, const char *dst, const struct ndp *n)
{
	struct ip_pair a = {addr(src), addr(dst)};
	struct made h = {.src = src, .dst = dst, .proto = IP_PROTO_ICMPV6, .ttl = 255};
	struct eth e = {.src = peer_hw, .type = ETH_TYPE_IPV6};
	uint8_t p[600], body[NDP_LEN_MAX];

	memcpy(e.dst.b, test_mac, 6);
	if (ip_addr_is_multicast(&a.dst))
		e.dst = eth_addr_multicast(&a.dst);
	eth_emit(&e, p);
	ndp_emit(n, &a, body);
	comes_in(p, ETH_HDR_LEN + make_ip(p + ETH_HDR_LEN, &h, body, ndp_emit_len(n)));
	flush();
}

int send_ip(const char *src, const char *dst, uint32_t n, bool may_fragment)
{
	struct pkt *p = pkt_new(&w->s.pkts, n);
	struct ip_tx tx = {.addr = {addr(src), addr(dst)},
		.proto = IP_PROTO_UDP,
		.may_fragment = may_fragment};

	assert_non_null(p);
	for (uint32_t i = 0; i < n; i++)
		p->data[i] = (uint8_t)(i * 7 + i / 256);
	p->len = n;
	return ip_out(&w->s, p, &tx);
}
