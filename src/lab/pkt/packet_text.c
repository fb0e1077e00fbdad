/*
 * packet_text.c - packets as text, in the syntax of scripts.
 */
#include "lab/pkt/packet.h"

#include "wire/tcp.h"

static void flags_text(struct text *t, const struct pkt_packet *p)
{
	static const struct {
		uint16_t flag;
		char letter;
	} letters[] = {{SEG_SYN, 'S'}, {SEG_FIN, 'F'}, {SEG_RST, 'R'}, {SEG_PSH, 'P'},
		{SEG_URG, 'U'}, {SEG_ECE, 'E'}, {SEG_CWR, 'W'}, {SEG_AE, 'A'}, {SEG_ACK, '.'}};

	for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
		if (p->flags & letters[i].flag)
			text_add(t, "%c", letters[i].letter);
	if (!(p->flags & SEG_FLAGS))
		text_add(t, "-");
}

static void ip_text(struct text *t, const struct pkt_packet *p)
{
	static const char *const ecn[] = {"", "noecn", "ect0", "ect1", "ce", "ect01"};

	if (p->ecn == PKT_ECN_TOS)
		text_add(t, " [tos 0x%02x]", p->tos);
	else if (p->ecn != PKT_ECN_UNSET)
		text_add(t, " [%s]", ecn[p->ecn]);
	if (p->has_ttl)
		text_add(t, " [ttl %u]", p->ttl);
	if (p->has_flow)
		text_add(t, " [flowlabel 0x%x]", p->flow);
}

static void tcp_text_of(struct text *t, const struct pkt_packet *p)
{
	flags_text(t, p);
	text_add(t, " %u:%u(%u)", p->seq, p->seq + p->len, p->len);
	if (p->has_ack)
		text_add(t, " ack %u", p->ack);
	if (p->has_win)
		text_add(t, " win %u", p->win);
	if (p->has_urg)
		text_add(t, " urg %u", p->urg);
	if (p->any_opts)
		text_add(t, " <...>");
	if (p->opt_len) {
		text_add(t, " <");
		tcp_opts_print(t, p->opt, p->opt_len, seq_of(0));
		text_add(t, ">");
	}
}

int packet_text(char *out, size_t n, const struct pkt_packet *p)
{
	struct text t = text_in(out, n);

	text_add(&t, "%c", p->inbound ? '<' : '>');
	ip_text(&t, p);
	if (p->has_ports)
		text_add(&t, " %u > %u", p->sport, p->dport);
	text_add(&t, " ");
	if (p->proto == PKT_TCP)
		tcp_text_of(&t, p);
	else if (p->proto == PKT_UDP)
		text_add(&t, "udp (%u)", p->len);
	else
		text_add(&t, "icmp %s %s", p->icmp_type, p->icmp_code ? p->icmp_code : "");
	return (int)t.len;
}
