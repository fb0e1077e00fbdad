/* ip_ndp_test.c - IPv6 autoconfiguration, neighbour discovery and router advertisements. */
#include "base/test/test.h"
#include "stack/ip/ip_dst.h"
#include "stack/ip/ip_if.h"
#include "stack/ip/test/ip_fixture.h"
#include "stack/link/link_in.h"
#include "wire/tcp.h"
#include "wire/udp.h"

static int ether(void **state)
{
	world_open(NETDEV_ETHER);
	return 0;
}

/* Parses the n-th caught frame as neighbour discovery. */
static struct ndp caught_ndp(uint32_t i, struct ip_pair *between)
{
	struct ipv6_view v6;
	struct icmp_view iv;
	struct ndp_view nv;
	struct icmp m;
	struct ipv6 h;
	struct ndp n;

	assert_true(i < w->out_count);
	assert_true(ipv6_view(&v6, w->out[i].bytes + ETH_HDR_LEN, w->out[i].len - ETH_HDR_LEN));
	assert_int_equal(ipv6_parse(&h, v6), DROP_NONE);
	assert_int_equal(h.flow, 0); /* as Linux sends it, unlike ICMPv6 errors */
	assert_true(icmp_view(&iv, h.data, h.len));
	assert_int_equal(icmp_parse(&m, iv, &h.addr), DROP_NONE);
	assert_true(ndp_view(&nv, &m, &h));
	assert_int_equal(ndp_parse(&n, nv), DROP_NONE);
	*between = h.addr;
	return n;
}

/* The interface has come up and solicited; no timer is pending any more. */
static void settled(void)
{
	run_until(20 * NSEC_SEC);
	w->out_count = 0;
}

static bool ours(const char *a)
{
	struct ip_addr x = addr(a);

	return ip_is_local(&w->s, &x);
}

static const struct neigh *entry(const char *a)
{
	struct ip_addr x = addr(a);

	return neigh_find(&w->s.ip->neigh, w->dev.ifindex, &x);
}

TEST_IN(an_interface_gets_a_link_local_address_and_asks_for_routers, ether, world_end)
{
	struct ip_pair a;

	assert_false(ours("fe80::ff:fe00:1")); /* tentative */
	run_until(1);
	assert_int_equal(
		w->out_count, 0); /* the first solicitation is delayed, to avoid synchronization */
	run_until(1999 * NSEC_MSEC);
	struct ndp n = caught_ndp(0, &a);
	assert_int_equal(n.type, NDP_NEIGHBOUR_SOLICIT);
	assert_true(ip_addr_is_any(&a.src));
	run_until(20 * NSEC_SEC);
	assert_true(ours("fe80::ff:fe00:1"));
	assert_int_equal(w->out_count, 1 + 3);
	n = caught_ndp(1, &a);
	assert_int_equal(n.type, NDP_ROUTER_SOLICIT);
	assert_true(n.has_hw && ip_addr_is_link_local(&a.src));
	assert_int_equal(counted(MIB_Icmp6OutRouterSolicits), 3);
}

TEST_IN(a_tentative_address_that_another_has_is_not_taken, ether, world_end)
{
	struct ndp n = {.type = NDP_NEIGHBOUR_ADVERT, .override = true, .has_hw = true};

	run_until(1);
	n.target = addr("fe80::ff:fe00:1");
	n.hw = peer_hw;
	ndp_comes_in("fe80::ff:fe00:1", "ff02::1", &n);
	run_until(20 * NSEC_SEC);
	assert_false(ours("fe80::ff:fe00:1"));
	struct ip_addr a = addr("fe80::ff:fe00:1");
	assert_true(ip_ifaddr_find(&w->s, &a)->flags & IP_ADDR_DUPLICATE);
}

TEST_IN(two_that_try_the_same_address_both_let_go, ether, world_end)
{
	struct ndp n = {.type = NDP_NEIGHBOUR_SOLICIT};

	n.target = addr("fe80::ff:fe00:1");
	ndp_comes_in("::", "ff02::1:ff00:1", &n);
	run_until(20 * NSEC_SEC);
	assert_false(ours("fe80::ff:fe00:1"));
}

