/* link_test.c - Ethernet, ARP and the states of the neighbour cache, on caught frames. */
#include "base/test/test.h"
#include "stack/ip/test/ip_fixture.h"
#include "stack/link/link_in.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#include <errno.h>

#include "wire/arp.h"

static const struct eth_addr other_hw = {{2, 0, 0, 0, 0, 8}};

static int ether(void **state)
{
	struct ip_addr link_local = addr("fe80::ff:fe00:1");

	world_open(NETDEV_ETHER);
	w->s.sysctl.ipv6_accept_ra = 0; /* no IPv6 traffic here */
	assert_int_equal(stack_addr_del(&w->s, &w->dev, &link_local), 0);
	have("10.0.0.1", 24);
	flush();
	w->out_count = 0; /* the announcement */
	return 0;
}

static void arp_comes_in(const struct arp *a, const struct eth_addr *dst)
{
	uint8_t p[ETH_FRAME_MIN] = {0};
	struct eth e = {.dst = *dst, .src = a->sender_hw, .type = ETH_TYPE_ARP};

	eth_emit(&e, p);
	arp_emit(a, p + ETH_HDR_LEN);
	comes_in(p, sizeof(p));
	flush();
}

static struct eth_addr mac(void)
{
	struct eth_addr a;

	memcpy(a.b, test_mac, 6);
	return a;
}

/* 10.0.0.2 announces that it is at hw: a reply to us. */
static void answer_from(const struct eth_addr *hw)
{
	struct arp a = {.op = ARP_REPLY,
		.sender_hw = *hw,
		.sender = addr("10.0.0.2"),
		.target_hw = mac(),
		.target = addr("10.0.0.1")};
	struct eth_addr us = mac();

	arp_comes_in(&a, &us);
}

/* Parses the n-th caught frame as ARP. */
static struct arp arp_caught(uint32_t n, struct eth_addr *dst)
{
	struct eth_view ev;
	struct arp_view v;
	struct eth e;
	struct arp a;

	assert_true(n < w->out_count);
	assert_true(eth_view(&ev, w->out[n].bytes, w->out[n].len));
	assert_int_equal(eth_parse(&e, ev), DROP_NONE);
	assert_int_equal(e.type, ETH_TYPE_ARP);
	assert_true(arp_view(&v, e.data, e.len));
	assert_int_equal(arp_parse(&a, v), DROP_NONE);
	*dst = e.dst;
	return a;
}

static const struct neigh *entry(void)
{
	struct ip_addr a = addr("10.0.0.2");

	return neigh_find(&w->s.ip->neigh, w->dev.ifindex, &a);
}

static void sends_one(void)
{
	assert_int_equal(send_ip("10.0.0.1", "10.0.0.2", 8, false), 0);
	flush();
}

TEST_IN(an_address_is_announced_when_it_comes, ether, world_end)
{
	struct eth_addr dst;

	have("10.0.0.7", 24);
	flush();
	struct arp a = arp_caught(0, &dst);
	assert_true(eth_addr_is_group(&dst));
	assert_true(ip_addr_eq(&a.sender, &a.target));
}

TEST_IN(a_request_for_us_is_answered_and_teaches_the_asker, ether, world_end)
{
	struct arp q = {.op = ARP_REQUEST, .sender_hw = peer_hw, .sender = addr("10.0.0.2")};
	struct eth_addr all = ETH_ADDR_BROADCAST, dst;

	q.target = addr("10.0.0.1");
	arp_comes_in(&q, &all);
	struct arp a = arp_caught(0, &dst);
	assert_int_equal(a.op, ARP_REPLY);
	assert_int_equal(w->out[0].len, ETH_FRAME_MIN);
	for (uint32_t i = ETH_HDR_LEN + ARP_LEN; i < ETH_FRAME_MIN; i++)
		assert_int_equal(w->out[0].bytes[i], 0);
	assert_true(eth_addr_eq(&dst, &peer_hw) && ip_addr_eq(&a.sender, &q.target));
	assert_int_equal(entry()->state, NEIGH_STALE);
	q.target = addr("10.0.0.66");
	arp_comes_in(&q, &all);
	q.target = addr("127.0.0.1");
	arp_comes_in(&q, &all);
	assert_int_equal(w->out_count, 1);
}

