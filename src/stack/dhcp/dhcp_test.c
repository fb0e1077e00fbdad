/*
 * dhcp_test.c - a DHCP client in virtual time: the test is its servers and the other hosts of its
 * link, message by message.
 */
#include "base/test/test.h"
#include "stack/dhcp/dhcp_lease.h"
#include "stack/ip/ip_config.h"
#include "wire/ipv4.h"
#include "wire/udp.h"

#include <errno.h>
#include <stdlib.h>

enum {
	SENT_MAX = 256,
	FRAME_MAX = 1600,
};

/* A DHCP message of the client. */
struct sent {
	struct dhcp d;
	struct ip_pair addr;
	nsec_t when;
};

static struct link {
	struct stack *s;
	struct netdev dev;
	struct sent sent[SENT_MAX];
	uint32_t count, arps; /* messages; ARP probes */
	int bound, renewed, lost;
} * l;

static const struct eth_addr mac = {{2, 0, 0, 0, 0, 1}}, other = {{2, 0, 0, 0, 0, 9}};

#define SECONDS(n) ((nsec_t)(n)*NSEC_SEC)

static struct ip_addr v4(const char *text)
{
	struct ip_addr a;

	assert_true(ip_addr_parse(&a, text));
	return a;
}

/* ---- the link ---- */

static void note_dhcp(const struct ipv4 *h)
{
	struct sent *to = &l->sent[l->count];
	struct udp_view uv;
	struct dhcp_view v;
	struct udp u;

	assert_true(udp_view(&uv, h->data, h->len));
	assert_int_equal(udp_parse(&u, uv, &h->addr), DROP_NONE);
	if (u.dport != DHCP_SERVER_PORT)
		return;
	assert_int_equal(u.sport, DHCP_CLIENT_PORT);
	assert_true(l->count < SENT_MAX);
	assert_true(dhcp_view(&v, u.data, u.len));
	assert_int_equal(dhcp_parse(&to->d, v), DROP_NONE);
	to->addr = h->addr;
	to->when = stack_now(l->s);
	l->count++;
}

static int catch_frame(struct netdev *dev, struct pkt *p)
{
	uint8_t bytes[FRAME_MAX];
	struct ipv4_view v;
	struct arp_view av;
	struct arp a;
	struct ipv4 h;

	assert_true(pkt_total(p) <= sizeof(bytes));
	pkt_bytes(p, bytes);
	if (get_be16(bytes + 12) == ETH_TYPE_ARP) {
		assert_true(arp_view(&av, bytes + ETH_HDR_LEN, ARP_LEN));
		assert_int_equal(arp_parse(&a, av), DROP_NONE);
		l->arps += ip_addr_is_any(&a.sender);
	} else if (get_be16(bytes + 12) == ETH_TYPE_IPV4) {
		assert_true(ipv4_view(&v, bytes + ETH_HDR_LEN, pkt_total(p) - ETH_HDR_LEN));
		assert_int_equal(ipv4_parse(&h, v), DROP_NONE);
		if (h.proto == IP_PROTO_UDP)
			note_dhcp(&h);
	}
	pkt_free(p);
	return 0;
}

static void on_event(void *ctx, uint32_t ifindex, enum dhcp_event e)
{
	assert_int_equal(ifindex, l->dev.ifindex);
	l->bound += e == DHCP_EVENT_BOUND;
	l->renewed += e == DHCP_EVENT_RENEWED;
	l->lost += e == DHCP_EVENT_LOST;
}

static int begin(void **state)
{
	static const struct netdev_ops ops = {.send = catch_frame};
	struct stack_config c = {.seed = 1};
	struct dhcp_events ev = {.changed = on_event};

	l = calloc(1, sizeof(*l));
	l->s = stack_new(&c);
	l->dev = (struct netdev){.ops = &ops,
		.name = "t0",
		.mtu = 1500,
		.kind = NETDEV_ETHER,
		.flags = NETDEV_UP,
		.mac = mac};
	assert_int_equal(stack_attach(l->s, &l->dev), 0);
	dhcp_set_events(l->s, &ev);
	assert_int_equal(dhcp_start(l->s, &l->dev), 0);
	return 0;
}

