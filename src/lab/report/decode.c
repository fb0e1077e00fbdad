/* decode.c - packet parser for reports: decode.h. */
#include "lab/report/decode.h"

#include "observe/print.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/udp.h"

/* The transport part of an IP packet. */
struct upper {
	uint8_t proto;
	const uint8_t *data;
	size_t len;
	bool fragment; /* a part, or without its beginning */
	bool more;     /* of a fragment: others follow */
	uint32_t off;  /* likewise: bytes before it */
};

static bool upper_of_v4(struct decoded *d, struct upper *u, const uint8_t *p, size_t len)
{
	struct ipv4_view v;
	struct ipv4 h;

	if (!ipv4_view(&v, p, len))
		return false;
	d->damaged = ipv4_parse(&h, v) != DROP_NONE;
	if (d->damaged && ipv4_parse_quote(&h, v) != DROP_NONE)
		return false;
	d->addr = h.addr;
	*u = (struct upper){h.proto, h.data, h.len, ipv4_is_fragment(&h), h.mf, h.frag_off};
	return true;
}

static bool upper_of_v6(struct decoded *d, struct upper *u, const uint8_t *p, size_t len)
{
	struct ipv6_view v;
	struct ipv6_chain c;
	struct ipv6 h;

	if (!ipv6_view(&v, p, len) || ipv6_parse(&h, v) != DROP_NONE)
		return false;
	d->addr = h.addr;
	if (ipv6_upper(&c, &h) != DROP_NONE || c.off > h.len)
		return true; /* addresses only */
	*u = (struct upper){c.proto, h.data + c.off, (size_t)h.len - c.off, c.fragmented, c.frag_mf,
		c.frag_off};
	return true;
}

static bool decode_tcp(struct decoded *d, const struct upper *u)
{
	struct tcp_view v;

	if (!tcp_view(&v, u->data, u->len))
		return false;
	d->damaged = tcp_parse(&d->seg, v, &d->addr) != DROP_NONE || d->damaged;
	tcp_parse(&d->seg, v, NULL);
	tcp_opts_parse(&d->opts, d->seg.opt, d->seg.opt_len, (d->seg.flags & SEG_SYN) != 0);
	d->kind = DECODED_TCP;
	d->sport = d->seg.sport;
	d->dport = d->seg.dport;
	d->len = d->seg.len;
	return true;
}

static bool decode_udp(struct decoded *d, const struct upper *u)
{
	struct udp_view v;
	struct udp h;

	if (!udp_view(&v, u->data, u->len))
		return false;
	d->damaged = udp_parse(&h, v, &d->addr) != DROP_NONE || d->damaged;
	if (udp_parse(&h, v, NULL) != DROP_NONE)
		return false;
	d->kind = DECODED_UDP;
	d->sport = h.sport;
	d->dport = h.dport;
	d->len = h.len;
	return true;
}

static const char *protocol(uint8_t proto)
{
	switch (proto) {
	case IP_PROTO_TCP: return "TCP";
	case IP_PROTO_UDP: return "UDP";
	case IP_PROTO_ICMP:
	case IP_PROTO_ICMPV6: return "ICMP";
	default: return "IP";
	}
}

/* The bytes of its packet that a fragment carries; "+": more follow. */
static void fragment_text(struct decoded *d, const struct upper *u)
{
	struct text t = text_in(d->text, sizeof(d->text));

	text_add(&t, "%s fragment %u:%zu%s", protocol(u->proto), u->off, u->off + u->len,
		u->more ? "+" : "");
}

/* tcpdump's notation after the addresses. */
static void other_text(struct decoded *d, const uint8_t *p, size_t len)
{
	char line[PRINT_LINE_MAX];
	const char *at;
	struct printer pr;
	struct text t = text_in(d->text, sizeof(d->text));

	print_init(&pr, true);
	print_packet(&pr, line, sizeof(line), p, len);
	at = strstr(line, ": ");
	text_add(&t, "%s", at ? at + 2 : line);
}

void decode(struct decoded *d, const uint8_t *p, size_t len)
{
	struct upper u = {0};

	memset(d, 0, sizeof(*d));
	if (len > 0)
		d->has_addr =
			p[0] >> 4 == 6 ? upper_of_v6(d, &u, p, len) : upper_of_v4(d, &u, p, len);
	if (u.data && !u.fragment && u.proto == IP_PROTO_TCP && decode_tcp(d, &u))
		return;
	if (u.data && !u.fragment && u.proto == IP_PROTO_UDP && decode_udp(d, &u))
		return;
	if (u.data && u.fragment)
		fragment_text(d, &u);
	else
		other_text(d, p, len);
}
