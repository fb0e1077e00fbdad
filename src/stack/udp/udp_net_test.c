/*
 * udp_net_test.c - three instances on two Ethernets, in virtual time: ARP, NDP, SLAAC, forwarding,
 * fragmentation and reassembly, path MTU discovery and UDP, end to end.
 *
 *     host a  10.1.0.2 ------------- 10.1.0.1  router  10.2.0.1 ------------- 10.2.0.2  host b
 *             2001:db8:1::/64  (a learns it from the router)   2001:db8:2::2
 */
#include "stack/ip/ndp_out.h"
#include "stack/link/link_in.h"
#include "stack/udp/udp.h"

#include <errno.h>
#include <stdlib.h>

#include "base/prng.h"
#include "base/test/test.h"

enum {
	A,
	R,
	B,
	NODES
};

struct frame {
	struct frame *next;
	struct netdev *to;
	size_t len;
	uint8_t bytes[2048];
};

struct node {
	struct stack s;
	struct netdev dev[2];
};

static struct node *node;      /* NODES of them */
static struct frame *on_wires; /* oldest first */
static uint32_t lose_one_in;   /* 0: none */
static struct prng chance;
static uint64_t carried;

static struct netdev *other_end(const struct netdev *dev)
{
	if (dev == &node[A].dev[0])
		return &node[R].dev[0];
	if (dev == &node[B].dev[0])
		return &node[R].dev[1];
	return dev == &node[R].dev[0] ? &node[A].dev[0] : &node[B].dev[0];
}

static int put_on_wire(struct netdev *dev, struct pkt *p)
{
	struct frame **at = &on_wires, *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_true(pkt_total(p) <= ETH_HDR_LEN + dev->mtu);
	f->to = other_end(dev);
	f->len = pkt_total(p);
	pkt_bytes(p, f->bytes);
	pkt_free(p);
	while (*at != NULL)
		at = &(*at)->next;
	*at = f;
	return 0;
}

static struct ip_addr addr(const char *text)
{
	struct ip_addr a;

	assert_true(ip_addr_parse(&a, text));
	return a;
}

static void has(int n, int dev, const char *a, unsigned bits)
{
	struct ip_addr x = addr(a);

	assert_int_equal(stack_addr_add(&node[n].s, &node[n].dev[dev], &x, bits), 0);
}

static void by_default(int n, const char *dst, unsigned bits, const char *gateway)
{
	struct route r = {.dst = addr(dst), .bits = (uint8_t)bits, .gateway = addr(gateway)};

	r.ifindex = node[n].dev[0].ifindex;
	r.expires = NSEC_MAX;
	assert_int_equal(route_add(stack_routes(&node[n].s), &r), 0);
}

static void bring_up(int n, int devs)
{
	static const struct netdev_ops ops = {.send = put_on_wire};
	struct stack *s = &node[n].s;

	wheel_init(&s->wheel, 0, NSEC_USEC);
	prng_seed(&s->prng, (uint64_t)n + 1);
	sysctl_init(&s->sysctl);
	pkt_pool_init(&s->pkts);
	assert_non_null(ip_new(s));
	assert_non_null(udp_state_new(s));
	for (int i = 0; i < devs; i++) {
		struct netdev *dev = &node[n].dev[i];

		*dev = (struct netdev){
			.ops = &ops, .mtu = 1500, .kind = NETDEV_ETHER, .flags = NETDEV_UP};
		memcpy(dev->mac.b, (uint8_t[]){2, 0, 0, 0, (uint8_t)n, (uint8_t)i}, 6);
		assert_int_equal(stack_attach(s, dev), 0);
	}
}

static void flush_all(void)
{
	for (int n = 0; n < NODES; n++) {
		udp_flush(&node[n].s);
		while (ip_flush(&node[n].s))
			;
	}
}

/* Delivers the frames on the wires, and those sent in response, until there are no more. */
static void settle(void)
{
	flush_all();
	while (on_wires != NULL) {
		struct frame *f = on_wires;
		struct stack *s = f->to->stack;
		struct pkt *p = pkt_new(&s->pkts, f->len);

		on_wires = f->next;
		assert_non_null(p);
		memcpy(p->data, f->bytes, f->len);
		p->len = (uint32_t)f->len;
		carried++;
		if (lose_one_in != 0 && prng_below(&chance, lose_one_in) == 0)
			pkt_free(p);
		else
			link_input(s, f->to, p);
		free(f);
		flush_all();
	}
}

static void fire_due(struct stack *s, nsec_t now)
{
	struct wheel_timer *t;

	s->now = now;
	while ((t = wheel_pop(&s->wheel, now)) != NULL) {
		struct stack_timer *st = container_of(t, struct stack_timer, t);

		st->fire(s, st);
	}
}