static int end(void **state)
{
	stack_free(l->s);
	free(l);
	return 0;
}

static void run_until(nsec_t to)
{
	nsec_t next;

	while ((next = stack_next(l->s)) <= to) {
		stack_timers(l->s, next > stack_now(l->s) ? next : stack_now(l->s));
		stack_flush(l->s, stack_now(l->s));
	}
	stack_at(l->s, to);
}

static void run_for(nsec_t time)
{
	run_until(stack_now(l->s) + time);
}

static const struct sent *last(void)
{
	assert_true(l->count > 0);
	return &l->sent[l->count - 1];
}

/* Runs until the client has sent one more message; it is of the type. */
static const struct sent *await(enum dhcp_type type)
{
	uint32_t before = l->count;

	while (l->count == before)
		run_until(stack_next(l->s));
	assert_int_equal(last()->d.type, type);
	return last();
}

static void frame_in(const uint8_t *bytes, size_t len)
{
	struct pkt *p = pkt_new(stack_pkts(l->s), len);

	memcpy(p->data, bytes, len);
	p->len = (uint32_t)len;
	stack_input(l->s, &l->dev, p, stack_now(l->s));
	stack_flush(l->s, stack_now(l->s));
}

/* A message from the server, broadcast or, to a client with an address, unicast. */
static void say(const struct dhcp *d)
{
	uint8_t body[DHCP_LEN_MAX], p[FRAME_MAX];
	struct ip_pair a = {d->server, ip_addr_from_v4(UINT32_MAX)};
	struct udp u = {.sport = DHCP_SERVER_PORT, .dport = DHCP_CLIENT_PORT, .data = body};
	struct ipv4 h = {.addr = a, .ttl = 64, .proto = IP_PROTO_UDP};
	struct eth e = {.dst = ETH_ADDR_BROADCAST, .src = other, .type = ETH_TYPE_IPV4};

	if (ip_addr_is_any(&d->server))
		h.addr.src = v4("10.0.0.254");
	dhcp_emit(d, body);
	u.len = (uint16_t)dhcp_emit_len(d);
	h.len = (uint16_t)(UDP_HDR_LEN + u.len);
	eth_emit(&e, p);
	ipv4_emit(&h, p + ETH_HDR_LEN);
	udp_emit(&u, &h.addr, p + ETH_HDR_LEN + IPV4_HDR_MIN);
	frame_in(p, ETH_HDR_LEN + IPV4_HDR_MIN + h.len);
}

/* A reply to the last message: 10.0.0.7/24 for an hour, by 10.0.0.254. */
static struct dhcp reply(enum dhcp_type type)
{
	return (struct dhcp){.op = DHCP_OP_REPLY,
		.type = type,
		.xid = last()->d.xid,
		.chaddr = mac,
		.yiaddr = v4("10.0.0.7"),
		.bits = 24,
		.lease_s = type == DHCP_NAK ? 0 : 3600,
		.server = v4("10.0.0.254"),
		.router = v4("10.0.0.1")};
}

static void answer(enum dhcp_type type)
{
	struct dhcp d = reply(type);

	say(&d);
}

static bool ours(const char *a)
{
	struct ip_addr x = v4(a);

	return ip_is_local(l->s, &x);
}

static const struct route *default_route(void)
{
	struct ip_addr far = v4("192.0.2.1");

	return route_find(stack_routes(l->s), &far, 0, stack_now(l->s));
}

/* Bound to 10.0.0.7, of a server whose hardware address is known. */
static void bind_it(void)
{
	struct ip_addr server = v4("10.0.0.254");

	await(DHCP_DISCOVER);
	answer(DHCP_OFFER);
	answer(DHCP_ACK);
	run_for(SECONDS(8));
	assert_int_equal(l->bound, 1);
	assert_true(ours("10.0.0.7"));
	neigh_set_permanent(&l->s->ip->neigh, l->dev.ifindex, &server, &other);
}

