/*
 * packet.c - encoding and decoding of packets, through the wire room.
 */
#include "lab/pkt/packet.h"

#include "lab/pkt/flow.h"
#include "lab/pkt/icmp.h"

#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/tcp_md5.h"
#include "wire/udp.h"

enum {
	QUOTE_MAX = IPV6_HDR_LEN + 8,
	PACKET_TTL = 255, /* of injected packets, as packetdrill's */
};

static uint8_t tos_of(const struct pkt_packet *p)
{
	static const uint8_t bits[] = {[PKT_ECN_ECT0] = 2, [PKT_ECN_ECT1] = 1, [PKT_ECN_CE] = 3};

	if (p->ecn == PKT_ECN_TOS)
		return p->tos;
	return p->ecn < ARRAY_SIZE(bits) ? bits[p->ecn] : 0;
}

/* Writes the IP header; out is the payload that follows it. */
static size_t put_ip(
	const struct pkt_run *r, const struct pkt_packet *p, uint8_t proto, struct iovec out)
{
	struct ip_pair addr = {.src = r->setup.remote, .dst = r->setup.local};

	if (r->mode == PKT_IPV6) {
		struct ipv6 h = {.addr = addr,
			.tclass = tos_of(p),
			.next = proto,
			.hop_limit = p->has_ttl ? p->ttl : PACKET_TTL,
			.len = (uint16_t)out.iov_len,
			.flow = p->flow};

		ipv6_emit(&h, out.iov_base);
		return IPV6_HDR_LEN;
	}
	struct ipv4 h = {.addr = addr,
		.tos = tos_of(p),
		.ttl = p->has_ttl ? p->ttl : PACKET_TTL,
		.proto = proto,
		.len = (uint16_t)out.iov_len};

	ipv4_emit(&h, out.iov_base);
	return IPV4_HDR_MIN;
}

static size_t ip_len(const struct pkt_run *r)
{
	return r->mode == PKT_IPV6 ? IPV6_HDR_LEN : IPV4_HDR_MIN;
}

/* Without pointers to options and data. */
static struct tcp_seg header_of(const struct pkt_packet *p)
{
	return (struct tcp_seg){.sport = p->sport,
		.dport = p->dport,
		.seq = seq_of(p->seq),
		.ack = seq_of(p->ack),
		.flags = p->flags,
		.win = p->win,
		.urg = p->urg,
		.opt_len = p->opt_len,
		.len = p->len};
}

/* The digest among the options, or NULL. */
static uint8_t *digest_of(const uint8_t *opt, size_t len)
{
	struct tcp_opt o;

	while (tcp_opt_next(&o, &opt, &len) && o.kind != TCP_OPT_EOL)
		if (o.kind == TCP_OPT_MD5 && o.len == TCP_MD5_LEN)
			return (uint8_t *)(uintptr_t)o.data;
	return NULL;
}

static void sign(uint8_t *out, const struct ip_pair *a, const struct tcp_seg *s,
	const struct pkt_packet *key)
{
	struct tcp_secret secret = {(const uint8_t *)key->md5_key, key->md5_key_len};

	tcp_md5_digest(out, a, s, &secret);
}

void packet_check_md5(const struct pkt_run *r, const struct pkt_frame *f,
	const struct pkt_packet *want, struct pkt_packet *p)
{
	struct ip_pair addr = {.src = r->setup.local, .dst = r->setup.remote};
	struct tcp_seg s = header_of(p);
	uint8_t *got = digest_of(p->opt, p->opt_len), good[TCP_MD5_LEN];

	if (p->proto != PKT_TCP || !want->md5_key || !got)
		return;
	assert(p->len <= f->len);
	s.data = f->bytes + f->len - p->len;
	sign(good, &addr, &s, want);
	if (tcp_digest_eq(got, good, TCP_MD5_LEN))
		memset(got, 0, TCP_MD5_LEN);
}