TEST_IN(packets_wait_for_the_answer_and_then_leave_in_order, ether, world_end)
{
	struct eth_addr dst;

	for (uint32_t n = 10; n < 13; n++)
		assert_int_equal(send_ip("10.0.0.1", "10.0.0.2", n, false), 0);
	flush();
	assert_int_equal(w->out_count, 1);
	struct arp a = arp_caught(0, &dst);
	assert_int_equal(a.op, ARP_REQUEST);
	assert_int_equal(entry()->state, NEIGH_INCOMPLETE);
	answer_from(&peer_hw);
	assert_int_equal(entry()->state, NEIGH_REACHABLE);
	assert_int_equal(w->out_count, 4);
	for (uint32_t i = 1; i < 4; i++) {
		assert_int_equal(w->out[i].len, 14 + 20 + 9 + i);
		assert_memory_equal(w->out[i].bytes, peer_hw.b, 6);
	}
	sends_one();
	assert_int_equal(w->out_count, 5); /* immediately */
}

TEST_IN(three_questions_without_an_answer_tell_the_sender, ether, world_end)
{
	sends_one();
	run_until(10 * NSEC_SEC);
	assert_int_equal(w->out_count, 3);
	assert_int_equal(entry()->state, NEIGH_FAILED);
	assert_int_equal(w->error_count, 1);
	assert_int_equal(w->error.type, ICMP4_UNREACHABLE);
	assert_int_equal(w->error.code, ICMP4_HOST_UNREACHABLE);
	assert_true(ip_addr_v4(&w->quote.addr.dst) == 0x0a000002);
	assert_int_equal(counted(MIB_IpOutDiscards), 1);
	sends_one(); /* the next packet solicits again */
	assert_int_equal(w->out_count, 4);
}

TEST_IN(the_queue_of_an_unknown_neighbour_is_bounded, ether, world_end)
{
	w->s.sysctl.neigh_unres_qlen = 3;
	for (uint32_t n = 10; n < 15; n++)
		assert_int_equal(send_ip("10.0.0.1", "10.0.0.2", n, false), 0);
	assert_int_equal(w->s.ip->neigh.stats.unres_discards, 2);
	answer_from(&peer_hw);
	assert_int_equal(w->out_count, 3); /* no solicitation any more: the reply came first */
	assert_int_equal(w->out[0].len, 14 + 20 + 12); /* the oldest was dropped */
}

TEST_IN(a_reachable_neighbour_grows_stale_is_probed_and_fails, ether, world_end)
{
	struct eth_addr dst;

	sends_one();
	answer_from(&peer_hw);
	run_until(46 * NSEC_SEC); /* at most one and a half times 30 s */
	assert_int_equal(entry()->state, NEIGH_STALE);
	sends_one();
	assert_int_equal(entry()->state, NEIGH_DELAY);
	uint32_t before = w->out_count;
	run_until(52 * NSEC_SEC);
	assert_int_equal(entry()->state, NEIGH_PROBE);
	arp_caught(before, &dst);
	assert_true(eth_addr_eq(&dst, &peer_hw)); /* unicast */
	run_until(60 * NSEC_SEC);
	assert_int_equal(w->out_count, before + 3);
	assert_int_equal(entry()->state, NEIGH_FAILED);
}

TEST_IN(progress_above_saves_the_probe, ether, world_end)
{
	struct ip_addr a = addr("10.0.0.2");

	sends_one();
	answer_from(&peer_hw);
	run_until(46 * NSEC_SEC);
	sends_one();
	assert_int_equal(entry()->state, NEIGH_DELAY);
	ip_neigh_confirm(&w->s, &a);
	assert_int_equal(entry()->state, NEIGH_REACHABLE);
}

