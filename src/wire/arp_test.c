/* arp_test.c - ARP and the Ethernet frame around it on literal bytes. */
#include "base/test/test.h"
#include "wire/arp.h"

/* 02:..:01 broadcasts: who has 10.0.0.2, tell 10.0.0.1 */
static const uint8_t who_has[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1,
	8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2};

static enum drop read_arp(struct arp *a, const uint8_t *frame, size_t len)
{
	struct arp_view v;

	assert_true(arp_view(&v, frame + ETH_HDR_LEN, len - ETH_HDR_LEN));
	return arp_parse(a, v);
}

TEST(a_request_reads_and_writes_back_in_its_frame)
{
	struct eth_view v;
	struct eth e;
	struct arp a;
	uint8_t out[sizeof(who_has)] = {0};
	char text[100];

	assert_true(eth_view(&v, who_has, sizeof(who_has)));
	assert_int_equal(eth_parse(&e, v), DROP_NONE);
	assert_int_equal(e.type, ETH_TYPE_ARP);
	assert_int_equal(e.len, ARP_LEN);
	assert_int_equal(read_arp(&a, who_has, sizeof(who_has)), DROP_NONE);
	eth_emit(&e, out);
	arp_emit(&a, out + eth_emit_len(&e));
	assert_memory_equal(out, who_has, sizeof(who_has));
	arp_print(text, sizeof(text), &a);
	assert_string_equal(text, "Request who-has 10.0.0.2 tell 10.0.0.1, length 28");
	eth_print(text, sizeof(text), &e);
	assert_string_equal(
		text, "02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42");
	a.op = ARP_REPLY;
	arp_print(text, sizeof(text), &a);
	assert_string_equal(text, "Reply 10.0.0.1 is-at 02:00:00:00:00:01, length 28");
}

TEST(each_wrong_field_has_its_reason)
{
	static const struct {
		uint8_t at, value;
		enum drop why;
	} row[] = {
		{15, 6, DROP_HARDWARE},
		{16, 0x86, DROP_HARDWARE},
		{18, 8, DROP_HARDWARE},
		{19, 16, DROP_HARDWARE},
		{21, 3, DROP_OPCODE},
		{21, 0, DROP_OPCODE},
		{22, 3, DROP_ADDRESS},
		{28, 224, DROP_ADDRESS},
		{28, 127, DROP_ADDRESS},
	};
	struct arp a;

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		uint8_t bad[sizeof(who_has)];

		memcpy(bad, who_has, sizeof(bad));
		bad[row[i].at] = row[i].value;
		assert_int_equal(read_arp(&a, bad, sizeof(bad)), row[i].why);
	}
}

TEST(short_bytes_have_no_view)
{
	struct arp_view v;
	struct eth_view e;

	assert_false(arp_view(&v, who_has, ARP_LEN - 1));
	assert_false(eth_view(&e, who_has, ETH_HDR_LEN - 1));
}

TEST(frames_from_a_group_or_of_ieee_802_3_are_refused)
{
	uint8_t bad[sizeof(who_has)];
	struct eth_view v;
	struct eth e;

	memcpy(bad, who_has, sizeof(bad));
	bad[6] = 3;
	assert_true(eth_view(&v, bad, sizeof(bad)));
	assert_int_equal(eth_parse(&e, v), DROP_ADDRESS);
	bad[6] = 2;
	bad[12] = 5;
	assert_int_equal(eth_parse(&e, v), DROP_TYPE);
}

TEST(groups_map_to_ethernet_groups)
{
	struct ip_addr a;
	char text[ETH_ADDR_TEXT_MAX];

	assert_true(ip_addr_parse(&a, "239.129.2.3"));
	struct eth_addr e = eth_addr_multicast(&a);
	assert_string_equal(eth_addr_text(text, &e), "01:00:5e:01:02:03");
	assert_true(ip_addr_parse(&a, "ff02::1:ff00:102"));
	e = eth_addr_multicast(&a);
	assert_string_equal(eth_addr_text(text, &e), "33:33:ff:00:01:02");
}