TEST_IN(who_solicits_us_is_answered_and_known, ether, world_end)
{
	struct ndp q = {.type = NDP_NEIGHBOUR_SOLICIT, .has_hw = true, .hw = peer_hw};
	struct ip_pair a;

	settled();
	q.target = addr("fe80::ff:fe00:1");
	ndp_comes_in("fe80::9", "ff02::1:ff00:1", &q);
	assert_int_equal(w->out_count, 1);
	struct ndp n = caught_ndp(0, &a);
	assert_int_equal(n.type, NDP_NEIGHBOUR_ADVERT);
	assert_true(n.solicited && n.override && n.has_hw);
	assert_true(eth_addr_eq(&n.hw, &(struct eth_addr){{2, 0, 0, 0, 0, 1}}));
	assert_int_equal(entry("fe80::9")->state, NEIGH_DELAY); /* stale until the reply used it */
	ndp_comes_in("::", "ff02::1:ff00:1", &(struct ndp){.type = q.type, .target = q.target});
	n = caught_ndp(1, &a);
	assert_false(n.solicited);
	assert_true(ip_addr_is_multicast(&a.dst)); /* it has no address to reply to */
}

TEST_IN(packets_wait_for_a_neighbour_advertisement, ether, world_end)
{
	struct ndp n = {.type = NDP_NEIGHBOUR_ADVERT, .solicited = true, .override = true};
	struct ip_pair a;

	settled();
	assert_int_equal(send_ip("fe80::ff:fe00:1", "fe80::9", 8, false), 0);
	flush();
	assert_int_equal(w->out_count, 1);
	assert_int_equal(caught_ndp(0, &a).type, NDP_NEIGHBOUR_SOLICIT);
	n.target = addr("fe80::9");
	n.has_hw = true;
	n.hw = peer_hw;
	ndp_comes_in("fe80::9", "fe80::ff:fe00:1", &n);
	assert_int_equal(w->out_count, 2);
	assert_memory_equal(w->out[1].bytes, peer_hw.b, 6);
	assert_int_equal(entry("fe80::9")->state, NEIGH_REACHABLE);
}

/* RFC 6583: a scan of the /64 makes us solicit addresses that do not exist, and solicitations
 * arrive from made-up sources. The table is bounded, and confirmed neighbours stay. */
TEST_IN(a_scan_of_the_prefix_evicts_no_confirmed_neighbour, ether, world_end)
{
	enum {
		THRESH = 32
	};
	struct ndp advert = {.type = NDP_NEIGHBOUR_ADVERT, .solicited = true, .override = true};
	struct ndp asks = {.type = NDP_NEIGHBOUR_SOLICIT, .target = addr("fe80::ff:fe00:1")};

	settled();
	w->s.sysctl.neigh_gc_thresh3 = THRESH;
	assert_int_equal(send_ip("fe80::ff:fe00:1", "fe80::9", 8, false), 0);
	flush();
	advert.target = addr("fe80::9");
	advert.has_hw = asks.has_hw = true;
	advert.hw = asks.hw = peer_hw;
	ndp_comes_in("fe80::9", "fe80::ff:fe00:1", &advert);
	for (uint32_t i = 0; i < 500; i++) {
		char nobody[24], stranger[24];

		snprintf(nobody, sizeof(nobody), "fe80::1:%x", i + 1);
		snprintf(stranger, sizeof(stranger), "fe80::2:%x", i + 1);
		assert_int_equal(send_ip("fe80::ff:fe00:1", nobody, 8, false), 0);
		w->out_count = 0;
		ndp_comes_in(stranger, "fe80::ff:fe00:1", &asks);
		assert_true(w->s.ip->neigh.table.count <= THRESH);
		assert_true(w->out_count > 0); /* solicitations are still answered */
	}
	assert_int_equal(w->s.ip->neigh.pool.live, THRESH);
	assert_int_equal(entry("fe80::9")->kind, NEIGH_CONFIRMED);
	w->out_count = 0;
	assert_int_equal(send_ip("fe80::ff:fe00:1", "fe80::9", 8, false), 0);
	flush();
	assert_memory_equal(w->out[0].bytes, peer_hw.b, 6);
}

TEST_IN(a_neighbour_that_does_not_answer_is_told_to_the_sender, ether, world_end)
{
	settled();
	assert_int_equal(send_ip("fe80::ff:fe00:1", "fe80::9", 8, false), 0);
	flush();
	run_until(30 * NSEC_SEC);
	assert_int_equal(w->error_count, 1);
	assert_int_equal(w->error.code, ICMP6_ADDR_UNREACHABLE);
}

