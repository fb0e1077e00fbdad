/* tcp_mtu_test.c - path MTU discovery by ICMP, through a router with a smaller MTU. */
#include "stack/tcp/test/two_hosts.h"

#include "base/test/test.h"
#include "stack/ip/ip.h"

enum {
	NARROW = 1300,
	BYTES = 200000
};

/* The router: the packet last refused, to be answered between two steps. */
struct router {
	uint8_t quote[28];
	bool refused;
	uint32_t told; /* the MTU that it reports */
	uint32_t refusals, longest;
};

static bool narrow(struct pair *p, int from, struct pkt *pkt)
{
	struct router *r = p->arg;

	if (pkt_total(pkt) <= NARROW) {
		r->longest = u32_max(r->longest, pkt_total(pkt));
		return false;
	}
	memcpy(r->quote, pkt->data, sizeof(r->quote));
	r->refused = true;
	r->refusals++;
	return true;
}

/* Inputs "fragmentation needed" about the quote at its sender. */
static void answer(struct pair *p, struct router *r)
{
	struct pair_host *h = &p->host[0];
	struct icmp m = {ICMP4_UNREACHABLE, ICMP4_FRAG_NEEDED, r->told, sizeof(r->quote), r->quote};
	struct ipv4 ip = {
		.ttl = 60, .proto = IP_PROTO_ICMP, .len = ICMP_HDR_LEN + sizeof(r->quote)};
	struct pkt *pkt = pkt_new(stack_pkts(h->s), IPV4_HDR_MIN + ip.len);

	assert_non_null(pkt);
	ip.addr = (struct ip_pair){ip_addr_from_v4(0x0a0000fe), h->addr};
	ipv4_emit(&ip, pkt->data);
	icmp_emit(&m, NULL, pkt->data + IPV4_HDR_MIN);
	pkt->len = IPV4_HDR_MIN + ip.len;
	r->refused = false;
	stack_input(h->s, &h->dev, pkt, p->now);
}

/* Sends BYTES from host 0 to host 1 through the router; returns the resulting path MTU of host
 * 0. */
static struct ip_route crossed(struct router *r)
{
	static uint8_t buf[16384];
	struct pair *p = pair_new(1, false);
	struct pair_conn pc;
	size_t sent = 0, got = 0;
	nsec_t end;

	pair_connect(p, &pc, 80);
	p->tamper = narrow;
	p->arg = r;
	end = p->now + 5 * NSEC_SEC;
	while (got < BYTES && p->now < end) {
		struct tcp_read in = {.to = buf, .n = sizeof(buf)};
		size_t n = size_min(sizeof(buf), BYTES - sent);

		sent += tcp_send(p->host[0].s, pc.c[0], buf, n, 0);
		while ((n = tcp_read(p->host[1].s, pc.c[1], &in)) > 0) {
			tcp_read_done(p->host[1].s, pc.c[1], n);
			got += n;
		}
		pair_step(p, end);
		if (r->refused)
			answer(p, r);
	}
	assert_int_equal(got, BYTES);
	struct ip_route_key key = {.dst = p->host[1].addr, .src = p->host[0].addr};
	struct ip_route path;

	assert_int_equal(ip_route_query(p->host[0].s, &key, &path), 0);
	assert_int_equal(mib_get(stack_mib(p->host[0].s), MIB_TcpExtTCPTimeouts), 0);
	tcp_close(p->host[0].s, pc.c[0], false);
	pair_run(p, NSEC_SEC);
	tcp_close(p->host[1].s, pc.c[1], false);
	tcp_close(p->host[1].s, pc.l, false);
	pair_run(p, 70 * NSEC_SEC);
	pair_free(p);
	return path;
}

TEST(segments_shrink_to_what_the_router_carries)
{
	struct router r = {.told = NARROW};
	struct ip_route path = crossed(&r);

	assert_int_equal(path.mtu, NARROW);
	assert_false(path.locked);
	assert_int_equal(r.longest, NARROW);
	assert_in_range(r.refusals, 1, 10); /* the first window */
}

TEST(a_router_that_reports_no_mtu_sets_the_minimum)
{
	struct router r = {.told = 0};
	struct ip_route path = crossed(&r);

	assert_int_equal(path.mtu, 552); /* route.min_pmtu */
	assert_true(path.locked);
	assert_in_range(r.refusals, 1, 10);
}
