/* ip_gateway_test.c - a gateway that does not answer is left for another, and taken back. */
#include "base/test/test.h"
#include "stack/ip/ip_dst.h"
#include "stack/ip/test/ip_fixture.h"
#include "wire/icmp.h"

enum {
	ROUTERS = 4, /* fe80::1:1 to fe80::1:4, at 2:0:0:0:1:N */
};

/* Which of the routers answer solicitations, and who was asked. */
struct routers {
	bool alive[ROUTERS + 1];
	uint32_t asked[ROUTERS + 1];
	uint32_t carried[ROUTERS + 1]; /* packets to other destinations */
};

static struct routers r;

static int ether(void **state)
{
	world_open(NETDEV_ETHER);
	r = (struct routers){0};
	run_until(
		20 * NSEC_SEC); /* duplicate address detection and router solicitations are over */
	w->out_count = 0;
	return 0;
}

static const char *name_of(int i)
{
	static const char *const names[] = {
		"::", "fe80::1:1", "fe80::1:2", "fe80::1:3", "fe80::1:4"};

	return names[i];
}

static void advertises(int i, int8_t preference)
{
	struct ndp n = {.type = NDP_ROUTER_ADVERT,
		.lifetime_s = 9000,
		.preference = preference,
		.has_hw = true,
		.hw = {{2, 0, 0, 0, 1, (uint8_t)i}}};

	r.alive[i] = true;
	ndp_comes_in(name_of(i), "ff02::1", &n);
}

static void answers(int i)
{
	struct ndp n = {.type = NDP_NEIGHBOUR_ADVERT,
		.solicited = true,
		.override = true,
		.router = true,
		.target = addr(name_of(i)),
		.has_hw = true,
		.hw = {{2, 0, 0, 0, 1, (uint8_t)i}}};

	ndp_comes_in(name_of(i), "fe80::ff:fe00:1", &n);
}

/* The routers see the frames sent since, and the living ones answer. */
static void routers_see(void)
{
	uint32_t n = w->out_count;

	for (uint32_t f = 0; f < n; f++) {
		const uint8_t *e = w->out[f].bytes, *ip = e + ETH_HDR_LEN;
		bool asks = ip[6] == IP_PROTO_ICMPV6 && ip[40] == NDP_NEIGHBOUR_SOLICIT;
		int i = asks ? ip[63] : e[4] == 1 ? e[5] : 0;

		if (i < 1 || i > ROUTERS || (asks && ip[61] != 1))
			continue;
		r.asked[i] += asks;
		r.carried[i] += !asks;
		if (asks && r.alive[i])
			answers(i);
	}
	w->out_count = 0;
}

/* The gateway to another network: its number; 0: none. */
static int way_to(const char *dst)
{
	struct ip_addr far = addr(dst);
	const struct ip_dst *d = ip_dst_lookup(&w->s, &far, 0);

	return d->err != 0 || ip_addr_eq(&d->nexthop, &far) ? 0 : d->nexthop.b[15];
}

static int way(void)
{
	return way_to("2001:4860::8");
}

/* Sends one packet a second. */
static void time_passes(int seconds)
{
	for (int i = 0; i < seconds; i++) {
		run_until(w->s.now + NSEC_SEC);
		send_ip("fe80::ff:fe00:1", "2001:4860::8", 8, false);
		flush();
		routers_see();
	}
}

TEST_IN(a_router_that_does_not_answer_is_left_for_another, ether, world_end)
{
	advertises(1, 0);
	advertises(2, 0);
	time_passes(60);
	assert_int_equal(way(), 1);
	assert_int_equal(r.carried[2], 0);
	r.alive[1] = false;
	time_passes(60); /* at most 45 s reachable, 5 s of delay, 3 probes */
	assert_int_equal(way(), 2);
	assert_true(r.carried[2] > 0);
}

/* RFC 4861 section 7.3.1. */
TEST_IN(a_router_through_which_tcp_makes_progress_is_kept_without_an_answer, ether, world_end)
{
	struct ip_addr far = addr("2001:4860::8");

	advertises(1, 0);
	advertises(2, 0);
	time_passes(10);
	r.alive[1] = false;
	r.asked[1] = 0;
	for (int i = 0; i < 100; i++) {
		ip_neigh_confirm(&w->s, &far);
		time_passes(2);
	}
	assert_int_equal(way(), 1);
	assert_int_equal(r.asked[1], 0);
}

/* RFC 4191 section 3.2, and the probes of section 3.5. */
TEST_IN(a_preferred_router_is_asked_every_minute_and_taken_back, ether, world_end)
{
	advertises(1, -1);
	advertises(2, 1);
	time_passes(2);
	assert_int_equal(way(), 2);
	r.alive[2] = false;
	time_passes(60);
	assert_int_equal(way(), 1);
	r.asked[2] = 0;
	time_passes(600);
	assert_in_range(r.asked[2], 9, 10);
	r.alive[2] = true;
	time_passes(62);
	assert_int_equal(way(), 2);
}