static nsec_t next_timer(void)
{
	nsec_t next = NSEC_MAX;

	for (int n = 0; n < NODES; n++) {
		nsec_t t = wheel_next(&node[n].s.wheel);

		next = t < next ? t : next;
	}
	return next;
}

static void run_for(nsec_t span)
{
	nsec_t end = node[A].s.now + span, next;

	settle();
	while ((next = next_timer()) <= end) {
		for (int n = 0; n < NODES; n++)
			fire_due(&node[n].s, next);
		settle();
	}
	for (int n = 0; n < NODES; n++)
		node[n].s.now = end;
}

/* The advertisement of a router daemon on R for the first Ethernet. */
static void advertise(void)
{
	struct ndp n = {.type = NDP_ROUTER_ADVERT, .lifetime_s = 1800, .prefix_count = 1};
	struct ip_pair a = {addr("fe80::ff:fe00:100"), addr("ff02::1")};

	n.prefix[0] = (struct ndp_prefix){addr("2001:db8:1::"), 64, true, true, 86400, 14400};
	ndp_send(&node[R].s, &node[R].dev[0], &n, &a);
}

static int setup(void **state)
{
	node = calloc(NODES, sizeof(*node));
	assert_non_null(node);
	lose_one_in = 0;
	carried = 0;
	prng_seed(&chance, 9);
	bring_up(A, 1);
	bring_up(R, 2);
	bring_up(B, 1);
	node[R].s.sysctl.ip_forward = node[R].s.sysctl.ipv6_forwarding = 1;
	has(A, 0, "10.1.0.2", 24);
	has(R, 0, "10.1.0.1", 24);
	has(R, 1, "10.2.0.1", 24);
	has(B, 0, "10.2.0.2", 24);
	has(R, 0, "2001:db8:1::1", 64);
	has(R, 1, "2001:db8:2::1", 64);
	has(B, 0, "2001:db8:2::2", 64);
	by_default(A, "0.0.0.0", 0, "10.1.0.1");
	by_default(B, "0.0.0.0", 0, "10.2.0.1");
	by_default(B, "::", 0, "2001:db8:2::1");
	run_for(5 * NSEC_SEC); /* duplicate address detection of all */
	advertise();
	run_for(5 * NSEC_SEC); /* and of the addresses that A derived */
	return 0;
}

static int teardown(void **state)
{
	for (int n = 0; n < NODES; n++) {
		udp_state_free(&node[n].s);
		ip_free(&node[n].s);
		assert_int_equal(node[n].s.pkts.small.live + node[n].s.pkts.large.live, 0);
		pkt_pool_free(&node[n].s.pkts);
	}
	free(node);
	return 0;
}

static struct udp_sock *sock(int n, const char *a, uint16_t port)
{
	struct udp_end e = {addr(a), port, 0};
	struct udp_sock *u = udp_new(&node[n].s, NULL, !ip_addr_is_v4(&e.addr));

	assert_non_null(u);
	assert_int_equal(udp_bind(&node[n].s, u, &e), 0);
	return u;
}

static uint8_t out_bytes[65507], in_bytes[65507];

static void sends(int n, struct udp_sock *u, const char *to, size_t len)
{
	struct udp_end e = {addr(to), 7, 0};
	struct iovec iov = {out_bytes, len};
	struct udp_out o = {.to = &e, .iov = &iov, .iovcnt = 1, .tos = -1, .ttl = -1};

	assert_int_equal(udp_send(&node[n].s, u, &o), len);
}

static ssize_t takes(int n, struct udp_sock *u, struct udp_in *in)
{
	struct iovec iov = {in_bytes, sizeof(in_bytes)};

	in->iov = &iov;
	in->iovcnt = 1;
	return udp_recv(&node[n].s, u, in);
}

static const struct {
	const char *a_any, *b;
} version[] = {{"0.0.0.0", "10.2.0.2"}, {"::", "2001:db8:2::2"}};

