/* wire_group.c - IGMP and MLD messages: the first byte chooses, the rest is the message. */
#include "wire/group.h"
#include "wire_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t p[FUZZ_OUT_MAX];
	struct group_msg g;
	char text[80];

	if (size < 1 + ICMP_HDR_LEN || size > sizeof(p))
		return 0;
	memcpy(p, data + 1, --size);
	if (data[0] & 1) {
		struct icmp m = {p[0], p[1], get_be32(p + 4), (uint32_t)size - ICMP_HDR_LEN,
			p + ICMP_HDR_LEN};

		if (group_parse_mld(&g, &m) != DROP_NONE)
			return 0;
	} else {
		memset(p + 2, 0, 2);
		uint16_t sum = csum_fold(csum_add(0, p, size)); /* or nothing would be read */

		memcpy(p + 2, &sum, sizeof(sum));
		if (group_parse_igmp(&g, p, size) != DROP_NONE)
			return 0;
	}
	must(g.version >= 1 && g.version <= 3 && g.robustness <= 7);
	must(g.max_ms <= 8387584 && g.interval_s <= 31744);
	must(g.type == GROUP_REPORT_V3 || g.type == GROUP_QUERY || ip_addr_is_multicast(&g.group));
	group_print(text, sizeof(text), &g);
	return 0;
}