TEST_IN(a_router_that_advertises_itself_again_is_taken_back_at_once, ether, world_end)
{
	advertises(1, 0);
	advertises(2, 0);
	time_passes(1);
	r.alive[1] = false;
	time_passes(60);
	assert_int_equal(way(), 2);
	advertises(1, 0);
	assert_int_equal(way(), 1);
}

/* RFC 4861 section 6.3.6: so that all are probed. */
TEST_IN(of_routers_that_do_not_answer_each_has_its_turn, ether, world_end)
{
	for (int i = 1; i <= 3; i++)
		advertises(i, 0);
	time_passes(1);
	for (int i = 1; i <= 3; i++)
		r.alive[i] = false;
	time_passes(90);
	for (int i = 1; i <= 3; i++)
		r.asked[i] = 0;
	w->s.sysctl.ipv6_router_probe_interval = 100000;
	time_passes(60);
	for (int i = 1; i <= 3; i++)
		assert_in_range(r.asked[i], 15, 25);
	r.alive[3] = true;
	time_passes(15);
	assert_int_equal(way(), 3);
}

TEST_IN(a_longer_prefix_gives_way_when_its_gateway_is_dead, ether, world_end)
{
	advertises(1, 0);
	route_via("2001:4860::", 32, name_of(2));
	time_passes(3);
	assert_int_equal(way(), 2);
	time_passes(2); /* three solicitations without an answer */
	assert_int_equal(way(), 1);
}

TEST_IN(a_router_takes_its_ipv6_routes_as_they_are, ether, world_end)
{
	route_via("2001:4860::", 32, name_of(2));
	route_via("::", 0, name_of(1));
	w->s.sysctl.ipv6_forwarding = 1;
	time_passes(10);
	assert_int_equal(way(), 2);
}

/* RFC 4861 section 7.2.5: the router flag goes from set to clear. */
TEST_IN(a_host_that_was_a_router_is_no_way_out, ether, world_end)
{
	struct ndp n = {.type = NDP_NEIGHBOUR_ADVERT, .target = addr(name_of(1)), .override = true};

	advertises(1, 1);
	advertises(2, 0);
	assert_int_equal(way(), 1);
	uint32_t learnt = w->s.ip->learnt;

	ndp_comes_in(name_of(1), "ff02::1", &n);
	assert_int_equal(way(), 2);
	assert_int_equal(w->s.ip->learnt, learnt - 1);
}

TEST_IN(a_neighbour_that_is_no_gateway_changes_no_route, ether, world_end)
{
	uint32_t before = ip_route_gen(&w->s);

	assert_int_equal(send_ip("fe80::ff:fe00:1", "fe80::1:4", 8, false), 0);
	run_until(w->s.now + 10 * NSEC_SEC);
	assert_int_equal(ip_route_gen(&w->s), before);
}

/* IPv4, after Linux: 10.0.0.101 and 10.0.0.102 do not answer. */
static void v4_route(const char *dst, unsigned bits, const char *gateway, uint32_t metric)
{
	struct route route = {.dst = addr(dst),
		.bits = (uint8_t)bits,
		.gateway = addr(gateway),
		.metric = metric,
		.ifindex = w->dev.ifindex,
		.expires = NSEC_MAX};

	assert_int_equal(route_add(stack_routes(&w->s), &route), 0);
}

static int v4_way_after_a_failure(void)
{
	assert_int_equal(send_ip("10.0.0.1", "192.0.2.1", 8, false), 0);
	flush();
	run_until(w->s.now + 10 * NSEC_SEC);
	return way_to("192.0.2.1");
}

TEST_IN(an_ipv4_default_route_gives_way_to_another_of_its_metric, ether, world_end)
{
	have("10.0.0.1", 24);
	v4_route("0.0.0.0", 0, "10.0.0.101", 0);
	v4_route("0.0.0.0", 0, "10.0.0.102", 0);
	assert_int_equal(way_to("192.0.2.1"), 101);
	assert_int_equal(v4_way_after_a_failure(), 102);
	assert_int_equal(v4_way_after_a_failure(), 101); /* both are dead: each in its turn */
}

TEST_IN(an_ipv4_route_does_not_give_way_to_another_metric_or_prefix, ether, world_end)
{
	have("10.0.0.1", 24);
	v4_route("0.0.0.0", 0, "10.0.0.101", 0);
	v4_route("0.0.0.0", 0, "10.0.0.102", 5);
	assert_int_equal(v4_way_after_a_failure(), 101);
	v4_route("192.0.2.0", 24, "10.0.0.103", 0);
	assert_int_equal(v4_way_after_a_failure(), 103);
}
