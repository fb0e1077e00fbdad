/*
 * wire_ipv4.c - IPv4 headers, whole and quoted. The checksum is fixed so that parsing continues.
 */
#include "wire/ipv4.h"
#include "wire_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t p[FUZZ_OUT_MAX];
	uint8_t out[IPV4_HDR_MAX];
	struct ipv4_view v;
	struct ipv4 h;
	char text[64];

	size = size_min(size, sizeof(p));
	memcpy(p, data, size);
	if (!ipv4_view(&v, p, size))
		return 0;
	if (ipv4_parse_quote(&h, v) == DROP_NONE)
		ipv4_print(text, sizeof(text), &h);
	put_be16(p + 10, 0);
	uint16_t field = csum_fold(csum_add(0, p, v.hdr_len));

	memcpy(p + 10, &field, 2);
	if (ipv4_parse(&h, v) != DROP_NONE)
		return 0;
	must(h.data + h.len <= p + size);
	must(h.record_route == 0 || h.record_route + p[h.record_route + 1] <= (int)v.hdr_len);
	must(h.timestamp == 0 || h.timestamp + p[h.timestamp + 1] <= (int)v.hdr_len);
	p[6] &= 0x7f; /* the reserved bit is not preserved */
	put_be16(p + 10, 0);
	field = csum_fold(csum_add(0, p, v.hdr_len));
	memcpy(p + 10, &field, 2);
	ipv4_emit(&h, out);
	must(memcmp(out, p, v.hdr_len) == 0);
	return 0;
}
