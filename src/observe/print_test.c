/* print_test.c - lines compared with those of tcpdump -nn for the same packets. */
#include "observe/print.h"

#include "base/test/test.h"
#include "wire/arp.h"
#include "wire/icmp.h"
#include "wire/ndp.h"
#include "wire/udp.h"

static struct ip_pair pair(const char *src, const char *dst)
{
	struct ip_pair a;

	assert_true(ip_addr_parse(&a.src, src) && ip_addr_parse(&a.dst, dst));
	return a;
}

/* Writes an IP header for len bytes of proto at p; returns where those go. */
static uint8_t *ip_head(uint8_t *p, const struct ip_pair *a, uint8_t proto, size_t len)
{
	struct ipv4 h4 = {.addr = *a, .ttl = 64, .proto = proto, .len = (uint16_t)len};
	struct ipv6 h6 = {.addr = *a, .hop_limit = 255, .next = proto, .len = (uint16_t)len};

	if (ip_addr_is_v4(&a->src)) {
		ipv4_emit(&h4, p);
		return p + ipv4_emit_len(&h4);
	}
	ipv6_emit(&h6, p);
	return p + IPV6_HDR_LEN;
}

static size_t segment(uint8_t *p, struct ip_pair a, const struct tcp_seg *s)
{
	size_t len = tcp_emit_len(s) + s->len;
	uint8_t *at = ip_head(p, &a, IP_PROTO_TCP, len);

	tcp_emit(s, &a, at);
	return (size_t)(at - p) + len;
}

static void shows(struct printer *pr, const uint8_t *p, size_t len, const char *want)
{
	char line[PRINT_LINE_MAX];

	print_packet(pr, line, sizeof(line), p, len);
	assert_string_equal(line, want);
}

TEST(numbers_are_relative_after_the_syns)
{
	struct ip_pair there = pair("10.0.0.1", "10.0.0.2"), back = pair("10.0.0.2", "10.0.0.1");
	static const uint8_t sack[] = {1, 1, 5, 10, 0, 0, 4, 12, 0, 0, 7, 244}; /* 1036 to 2036 */
	struct tcp_seg s = {
		.sport = 4000, .dport = 80, .seq = {1000}, .flags = SEG_SYN, .win = 100};
	struct printer pr;
	uint8_t p[200];

	print_init(&pr, false);
	shows(&pr, p, segment(p, there, &s),
		"IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [S], seq 1000, win 100, length 0");
	s = (struct tcp_seg){80, 4000, {7000}, {1001}, SEG_SYN | SEG_ACK, 200, 0, 0, 0, NULL, NULL};
	shows(&pr, p, segment(p, back, &s),
		"IP 10.0.0.2.80 > 10.0.0.1.4000: Flags [S.], seq 7000, ack 1001, win 200, length "
		"0");
	s = (struct tcp_seg){4000, 80, {1001}, {7001}, SEG_ACK | SEG_PSH, 100, 0, 0, 0, NULL, NULL};
	s.data = (const uint8_t *)"hello";
	s.len = 5;
	shows(&pr, p, segment(p, there, &s),
		"IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [P.], seq 1:6, ack 1, win 100, length 5");
	s = (struct tcp_seg){80, 4000, {7001}, {1006}, SEG_ACK, 200, 0, 12, 0, sack, NULL};
	shows(&pr, p, segment(p, back, &s),
		"IP 10.0.0.2.80 > 10.0.0.1.4000: Flags [.], ack 6, win 200, options "
		"[nop,nop,sack 1 {36:1036}], length 0");
	print_init(&pr, true);
	shows(&pr, p, segment(p, back, &s),
		"IP 10.0.0.2.80 > 10.0.0.1.4000: Flags [.], ack 1006, win 200, options "
		"[nop,nop,sack 1 {1036:2036}], length 0");
}

TEST(ipv6_and_bad_checksums_are_printed)
{
	struct ip_pair a = pair("fe80::1", "2001:db8::2");
	struct tcp_seg s = {.sport = 1, .dport = 2, .flags = SEG_RST, .seq = {5}};
	struct printer pr;
	uint8_t p[100];

	print_init(&pr, true);
	size_t len = segment(p, a, &s);
	shows(&pr, p, len, "IP6 fe80::1.1 > 2001:db8::2.2: Flags [R], seq 5, win 0, length 0");
	p[len - 1] ^= 1;
	shows(&pr, p, len,
		"IP6 fe80::1.1 > 2001:db8::2.2: Flags [R], seq 5, win 0, length 0 [bad checksum]");
	shows(&pr, p, 39, "IP6 [truncated]");
	shows(&pr, p, 0, "IP [truncated]");
	p[0] = 0x45;
	shows(&pr, p, len, "IP [bad checksum]");
}