/* An ARP message of another host. */
static void arp_says(uint16_t op, const char *sender, const char *target)
{
	struct arp a = {.op = op, .sender_hw = other, .sender = v4(sender), .target = v4(target)};
	struct eth e = {.dst = ETH_ADDR_BROADCAST, .src = other, .type = ETH_TYPE_ARP};
	uint8_t p[ETH_FRAME_MIN] = {0};

	eth_emit(&e, p);
	arp_emit(&a, p + ETH_HDR_LEN);
	frame_in(p, sizeof(p));
}

static struct dhcp_ignored ignored(void)
{
	return dhcp_ignored(l->s, &l->dev);
}

/* ---- to an address ---- */

TEST_IN(a_client_discovers_requests_probes_and_is_bound, begin, end)
{
	struct ip_addr all = ip_addr_from_v4(UINT32_MAX);
	const struct sent *m = await(DHCP_DISCOVER);
	uint32_t xid = m->d.xid;

	assert_true(m->when < SECONDS(1)); /* after a random delay */
	assert_true(m->d.broadcast && m->d.asks && m->d.max_size == 1472 && m->d.id_len > 0);
	assert_true(ip_addr_is_any(&m->addr.src) && ip_addr_eq(&m->addr.dst, &all));
	answer(DHCP_OFFER);
	m = last();
	assert_int_equal(m->d.type, DHCP_REQUEST);
	assert_int_equal(m->d.xid, xid);
	assert_int_equal(ip_addr_v4(&m->d.requested), 0x0a000007);
	assert_int_equal(ip_addr_v4(&m->d.server), 0x0a0000fe);
	assert_true(ip_addr_is_any(&m->d.ciaddr) && ip_addr_eq(&m->addr.dst, &all));
	answer(DHCP_ACK);
	assert_false(ours("10.0.0.7")); /* not before the link has been probed */
	run_for(SECONDS(8));
	assert_true(ours("10.0.0.7"));
	assert_int_equal(l->arps, 3);
	assert_int_equal(l->bound, 1);
	assert_int_equal(ip_addr_v4(&default_route()->gateway), 0x0a000001);
	assert_int_equal(l->count, 2);
}

TEST_IN(without_an_offer_the_client_asks_ever_more_rarely, begin, end)
{
	static const int about[] = {4, 8, 16, 32, 64, 64, 64};
	const struct sent *m = await(DHCP_DISCOVER);
	uint32_t xid = m->d.xid;
	nsec_t before = m->when, began = m->when;

	for (size_t i = 0; i < ARRAY_SIZE(about); i++) {
		m = await(DHCP_DISCOVER);
		assert_in_range(m->when - before, SECONDS(about[i] - 1), SECONDS(about[i] + 1));
		assert_int_equal(m->d.xid, xid);
		assert_int_equal(m->d.secs, (m->when - began) / NSEC_SEC);
		before = m->when;
	}
}

TEST_IN(a_request_without_an_answer_is_sent_four_times_and_then_all_begins_anew, begin, end)
{
	uint32_t xid = await(DHCP_DISCOVER)->d.xid;

	answer(DHCP_OFFER);
	for (int i = 0; i < 3; i++)
		assert_int_equal(await(DHCP_REQUEST)->d.xid, xid);
	assert_int_not_equal(await(DHCP_DISCOVER)->d.xid, xid);
}

TEST_IN(a_refusal_begins_anew_at_once_and_the_next_one_later, begin, end)
{
	await(DHCP_DISCOVER);
	answer(DHCP_OFFER);
	answer(DHCP_NAK);
	nsec_t first = stack_now(l->s);

	assert_int_equal(await(DHCP_DISCOVER)->when, first);
	answer(DHCP_OFFER);
	answer(DHCP_NAK);
	assert_in_range(await(DHCP_DISCOVER)->when - first, SECONDS(3), SECONDS(5));
}

TEST_IN(a_server_that_refuses_everything_gets_few_messages, begin, end)
{
	await(DHCP_DISCOVER);
	while (stack_now(l->s) < SECONDS(3600)) {
		answer(DHCP_OFFER);
		answer(DHCP_NAK);
		await(DHCP_DISCOVER);
	}
	assert_true(l->count < 2 * 70);
}

