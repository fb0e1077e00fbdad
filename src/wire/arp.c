/* arp.c - parse, emit and print of ARP; see arp.h. */
#include "wire/arp.h"

#include "wire/text.h"

enum {
	HW_ETHERNET = 1
};

static bool sender_ok(const struct arp *a)
{
	return !ip_addr_is_multicast(&a->sender) && !ip_addr_is_loopback(&a->sender) &&
	       ip_addr_v4(&a->sender) != UINT32_MAX && !eth_addr_is_group(&a->sender_hw);
}

enum drop arp_parse(struct arp *out, struct arp_view v)
{
	const uint8_t *p = v.p;

	if (get_be16(p) != HW_ETHERNET || get_be16(p + 2) != ETH_TYPE_IPV4 ||
		p[4] != ETH_ADDR_LEN || p[5] != 4)
		return DROP_HARDWARE;
	*out = (struct arp){.op = get_be16(p + 6),
		.sender = ip_addr_from_v4(get_be32(p + 14)),
		.target = ip_addr_from_v4(get_be32(p + 24))};
	memcpy(out->sender_hw.b, p + 8, ETH_ADDR_LEN);
	memcpy(out->target_hw.b, p + 18, ETH_ADDR_LEN);
	if (out->op != ARP_REQUEST && out->op != ARP_REPLY)
		return DROP_OPCODE;
	return sender_ok(out) ? DROP_NONE : DROP_ADDRESS;
}

void arp_emit(const struct arp *a, uint8_t *p)
{
	put_be16(p, HW_ETHERNET);
	put_be16(p + 2, ETH_TYPE_IPV4);
	p[4] = ETH_ADDR_LEN;
	p[5] = 4;
	put_be16(p + 6, a->op);
	memcpy(p + 8, a->sender_hw.b, ETH_ADDR_LEN);
	put_be32(p + 14, ip_addr_v4(&a->sender));
	memcpy(p + 18, a->target_hw.b, ETH_ADDR_LEN);
	put_be32(p + 24, ip_addr_v4(&a->target));
}

int arp_print(char *out, size_t n, const struct arp *a)
{
	struct text t = text_in(out, n);
	char sender[IP_ADDR_TEXT_MAX], target[IP_ADDR_TEXT_MAX], hw[ETH_ADDR_TEXT_MAX];

	ip_addr_text(sender, &a->sender);
	if (a->op == ARP_REQUEST)
		text_add(
			&t, "Request who-has %s tell %s", ip_addr_text(target, &a->target), sender);
	else
		text_add(&t, "Reply %s is-at %s", sender, eth_addr_text(hw, &a->sender_hw));
	text_add(&t, ", length %d", ARP_LEN);
	return (int)t.len;
}
