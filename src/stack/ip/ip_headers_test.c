/*
 * ip_headers_test.c - malformed fragments and extension headers: each is dropped under its own
 * counter, and answered as by Linux.
 */
#include "base/test/test.h"
#include "stack/ip/test/ip_fixture.h"
#include "stack/link/link_in.h"
#include "wire/tcp.h"
#include "wire/udp.h"

static int raw(void **state)
{
	world_begin(state);
	w->s.sysctl.icmp_ratelimit = w->s.sysctl.ipv6_icmp_ratelimit = 0;
	return 0;
}

static const struct made four = {.src = "10.0.0.2", .dst = "10.0.0.1", .proto = IP_PROTO_TCP};

/* Inputs an IPv6 packet of n bytes whose first header is next. */
static void six_comes_in(const char *dst, uint8_t next, const uint8_t *bytes, size_t n)
{
	struct made m = {.src = "2001:db8::2", .dst = dst, .proto = next};

	ip_comes_in(&m, bytes, n);
	flush();
}

/* A fragment with n bytes of body. */
struct piece {
	uint8_t next, body[64];
	uint16_t off;
	bool more;
	size_t n;
};

static void piece_comes_in(const char *dst, const struct piece *f)
{
	struct ipv6_frag h = {.next = f->next, .mf = f->more, .off = f->off, .id = 7};
	uint8_t p[IPV6_FRAG_LEN + sizeof(f->body)];

	ipv6_frag_emit(&h, p);
	memcpy(p + IPV6_FRAG_LEN, f->body, sizeof(f->body));
	six_comes_in(dst, IP_PROTO_FRAGMENT, p, IPV6_FRAG_LEN + f->n);
}

/* Asserts that the only packet caught is an IPv6 parameter problem of this code and pointer, and
 * removes it. */
static void problem_caught(uint8_t code, uint32_t pointer)
{
	const uint8_t *m = w->out[0].bytes + IPV6_HDR_LEN;

	assert_int_equal(w->out_count, 1);
	assert_int_equal(m[0], ICMP6_PARAM_PROBLEM);
	assert_int_equal(m[1], code);
	assert_int_equal(get_be32(m + 4), pointer);
	w->out_count = 0;
}

TEST_IN(a_first_fragment_without_its_chain_is_dropped_and_answered_rfc_7112, raw, world_end)
{
	static const struct piece first[] = {
		{.next = IP_PROTO_DSTOPT, .more = true, .n = 8, .body = {6, 1, 30, 12}},
		{.next = IP_PROTO_DSTOPT, .more = true, .n = 8, .body = {6, 0, 1, 4}},
		{.next = IP_PROTO_TCP, .more = true, .n = 16},
	};

	for (size_t i = 0; i < ARRAY_SIZE(first); i++) {
		struct piece rest = {.next = first[i].next, .off = (uint16_t)first[i].n, .n = 40};

		piece_comes_in("2001:db8::1", &first[i]);
		problem_caught(3, 0);
		piece_comes_in("2001:db8::1", &rest);
		piece_comes_in("ff02::1", &first[i]); /* to a group: dropped silently */
		assert_int_equal(w->out_count, 0);
		assert_int_equal(counted(MIB_Ip6InHdrErrors), 2 * (i + 1));
		run_until(w->s.now + 61 * NSEC_SEC);
		w->out_count = 0;
	}
	assert_int_equal(w->tcp_count, 0);
	assert_int_equal(counted(MIB_Ip6ReasmReqds), 9);
}

TEST_IN(fragments_that_no_packet_has_are_pointed_at, raw, world_end)
{
	static const struct {
		struct piece f;
		uint32_t pointer;
	} row[] = {
		{{.next = 6, .off = 65528, .n = 8}, 42},
		{{.next = 6, .off = 65528, .n = 8, .more = true}, 42},
		{{.next = 6, .off = 8, .n = 12, .more = true}, 4},
		{{.next = 6, .n = 20, .more = true}, 4},
		{{.next = IP_PROTO_FRAGMENT, .n = 28, .body = {6}},
			48}, /* a fragment header inside another */
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		piece_comes_in("2001:db8::1", &row[i].f);
		problem_caught(0, row[i].pointer);
		assert_int_equal(counted(MIB_Ip6InHdrErrors), i + 1);
	}
	assert_int_equal(counted(MIB_Ip6ReasmReqds), ARRAY_SIZE(row));
}