TEST_IN(of_two_servers_the_first_is_asked_and_the_other_ignored, begin, end)
{
	struct dhcp second;

	await(DHCP_DISCOVER);
	second = reply(DHCP_OFFER);
	second.server = v4("10.0.0.253");
	second.yiaddr = v4("10.0.0.8");
	answer(DHCP_OFFER);
	say(&second);
	assert_int_equal(l->count, 2);
	assert_int_equal(ip_addr_v4(&last()->d.server), 0x0a0000fe);
	second.type = DHCP_ACK;
	say(&second);
	second.type = DHCP_NAK;
	say(&second);
	assert_int_equal(ignored().unexpected, 3);
	answer(DHCP_ACK);
	run_for(SECONDS(8));
	assert_true(ours("10.0.0.7") && !ours("10.0.0.8"));
}

TEST_IN(an_address_that_another_host_has_is_declined, begin, end)
{
	await(DHCP_DISCOVER);
	answer(DHCP_OFFER);
	answer(DHCP_ACK);
	run_for(SECONDS(1));
	arp_says(ARP_REQUEST, "10.0.0.3", "10.0.0.7"); /* asks only */
	assert_int_equal(l->count, 2);
	arp_says(ARP_REPLY, "10.0.0.7", "0.0.0.0");
	const struct sent *m = last();

	assert_int_equal(m->d.type, DHCP_DECLINE);
	assert_int_equal(ip_addr_v4(&m->d.requested), 0x0a000007);
	assert_int_equal(ip_addr_v4(&m->d.server), 0x0a0000fe);
	assert_true(ip_addr_is_any(&m->d.ciaddr) && !m->d.broadcast);
	nsec_t then = m->when;

	assert_in_range(await(DHCP_DISCOVER)->when - then, SECONDS(10), SECONDS(12));
	assert_false(ours("10.0.0.7"));
	assert_int_equal(l->bound, 0);
}

TEST_IN(an_address_that_another_host_probes_for_is_declined_too, begin, end)
{
	await(DHCP_DISCOVER);
	answer(DHCP_OFFER);
	answer(DHCP_ACK);
	arp_says(ARP_REQUEST, "0.0.0.0", "10.0.0.7");
	assert_int_equal(last()->d.type, DHCP_DECLINE);
}

TEST_IN(an_address_that_is_configured_here_is_declined, begin, end)
{
	struct ip_addr a = v4("10.0.0.7");

	await(DHCP_DISCOVER);
	answer(DHCP_OFFER);
	answer(DHCP_ACK);
	assert_int_equal(stack_addr_add(l->s, &l->dev, &a, 24), 0);
	await(DHCP_DECLINE);
	assert_true(ours("10.0.0.7") && l->bound == 0);
}

/* ---- with an address ---- */

TEST_IN(at_half_of_the_time_the_server_is_asked_and_prolongs, begin, end)
{
	bind_it();
	nsec_t expires = dhcp_lease(l->s, &l->dev)->expires;
	const struct sent *m = await(DHCP_REQUEST);

	assert_in_range(expires - m->when, SECONDS(1800), SECONDS(1800 + 1800 / 16));
	assert_int_equal(ip_addr_v4(&m->addr.dst), 0x0a0000fe);
	assert_int_equal(ip_addr_v4(&m->addr.src), 0x0a000007);
	assert_int_equal(ip_addr_v4(&m->d.ciaddr), 0x0a000007);
	assert_true(ip_addr_is_any(&m->d.requested) && ip_addr_is_any(&m->d.server));
	answer(DHCP_ACK);
	assert_int_equal(l->renewed, 1);
	assert_int_equal(dhcp_lease(l->s, &l->dev)->expires, m->when + SECONDS(3600));
	assert_true(ours("10.0.0.7") && l->lost == 0);
}