static struct ndp advert(void)
{
	struct ndp n = {.type = NDP_ROUTER_ADVERT,
		.hop_limit = 33,
		.lifetime_s = 1800,
		.mtu = 1400,
		.has_hw = true,
		.hw = peer_hw,
		.prefix_count = 1};

	n.prefix[0] = (struct ndp_prefix){addr("2001:db8:5::"), 64, true, true, 86400, 14400};
	return n;
}

TEST_IN(a_router_gives_a_way_an_address_a_hop_limit_and_an_mtu, ether, world_end)
{
	struct ip_route_key key = {.dst = addr("2001:4860::8"), .src = IP_ADDR_ANY6};
	struct ndp n = advert();
	struct ip_route path;

	settled();
	ndp_comes_in("fe80::9", "ff02::1", &n);
	assert_false(ours("2001:db8:5::ff:fe00:1")); /* duplicate address detection first */
	run_until(w->s.now + 3 * NSEC_SEC);
	assert_true(ours("2001:db8:5::ff:fe00:1"));
	assert_int_equal(ip_route_query(&w->s, &key, &path), 0);
	assert_int_equal(path.mtu, 1400);
	struct ip_addr want = addr("2001:db8:5::ff:fe00:1");
	assert_true(ip_addr_eq(&path.src, &want));
	w->out_count = 0;
	assert_int_equal(send_ip("2001:db8:5::ff:fe00:1", "2001:4860::8", 8, false), 0);
	assert_memory_equal(w->out[0].bytes, peer_hw.b, 6);
	assert_int_equal(w->out[0].bytes[14 + 7], 33);
	w->out_count = 0;
	assert_int_equal(send_ip("2001:db8:5::ff:fe00:1", "2001:4860::8", 2000, true), 0);
	assert_int_equal(w->out_count, 2);
	assert_int_equal(w->out[0].bytes[14 + 6], IP_PROTO_FRAGMENT);
	assert_int_equal(w->out[0].bytes[14 + 7], 33);
	assert_memory_not_equal(w->out[0].bytes + 14 + 1, "\0\0\0", 3); /* a flow label */
	assert_memory_equal(w->out[0].bytes + 14, w->out[1].bytes + 14, 4);
	assert_true(entry("fe80::9")->router);
}

TEST_IN(a_router_that_retires_takes_its_way_with_it, ether, world_end)
{
	struct ip_route_key key = {.dst = addr("2001:4860::8"), .src = IP_ADDR_ANY6};
	struct ndp n = advert();
	struct ip_route path;

	settled();
	ndp_comes_in("fe80::9", "ff02::1", &n);
	n.lifetime_s = 0;
	n.prefix_count = 0;
	ndp_comes_in("fe80::9", "ff02::1", &n);
	assert_int_not_equal(ip_route_query(&w->s, &key, &path), 0);
	n = advert();
	ndp_comes_in("fe80::9", "ff02::1", &n);
	assert_int_equal(ip_route_query(&w->s, &key, &path), 0);
	w->s.now += 1801 * NSEC_SEC; /* not advertised again */
	assert_int_not_equal(ip_route_query(&w->s, &key, &path), 0);
}

TEST_IN(a_router_cannot_shorten_a_life_below_two_hours, ether, world_end)
{
	struct ip_addr a = addr("2001:db8:5::ff:fe00:1");
	struct ndp n = advert();

	settled();
	ndp_comes_in("fe80::9", "ff02::1", &n);
	n.prefix[0].valid_s = n.prefix[0].preferred_s = 10;
	ndp_comes_in("fe80::9", "ff02::1", &n);
	assert_true(ip_ifaddr_find(&w->s, &a)->valid_until == w->s.now + 7200 * NSEC_SEC);
	run_until(w->s.now + 7199 * NSEC_SEC);
	assert_true(ours("2001:db8:5::ff:fe00:1"));
	run_until(w->s.now + 2 * NSEC_SEC);
	assert_false(ours("2001:db8:5::ff:fe00:1"));
}