static size_t build_tcp(const struct pkt_run *r, const struct pkt_packet *p, uint8_t *out)
{
	static const uint8_t zeros[PKT_BYTES];
	struct ip_pair addr = {.src = r->setup.remote, .dst = r->setup.local};
	uint8_t opt[TCP_OPTS_MAX], *digest;
	struct tcp_seg s = header_of(p);
	size_t len = tcp_emit_len(&s) + s.len;

	s.opt = opt;
	s.data = zeros;
	if (len + ip_len(r) > PKT_BYTES - 1)
		return 0;
	memcpy(opt, p->opt, p->opt_len);
	digest = digest_of(opt, p->opt_len);
	if (p->md5_key && digest)
		sign(digest, &addr, &s, p);
	put_ip(r, p, IP_PROTO_TCP, (struct iovec){out, len});
	tcp_emit(&s, &addr, out + ip_len(r));
	if (p->bad_sum)
		out[ip_len(r) + 16] ^= 0x55;
	return ip_len(r) + len;
}

static size_t build_udp(const struct pkt_run *r, const struct pkt_packet *p, uint8_t *out)
{
	static const uint8_t zeros[PKT_BYTES];
	struct ip_pair addr = {.src = r->setup.remote, .dst = r->setup.local};
	struct udp u = {
		.sport = p->sport, .dport = p->dport, .len = (uint16_t)p->len, .data = zeros};
	size_t len = UDP_HDR_LEN + p->len;

	if (len + ip_len(r) > PKT_BYTES - 1)
		return 0;
	put_ip(r, p, IP_PROTO_UDP, (struct iovec){out, len});
	udp_emit(&u, &addr, out + ip_len(r));
	if (p->bad_sum)
		out[ip_len(r) + 6] ^= 0x55;
	return ip_len(r) + len;
}

/* Quote of an ICMP error: header and first 8 bytes of a packet from the system under test. */
static size_t put_quote(const struct pkt_run *r, const struct pkt_packet *p, uint8_t *out)
{
	struct ip_pair addr = {.src = r->setup.local, .dst = r->setup.remote};
	uint8_t *body = out + ip_len(r);
	uint8_t proto = p->quoted == PKT_UDP ? IP_PROTO_UDP : IP_PROTO_TCP;

	if (r->mode == PKT_IPV6) {
		struct ipv6 h = {.addr = addr, .next = proto, .hop_limit = 64, .len = 20};

		h.len = (uint16_t)(p->len + (p->quoted == PKT_UDP ? 8 : 20));
		ipv6_emit(&h, out);
	} else {
		struct ipv4 h = {.addr = addr, .df = true, .ttl = 64, .proto = proto, .len = 20};

		h.len = (uint16_t)(p->len + (p->quoted == PKT_UDP ? 8 : 20));
		ipv4_emit(&h, out);
	}
	memset(body, 0, 8);
	if (p->quoted != PKT_ICMP) {
		put_be16(body, r->current ? r->current->local_port : r->bind_port);
		put_be16(body + 2, r->current ? r->current->remote_port : r->connect_port);
	}
	if (p->quoted == PKT_TCP)
		put_be32(body + 4, p->seq + (r->current ? r->current->local_isn : 0));
	else if (p->quoted == PKT_UDP)
		put_be16(body + 4, (uint16_t)(p->len + 8));
	return ip_len(r) + 8;
}

static size_t build_icmp(const struct pkt_run *r, const struct pkt_packet *p, uint8_t *out)
{
	bool v6 = r->mode == PKT_IPV6;
	struct ip_pair addr = {.src = r->setup.remote, .dst = r->setup.local};
	int type = icmp_type_number(p->icmp_type, v6);
	int code = icmp_code_number(p->icmp_code, type, v6);
	uint8_t quote[QUOTE_MAX];
	struct icmp m = {.type = (uint8_t)type, .code = (uint8_t)code, .data = quote};
	struct pkt_packet q = *p;

	if (type < 0 || code < 0)
		return 0;
	if (!q.has_quote)
		q.quoted = r->current ? r->current->proto : PKT_TCP;
	m.rest = p->id ? (uint32_t)p->id << 16 : p->mtu;
	if (v6 ? icmp6_is_error(m.type) : icmp4_is_error(m.type))
		m.len = (uint32_t)put_quote(r, &q, quote);
	put_ip(r, p, v6 ? IP_PROTO_ICMPV6 : IP_PROTO_ICMP,
		(struct iovec){out, ICMP_HDR_LEN + m.len});
	icmp_emit(&m, v6 ? &addr : NULL, out + ip_len(r));
	return ip_len(r) + ICMP_HDR_LEN + m.len;
}