TEST_IN(a_renewal_may_bring_another_router_and_mtu, begin, end)
{
	struct ip_addr far = v4("192.0.2.1");
	struct dhcp d;

	bind_it();
	await(DHCP_REQUEST);
	d = reply(DHCP_ACK);
	d.router = v4("10.0.0.2");
	d.mtu = 1400;
	d.bits = 0; /* as before */
	say(&d);
	assert_int_equal(ip_addr_v4(&default_route()->gateway), 0x0a000002);
	struct ip_route_key key = {.dst = far, .src = IP_ADDR_ANY4};
	struct ip_route path;

	assert_int_equal(ip_route_query(l->s, &key, &path), 0);
	assert_int_equal(path.mtu, 1400);
	assert_int_equal(ip_addr_v4(&path.src), 0x0a000007);
}

TEST_IN(at_seven_eighths_every_server_is_asked_and_another_may_prolong, begin, end)
{
	struct dhcp d;

	bind_it();
	nsec_t expires = dhcp_lease(l->s, &l->dev)->expires;

	const struct sent *m = await(DHCP_REQUEST);
	while (ip_addr_v4(&m->addr.dst) == 0x0a0000fe)
		m = await(DHCP_REQUEST);
	assert_int_equal(ip_addr_v4(&m->addr.dst), UINT32_MAX);
	assert_int_equal(expires - m->when, SECONDS(450));
	d = reply(DHCP_ACK);
	d.server = v4("10.0.0.253");
	say(&d);
	assert_int_equal(l->renewed, 1);
	assert_int_equal(ip_addr_v4(&dhcp_lease(l->s, &l->dev)->server), 0x0a0000fd);
}

TEST_IN(while_renewing_the_client_asks_after_half_of_what_is_left_but_a_minute_at_least, begin, end)
{
	struct dhcp_lease lease;
	nsec_t left;

	bind_it();
	lease = *dhcp_lease(l->s, &l->dev);
	left = lease.rebind_at - await(DHCP_REQUEST)->when;
	while (left / 2 > SECONDS(60)) {
		nsec_t now = lease.rebind_at - await(DHCP_REQUEST)->when;

		assert_in_range(now, left / 2 - NSEC_SEC, left / 2 + NSEC_SEC);
		left = now;
	}
	assert_in_range(await(DHCP_REQUEST)->when - (lease.rebind_at - left),
		SECONDS(60) - NSEC_MSEC, SECONDS(60) + NSEC_MSEC);
}

TEST_IN(an_expired_lease_takes_address_and_route_with_it, begin, end)
{
	bind_it();
	nsec_t expires = dhcp_lease(l->s, &l->dev)->expires;

	run_until(expires - 1);
	assert_true(ours("10.0.0.7") && default_route() != NULL && l->lost == 0);
	run_until(expires + NSEC_MSEC);
	assert_false(ours("10.0.0.7"));
	assert_null(default_route());
	assert_null(dhcp_lease(l->s, &l->dev));
	assert_int_equal(l->lost, 1);
	assert_int_equal(last()->d.type, DHCP_DISCOVER);
	answer(DHCP_OFFER);
	answer(DHCP_ACK);
	run_for(SECONDS(8));
	assert_int_equal(l->bound, 2);
}

TEST_IN(a_refusal_while_renewing_ends_the_lease_at_once, begin, end)
{
	bind_it();
	await(DHCP_REQUEST);
	answer(DHCP_NAK);
	assert_false(ours("10.0.0.7"));
	assert_int_equal(l->lost, 1);
	await(DHCP_DISCOVER);
}

TEST_IN(a_renewal_for_another_address_ends_the_lease, begin, end)
{
	struct dhcp d;

	bind_it();
	await(DHCP_REQUEST);
	d = reply(DHCP_ACK);
	d.yiaddr = v4("10.0.0.8");
	say(&d);
	assert_false(ours("10.0.0.7") || ours("10.0.0.8"));
	assert_int_equal(l->lost, 1);
}

TEST_IN(a_lease_is_released_and_everything_is_removed, begin, end)
{
	bind_it();
	dhcp_release(l->s, &l->dev);
	stack_flush(l->s, stack_now(l->s));
	assert_int_equal(last()->d.type, DHCP_RELEASE);
	assert_int_equal(ip_addr_v4(&last()->addr.dst), 0x0a0000fe);
	assert_int_equal(ip_addr_v4(&last()->d.ciaddr), 0x0a000007);
	assert_int_equal(ip_addr_v4(&last()->d.server), 0x0a0000fe);
	dhcp_stop(l->s, &l->dev);
	assert_false(ours("10.0.0.7") || dhcp_runs(l->s, &l->dev));
	assert_null(default_route());
	uint32_t before = l->count;

	run_for(SECONDS(10000));
	assert_int_equal(l->count, before);
}