TEST_IN(datagrams_of_every_length_cross_both_versions, setup, teardown)
{
	static const size_t lens[] = {0, 1, 1472, 1473, 1480, 2953, 20000, 65507 - 20};

	for (size_t i = 0; i < sizeof(out_bytes); i++)
		out_bytes[i] = (uint8_t)(i ^ i >> 8);
	for (int v = 0; v < 2; v++) {
		struct udp_sock *a = sock(A, version[v].a_any, 5000), *b = sock(B, version[v].b, 7);
		struct udp_in in = {0};

		for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
			sends(A, a, version[v].b, lens[i]);
			run_for(NSEC_SEC);
			assert_int_equal(takes(B, b, &in), lens[i]);
			assert_memory_equal(in_bytes, out_bytes, lens[i]);
			assert_int_equal(in.ttl, 63);
		}
		udp_close(&node[A].s, a);
		udp_close(&node[B].s, b);
	}
	assert_int_equal(mib_get(&node[B].s.mib, MIB_IpReasmFails), 0);
	assert_true(mib_get(&node[R].s.mib, MIB_IpForwDatagrams) > 60);
	assert_true(mib_get(&node[R].s.mib, MIB_Ip6OutForwDatagrams) > 60);
}

TEST_IN(the_way_narrows_and_the_sender_learns_it, setup, teardown)
{
	node[R].dev[1].mtu = node[B].dev[0].mtu = 1300;
	for (int v = 0; v < 2; v++) {
		struct udp_sock *a = sock(A, version[v].a_any, 5000), *b = sock(B, version[v].b, 7);
		struct ip_route_key key = {
			.dst = addr(version[v].b), .src = addr(version[v].a_any)};
		struct ip_route path;
		struct udp_in in = {0};

		sends(A, a, version[v].b, 1400); /* with DF: dropped, with an ICMP error */
		run_for(NSEC_SEC);
		assert_int_equal(takes(B, b, &in), -EAGAIN);
		assert_int_equal(ip_route_query(&node[A].s, &key, &path), 0);
		assert_int_equal(path.mtu, 1300);
		sends(A, a, version[v].b, 1400); /* fragmented to fit */
		run_for(NSEC_SEC);
		assert_int_equal(takes(B, b, &in), 1400);
		udp_opts(a)->v4.pmtu = udp_opts(a)->v6.pmtu = UDP_PMTU_DO;
		struct udp_end e = {addr(version[v].b), 7, 0};
		struct iovec iov = {out_bytes, 1400};
		struct udp_out o = {.to = &e, .iov = &iov, .iovcnt = 1, .tos = -1, .ttl = -1};
		assert_int_equal(udp_send(&node[A].s, a, &o), -EMSGSIZE);
		udp_close(&node[A].s, a);
		udp_close(&node[B].s, b);
	}
}

TEST_IN(what_cannot_arrive_comes_back_as_an_error, setup, teardown)
{
	static const struct {
		const char *to;
		int err;
	} row[] = {{"10.2.0.2", ECONNREFUSED}, {"10.2.0.77", EHOSTUNREACH},
		{"192.0.2.1", ENETUNREACH}, {"10.1.0.77", EHOSTUNREACH},
		{"2001:db8:2::2", ECONNREFUSED}, {"2001:db8:2::77", EHOSTUNREACH},
		{"2001:4860::1", ENETUNREACH}};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct ip_addr to = addr(row[i].to);
		struct udp_sock *a = sock(A, ip_addr_is_v4(&to) ? "0.0.0.0" : "::", 5000);

		udp_opts(a)->v4.recverr = udp_opts(a)->v6.recverr = true;
		sends(A, a, row[i].to, 10);
		run_for(10 * NSEC_SEC);
		assert_int_equal(udp_take_error(a), row[i].err);
		udp_close(&node[A].s, a);
	}
}

TEST_IN(on_a_lossy_wire_what_arrives_is_whole, setup, teardown)
{
	struct udp_sock *a, *b;
	struct udp_in in = {0};
	int got = 0;

	a = sock(A, "0.0.0.0", 5000);
	b = sock(B, "10.2.0.2", 7);
	lose_one_in = 20;
	for (int i = 0; i < 200; i++) {
		for (size_t k = 0; k < 5000; k++)
			out_bytes[k] = (uint8_t)(i + (int)k);
		sends(A, a, "10.2.0.2", 5000);
		run_for(NSEC_SEC);
		while (takes(B, b, &in) == 5000) {
			got++;
			for (size_t k = 1; k < 5000; k++)
				assert_int_equal(in_bytes[k], (uint8_t)(in_bytes[0] + k));
		}
	}
	assert_in_range(got, 80, 190);
	lose_one_in = 0;
	run_for(60 * NSEC_SEC);
	assert_int_equal(node[B].s.ip->reasm4.used, 0); /* nothing is leaked */
}

TEST_IN(the_same_seeds_put_the_same_frames_on_the_wires, setup, teardown)
{
	uint64_t before;

	on_a_lossy_wire_what_arrives_is_whole(state);
	before = carried;
	teardown(state);
	setup(state);
	on_a_lossy_wire_what_arrives_is_whole(state);
	assert_int_equal(carried, before);
}
