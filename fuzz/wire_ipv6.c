/*
 * wire_ipv6.c - IPv6 headers and extension header chains.
 */
#include "wire/ipv6.h"
#include "wire_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[IPV6_HDR_LEN];
	struct ipv6_chain c;
	struct ipv6_view v;
	struct ipv6 h;
	char text[64];

	if (!ipv6_view(&v, data, size))
		return 0;
	if (ipv6_parse(&h, v) == DROP_NONE) {
		ipv6_emit(&h, out);
		must(memcmp(out, data, IPV6_HDR_LEN) == 0);
	}
	if (ipv6_parse_quote(&h, v) != DROP_NONE)
		return 0;
	ipv6_print(text, sizeof(text), &h);
	if (ipv6_chain(&c, &h) != DROP_NONE)
		return 0;
	must(c.off <= h.len);
	must(c.act != EXT_OK || !c.fragmented || c.frag_at + IPV6_FRAG_LEN <= h.len);
	return 0;
}