TEST_IN(progress_above_keeps_it_reachable_without_a_question, ether, world_end)
{
	struct ip_addr a = addr("10.0.0.2");

	sends_one();
	answer_from(&peer_hw);
	uint32_t before = w->out_count;
	for (int i = 1; i < 30; i++) {
		run_until(i * 10 * NSEC_SEC);
		ip_neigh_confirm(&w->s, &a);
		assert_int_equal(entry()->state, NEIGH_REACHABLE);
	}
	run_until(400 * NSEC_SEC);
	assert_int_equal(entry()->state, NEIGH_STALE);
	assert_int_equal(w->out_count, before);
}

TEST_IN(gratuitous_arp_updates_what_is_known_and_makes_nothing_new, ether, world_end)
{
	struct arp g = {.op = ARP_REQUEST, .sender_hw = other_hw, .sender = addr("10.0.0.2")};
	struct eth_addr all = ETH_ADDR_BROADCAST;

	g.target = g.sender;
	arp_comes_in(&g, &all);
	assert_null(entry());
	sends_one();
	answer_from(&peer_hw);
	arp_comes_in(&g, &all);
	assert_true(eth_addr_eq(&entry()->hw, &other_hw));
	assert_int_equal(entry()->state, NEIGH_STALE);
}

TEST_IN(two_answers_in_a_second_leave_the_first, ether, world_end)
{
	sends_one();
	answer_from(&peer_hw);
	answer_from(&other_hw);
	assert_true(eth_addr_eq(&entry()->hw, &peer_hw));
	run_until(w->s.now + 2 * NSEC_SEC);
	answer_from(&other_hw);
	assert_true(eth_addr_eq(&entry()->hw, &other_hw));
}

TEST_IN(nobody_takes_our_address_out_of_our_hands, ether, world_end)
{
	struct arp g = {.op = ARP_REPLY, .sender_hw = other_hw, .sender = addr("10.0.0.1")};
	struct eth_addr us = mac();

	g.target = g.sender;
	arp_comes_in(&g, &us);
	assert_null(neigh_find(&w->s.ip->neigh, w->dev.ifindex, &g.sender));
}

static struct neigh *numbered(uint32_t i)
{
	struct ip_addr a = ip_addr_from_v4(0x0a000000 + i);

	return neigh_find(&w->s.ip->neigh, w->dev.ifindex, &a);
}

static int send_to_number(uint32_t i)
{
	char text[IP_ADDR_TEXT_MAX];
	struct ip_addr a = ip_addr_from_v4(0x0a000000 + i);

	w->out_count = 0;
	return send_ip("10.0.0.1", ip_addr_text(text, &a), 8, false);
}

/* Inputs ARP from 10.0.x.y, number i: a request, or a reply. */
static void speaks(uint32_t i, uint16_t op)
{
	struct arp a = {.op = op,
		.sender_hw = peer_hw,
		.sender = ip_addr_from_v4(0x0a000000 + i),
		.target = addr("10.0.0.1")};
	struct eth_addr us = mac();

	w->out_count = 0;
	arp_comes_in(&a, &us);
}

/* Advances time without answering solicitations. */
static void passes_until(nsec_t to)
{
	w->send_err = ENOBUFS;
	run_until(to);
	w->send_err = 0;
}

static void becomes_known(uint32_t i)
{
	assert_int_equal(send_to_number(i), 0);
	flush();
	speaks(i, ARP_REPLY);
	assert_int_equal(numbered(i)->state, NEIGH_REACHABLE);
}

TEST_IN(a_full_table_of_known_neighbours_refuses_and_makes_room_by_age, ether, world_end)
{
	w->s.sysctl.neigh_gc_thresh3 = 4;
	for (uint32_t i = 2; i < 6; i++)
		becomes_known(i);
	assert_int_equal(send_to_number(9), -ENOBUFS);
	assert_int_equal(w->s.ip->neigh.stats.table_fulls, 1);
	run_until(50 * NSEC_SEC); /* all are stale: evictable */
	assert_int_equal(send_to_number(9), 0);
	assert_null(numbered(2)); /* least recently used */
	assert_non_null(numbered(3));
}

/* Many more other hosts than the table holds: requests from made-up addresses, and packets that
 * need to be answered. */