TEST_IN(advertisements_are_ignored_when_the_parameters_say_so, ether, world_end)
{
	struct ip_route_key key = {.dst = addr("2001:4860::8"), .src = IP_ADDR_ANY6};
	struct ndp n = advert();
	struct ip_route path;

	settled();
	w->s.sysctl.ipv6_autoconf = 0;
	ndp_comes_in("fe80::9", "ff02::1", &n);
	run_until(w->s.now + 3 * NSEC_SEC);
	assert_false(ours("2001:db8:5::ff:fe00:1"));
	assert_int_equal(ip_route_query(&w->s, &key, &path), 0);
	n.lifetime_s = 0;
	ndp_comes_in("fe80::9", "ff02::1", &n);
	n = advert();
	w->s.sysctl.ipv6_accept_ra = 0;
	ndp_comes_in("fe80::9", "ff02::1", &n);
	assert_int_not_equal(ip_route_query(&w->s, &key, &path), 0);
}

/* The times at which routers were solicited until `to`. */
static uint32_t solicitations(nsec_t to, nsec_t *when, uint32_t most)
{
	uint32_t n = 0;

	while (wheel_next(&w->s.wheel) <= to) {
		uint64_t before = counted(MIB_Icmp6OutRouterSolicits);

		run_until(wheel_next(&w->s.wheel));
		if (counted(MIB_Icmp6OutRouterSolicits) > before && n < most)
			when[n++] = w->s.now;
		w->out_count = 0;
	}
	return n;
}

/* RFC 7559. */
TEST_IN(on_a_link_without_routers_the_host_asks_ever_more_rarely_but_for_ever, ether, world_end)
{
	nsec_t when[32], wait = 4 * NSEC_SEC;
	uint32_t n = solicitations(5 * 3600 * NSEC_SEC, when, ARRAY_SIZE(when));

	assert_in_range(n, 12, 18);
	for (uint32_t i = 1; i < n; i++) {
		nsec_t passed = when[i] - when[i - 1];

		assert_in_range(passed, wait / 10 * 9, wait / 10 * 11);
		wait = 2 * passed < 3600 * NSEC_SEC ? 2 * passed : 3600 * NSEC_SEC;
	}
}

TEST_IN(the_parameters_of_router_solicitations_act, ether, world_end)
{
	struct sysctl *c = &w->s.sysctl;
	nsec_t when[32];

	c->ipv6_router_solicitations = 4;
	c->ipv6_router_solicitation_interval = 10;
	c->ipv6_router_solicitation_max_interval = 15;
	assert_int_equal(solicitations(3600 * NSEC_SEC, when, ARRAY_SIZE(when)), 4);
	assert_in_range(when[1] - when[0], 9 * NSEC_SEC, 11 * NSEC_SEC);
	assert_in_range(when[2] - when[1], 13 * NSEC_SEC, 17 * NSEC_SEC);
	assert_in_range(when[3] - when[2], 13 * NSEC_SEC, 17 * NSEC_SEC);
}

TEST_IN(a_router_does_not_solicit_routers, ether, world_end)
{
	nsec_t when[4];

	w->s.sysctl.ipv6_forwarding = 1;
	assert_int_equal(solicitations(100 * NSEC_SEC, when, ARRAY_SIZE(when)), 0);
}

/* The next hop to another network; "::": unreachable. */
static struct ip_addr way_out(void)
{
	struct ip_addr far = addr("2001:4860::8");
	const struct ip_dst *d = ip_dst_lookup(&w->s, &far, 0);

	return d->err != 0 ? IP_ADDR_ANY6 : d->nexthop;
}

static void assert_way(const char *router)
{
	struct ip_addr want = addr(router), got = way_out();

	assert_true(ip_addr_eq(&want, &got));
}

TEST_IN(of_two_routers_the_first_stays_whoever_advertises_last, ether, world_end)
{
	struct ndp n = advert();

	settled();
	ndp_comes_in("fe80::9", "ff02::1", &n);
	ndp_comes_in("fe80::8", "ff02::1", &n);
	ndp_comes_in("fe80::9", "ff02::1", &n);
	assert_way("fe80::9");
	n.lifetime_s = 0;
	ndp_comes_in("fe80::9", "ff02::1", &n);
	assert_way("fe80::8");
}

