/* eth.c - parse, emit and print of Ethernet frames; see eth.h. */
#include "wire/eth.h"

#include <stdio.h>

#include "wire/text.h"

struct eth_addr eth_addr_multicast(const struct ip_addr *group)
{
	const uint8_t *g = group->b;

	if (ip_addr_is_v4(group))
		return (struct eth_addr){{0x01, 0x00, 0x5e, g[13] & 0x7f, g[14], g[15]}};
	return (struct eth_addr){{0x33, 0x33, g[12], g[13], g[14], g[15]}};
}

char *eth_addr_text(char *out, const struct eth_addr *a)
{
	const uint8_t *b = a->b;

	snprintf(out, ETH_ADDR_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3],
		b[4], b[5]);
	return out;
}

enum drop eth_parse(struct eth *out, struct eth_view v)
{
	*out = (struct eth){
		.type = get_be16(v.p + 12), .len = v.len - ETH_HDR_LEN, .data = v.p + ETH_HDR_LEN};
	memcpy(out->dst.b, v.p, ETH_ADDR_LEN);
	memcpy(out->src.b, v.p + ETH_ADDR_LEN, ETH_ADDR_LEN);
	if (eth_addr_is_group(&out->src))
		return DROP_ADDRESS;
	return out->type < ETH_TYPE_MIN ? DROP_TYPE : DROP_NONE;
}

void eth_emit(const struct eth *e, uint8_t *p)
{
	memcpy(p, e->dst.b, ETH_ADDR_LEN);
	memcpy(p + ETH_ADDR_LEN, e->src.b, ETH_ADDR_LEN);
	put_be16(p + 12, e->type);
}

static const char *type_text(uint16_t type)
{
	switch (type) {
	case ETH_TYPE_IPV4: return "IPv4";
	case ETH_TYPE_ARP: return "ARP";
	case ETH_TYPE_IPV6: return "IPv6";
	}
	return "Unknown";
}

int eth_print(char *out, size_t n, const struct eth *e)
{
	struct text t = text_in(out, n);
	char src[ETH_ADDR_TEXT_MAX], dst[ETH_ADDR_TEXT_MAX];

	text_add(&t, "%s > %s, ethertype %s (0x%04x), length %u", eth_addr_text(src, &e->src),
		eth_addr_text(dst, &e->dst), type_text(e->type), e->type, e->len + ETH_HDR_LEN);
	return (int)t.len;
}
