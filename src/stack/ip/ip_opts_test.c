/*
 * ip_opts_test.c - IPv4 options: record route and timestamp filled in and returned, the pointer of
 * parameter problems. The expected results are those of Linux 6.18 for the same bytes.
 */
#include "base/test/test.h"
#include "stack/ip/test/ip_fixture.h"
#include "stack/link/link_in.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define US 10, 0, 0, 1

enum {
	NOW_MS = 5000
};
#define TIME 0x80, 0, 0x13, 0x88 /* NOW_MS, marked as not the time of day */

static int raw(void **state)
{
	world_open(NETDEV_RAW);
	have("10.0.0.1", 24);
	w->s.now = NOW_MS * NSEC_MSEC;
	w->s.sysctl.icmp_ratelimit = 0;
	return 0;
}

/* n bytes of options, padded to 4. */
struct opts {
	uint8_t n, bytes[IPV4_OPT_MAX];
};

/* Inputs a transport packet with these options. */
static void comes_in_with(const struct opts *o, const char *dst, uint8_t proto, struct pkt *data)
{
	uint8_t p[IPV4_HDR_MAX + 2000];
	struct ipv4 h = {.addr = {addr("10.0.0.2"), addr(dst)},
		.ttl = 64,
		.proto = proto,
		.opt_len = o->n,
		.opt = o->bytes,
		.len = (uint16_t)data->len};

	ipv4_emit(&h, p);
	memcpy(p + ipv4_emit_len(&h), data->data, data->len);
	comes_in(p, ipv4_emit_len(&h) + data->len);
	pkt_free(data);
	flush();
}

static struct pkt *echo(uint32_t n)
{
	struct pkt *p = pkt_new(&w->s.pkts, ICMP_HDR_LEN + n);

	memset(p->data, 0x2a, ICMP_HDR_LEN + n);
	struct icmp m = {.type = ICMP4_ECHO, .rest = 7, .len = n, .data = p->data + ICMP_HDR_LEN};

	icmp_emit(&m, NULL, p->data);
	p->len = ICMP_HDR_LEN + n;
	return p;
}

/* Parses the n-th packet caught. */
static struct ipv4 caught(uint32_t n)
{
	struct ipv4_view v;
	struct ipv4 h;

	assert_true(n < w->out_count);
	assert_true(ipv4_view(&v, w->out[n].bytes, w->out[n].len));
	assert_int_equal(ipv4_parse(&h, v), DROP_NONE);
	return h;
}