/* RFC 4191. */
TEST_IN(a_router_of_higher_preference_goes_first, ether, world_end)
{
	struct ndp low = advert(), medium = advert(), high = advert();

	settled();
	low.preference = -1;
	high.preference = 1;
	ndp_comes_in("fe80::7", "ff02::1", &low);
	assert_way("fe80::7");
	ndp_comes_in("fe80::8", "ff02::1", &high);
	ndp_comes_in("fe80::9", "ff02::1", &medium);
	assert_way("fe80::8");
	ndp_comes_in("fe80::8", "ff02::1", &low); /* changes its mind */
	assert_way("fe80::9");
	w->s.sysctl.ipv6_accept_ra_rtr_pref = 0;
	ndp_comes_in("fe80::6", "ff02::1", &high);
	assert_way("fe80::9");
}

TEST_IN(each_part_of_an_advertisement_has_its_parameter, ether, world_end)
{
	struct ip_addr on_link = addr("2001:db8:5::77");
	struct sysctl *c = &w->s.sysctl;
	struct ndp n = advert();

	settled();
	c->ipv6_accept_ra_defrtr = c->ipv6_accept_ra_pinfo = c->ipv6_accept_ra_mtu = 0;
	c->ipv6_accept_ra_min_hop_limit = 34;
	ndp_comes_in("fe80::9", "ff02::1", &n);
	assert_way("::");
	assert_int_not_equal(ip_dst_lookup(&w->s, &on_link, 0)->err, 0);
	assert_int_equal(ip_dev_of(&w->dev)->mtu6, 0);
	assert_int_equal(ip_dev_of(&w->dev)->hop_limit, 0);
	c->ipv6_accept_ra_defrtr = c->ipv6_accept_ra_pinfo = c->ipv6_accept_ra_mtu = 1;
	c->ipv6_accept_ra_min_hop_limit = 33;
	c->ipv6_ra_defrtr_metric = 7;
	ndp_comes_in("fe80::9", "ff02::1", &n);
	assert_way("fe80::9");
	assert_int_equal(ip_dst_lookup(&w->s, &on_link, 0)->err, 0);
	assert_int_equal(ip_dev_of(&w->dev)->mtu6, 1400);
	assert_int_equal(ip_dev_of(&w->dev)->hop_limit, 33);
	struct ip_addr far = addr("2001:4860::8");

	assert_int_equal(route_find(stack_routes(&w->s), &far, 0, w->s.now)->metric, 7);
}

TEST_IN(lifetimes_below_the_minimum_are_ignored_but_zero_of_a_router, ether, world_end)
{
	struct ndp n = advert();

	settled();
	w->s.sysctl.ipv6_accept_ra_min_lft = 1801;
	n.prefix[0].valid_s = n.prefix[0].preferred_s = 1800;
	ndp_comes_in("fe80::9", "ff02::1", &n);
	assert_way("::");
	assert_int_equal(ip_dev_of(&w->dev)->auto_addrs, 0);
	w->s.sysctl.ipv6_accept_ra_min_lft = 1800;
	ndp_comes_in("fe80::9", "ff02::1", &n);
	assert_way("fe80::9");
	assert_int_equal(ip_dev_of(&w->dev)->auto_addrs, 1);
	n.lifetime_s = 0;
	ndp_comes_in("fe80::9", "ff02::1", &n);
	assert_way("::");
}

TEST_IN(a_router_may_shorten_a_life_if_the_parameter_lets_it, ether, world_end)
{
	struct ip_addr a = addr("2001:db8:5::ff:fe00:1");
	struct ndp n = advert();

	settled();
	w->s.sysctl.ipv6_ra_honor_pio_life = 1;
	ndp_comes_in("fe80::9", "ff02::1", &n);
	n.prefix[0].valid_s = n.prefix[0].preferred_s = 10;
	ndp_comes_in("fe80::9", "ff02::1", &n);
	assert_true(ip_ifaddr_find(&w->s, &a)->valid_until == w->s.now + 10 * NSEC_SEC);
}

TEST_IN(the_number_of_addresses_from_routers_is_a_parameter, ether, world_end)
{
	struct ndp n = advert();

	settled();
	w->s.sysctl.ipv6_max_addresses = 2;
	for (int i = 0; i < 5; i++) {
		n.prefix[0].prefix.b[5] = (uint8_t)i;
		ndp_comes_in("fe80::9", "ff02::1", &n);
	}
	assert_int_equal(ip_dev_of(&w->dev)->auto_addrs, 2);
	w->s.sysctl.ipv6_max_addresses = 0;
	n.prefix[0].prefix.b[5] = 9;
	ndp_comes_in("fe80::9", "ff02::1", &n);
	assert_int_equal(ip_dev_of(&w->dev)->auto_addrs, 3);
}