TEST_IN(headers_of_the_whole_stand_before_and_behind_the_fragment_header, raw, world_end)
{
	struct piece first = {
		.next = IP_PROTO_DSTOPT, .n = 40, .more = true, .body = {6, 0, 1, 4, [8] = 1}};
	struct piece rest = {.next = IP_PROTO_DSTOPT, .off = 40, .n = 8};
	uint8_t outer[8 + IPV6_FRAG_LEN + 32] = {IP_PROTO_FRAGMENT, 0, 1, 4, [8] = 6, [11] = 1};

	piece_comes_in("2001:db8::1", &first);
	piece_comes_in("2001:db8::1", &rest);
	assert_int_equal(w->tcp_count, 1);
	assert_int_equal(w->last.len, 40);
	assert_int_equal(w->last.bytes[0], 1);
	outer[16] = 2;
	six_comes_in("2001:db8::1", IP_PROTO_DSTOPT, outer, sizeof(outer));
	outer[10] = 0;
	outer[11] = 32;
	six_comes_in("2001:db8::1", IP_PROTO_DSTOPT, outer, sizeof(outer));
	assert_int_equal(w->tcp_count, 2);
	assert_int_equal(w->last.len, 64);
	assert_int_equal(w->last.bytes[0], 2);
}

TEST_IN(an_only_fragment_counts_as_put_together, raw, world_end)
{
	struct piece f = {.next = IP_PROTO_TCP, .n = 20};

	piece_comes_in("2001:db8::1", &f);
	assert_int_equal(w->tcp_count, 1);
	assert_int_equal(counted(MIB_Ip6ReasmReqds), 1);
	assert_int_equal(counted(MIB_Ip6ReasmOKs), 1);
}

/* IPv4 fragments that are or are not reassembled; byte i has the value i. */
struct run {
	struct {
		uint16_t off;
		uint8_t n;
		bool more;
	} f[4];
	uint32_t len; /* of the packet delivered; 0: none */
};

static void run_comes_in(const struct run *r, uint16_t id)
{
	uint8_t bytes[64];
	struct made m = four;

	for (uint8_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i;
	m.id = id;
	for (size_t i = 0; i < ARRAY_SIZE(r->f) && r->f[i].n > 0; i++) {
		m.off = r->f[i].off;
		m.more = r->f[i].more;
		ip_comes_in(&m, bytes + m.off % 64, r->f[i].n);
	}
}

TEST_IN(ipv4_fragments_are_taken_and_thrown_away_as_linux_does, raw, world_end)
{
	static const struct run runs[] = {
		{{{0, 20, true}, {16, 12, false}}, 28}, /* 20: 16 of them count */
		{{{0, 12, true}, {8, 20, false}}, 28},  /* 12: 8 count */
		{{{0, 4, true}, {0, 28, false}}, 28},   /* 4: none count, then it is whole */
		{{{0, 20, true}, {24, 4, false}}, 0},   /* a hole */
		{{{24, 4, false}, {16, 8, false}, {0, 16, true}}, 0},    /* two ends */
		{{{0, 16, true}, {65528, 8, false}, {16, 4, false}}, 0}, /* too long to be */
	};

	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		uint32_t before = w->tcp_count;

		run_comes_in(&runs[i], (uint16_t)i);
		assert_int_equal(w->tcp_count, before + (runs[i].len > 0));
		if (runs[i].len == 0)
			continue;
		assert_int_equal(w->last.len, runs[i].len);
		for (uint32_t k = 0; k < runs[i].len; k++)
			assert_int_equal(w->last.bytes[k], k);
	}
}

/* Asserts that the only packet caught quotes exactly the n bytes at p, and removes it. */
static void quote_caught(const uint8_t *p, size_t n, size_t head)
{
	assert_int_equal(w->out_count, 1);
	assert_int_equal(w->out[0].len, head + ICMP_HDR_LEN + n);
	assert_memory_equal(w->out[0].bytes + head + ICMP_HDR_LEN, p, n);
	w->out_count = 0;
}

