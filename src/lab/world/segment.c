/* segment.c - a packet of one TCP segment: segment.h. */
#include "lab/world/segment.h"

#include "wire/ipv4.h"
#include "wire/ipv6.h"

enum {
	TTL = 64,
};

struct packet *segment_packet(struct world *w, const struct ip_pair *a, const struct tcp_seg *s)
{
	bool v4 = ip_addr_is_v4(&a->dst);
	size_t header = v4 ? IPV4_HDR_MIN : IPV6_HDR_LEN;
	uint16_t len = (uint16_t)(tcp_emit_len(s) + s->len);
	struct packet *p = packet_new(w, header + len);

	if (v4)
		ipv4_emit(&(struct ipv4){.addr = *a, .ttl = TTL, .proto = IP_PROTO_TCP, .len = len},
			p->bytes);
	else
		ipv6_emit(
			&(struct ipv6){
				.addr = *a, .hop_limit = TTL, .next = IP_PROTO_TCP, .len = len},
			p->bytes);
	tcp_emit(s, a, p->bytes + header);
	return p;
}