/* RFC 4861 section 6.3.4. */
TEST_IN(a_router_sets_the_times_of_neighbour_discovery_within_bounds, ether, world_end)
{
	struct neigh_times *t = &w->s.ip->neigh.times[w->dev.ifindex];
	struct ndp n = advert();

	settled();
	n.prefix_count = 0;
	n.reachable_ms = 5000;
	n.retrans_ms = 300;
	ndp_comes_in("fe80::9", "ff02::1", &n);
	w->out_count = 0;
	assert_int_equal(send_ip("fe80::ff:fe00:1", "fe80::77", 8, false), 0);
	flush();
	run_until(w->s.now + 299 * NSEC_MSEC);
	assert_int_equal(w->out_count, 1);
	run_until(w->s.now + 2 * NSEC_MSEC);
	assert_int_equal(w->out_count, 2);
	assert_int_equal(t->reachable_ms, 5000);
	n.reachable_ms = n.retrans_ms = 0; /* unspecified */
	ndp_comes_in("fe80::9", "ff02::1", &n);
	assert_true(t->reachable_ms == 5000 && t->retrans_ms == 300);
	n.reachable_ms = n.retrans_ms = 1;
	ndp_comes_in("fe80::9", "ff02::1", &n);
	assert_true(t->reachable_ms == IP_REACHABLE_MS_MIN && t->retrans_ms == IP_RETRANS_MS_MIN);
	n.reachable_ms = n.retrans_ms = UINT32_MAX;
	ndp_comes_in("fe80::9", "ff02::1", &n);
	assert_true(t->reachable_ms == IP_REACHABLE_MS_MIN && t->retrans_ms == IP_RETRANS_MS_MIN);
}

TEST_IN(a_deprecated_address_is_no_source_of_anything_new, ether, world_end)
{
	struct ip_route_key key = {.dst = addr("2001:4860::8"), .src = IP_ADDR_ANY6};
	struct ip_addr fresh = addr("2001:db8:6::ff:fe00:1");
	struct ndp n = advert();
	struct ip_route path;

	settled();
	n.prefix_count = 2;
	n.prefix[1] = n.prefix[0];
	n.prefix[0].prefix = addr("2001:db8:6::");
	ndp_comes_in("fe80::9", "ff02::1", &n); /* the newest is preferred */
	n.prefix[1].preferred_s = 0;
	ndp_comes_in("fe80::9", "ff02::1", &n);
	run_until(w->s.now + 3 * NSEC_SEC);
	assert_int_equal(ip_route_query(&w->s, &key, &path), 0);
	assert_true(ip_addr_eq(&path.src, &fresh));
	assert_true(ours("2001:db8:5::ff:fe00:1")); /* connections go on */
}

TEST_IN(a_flood_of_prefixes_gives_no_more_than_sixteen_addresses, ether, world_end)
{
	struct ndp n = advert();

	settled();
	for (int i = 0; i < 100; i++) {
		n.prefix[0].prefix.b[5] = (uint8_t)i;
		ndp_comes_in("fe80::9", "ff02::1", &n);
		w->out_count = 0;
	}
	assert_int_equal(ip_dev_of(&w->dev)->auto_addrs, 16);
}

static void see_addr(const struct ip_addr_row *row, void *arg)
{
	*(uint32_t *)arg += row->ifindex == w->dev.ifindex && row->automatic && row->tentative;
}

static void see_neigh(const struct ip_neigh_row *row, void *arg)
{
	assert_string_equal(row->state, "STALE");
	assert_memory_equal(row->mac, peer_hw.b, 6);
	*(uint32_t *)arg += row->known && row->router;
}

TEST_IN(those_who_look_see_addresses_and_neighbours, ether, world_end)
{
	uint32_t addrs = 0, neighs = 0;
	struct ndp n = advert();

	settled();
	ndp_comes_in("fe80::9", "ff02::1", &n);
	ip_each_addr(&w->s, see_addr, &addrs);
	ip_each_neigh(&w->s, see_neigh, &neighs);
	assert_int_equal(addrs, 1);
	assert_int_equal(neighs, 1);
	assert_int_equal(ip_dev_stats(&w->dev)->rx_packets, 1);
}