TEST_IN(an_interface_that_is_detached_has_no_client_any_more, begin, end)
{
	bind_it();
	stack_detach(l->s, &l->dev);
	run_for(SECONDS(10000));
	assert_int_equal(stack_attach(l->s, &l->dev), 0);
	assert_false(dhcp_runs(l->s, &l->dev));
	assert_null(dhcp_lease(l->s, &l->dev));
}

TEST_IN(there_is_one_client_for_an_interface_and_only_for_ethernet, begin, end)
{
	assert_int_equal(dhcp_start(l->s, &l->dev), -EALREADY);
	assert_int_equal(dhcp_start(l->s, stack_netdev(l->s, 1)), -EOPNOTSUPP);
}

/* ---- hostile servers ---- */

TEST_IN(replies_for_other_clients_are_ignored, begin, end)
{
	struct dhcp d;

	await(DHCP_DISCOVER);
	d = reply(DHCP_OFFER);
	d.xid++;
	say(&d);
	d = reply(DHCP_OFFER);
	d.chaddr = other;
	say(&d);
	d = reply(DHCP_OFFER);
	d.id_len = 3;
	say(&d);
	d = reply(DHCP_OFFER);
	d.op = DHCP_OP_REQUEST;
	say(&d);
	assert_int_equal(ignored().foreign, 4);
	answer(DHCP_ACK); /* nothing was requested */
	assert_int_equal(ignored().unexpected, 1);
	assert_int_equal(l->count, 1);
}

TEST_IN(an_identifier_that_is_echoed_is_ours, begin, end)
{
	struct dhcp d;

	await(DHCP_DISCOVER);
	d = reply(DHCP_OFFER);
	d.id_len = last()->d.id_len;
	memcpy(d.id, last()->d.id, d.id_len);
	say(&d);
	assert_int_equal(last()->d.type, DHCP_REQUEST);
}

TEST_IN(what_is_no_address_of_a_host_is_not_taken, begin, end)
{
	static const char *const bad[] = {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1",
		"255.255.255.255", "10.0.0.0", "10.0.0.255"};
	struct dhcp d;

	await(DHCP_DISCOVER);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		d = reply(DHCP_OFFER);
		d.yiaddr = v4(bad[i]);
		say(&d);
	}
	d = reply(DHCP_OFFER);
	d.server = v4("0.0.0.0");
	say(&d);
	assert_int_equal(ignored().unacceptable, ARRAY_SIZE(bad) + 1);
	assert_int_equal(l->count, 1);
}

/* The lease that the client makes of d, at once. */
static struct dhcp_lease made_of(const struct dhcp *d)
{
	struct dhcp_lease lease;

	assert_true(dhcp_lease_read(l->s, &l->dev, d, stack_now(l->s), &lease));
	return lease;
}

TEST_IN(absurd_times_are_refused_or_replaced, begin, end)
{
	struct dhcp_lease lease;
	struct dhcp d;

	await(DHCP_DISCOVER);
	d = reply(DHCP_OFFER);
	d.lease_s = 9;
	assert_false(dhcp_lease_read(l->s, &l->dev, &d, stack_now(l->s), &lease));
	d.lease_s = 10;
	lease = made_of(&d);
	assert_in_range(lease.renew_at - stack_now(l->s), SECONDS(4), SECONDS(5));
	d.t1_s = 1; /* would be asked for every second */
	d.t2_s = 1;
	lease = made_of(&d);
	assert_in_range(lease.renew_at - stack_now(l->s), SECONDS(4), SECONDS(5));
	d.lease_s = 3600;
	d.t1_s = 3000;
	d.t2_s = 4000; /* after the end */
	lease = made_of(&d);
	assert_int_equal(lease.renew_at - stack_now(l->s), SECONDS(3000));
	assert_int_equal(lease.rebind_at - stack_now(l->s), SECONDS(3150));
	d.t1_s = 2000;
	d.t2_s = 1000; /* before T1 */
	lease = made_of(&d);
	assert_true(lease.renew_at < lease.rebind_at);
	d.lease_s = UINT32_MAX - 1;
	d.t1_s = d.t2_s = UINT32_MAX;
	lease = made_of(&d);
	assert_int_equal(lease.expires - stack_now(l->s), SECONDS(UINT32_MAX - 1));
	assert_false(
		dhcp_lease_read(l->s, &l->dev, &d, stack_now(l->s) - SECONDS(UINT32_MAX), &lease));
}

