/*
 * ip_forward.c - IP forwarding (RFC 1812 section 5, RFC 8200): TTL decremented, next hop looked up;
 * packets that cannot be forwarded are answered with an ICMP error. Fragments are forwarded
 * unchanged; packets that are too large are fragmented, if the IP version allows it.
 */
#include "stack/ip/ip_forward.h"
#include "stack/ip/icmp_out.h"
#include "stack/ip/ip_dst.h"
#include "stack/ip/ip_offload.h"
#include "stack/ip/ip_opts.h"
#include "stack/ip/ip_out.h"
#include "stack/ip/ip_saddr.h"

#include <errno.h>

/* Counts the packet, sends the error, and frees p. */
struct refusal {
	enum mib why;
	struct icmp_what what;
};
static void answer(
	struct stack *s, struct pkt *p, const struct ip_cause *cause, const struct refusal *r)
{
	icmp_error_out(s, cause, &r->what);
	stack_drop(s, p, r->why);
}

/* Bytes of the largest packet that leaves if p does. */
static uint32_t packet_len(const struct pkt *p)
{
	return p->gso ? ip_gso_packet_len(p) : p->len;
}

/* ---- IPv4 ---- */

static struct refusal no_way4(int err)
{
	uint8_t code = ICMP4_NET_UNREACHABLE;

	if (err == -EHOSTUNREACH)
		code = ICMP4_HOST_UNREACHABLE;
	if (err == -EACCES)
		code = ICMP4_PACKET_FILTERED;
	return (struct refusal){err == -ENETUNREACH ? MIB_IpExtInNoRoutes : MIB_IpInAddrErrors,
		{ICMP4_UNREACHABLE, code, 0}};
}

/* One fragment of a forwarded packet: n bytes of its data from offset at. */
static void forward_piece(struct stack *s, const struct ipv4 *h, uint32_t at, uint32_t n)
{
	struct pkt *f = pkt_new(&s->pkts, n);
	struct ipv4 piece = *h;

	assert(at + n <= h->len && at % 8 == 0);
	if (f == NULL) {
		stack_count(s, MIB_IpFragFails);
		return;
	}
	piece.frag_off = (uint16_t)(h->frag_off + at);
	piece.mf = h->mf || at + n < h->len;
	piece.len = (uint16_t)n;
	memcpy(f->data, h->data + at, n);
	f->len = n;
	ipv4_emit(&piece, pkt_push(f, (uint32_t)ipv4_emit_len(&piece)));
	stack_count(s, MIB_IpFragCreates);
	ip_forward_later(s, f, &h->addr);
}

static void cut_and_forward(struct stack *s, struct pkt *p, const struct ipv4 *h, uint32_t mtu)
{
	uint32_t most = (mtu - (uint32_t)ipv4_emit_len(h)) & ~7u;

	assert(most > 0 && mtu > ipv4_emit_len(h));
	for (uint32_t at = 0; at < h->len; at += most)
		forward_piece(s, h, at, u32_min(most, h->len - at));
	stack_count(s, MIB_IpFragOKs);
	pkt_free(p);
}

void ip4_forward(struct stack *s, struct netdev *dev, struct pkt *p, struct ipv4 *h)
{
	const struct ip_dst *dst = ip_dst_lookup(s, &h->addr.dst, 0);
	struct ip_cause cause = {.p = p->data, .len = p->len, .dev = dev, .addr = h->addr};
	struct refusal r = {MIB_IpInHdrErrors, {ICMP4_TIME_EXCEEDED, ICMP_TTL_EXCEEDED, 0}};

	if (dst->multicast || dst->broadcast || ip_addr_is_link_local(&h->addr.dst)) {
		stack_drop(s, p, MIB_IpInAddrErrors);
		return;
	}
	if (ipv4_is_beyond(h)) { /* the offsets of its fragments would wrap */
		stack_drop(s, p, MIB_IpInHdrErrors);
		return;
	}
	if (h->ttl <= 1) {
		answer(s, p, &cause, &r);
		return;
	}
	if (dst->err != 0) {
		r = no_way4(dst->err);
		if (host_route_error_allow(&s->ip->hosts, &h->addr.src, s->now))
			answer(s, p, &cause, &r);
		else
			stack_drop(s, p, r.why);
		return;
	}
	if (packet_len(p) > dst->mtu && (h->df || dst->mtu < IPV4_MTU_MIN)) {
		r = (struct refusal){
			MIB_IpFragFails, {ICMP4_UNREACHABLE, ICMP4_FRAG_NEEDED, dst->mtu}};
		answer(s, p, &cause, &r);
		return;
	}
	struct ip_addr us;

	stack_count(s, MIB_IpForwDatagrams);
	h->ttl--;
	if (h->opt_len > 0 && ip_saddr_select(s, dst->dev, &h->addr.dst, &us))
		ip_opts_record(s, h, p->data, &us);
	if (packet_len(p) > dst->mtu) {
		if (p->csum_partial)
			ip_checksum_complete(p);
		cut_and_forward(s, p, h, dst->mtu);
		return;
	}
	ipv4_emit(h, p->data);
	ip_forward_later(s, p, &h->addr);
}

/* ---- IPv6 ---- */

static struct refusal no_way6(int err)
{
	uint8_t code = ICMP6_NO_ROUTE;

	if (err == -EHOSTUNREACH)
		code = ICMP6_ADDR_UNREACHABLE;
	if (err == -EACCES)
		code = ICMP6_ADMIN_PROHIBITED;
	return (struct refusal){MIB_Ip6InNoRoutes, {ICMP6_UNREACHABLE, code, 0}};
}

void ip6_forward(struct stack *s, struct netdev *dev, struct pkt *p, const struct ipv6 *h)
{
	const struct ip_dst *dst = ip_dst_lookup(s, &h->addr.dst, 0);
	struct ip_cause cause = {
		.p = p->data, .len = p->len, .dev = dev, .addr = h->addr, .v6 = true};
	struct refusal r = {MIB_Ip6InHdrErrors, {ICMP6_TIME_EXCEEDED, ICMP_TTL_EXCEEDED, 0}};

	if (dst->multicast || ip_addr_is_link_local(&h->addr.dst) ||
		ip_addr_is_link_local(&h->addr.src) || ip_addr_is_any(&h->addr.src)) {
		stack_drop(s, p, MIB_Ip6InAddrErrors);
		return;
	}
	if (h->hop_limit <= 1) {
		answer(s, p, &cause, &r);
		return;
	}
	if (dst->err != 0) {
		r = no_way6(dst->err);
		answer(s, p, &cause, &r);
		return;
	}
	if (packet_len(p) > dst->mtu) {
		r = (struct refusal){MIB_Ip6InTooBigErrors, {ICMP6_PACKET_TOO_BIG, 0, dst->mtu}};
		answer(s, p, &cause, &r);
		return;
	}
	stack_count(s, MIB_Ip6OutForwDatagrams);
	assert(p->len >= IPV6_HDR_LEN && p->data[7] == h->hop_limit);
	p->data[7]--;
	ip_forward_later(s, p, &h->addr);
}