TEST_IN(time_exceeded_quotes_the_first_fragment_as_it_came, raw, world_end)
{
	uint8_t p[200], body[48] = {1, 2, 3}, frag[IPV6_FRAG_LEN + 48];
	struct made m = four, m6 = {.src = "2001:db8::2", .dst = "2001:db8::1"};
	struct ipv6_frag h = {.next = IP_PROTO_TCP, .mf = true, .id = 9};

	m.more = true;
	size_t len = make_ip(p, &m, body, 24);
	comes_in(p, len);
	m.off = 24;
	ip_comes_in(&m, body, 24); /* not quoted, although there is no gap between them */
	run_until(31 * NSEC_SEC);
	quote_caught(p, len, IPV4_HDR_MIN);

	m6.proto = IP_PROTO_FRAGMENT;
	ipv6_frag_emit(&h, frag);
	memcpy(frag + IPV6_FRAG_LEN, body, sizeof(body));
	len = make_ip(p, &m6, frag, IPV6_FRAG_LEN + 32);
	comes_in(p, len);
	h.off = 32;
	ipv6_frag_emit(&h, frag);
	ip_comes_in(&m6, frag, sizeof(frag));
	run_until(200 * NSEC_SEC);
	quote_caught(p, len, IPV6_HDR_LEN);
}

TEST_IN(options_that_lie_are_dropped, raw, world_end)
{
	static const uint8_t bad[][16] = {
		{6, 1, 1, 6, 0, 0, 0, 0, 0, 0, 30, 4}, /* 8 bytes of padding */
		{6, 1, 1, 4, 0, 0, 9, 0, 30, 6},       /* that are not zero */
		{6, 1, 5, 3, 0, 0, 0, 1, 5},           /* a router alert of 3 bytes */
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		six_comes_in("2001:db8::1", IP_PROTO_HOPOPT, bad[i], sizeof(bad[i]));
		assert_int_equal(counted(MIB_Ip6InHdrErrors), i + 1);
	}
	assert_int_equal(w->tcp_count + w->out_count, 0);
}

TEST_IN(addresses_that_are_on_no_link_are_dropped, raw, world_end)
{
	static const char *const pairs[][2] = {
		{"2001:db8::2", "ff01::1"},
		{"2001:db8::2", "ff00::1"},
		{"2001:db8::2", "ff11::1"},
		{"2001:db8::2", "::1"},
		{"::1", "2001:db8::1"},
		{"ff02::1", "2001:db8::1"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct made m = {.src = pairs[i][0], .dst = pairs[i][1], .proto = IP_PROTO_TCP};

		ip_comes_in(&m, "x", 1);
		assert_int_equal(counted(MIB_Ip6InHdrErrors), i + 1);
	}
	assert_int_equal(w->tcp_count, 0);
}

TEST_IN(an_error_is_not_answered_even_behind_a_bad_option, raw, world_end)
{
	uint8_t p[8 + ICMP_HDR_LEN] = {IP_PROTO_ICMPV6, 0, 0xbe, 4, [8] = ICMP6_UNREACHABLE};

	six_comes_in("2001:db8::1", IP_PROTO_DSTOPT, p, sizeof(p));
	assert_int_equal(w->out_count, 0);
	p[8] = ICMP6_ECHO;
	six_comes_in("2001:db8::1", IP_PROTO_DSTOPT, p, sizeof(p));
	problem_caught(2, 42);
}

/* RFC 8200 section 4: only the destination examines headers after the fixed one. */
TEST_IN(a_router_lets_the_chain_of_others_be, raw, world_end)
{
	static const uint8_t padded[16] = {6, 1, 1, 12};

	w->s.sysctl.ipv6_forwarding = 1;
	route_via("2001:db8:9::", 48, "2001:db8::9");
	six_comes_in("2001:db8:9::1", IP_PROTO_DSTOPT, padded, sizeof(padded));
	assert_int_equal(w->out_count, 1);
	assert_memory_equal(w->out[0].bytes + IPV6_HDR_LEN, padded, sizeof(padded));
}

TEST_IN(a_router_cuts_nothing_that_ends_beyond_any_packet, raw, world_end)
{
	struct made m = {.src = "10.0.0.2", .dst = "10.9.0.1", .off = 65528};
	uint8_t bytes[1600] = {0};

	w->s.sysctl.ip_forward = 1;
	route_via("10.9.0.0", 16, "10.0.0.9");
	ip_comes_in(&m, bytes, sizeof(bytes));
	flush();
	assert_int_equal(w->out_count, 0);
	assert_int_equal(counted(MIB_IpInHdrErrors), 1);
}