TEST_IN(a_lease_for_ever_is_not_asked_for_again, begin, end)
{
	struct dhcp d;

	await(DHCP_DISCOVER);
	answer(DHCP_OFFER);
	d = reply(DHCP_ACK);
	d.lease_s = UINT32_MAX;
	d.t1_s = 5;
	say(&d);
	run_for(SECONDS(100000));
	assert_int_equal(l->count, 2);
	assert_true(ours("10.0.0.7"));
}

TEST_IN(an_mtu_that_would_cripple_is_ignored_and_masks_have_defaults, begin, end)
{
	struct dhcp d;

	await(DHCP_DISCOVER);
	d = reply(DHCP_OFFER);
	d.mtu = 68;
	d.bits = 0;
	d.router = d.yiaddr;
	assert_int_equal(made_of(&d).mtu, 0);
	assert_int_equal(made_of(&d).bits, 8);
	struct dhcp_lease lease = made_of(&d);

	assert_true(ip_addr_is_any(&lease.router)); /* not itself */
	d.mtu = 9000;                               /* more than the device can */
	d.yiaddr = v4("172.16.0.7");
	assert_int_equal(made_of(&d).mtu, 0);
	assert_int_equal(made_of(&d).bits, 16);
	d.mtu = 576;
	d.yiaddr = v4("192.168.0.7");
	assert_int_equal(made_of(&d).mtu, 576);
	assert_int_equal(made_of(&d).bits, 24);
}

/* ---- classless routes (RFC 3442) ---- */

/* The gateway to a destination; 0.0.0.0: on the link; 255.255.255.255: no route. */
static struct ip_addr way_to(const char *dst)
{
	struct ip_addr to = v4(dst);
	const struct route *r = route_find(stack_routes(l->s), &to, 0, stack_now(l->s));

	return r == NULL ? ip_addr_from_v4(UINT32_MAX) : r->gateway;
}

static void assert_way(const char *dst, const char *gateway)
{
	struct ip_addr want = v4(gateway), got = way_to(dst);

	assert_true(ip_addr_eq(&want, &got));
}

static struct dhcp_route to(const char *dst, uint8_t bits, const char *router)
{
	return (struct dhcp_route){v4(dst), v4(router), bits};
}

TEST_IN(classless_routes_take_the_place_of_the_router_and_go_with_the_lease, begin, end)
{
	struct dhcp d;

	await(DHCP_DISCOVER);
	answer(DHCP_OFFER);
	d = reply(DHCP_ACK);
	d.route_count = 4;
	d.route[0] = to("172.16.0.0", 12, "10.0.0.2");
	d.route[1] = to("192.168.7.0", 24, "0.0.0.0"); /* on the link */
	d.route[2] = to("0.0.0.0", 0, "10.0.0.3");
	d.route[3] = d.route[2];
	say(&d);
	run_for(SECONDS(8));
	assert_int_equal(l->bound, 1);
	assert_way("172.16.5.5", "10.0.0.2");
	assert_way("192.168.7.9", "0.0.0.0");
	assert_way("192.0.2.1", "10.0.0.3"); /* not the router's 10.0.0.1 */
	assert_int_equal(ip_addr_v4(&dhcp_lease(l->s, &l->dev)->router), 0x0a000003);
	dhcp_stop(l->s, &l->dev);
	assert_way("172.16.5.5", "255.255.255.255");
	assert_way("192.168.7.9", "255.255.255.255");
	assert_way("192.0.2.1", "255.255.255.255");
}

