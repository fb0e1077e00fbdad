/*
 * dhcp_api_test.c - DHCP through the public API: an interface that the program drives, virtual
 * time, events, and a lease as text. The test is the server.
 */
#include "burble/burble.h"

#include "base/base.h"
#include "base/test/test.h"
#include "wire/arp.h"
#include "wire/dhcp.h"
#include "wire/ipv4.h"
#include "wire/udp.h"

#include <errno.h>

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};

static struct server {
	struct burble *b;
	int ifindex;
	uint32_t lease_s;
	bool silent;
	int releases, events[3];
	nsec_t now;
} v;

/* The server's reply to a message, as a frame for all. */
static void reply(const struct dhcp *q)
{
	struct dhcp d = {.op = DHCP_OP_REPLY,
		.type = q->type == DHCP_DISCOVER ? DHCP_OFFER : DHCP_ACK,
		.xid = q->xid,
		.chaddr = q->chaddr,
		.yiaddr = ip_addr_from_v4(0x0a000007),
		.server = ip_addr_from_v4(0x0a0000fe),
		.router = ip_addr_from_v4(0x0a000001),
		.bits = 24,
		.mtu = 1400,
		.lease_s = v.lease_s};
	struct ipv4 h = {
		.addr = {d.server, ip_addr_from_v4(UINT32_MAX)}, .ttl = 64, .proto = IP_PROTO_UDP};
	struct eth e = {.dst = ETH_ADDR_BROADCAST, .src = {{2, 9}}, .type = ETH_TYPE_IPV4};
	struct udp u = {.sport = DHCP_SERVER_PORT, .dport = DHCP_CLIENT_PORT};
	uint8_t body[DHCP_LEN_MAX], p[600];

	dhcp_emit(&d, body);
	u.data = body;
	u.len = (uint16_t)dhcp_emit_len(&d);
	h.len = (uint16_t)(UDP_HDR_LEN + u.len);
	eth_emit(&e, p);
	ipv4_emit(&h, p + ETH_HDR_LEN);
	udp_emit(&u, &h.addr, p + ETH_HDR_LEN + IPV4_HDR_MIN);
	assert_int_equal(burble_if_input(v.b, v.ifindex, p, ETH_HDR_LEN + IPV4_HDR_MIN + h.len), 0);
}

static struct dhcp asked;
static bool has_asked, sought; /* sought: the server's hardware address */

static void answer_arp(void)
{
	struct eth e = {.src = {{2, 9}}, .type = ETH_TYPE_ARP};
	struct arp a = {.op = ARP_REPLY,
		.sender_hw = e.src,
		.sender = ip_addr_from_v4(0x0a0000fe),
		.target = ip_addr_from_v4(0x0a000007)};
	uint8_t p[ETH_HDR_LEN + ARP_LEN];

	memcpy(e.dst.b, mac, sizeof(mac));
	eth_emit(&e, p);
	arp_emit(&a, p + ETH_HDR_LEN);
	assert_int_equal(burble_if_input(v.b, v.ifindex, p, sizeof(p)), 0);
}

static int transmit(void *ctx, const void *frame, size_t len)
{
	const uint8_t *p = frame;
	struct dhcp_view view;

	sought |= get_be16(p + 12) == ETH_TYPE_ARP && get_be32(p + 38) == 0x0a0000fe;
	if (get_be16(p + 12) != ETH_TYPE_IPV4 || p[23] != IP_PROTO_UDP)
		return 0;
	assert_true(dhcp_view(&view, p + 42, len - 42));
	assert_int_equal(dhcp_parse(&asked, view), DROP_NONE);
	v.releases += asked.type == DHCP_RELEASE;
	has_asked = asked.type != DHCP_RELEASE && !v.silent;
	return 0;
}

static void on_dhcp(void *ctx, int ifindex, enum burble_dhcp_event e)
{
	assert_ptr_equal(ctx, &v);
	assert_int_equal(ifindex, v.ifindex);
	v.events[e]++;
}

static int begin(void **state)
{
	struct burble_if_config c = {
		.name = "e0", .kind = BURBLE_IF_ETHER, .mtu = 1500, .transmit = transmit};

	v = (struct server){.lease_s = 1000};
	has_asked = sought = false;
	memcpy(c.mac, mac, sizeof(mac));
	v.b = burble_new(&(struct burble_config){
		.seed = 1,
	});
	burble_dhcp_hook(v.b, on_dhcp, &v);
	v.ifindex = burble_if_add(v.b, &c);
	assert_int_equal(burble_if_dhcp(v.b, v.ifindex), 0);
	return 0;
}

static int end(void **state)
{
	if (v.b)
		burble_free(v.b);
	return 0;
}

static void run_until(nsec_t to)
{
	nsec_t next;

	while ((next = burble_step(v.b, v.now)) <= to || has_asked || sought) {
		if (sought)
			answer_arp();
		if (has_asked)
			reply(&asked);
		if (!has_asked && !sought)
			v.now = next > v.now ? next : v.now;
		has_asked = sought = false;
	}
	v.now = to;
}

