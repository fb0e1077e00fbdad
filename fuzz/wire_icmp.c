/*
 * wire_icmp.c - ICMP of both versions, quotes in errors, and neighbour discovery.
 */
#include "wire/ndp.h"
#include "wire_fuzz.h"

static void ndp_target(const struct icmp *m, const struct ip_pair *a)
{
	struct ipv6 ip = {.addr = *a, .hop_limit = NDP_HOP_LIMIT};
	uint8_t out[NDP_LEN_MAX];
	struct ndp_view v;
	struct ndp n, again;
	struct icmp_view iv;
	struct icmp back;
	char text[64];

	if (!ndp_view(&v, m, &ip) || ndp_parse(&n, v) != DROP_NONE)
		return;
	ndp_print(text, sizeof(text), &n);
	must(ndp_emit_len(&n) <= sizeof(out));
	ndp_emit(&n, a, out);
	must(icmp_view(&iv, out, ndp_emit_len(&n)) && icmp_parse(&back, iv, a) == DROP_NONE);
	must(ndp_view(&v, &back, &ip) && ndp_parse(&again, v) == DROP_NONE);
	must(memcmp(&n, &again, sizeof(n)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t p[FUZZ_OUT_MAX];
	struct icmp_quote q;
	struct icmp_view v;
	struct icmp m;
	char text[64];

	size = size_min(size, sizeof(p));
	memcpy(p, data, size);
	if (size < ICMP_HDR_LEN)
		return 0;
	bool v6 = p[2] & 1; /* a bit of the checksum, which is then fixed */
	struct ip_pair a = fuzz_pair(v6);

	m = (struct icmp){
		p[0], p[1], get_be32(p + 4), (uint32_t)size - ICMP_HDR_LEN, p + ICMP_HDR_LEN};
	icmp_emit(&m, v6 ? &a : NULL, p);
	must(icmp_view(&v, p, size) && icmp_parse(&m, v, v6 ? &a : NULL) == DROP_NONE);
	icmp_print(text, sizeof(text), &m, v6);
	if (icmp_quote_parse(&q, v6, m.data, m.len) == DROP_NONE && !q.fragment)
		must(q.data + q.len <= p + size && q.len >= 8);
	if (v6)
		ndp_target(&m, &a);
	return 0;
}