TEST_IN(a_renewal_may_bring_other_routes, begin, end)
{
	struct dhcp d;

	bind_it();
	assert_way("192.0.2.1", "10.0.0.1");
	await(DHCP_REQUEST);
	d = reply(DHCP_ACK);
	d.route_count = 1;
	d.route[0] = to("172.16.0.0", 12, "10.0.0.1");
	say(&d);
	assert_int_equal(l->renewed, 1);
	assert_way("172.16.5.5", "10.0.0.1");
	assert_way("192.0.2.1", "255.255.255.255");
}

TEST_IN(absurd_classless_routes_are_left_out, begin, end)
{
	struct dhcp d;

	await(DHCP_DISCOVER);
	answer(DHCP_OFFER);
	d = reply(DHCP_ACK);
	d.route_count = 5;
	d.route[0] = to("224.0.0.0", 4, "10.0.0.2");
	d.route[1] = to("127.0.0.0", 8, "10.0.0.2");
	d.route[2] = to("172.16.0.0", 12, "10.0.0.7"); /* itself */
	d.route[3] = to("172.16.0.0", 12, "255.255.255.255");
	d.route[4] = to("172.16.0.0", 12, "10.0.0.2");
	say(&d);
	run_for(SECONDS(8));
	assert_int_equal(dhcp_lease(l->s, &l->dev)->route_count, 1);
	assert_way("172.16.5.5", "10.0.0.2");
	assert_way("239.1.1.1", "255.255.255.255");
	assert_true(ip_addr_is_any(&dhcp_lease(l->s, &l->dev)->router));
}

/* ---- an address of before (INIT-REBOOT) ---- */

static void ask_for(const char *address)
{
	struct ip_addr a = v4(address);

	assert_int_equal(dhcp_ask_for(l->s, &l->dev, &a), 0);
}

TEST_IN(an_address_of_before_is_requested_without_a_discover, begin, end)
{
	const struct sent *m;

	ask_for("10.0.0.7");
	m = await(DHCP_REQUEST);
	assert_int_equal(ip_addr_v4(&m->d.requested), 0x0a000007);
	assert_true(ip_addr_is_any(&m->d.server) && ip_addr_is_any(&m->d.ciaddr) && m->d.broadcast);
	answer(DHCP_OFFER);
	assert_int_equal(ignored().unexpected, 1);
	answer(DHCP_ACK);
	assert_false(ours("10.0.0.7"));
	run_for(SECONDS(8));
	assert_true(ours("10.0.0.7") && l->bound == 1 && l->count == 1);
	await(DHCP_REQUEST); /* renewed by the server that granted it */
	assert_int_equal(ip_addr_v4(&dhcp_lease(l->s, &l->dev)->server), 0x0a0000fe);
}

TEST_IN(an_address_of_before_that_is_refused_is_not_asked_for_again, begin, end)
{
	ask_for("10.0.0.9");
	await(DHCP_REQUEST);
	answer(DHCP_NAK);
	await(DHCP_DISCOVER);
	answer(DHCP_OFFER);
	answer(DHCP_ACK);
	run_for(SECONDS(8));
	assert_true(ours("10.0.0.7"));
}

TEST_IN(without_an_answer_any_address_is_sought_after_two_requests, begin, end)
{
	nsec_t first;

	ask_for("10.0.0.7");
	first = await(DHCP_REQUEST)->when;
	await(DHCP_REQUEST);
	assert_in_range(await(DHCP_DISCOVER)->when - first, SECONDS(10), SECONDS(14));
}

TEST_IN(an_address_of_before_is_named_in_time_and_that_of_a_host, begin, end)
{
	struct ip_addr a = v4("10.0.0.7"), group = v4("224.0.0.1");

	assert_int_equal(dhcp_ask_for(l->s, &l->dev, &group), -EINVAL);
	await(DHCP_DISCOVER);
	assert_int_equal(dhcp_ask_for(l->s, &l->dev, &a), -EALREADY);
	dhcp_stop(l->s, &l->dev);
	assert_int_equal(dhcp_ask_for(l->s, &l->dev, &a), -ENOENT);
}