TEST(udp_icmp_and_ndp_have_their_lines)
{
	struct ip_pair a = pair("10.0.0.1", "10.0.0.2"), b = pair("fe80::1", "fe80::2");
	struct udp u = {.sport = 53, .dport = 4000, .len = 3, .data = (const uint8_t *)"abc"};
	struct icmp m = {.type = ICMP4_ECHO, .rest = 7u << 16 | 1};
	struct ndp n = {.type = NDP_NEIGHBOUR_SOLICIT, .target = b.dst};
	struct printer pr;
	uint8_t p[100];

	print_init(&pr, true);
	udp_emit(&u, &a, ip_head(p, &a, IP_PROTO_UDP, 11));
	shows(&pr, p, 31, "IP 10.0.0.1.53 > 10.0.0.2.4000: UDP, length 3");
	icmp_emit(&m, NULL, ip_head(p, &a, IP_PROTO_ICMP, 8));
	shows(&pr, p, 28, "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 7, seq 1, length 8");
	ndp_emit(&n, &b, ip_head(p, &b, IP_PROTO_ICMPV6, 24));
	shows(&pr, p, 64,
		"IP6 fe80::1 > fe80::2: ICMP6, neighbor solicitation, who has fe80::2, length 24");
	memset(p, 0, sizeof(p));
	ip_head(p, &a, 200, 8);
	shows(&pr, p, 28, "IP 10.0.0.1 > 10.0.0.2: ip-proto-200 8");
}

TEST(fragments_are_shown_without_ports)
{
	struct ip_pair a = pair("10.0.0.1", "10.0.0.2"), b = pair("fe80::1", "fe80::2");
	struct ipv4 h = {.addr = a, .ttl = 1, .proto = IP_PROTO_UDP, .len = 8, .frag_off = 1480};
	struct ipv6_frag f = {.next = IP_PROTO_TCP, .off = 1448, .mf = true, .id = 9};
	struct printer pr;
	uint8_t p[100] = {0};

	print_init(&pr, true);
	ipv4_emit(&h, p);
	shows(&pr, p, 28, "IP 10.0.0.1 > 10.0.0.2: udp");
	ipv6_frag_emit(&f, ip_head(p, &b, IP_PROTO_FRAGMENT, 24));
	shows(&pr, p, 64, "IP6 fe80::1 > fe80::2: frag (1448|16)");
}

TEST(frames_show_what_is_in_them)
{
	struct eth e = {
		.dst = ETH_ADDR_BROADCAST, .src = {{2, 0, 0, 0, 0, 1}}, .type = ETH_TYPE_ARP};
	struct ip_pair a = pair("10.0.0.1", "10.0.0.2");
	struct arp q = {.op = ARP_REQUEST, .sender = a.src, .target = a.dst, .sender_hw = e.src};
	char line[PRINT_LINE_MAX];
	struct printer pr;
	uint8_t p[60] = {0};

	print_init(&pr, true);
	eth_emit(&e, p);
	arp_emit(&q, p + ETH_HDR_LEN);
	print_frame(&pr, line, sizeof(line), p, sizeof(p));
	assert_string_equal(line, "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28");
	e.type = 0x88cc;
	eth_emit(&e, p);
	print_frame(&pr, line, sizeof(line), p, sizeof(p));
	assert_string_equal(line, "ethertype 0x88cc, length 46");
	print_frame(&pr, line, sizeof(line), p, 5);
	assert_string_equal(line, "ethernet [bad frame], length 5");
}

TEST(the_oldest_connection_makes_room_for_the_newest)
{
	struct ip_pair a = pair("10.0.0.1", "10.0.0.2");
	struct printer pr;
	uint8_t p[100];
	char line[PRINT_LINE_MAX];

	print_init(&pr, false);
	for (uint16_t port = 0; port < 3 * PRINT_FLOWS_MAX; port++) {
		struct tcp_seg s = {
			.sport = port, .dport = 80, .flags = SEG_ACK | SEG_SYN, .seq = {port}};

		print_packet(&pr, line, sizeof(line), p, segment(p, a, &s));
	}
	assert_int_equal(pr.count, PRINT_FLOWS_MAX);
	struct tcp_seg s = {.sport = 3 * PRINT_FLOWS_MAX - 1,
		.dport = 80,
		.flags = SEG_RST | SEG_ACK,
		.ack = {5}};

	s.seq = seq_of(s.sport + 1u);
	shows(&pr, p, segment(p, a, &s),
		"IP 10.0.0.1.191 > 10.0.0.2.80: Flags [R.], seq 1, ack 6, win 0, length 0");
}

TEST(times_are_seconds_and_microseconds)
{
	char out[32];

	print_time(out, sizeof(out), 3 * NSEC_SEC + 42 * NSEC_USEC + 999);
	assert_string_equal(out, "3.000042");
}