TEST_IN(other_hosts_evict_no_confirmed_neighbour, ether, world_end)
{
	enum {
		THRESH = 64,
		KNOWN = 10
	};

	w->s.sysctl.neigh_gc_thresh3 = THRESH;
	for (uint32_t i = 2; i < 2 + KNOWN; i++)
		becomes_known(i);
	passes_until(50 * NSEC_SEC); /* idle: STALE, and the least recently used of all */
	for (uint32_t i = 20; i < 20 + 200; i++) {
		speaks(i, ARP_REQUEST);
		assert_int_equal(send_to_number(255 - i % 100), 0);
		flush();
	}
	for (uint32_t i = 2; i < 2 + KNOWN; i++)
		assert_int_equal(numbered(i)->state, NEIGH_STALE);
	assert_int_equal(w->s.ip->neigh.table.count, THRESH);
	assert_int_equal(w->s.ip->neigh.pool.live, THRESH);
	assert_true(w->s.pkts.small.live + w->s.pkts.large.live <= THRESH);
	assert_int_equal(w->s.ip->neigh.stats.table_fulls, 0);
	becomes_known(12);           /* a new one finds room despite the flood */
	passes_until(60 * NSEC_SEC); /* a neighbour that no longer answers is unconfirmed again */
	for (int i = 0; i < 20; i++) {
		if (numbered(2)->state != NEIGH_FAILED)
			send_to_number(2);
		passes_until(w->s.now + NSEC_SEC);
	}
	assert_int_equal(numbered(2)->state, NEIGH_FAILED);
	assert_int_equal(numbered(2)->kind, NEIGH_UNCONFIRMED);
	assert_int_equal(numbered(3)->kind, NEIGH_CONFIRMED);
}

TEST_IN(a_neighbour_that_was_forgotten_is_asked_for_again, ether, world_end)
{
	sends_one();
	answer_from(&peer_hw);
	sends_one();
	assert_int_equal(w->out_count, 3);
	neigh_forget(&w->s.ip->neigh, w->dev.ifindex);
	sends_one();
	assert_int_equal(entry()->state, NEIGH_INCOMPLETE);
	answer_from(&other_hw);
	assert_int_equal(w->out_count, 5);
	assert_memory_equal(w->out[4].bytes, other_hw.b, 6);
}

TEST_IN(frames_for_others_and_of_unknown_kind_are_counted, ether, world_end)
{
	struct ip_dev_stats *st = &ip_dev_of(&w->dev)->stats;
	uint8_t p[60] = {2, 0, 0, 0, 0, 7, 2, 0, 0, 0, 0, 9, 8, 0};

	comes_in(p, sizeof(p));
	assert_int_equal(st->rx_otherhost, 1);
	memcpy(p, test_mac, 6);
	p[12] = 0x88;
	comes_in(p, sizeof(p));
	assert_int_equal(st->rx_nohandler, 1);
	comes_in(p, 13);
	assert_int_equal(st->rx_length_errors, 1);
	p[12] = 8;
	p[13] = 6;
	comes_in(p, sizeof(p));
	assert_int_equal(st->arp_errors, 1);
	p[6] = 1;
	comes_in(p, sizeof(p));
	assert_int_equal(st->rx_frame_errors, 1);
}

TEST_IN(groups_and_broadcasts_need_no_question, ether, world_end)
{
	static const uint8_t group[6] = {1, 0, 0x5e, 1, 1, 1};
	struct ip_tx tx = {.addr = {addr("10.0.0.1"), addr("239.1.1.1")}, .proto = 17};

	tx.ifindex = w->dev.ifindex;
	assert_int_equal(ip_out(&w->s, pkt_new(&w->s.pkts, 8), &tx), 0);
	assert_memory_equal(w->out[0].bytes, group, 6);
	assert_int_equal(w->out[0].bytes[14 + 8], 1); /* not beyond the link */
	assert_int_equal(send_ip("10.0.0.1", "10.0.0.255", 8, false), 0);
	assert_int_equal(w->out[1].bytes[0], 0xff);
	assert_int_equal(counted(MIB_IpExtOutMcastPkts), 1);
	assert_int_equal(counted(MIB_IpExtOutBcastPkts), 1);
}
