/*
 * parse_packet.c - parser of packets.
 *
 *     < [ip info] [sport > dport] FLAGS seq:end(len) [ack N] [win N] [urg N] [<options>]
 *     < [ip info] udp [sport > dport] (len)
 *     < [ip info] icmp TYPE [CODE] [mtu N] [id N] [[quoted]]
 */
#include "lab/pkt/lex.h"
#include "lab/pkt/parse.h"

#include "wire/icmp.h"
#include "wire/tcp.h"

#include <ctype.h>

static void parse_ip_word(struct pkt_lex *l, struct pkt_packet *p)
{
	static const struct {
		const char *name;
		enum pkt_ecn ecn;
	} words[] = {{"noecn", PKT_ECN_NONE}, {"ect0", PKT_ECN_ECT0}, {"ect1", PKT_ECN_ECT1},
		{"ce", PKT_ECN_CE}, {"ect01", PKT_ECN_ECT01}};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (lex_accept(l, words[i].name)) {
			p->ecn = words[i].ecn;
			return;
		}
	if (lex_accept(l, "tos")) {
		p->ecn = PKT_ECN_TOS;
		p->tos = (uint8_t)lex_int(l, 0, 255);
	} else if (lex_accept(l, "ttl")) {
		p->has_ttl = true;
		p->ttl = (uint8_t)lex_int(l, 0, 255);
	} else if (lex_accept(l, "flowlabel")) {
		p->has_flow = true;
		p->flow = (uint32_t)lex_int(l, 0, 0xfffff);
	} else if (lex_accept(l, "badsum")) {
		p->bad_sum = true;
	} else {
		lex_fail(l, "expected ect0, ect1, ce, noecn, ect01, tos, ttl, flowlabel or badsum");
	}
}

static void parse_ip_info(struct pkt_lex *l, struct pkt_packet *p)
{
	const char *close = lex_accept(l, "(") ? ")" : lex_accept(l, "[") ? "]" : NULL;

	if (!close)
		return;
	do
		parse_ip_word(l, p);
	while (lex_accept(l, ","));
	lex_expect(l, close);
	if (p->inbound && p->ecn == PKT_ECN_ECT01)
		lex_fail(l, "ect01 is for expected packets only");
	if (!p->inbound && p->bad_sum)
		lex_fail(l, "badsum is for injected packets only");
}

static void parse_ports(struct pkt_lex *l, struct pkt_packet *p)
{
	if (!isdigit((unsigned char)lex_peek(l)))
		return;
	p->has_ports = true;
	p->sport = (uint16_t)lex_int(l, 0, 65535);
	lex_expect(l, ">");
	p->dport = (uint16_t)lex_int(l, 0, 65535);
}

void parse_range(struct pkt_lex *l, struct pkt_packet *p)
{
	uint32_t end;

	p->seq = (uint32_t)lex_int(l, 0, UINT32_MAX);
	lex_expect(l, ":");
	end = (uint32_t)lex_int(l, 0, UINT32_MAX);
	lex_expect(l, "(");
	p->len = (uint32_t)lex_int(l, 0, 65535);
	lex_expect(l, ")");
	if (!lex_failed(l) && end != p->seq + p->len)
		lex_fail(l, "%u:%u(%u): start plus length is not end", p->seq, end, p->len);
}

static void parse_flags(struct pkt_lex *l, struct pkt_packet *p)
{
	static const char letters[] = "FSRP.UEWA";
	static const uint16_t flags[] = {
		SEG_FIN, SEG_SYN, SEG_RST, SEG_PSH, SEG_ACK, SEG_URG, SEG_ECE, SEG_CWR, SEG_AE};
	const char *text = lex_span(l, "FSRP.UEWA-01234567");

	if (*text == '\0' || isdigit((unsigned char)*text))
		lex_fail(l, "expected TCP flags, of 'SFRPUEWA.-'");
	for (const char *c = text; *c && strcmp(text, "-") != 0; c++) {
		const char *which = strchr(letters, *c);

		if (which)
			p->flags |= flags[which - letters];
		else if (isdigit((unsigned char)*c) && c[1] == '\0') /* AccECN's ACE count */
			p->flags |= (uint16_t)((*c - '0') << 6);
		else
			lex_fail(l, "invalid TCP flags '%s'", text);
	}
}

static void parse_tcp(struct pkt_lex *l, struct pkt_packet *p)
{
	parse_flags(l, p);
	parse_range(l, p);
	p->has_ack = lex_accept(l, "ack");
	if (p->has_ack)
		p->ack = (uint32_t)lex_int(l, 0, UINT32_MAX);
	p->has_win = lex_accept(l, "win");
	if (p->has_win)
		p->win = (uint16_t)lex_int(l, 0, 65535);
	p->has_urg = lex_accept(l, "urg");
	if (p->has_urg)
		p->urg = (uint16_t)lex_int(l, 0, 65535);
	if (lex_peek(l) == '<' && l->p + 1 < l->end && !isspace((unsigned char)l->p[1]))
		parse_opt_list(l, p);
	if (p->inbound && !p->has_win && !(p->flags & SEG_RST))
		lex_fail(l, "an injected segment requires 'win N'");
}

static void parse_udp(struct pkt_lex *l, struct pkt_packet *p)
{
	p->proto = PKT_UDP;
	parse_ports(l, p);
	lex_expect(l, "(");
	p->len = (uint32_t)lex_int(l, 0, 65507);
	lex_expect(l, ")");
}

void parse_packet(struct pkt_lex *l, struct pkt_packet *p)
{
	static const char *const encap[] = {"ipv4", "ipv6", "gre", "mpls", "encap"};

	p->inbound = lex_accept(l, "<");
	if (!p->inbound)
		lex_expect(l, ">");
	for (size_t i = 0; i < ARRAY_SIZE(encap); i++)
		if (lex_accept(l, encap[i]))
			lex_fail(l, "not supported: '%s', the stack has no tunnels", encap[i]);
	parse_ip_info(l, p);
	if (lex_accept(l, "udp")) {
		parse_udp(l, p);
	} else if (lex_accept(l, "icmp")) {
		p->proto = PKT_ICMP;
		parse_icmp(l, p);
	} else {
		parse_ports(l, p);
		parse_tcp(l, p);
	}
}