TEST_IN(an_echo_returns_record_route_and_timestamp_filled_in, raw, world_end)
{
	static const struct {
		struct opts asked, answered;
	} row[] = {
		{{16, {7, 15, 4}}, {16, {7, 15, 12, US, US}}},
		{{12, {7, 11, 8, 1, 2, 3, 4}}, {12, {7, 11, 12, 1, 2, 3, 4, US}}},
		{{8, {7, 7, 8, 1, 2, 3, 4}}, {8, {7, 7, 8, 1, 2, 3, 4}}},
		{{4, {7, 3, 4}}, {4, {7, 3, 4}}},
		{{12, {68, 12, 5}}, {12, {68, 12, 13, 0, TIME, TIME}}},
		{{8, {68, 8, 9, 0x30, 1, 2, 3, 4}}, {8, {68, 8, 9, 0x40, 1, 2, 3, 4}}},
		{{4, {68, 4, 5}}, {4, {68, 4, 5, 0x10}}},
		{{12, {68, 12, 5, 1}}, {12, {68, 12, 13, 1, US, TIME}}},
		{{12, {68, 12, 5, 3, US}}, {12, {68, 12, 13, 3, US, TIME}}},
		{{12, {68, 12, 5, 3, 9, 9, 9, 9}}, {12, {68, 12, 5, 3, 9, 9, 9, 9}}},
		{{12, {68, 12, 5, 2}}, {12, {68, 12, 5, 2}}},
		{{20, {7, 7, 4, 0, 0, 0, 0, 68, 8, 5, 0, 0, 0, 0, 0, 148, 4}},
			{16, {7, 7, 8, US, 68, 8, 9, 0, TIME}}},
		{{4, {148, 4}}, {0}},
		{{4, {0x9e, 4, 1, 2}}, {0}},
		{{4, {0, 1, 2, 3}}, {0}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		comes_in_with(&row[i].asked, "10.0.0.1", IP_PROTO_ICMP, echo(4));
		struct ipv4 h = caught((uint32_t)i);

		assert_int_equal(h.data[0], ICMP4_ECHO_REPLY);
		assert_int_equal(h.len, ICMP_HDR_LEN + 4);
		assert_int_equal(h.opt_len, row[i].answered.n);
		assert_memory_equal(h.opt, row[i].answered.bytes, h.opt_len);
	}
	assert_int_equal(counted(MIB_IpInHdrErrors), 0);
}

TEST_IN(a_malformed_option_is_pointed_at, raw, world_end)
{
	static const struct {
		struct opts o;
		uint8_t pointer;
	} row[] = {
		{{8, {7, 7, 3}}, 22},
		{{8, {7, 7, 6}}, 22},
		{{4, {7, 2}}, 21},
		{{16, {7, 7, 4, 0, 0, 0, 0, 7, 7, 4}}, 27}, /* a second one */
		{{8, {68, 8, 9, 0xf0}}, 23}, /* the overflow count is at its maximum */
		{{12, {68, 12, 4}}, 22},
		{{12, {68, 12, 10}}, 22},
		{{12, {68, 12, 9, 1}}, 22},
		{{4, {68, 3, 5}}, 21},
		{{16, {68, 8, 5, 0, 0, 0, 0, 0, 68, 8, 5}}, 28},
		{{4, {148, 3}}, 21},
		{{4, {0x9e, 1}}, 20},
		{{4, {0x9e, 9}}, 20},
		{{4, {1, 0x9e, 9}}, 21},
		{{4, {1, 1, 1, 0x9e}}, 23},
		{{8, {131, 7, 3}}, 22},
		{{4, {131, 2}}, 21},
		{{16, {131, 7, 4, 1, 2, 3, 4, 137, 7, 4}}, 27},
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		comes_in_with(&row[i].o, "10.0.0.1", IP_PROTO_ICMP, echo(4));
		struct ipv4 h = caught((uint32_t)i);

		assert_int_equal(h.data[0], ICMP4_PARAM_PROBLEM);
		assert_int_equal(h.data[1], 0);
		assert_int_equal(get_be32(h.data + 4), (uint32_t)row[i].pointer << 24);
	}
	assert_int_equal(counted(MIB_IpInHdrErrors), ARRAY_SIZE(row));
	assert_int_equal(counted(MIB_IcmpOutParmProbs), ARRAY_SIZE(row));
	w->out_count = 0;
	comes_in_with(&row[0].o, "10.0.0.255", IP_PROTO_ICMP, echo(4)); /* to all, */
	comes_in_with(&row[0].o, "10.0.0.9", IP_PROTO_ICMP, echo(4));   /* to others */
	assert_int_equal(w->out_count, 0);
	assert_int_equal(counted(MIB_IcmpInEchos), 0);
}

TEST_IN(an_error_returns_the_options_and_quotes_them, raw, world_end)
{
	static const struct opts asked = {12, {7, 11, 4}}, twice = {12, {7, 11, 12, US, US}};
	static const uint8_t once[12] = {7, 11, 8, US};

	comes_in_with(&asked, "10.0.0.1", IP_PROTO_UDP, echo(1000));
	struct ipv4 h = caught(0), q;
	struct ipv4_view v;

	assert_int_equal(h.data[0], ICMP4_UNREACHABLE);
	assert_int_equal(h.opt_len, twice.n);
	assert_memory_equal(h.opt, twice.bytes, twice.n);
	assert_int_equal(w->out[0].len, 576);
	assert_true(ipv4_view(&v, h.data + ICMP_HDR_LEN, h.len - ICMP_HDR_LEN));
	assert_int_equal(csum_fold(csum_add(0, v.p, v.hdr_len)), 0);
	assert_int_equal(ipv4_parse_quote(&q, v), DROP_NONE);
	assert_memory_equal(q.opt, once, sizeof(once));
}

TEST_IN(a_reply_that_is_cut_has_its_options_once, raw, world_end)
{
	static const struct opts asked = {12, {7, 11, 4}};

	w->dev.mtu = 1000;
	w->s.ip->addr_gen++;
	comes_in_with(&asked, "10.0.0.1", IP_PROTO_ICMP, echo(1500));
	assert_int_equal(w->out_count, 2);
	struct ipv4 first = caught(0), second = caught(1);

	assert_true(first.mf && first.opt_len == 12 && first.len % 8 == 0);
	assert_int_equal(second.opt_len, 0);
	assert_int_equal(second.frag_off, first.len);
	assert_int_equal(first.len + second.len, ICMP_HDR_LEN + 1500);
	assert_int_equal(second.data[0], 0x2a);
}

TEST_IN(options_of_the_first_fragment_are_the_packets, raw, world_end)
{
	static const struct opts asked = {12, {7, 11, 4}}, want = {12, {7, 11, 12, US, US}};
	struct pkt *whole = echo(24);
	struct made m = {.src = "10.0.0.2", .dst = "10.0.0.1", .proto = IP_PROTO_ICMP, .off = 16};
	uint8_t p[IPV4_HDR_MAX + 16];
	struct ipv4 h = {.addr = {addr(m.src), addr(m.dst)},
		.ttl = 64,
		.proto = IP_PROTO_ICMP,
		.mf = true,
		.opt_len = asked.n,
		.opt = asked.bytes,
		.len = 16};

	ipv4_emit(&h, p);
	memcpy(p + 32, whole->data, 16);
	comes_in(p, 48);
	ip_comes_in(&m, whole->data + 16, 16);
	pkt_free(whole);
	flush();
	h = caught(0);
	assert_int_equal(h.data[0], ICMP4_ECHO_REPLY);
	assert_int_equal(h.opt_len, want.n);
	assert_memory_equal(h.opt, want.bytes, want.n);
}

TEST_IN(a_router_writes_its_way_out, raw, world_end)
{
	static const struct opts asked = {20, {7, 7, 4, 0, 0, 0, 0, 68, 12, 5, 1}};
	static const uint8_t want[20] = {7, 7, 8, US, 68, 12, 13, 1, US, TIME};

	w->s.sysctl.ip_forward = 1;
	route_via("10.9.0.0", 16, "10.0.0.9");
	comes_in_with(&asked, "10.9.0.1", IP_PROTO_UDP, echo(4));
	struct ipv4 h = caught(0);

	assert_int_equal(h.opt_len, 20);
	assert_memory_equal(h.opt, want, 20);
}