TEST_IN(an_address_to_ask_for_is_checked, begin, end)
{
	assert_int_equal(burble_dhcp_ask_for(v.b, 99, "10.0.0.7"), -ENODEV);
	assert_int_equal(burble_dhcp_ask_for(v.b, v.ifindex, "10.0.0.7/24"), -EINVAL);
	assert_int_equal(burble_dhcp_ask_for(v.b, v.ifindex, "fe80::1"), -EINVAL);
	assert_int_equal(burble_dhcp_ask_for(v.b, v.ifindex, "10.0.0.7"), 0);
	while (!has_asked)
		v.now = burble_step(v.b, v.now);
	assert_int_equal(asked.type, DHCP_REQUEST);
	assert_int_equal(ip_addr_v4(&asked.requested), 0x0a000007);
}

TEST_IN(a_lease_is_told_and_shown_as_text, begin, end)
{
	struct burble_lease l;

	assert_int_equal(burble_dhcp_lease(v.b, v.ifindex, &l), -EAGAIN);
	run_until(10 * NSEC_SEC);
	assert_int_equal(v.events[BURBLE_DHCP_BOUND], 1);
	assert_int_equal(burble_dhcp_lease(v.b, v.ifindex, &l), 0);
	assert_string_equal(l.address, "10.0.0.7/24");
	assert_string_equal(l.router, "10.0.0.1");
	assert_string_equal(l.server, "10.0.0.254");
	assert_int_equal(l.mtu, 1400);
	assert_true(l.renew < l.rebind && l.rebind < l.expires && l.expires < 1001 * NSEC_SEC);
	assert_int_equal(burble_addr_add(v.b, v.ifindex, "10.0.0.7/24"), -EEXIST);
}

TEST_IN(renewals_and_the_loss_are_told, begin, end)
{
	run_until(600 * NSEC_SEC);
	assert_int_equal(v.events[BURBLE_DHCP_RENEWED], 1);
	v.silent = true;
	run_until(3000 * NSEC_SEC);
	assert_int_equal(v.events[BURBLE_DHCP_RENEWED], 1);
	assert_int_equal(v.events[BURBLE_DHCP_LOST], 1);
	assert_int_equal(v.releases, 0);
}

TEST_IN(a_lease_is_given_back_by_its_call, begin, end)
{
	struct burble_lease l;

	run_until(600 * NSEC_SEC); /* the renewal has resolved the server's address */
	assert_int_equal(burble_dhcp_release(v.b, v.ifindex), 0);
	assert_int_equal(burble_dhcp_release(v.b, v.ifindex), -ENOENT);
	assert_int_equal(burble_dhcp_lease(v.b, v.ifindex, &l), -ENOENT);
	assert_int_equal(burble_addr_del(v.b, v.ifindex, "10.0.0.7"), -EADDRNOTAVAIL);
	assert_int_equal(v.events[BURBLE_DHCP_LOST], 0); /* it was the program's wish */
	assert_int_equal(v.releases, 1);
}

TEST_IN(messages_that_are_ignored_are_counted_by_reason, begin, end)
{
	struct burble_dhcp_ignored i;

	v.lease_s = 1; /* out of bounds */
	run_until(10 * NSEC_SEC);
	assert_int_equal(burble_dhcp_ignored(v.b, v.ifindex, &i), 0);
	assert_true(i.unacceptable == 2 && i.malformed == 0 && i.foreign == 0 && i.unexpected == 0);
	assert_int_equal(burble_dhcp_ignored(v.b, 1, &i), -ENOENT);
	assert_int_equal(burble_dhcp_ignored(v.b, 99, &i), -ENODEV);
}

TEST_IN(who_is_no_ethernet_interface_is_refused, begin, end)
{
	struct burble_lease l;

	assert_int_equal(burble_if_dhcp(v.b, 1), -EOPNOTSUPP);
	assert_int_equal(burble_if_dhcp(v.b, 99), -ENODEV);
	assert_int_equal(burble_if_dhcp(v.b, v.ifindex), -EALREADY);
	assert_int_equal(burble_dhcp_lease(v.b, 1, &l), -ENOENT);
	assert_int_equal(burble_dhcp_lease(v.b, 99, &l), -ENODEV);
	assert_int_equal(burble_dhcp_release(v.b, 99), -ENODEV);
}

TEST_IN(the_end_of_an_interface_gives_it_back, begin, end)
{
	run_until(600 * NSEC_SEC);
	assert_int_equal(burble_if_del(v.b, v.ifindex), 0);
	assert_int_equal(v.releases, 1);
}

TEST_IN(the_end_of_an_instance_gives_it_back, begin, end)
{
	run_until(600 * NSEC_SEC);
	burble_free(v.b);
	v.b = NULL;
	assert_int_equal(v.releases, 1);
}

TEST_IN(the_message_that_gives_it_back_waits_for_arp, begin, end)
{
	run_until(10 * NSEC_SEC); /* all messages were broadcast so far */
	assert_int_equal(burble_dhcp_release(v.b, v.ifindex), 0);
	assert_int_equal(v.releases, 0);
	run_until(11 * NSEC_SEC);
	assert_int_equal(v.releases, 1);
}
