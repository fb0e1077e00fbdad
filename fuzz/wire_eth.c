/*
 * wire_eth.c - Ethernet and ARP.
 */
#include "wire/arp.h"
#include "wire_fuzz.h"

static void arp_target(const uint8_t *data, size_t size)
{
	struct arp_view v;
	struct arp a;
	uint8_t out[ARP_LEN];
	char text[64];

	if (!arp_view(&v, data, size) || arp_parse(&a, v) != DROP_NONE)
		return;
	arp_emit(&a, out);
	must(memcmp(out, data, ARP_LEN) == 0);
	arp_print(text, sizeof(text), &a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct eth_view v;
	struct eth e;
	uint8_t out[ETH_HDR_LEN];
	char text[64];

	if (!eth_view(&v, data, size) || eth_parse(&e, v) != DROP_NONE)
		return 0;
	eth_emit(&e, out);
	must(memcmp(out, data, ETH_HDR_LEN) == 0);
	eth_print(text, sizeof(text), &e);
	arp_target(e.data, e.len);
	return 0;
}
