/* mcast_in.c - messages about group membership in: those of this link only. */
#include "stack/ip/mcast_in.h"

void igmp_input(struct stack *s, struct pkt *p, const struct ip_rx *rx)
{
	struct group_msg g;

	if (rx->ttl != 1 || group_parse_igmp(&g, p->data, p->len) != DROP_NONE) {
		stack_drop(s, p, MIB_IpInDiscards);
		return;
	}
	mcast_in(s, &ip_dev_of(rx->dev)->mcast[0], &g);
	pkt_free(p);
}

void mld_input(struct stack *s, const struct icmp *m, const struct ip_rx *rx)
{
	struct group_msg g;

	/* RFC 3810 section 6.2 */
	if (rx->ttl != 1 || !ip_addr_is_link_local(&rx->addr.src) ||
		group_parse_mld(&g, m) != DROP_NONE) {
		stack_count(s, MIB_Icmp6InErrors);
		return;
	}
	mcast_in(s, &ip_dev_of(rx->dev)->mcast[1], &g);
}
