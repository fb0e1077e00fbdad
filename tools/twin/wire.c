/* wire.c - segments in and out. */
#include "wire.h"

#include "wire/ipv4.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	OURS = 0x0a000001,     /* 10.0.0.1 */
	PEERS = 0x0a000009,    /* 10.0.0.9 */
	ISN_OURS = 0x10000000, /* until a SYN carries another one */
	ISN_PEER = 0x20000000,
	PROTO_ICMP = 1,
	PROTO_UDP = 17,
	DEFAULT_TTL = 64,
};

struct flow {
	uint16_t ours;
	uint32_t isn, next; /* of packets that arrive from outside */
	uint32_t sent;      /* the peer's next sequence number */
};

struct wire {
	const struct world *world;
	struct flow flow[FLOWS];
};

struct wire *wire_new(const struct world *w)
{
	struct wire *wire = calloc(1, sizeof(*wire));
	wire->world = w;
	for (unsigned i = 0; i < FLOWS; i++)
		wire->flow[i] =
			(struct flow){(uint16_t)(FLOW_PORT + i), ISN_OURS, ISN_OURS + 1, ISN_PEER};
	return wire;
}

void wire_free(struct wire *wire)
{
	free(wire);
}

static const uint8_t zeros[WIRE_MTU];

/* Puts the IP header before n bytes at packet + 20, and sends the whole packet on the wire. */
static void enter(struct wire *wire, uint8_t *packet, size_t n, uint8_t proto)
{
	struct ipv4 h = {.ttl = 64, .proto = proto, .len = (uint32_t)n};
	h.addr = (struct ip_pair){ip_addr_from_v4(PEERS), ip_addr_from_v4(OURS)};
	ipv4_emit(&h, packet);
	wire->world->wire_in(packet, IPV4_HDR_MIN + n);
}

void wire_segment(struct wire *wire, const struct segment *s)
{
	static const uint8_t mss[] = {2, 4, 1000 >> 8, 1000 & 255};
	uint8_t packet[WIRE_MTU];
	struct flow *f = &wire->flow[s->flow];
	struct ip_pair a = {ip_addr_from_v4(PEERS), ip_addr_from_v4(OURS)};
	struct tcp_seg g = {.sport = (uint16_t)(FLOW_PEER + s->flow),
		.dport = f->ours,
		.seq = seq_of(f->sent + (uint32_t)s->seq),
		.ack = seq_of(s->flags & SEG_ACK ? f->next + (uint32_t)s->ack : 0),
		.flags = (uint16_t)s->flags,
		.win = (uint16_t)s->win,
		.len = s->len,
		.data = zeros};
	if (s->flags & SEG_SYN) {
		g.opt = mss;
		g.opt_len = sizeof(mss);
	}
	if (s->seq == 0 && !(s->flags & SEG_RST))
		f->sent += tcp_seg_space(&g);
	tcp_emit(&g, &a, packet + IPV4_HDR_MIN);
	enter(wire, packet, tcp_emit_len(&g) + g.len, IP_PROTO_TCP);
}

void wire_datagram(struct wire *wire, unsigned flow, unsigned len)
{
	uint8_t packet[WIRE_MTU];
	struct ip_pair a = {ip_addr_from_v4(PEERS), ip_addr_from_v4(OURS)};
	struct udp u = {.sport = (uint16_t)(FLOW_PEER + flow),
		.dport = wire->flow[flow].ours,
		.len = (uint16_t)len,
		.data = packet + IPV4_HDR_MIN + UDP_HDR_LEN};
	memset(packet, 0, sizeof(packet));
	udp_emit(&u, &a, packet + IPV4_HDR_MIN);
	enter(wire, packet, UDP_HDR_LEN + len, PROTO_UDP);
}

static void print_port(uint16_t port)
{
	if (port >= EPHEMERAL)
		printf("eph");
	else
		printf("%u", port);
}

/* Options by kind: timestamps depend on the clock. */
static void print_options(const struct tcp_seg *g)
{
	for (uint32_t i = 0; i < g->opt_len;) {
		uint8_t kind = g->opt[i];
		printf(" o%u", kind);
		if (kind == 2 && i + 4 <= g->opt_len)
			printf("=%u", g->opt[i + 2] << 8 | g->opt[i + 3]);
		if (kind == 3 && i + 3 <= g->opt_len)
			printf("=%u", g->opt[i + 2]);
		if (kind < 2)
			i++;
		else if (i + 1 < g->opt_len && g->opt[i + 1] >= 2)
			i += g->opt[i + 1];
		else
			break;
	}
}

static void learn(struct flow *f, const struct tcp_seg *g)
{
	uint32_t end = g->seq.v + tcp_seg_space(g);
	if (g->flags & SEG_SYN) {
		f->ours = g->sport;
		f->isn = g->seq.v;
		f->next = end;
	} else if (!(g->flags & SEG_RST) && (int32_t)(end - f->next) > 0) {
		f->next = end;
	}
}

/* TTL, TOS and DF, which follow the options of the socket. */
static void print_header(const struct ipv4 *ip)
{
	if (ip->ttl != DEFAULT_TTL)
		printf(" ttl %u", ip->ttl);
	if (ip->tos)
		printf(" tos %u", ip->tos);
	printf("%s\n", ip->df ? "" : " may be fragmented");
}

static void print_segment(struct wire *wire, const struct ipv4 *ip)
{
	struct tcp_view v;
	struct tcp_seg g;
	char flags[12];
	if (!tcp_view(&v, ip->data, ip->len) || tcp_parse(&g, v, &ip->addr) != DROP_NONE) {
		printf("  > a damaged segment\n");
		return;
	}
	unsigned i = (unsigned)(g.dport - FLOW_PEER);
	struct flow none = {.isn = g.seq.v}, *f = i < FLOWS ? &wire->flow[i] : &none;
	learn(f, &g);
	printf("  > ");
	print_port(g.sport);
	printf(".%u %s seq %d ", g.dport, tcp_flags_text(flags, g.flags), (int)(g.seq.v - f->isn));
	if (g.flags & SEG_ACK)
		printf("ack %d ", (int)(g.ack.v - ISN_PEER));
	printf("win %u len %u", g.flags & SEG_RST ? 0 : g.win, g.len);
	print_options(&g);
	print_header(ip);
}

static void print_datagram(const struct ipv4 *ip)
{
	struct udp_view v;
	struct udp u;
	if (!udp_view(&v, ip->data, ip->len) || udp_parse(&u, v, &ip->addr) != DROP_NONE) {
		printf("  > a damaged datagram\n");
		return;
	}
	printf("  > udp ");
	print_port(u.sport);
	printf(".%u len %u", u.dport, u.len);
	print_header(ip);
}

static void print_packet(struct wire *wire, const uint8_t *packet, size_t n)
{
	struct ipv4_view v;
	struct ipv4 ip;
	if (packet[0] >> 4 != 4 || !ipv4_view(&v, packet, n) || ipv4_parse(&ip, v) != DROP_NONE)
		return; /* over IPv6 a host sends messages of its own now and then */
	if (ip.proto == IP_PROTO_TCP)
		print_segment(wire, &ip);
	else if (ip.proto == PROTO_UDP)
		print_datagram(&ip);
	else if (ip.proto == PROTO_ICMP && ip.len >= 2) {
		printf("  > icmp %u/%u", ip.data[0], ip.data[1]);
		print_header(&ip);
	}
}

void wire_print(struct wire *wire)
{
	uint8_t packet[WIRE_MTU];
	for (size_t n; (n = wire->world->wire_out(packet)) > 0;)
		print_packet(wire, packet, n);
}