size_t packet_build(const struct pkt_run *r, const struct pkt_packet *p, uint8_t *out)
{
	return p->proto == PKT_TCP   ? build_tcp(r, p, out)
	       : p->proto == PKT_UDP ? build_udp(r, p, out)
				     : build_icmp(r, p, out);
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool read_tcp(struct pkt_packet *p, struct iovec body, const struct ip_pair *addr)
{
	struct tcp_view v;
	struct tcp_seg s;

	if (!tcp_view(&v, body.iov_base, body.iov_len) || tcp_parse(&s, v, addr) != DROP_NONE)
		return false;
	p->proto = PKT_TCP;
	p->sport = s.sport;
	p->dport = s.dport;
	p->flags = s.flags;
	p->has_ack = (s.flags & SEG_ACK) != 0 || s.ack.v != 0;
	p->has_win = true;
	p->has_urg = (s.flags & SEG_URG) != 0;
	p->seq = s.seq.v;
	p->ack = s.ack.v;
	p->win = s.win;
	p->urg = s.urg;
	p->len = s.len;
	p->opt_len = (uint8_t)s.opt_len;
	assert(s.opt_len <= sizeof(p->opt));
	memcpy(p->opt, s.opt, s.opt_len);
	return true;
}

static bool read_udp(struct pkt_packet *p, struct iovec body, const struct ip_pair *addr)
{
	struct udp_view v;
	struct udp u;

	if (!udp_view(&v, body.iov_base, body.iov_len) || udp_parse(&u, v, addr) != DROP_NONE)
		return false;
	p->proto = PKT_UDP;
	p->sport = u.sport;
	p->dport = u.dport;
	p->len = u.len;
	return true;
}

static bool read_icmp(struct pkt_packet *p, struct iovec body, const struct ip_pair *addr)
{
	struct icmp_view v;
	struct icmp m;

	if (!icmp_view(&v, body.iov_base, body.iov_len) || icmp_parse(&m, v, addr) != DROP_NONE)
		return false;
	p->proto = PKT_ICMP;
	p->icmp_type = icmp_type_name(m.type, addr != NULL);
	p->code = m.code;
	p->icmp_code = icmp_code_name(m.code, m.type, addr != NULL);
	p->mtu = addr && m.type == ICMP6_PACKET_TOO_BIG ? m.rest : m.rest & 0xffff;
	return p->icmp_type != NULL;
}

static bool read_body(
	struct pkt_packet *p, uint8_t proto, struct iovec body, const struct ip_pair *addr)
{
	switch (proto) {
	case IP_PROTO_TCP: return read_tcp(p, body, addr);
	case IP_PROTO_UDP: return read_udp(p, body, addr);
	case IP_PROTO_ICMP: return read_icmp(p, body, NULL);
	case IP_PROTO_ICMPV6: return read_icmp(p, body, addr);
	default: return false;
	}
}

bool packet_parse(const struct pkt_run *r, const struct pkt_frame *f, struct pkt_packet *p)
{
	struct ipv4_view v4;
	struct ipv4 h4;
	struct ipv6_view v6;
	struct ipv6 h6;

	*p = (struct pkt_packet){.ecn = PKT_ECN_TOS, .has_ttl = true};
	if (r->mode == PKT_IPV6) {
		if (!ipv6_view(&v6, f->bytes, f->len) || ipv6_parse(&h6, v6) != DROP_NONE)
			return false;
		p->tos = h6.tclass;
		p->ttl = h6.hop_limit;
		p->has_flow = true;
		p->flow = h6.flow;
		return read_body(
			p, h6.next, (struct iovec){(void *)(uintptr_t)h6.data, h6.len}, &h6.addr);
	}
	if (!ipv4_view(&v4, f->bytes, f->len) || ipv4_parse(&h4, v4) != DROP_NONE)
		return false;
	p->tos = h4.tos;
	p->ttl = h4.ttl;
	return read_body(p, h4.proto, (struct iovec){(void *)(uintptr_t)h4.data, h4.len}, &h4.addr);
}