TEST_IN(a_redirect_counts_from_the_first_hop_alone, ether, world_end)
{
	struct ndp n = advert(), r = {.type = NDP_REDIRECT};
	struct ip_addr dst = addr("2001:4860::8"), better = addr("fe80::7");

	settled();
	ndp_comes_in("fe80::9", "ff02::1", &n);
	r.dst = dst;
	r.target = better;
	ndp_comes_in("fe80::66", "fe80::ff:fe00:1", &r);
	assert_false(ip_addr_eq(&ip_dst_lookup(&w->s, &dst, 0)->nexthop, &better));
	ndp_comes_in("fe80::9", "fe80::ff:fe00:1", &r);
	assert_true(ip_addr_eq(&ip_dst_lookup(&w->s, &dst, 0)->nexthop, &better));
	assert_int_equal(counted(MIB_Icmp6InRedirects), 2);
}

TEST_IN(a_later_redirect_takes_the_place_of_an_earlier_one, ether, world_end)
{
	struct ip_addr dst = addr("2001:4860::8"), last = addr("fe80::8");
	struct ndp n = advert(), r = {.type = NDP_REDIRECT, .dst = dst};

	settled();
	ndp_comes_in("fe80::9", "ff02::1", &n);
	r.target = addr("fe80::7");
	ndp_comes_in("fe80::9", "fe80::ff:fe00:1", &r);
	r.target = last;
	ndp_comes_in("fe80::7", "fe80::ff:fe00:1", &r);
	assert_true(ip_addr_eq(&ip_dst_lookup(&w->s, &dst, 0)->nexthop, &last));
}

TEST_IN(a_router_cannot_take_away_what_was_configured, ether, world_end)
{
	struct ip_addr mine = addr("2001:db8:5::77"), other = addr("2001:db8:5::78");
	struct ndp n = advert();

	settled();
	assert_int_equal(stack_addr_add(&w->s, &w->dev, &mine, 64), 0);
	n.lifetime_s = n.prefix[0].valid_s = n.prefix[0].preferred_s = 0;
	ndp_comes_in("fe80::9", "ff02::1", &n);
	assert_int_equal(ip_dst_lookup(&w->s, &other, 0)->err, 0);
	n.prefix[0].valid_s = n.prefix[0].preferred_s = 10;
	ndp_comes_in("fe80::9", "ff02::1", &n);
	w->s.now += 11 * NSEC_SEC;
	assert_int_equal(ip_dst_lookup(&w->s, &other, 0)->err, 0);
}

TEST_IN(a_flood_of_prefixes_does_not_fill_the_table, ether, world_end)
{
	struct ndp n = advert();
	struct ip_addr late = addr("2001:db8:5:ffff::1");

	settled();
	n.prefix[0].autonomous = false;
	n.prefix[0].valid_s = n.prefix[0].preferred_s = 60;
	n.lifetime_s = 0;
	for (int i = 0; i < 2 * IP_LEARNT_ROUTES_MAX; i++) {
		put_be16(n.prefix[0].prefix.b + 6, (uint16_t)i);
		ndp_comes_in("fe80::9", "ff02::1", &n);
		w->out_count = 0;
	}
	assert_in_range(stack_routes(&w->s)->count, 1, IP_LEARNT_ROUTES_MAX + 16);
	w->s.now += 61 * NSEC_SEC; /* the flood is over, and its entries have expired */
	put_be16(n.prefix[0].prefix.b + 6, 0xffff);
	ndp_comes_in("fe80::9", "ff02::1", &n);
	assert_int_equal(ip_dst_lookup(&w->s, &late, 0)->err, 0);
}

/* IPv6 routers advertise IPv6: a mapped prefix adds neither an IPv4 route nor an address. */
TEST_IN(an_advertised_prefix_is_no_route_for_ipv4, ether, world_end)
{
	struct ndp n = advert();
	struct ip_addr v4 = addr("10.1.2.3");
	uint32_t routes;

	settled();
	n.lifetime_s = 0;
	routes = stack_routes(&w->s)->count;
	for (uint8_t bits = 0; bits <= 128; bits++) {
		n.prefix[0].prefix = v4;
		n.prefix[0].bits = bits;
		ndp_comes_in("fe80::9", "ff02::1", &n);
	}
	assert_int_equal(stack_routes(&w->s)->count, routes);
	assert_int_not_equal(ip_dst_lookup(&w->s, &v4, 0)->err, 0);
}
