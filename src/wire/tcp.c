/* tcp.c - parse, emit and print of the TCP header; see tcp.h. */
#include "wire/tcp.h"

enum drop tcp_parse(struct tcp_seg *out, struct tcp_view v, const struct ip_pair *a)
{
	const uint8_t *p = v.p;

	if (a != NULL && csum_fold(csum_add(csum_pseudo(a, IP_PROTO_TCP, v.len), p, v.len)) != 0)
		return DROP_CHECKSUM;
	*out = (struct tcp_seg){
		.sport = get_be16(p),
		.dport = get_be16(p + 2),
		.seq = seq_of(get_be32(p + 4)),
		.ack = seq_of(get_be32(p + 8)),
		.flags = get_be16(p + 12) & SEG_FLAGS,
		.win = get_be16(p + 14),
		.urg = get_be16(p + 18),
		.opt_len = (uint16_t)(v.hdr_len - TCP_HDR_MIN),
		.len = v.len - v.hdr_len,
		.opt = p + TCP_HDR_MIN,
		.data = p + v.hdr_len,
	};
	return DROP_NONE;
}

void tcp_emit_head(const struct tcp_seg *s, uint64_t sum, uint8_t *p)
{
	assert(s->opt_len % 4 == 0 && s->opt_len <= TCP_OPTS_MAX);
	put_be16(p, s->sport);
	put_be16(p + 2, s->dport);
	put_be32(p + 4, s->seq.v);
	put_be32(p + 8, s->ack.v);
	put_be16(p + 12, (uint16_t)((tcp_emit_len(s) / 4) << 12 | (s->flags & SEG_FLAGS)));
	put_be16(p + 14, s->win);
	put_be16(p + 16, 0);
	put_be16(p + 18, s->urg);
	if (s->opt_len > 0 && s->opt != p + TCP_HDR_MIN)
		memcpy(p + TCP_HDR_MIN, s->opt, s->opt_len);
	uint16_t field = csum_fold(csum_add(sum, p, tcp_emit_len(s)));

	memcpy(p + 16, &field, sizeof(field));
}

void tcp_emit(const struct tcp_seg *s, const struct ip_pair *a, uint8_t *p)
{
	size_t head = tcp_emit_len(s);
	uint64_t sum = csum_pseudo(a, IP_PROTO_TCP, (uint32_t)head + s->len);

	if (s->len > 0 && s->data != p + head)
		sum = csum_copy(sum, p + head, s->data, s->len);
	else
		sum = csum_add(sum, p + head, s->len);
	tcp_emit_head(s, sum, p);
}

char *tcp_flags_text(char *out, uint16_t flags)
{
	static const struct {
		uint16_t flag;
		char letter;
	} row[] = {
		{SEG_FIN, 'F'},
		{SEG_SYN, 'S'},
		{SEG_RST, 'R'},
		{SEG_PSH, 'P'},
		{SEG_ACK, '.'},
		{SEG_URG, 'U'},
		{SEG_ECE, 'E'},
		{SEG_CWR, 'W'},
		{SEG_AE, 'e'},
	};
	char *p = out;

	for (size_t i = 0; i < ARRAY_SIZE(row); i++)
		if (flags & row[i].flag)
			*p++ = row[i].letter;
	*p = '\0';
	return p == out ? strcpy(out, "none") : out;
}

void tcp_text(struct text *t, const struct tcp_seg *s, struct seq seq_base, struct seq ack_base)
{
	uint32_t seq = s->seq.v - seq_base.v;
	char flags[12];

	text_add(t, "Flags [%s]", tcp_flags_text(flags, s->flags));
	if (s->len > 0 || s->flags & (SEG_SYN | SEG_FIN | SEG_RST))
		text_add(t, ", seq %u", seq);
	if (s->len > 0)
		text_add(t, ":%u", seq + s->len);
	if (s->flags & SEG_ACK)
		text_add(t, ", ack %u", s->ack.v - ack_base.v);
	text_add(t, ", win %u", s->win);
	if (s->flags & SEG_URG)
		text_add(t, ", urg %u", s->urg);
	if (s->opt_len > 0) {
		text_add(t, ", options [");
		tcp_opts_print(t, s->opt, s->opt_len, ack_base);
		text_add(t, "]");
	}
	text_add(t, ", length %u", s->len);
}

int tcp_print(char *out, size_t n, const struct tcp_seg *s)
{
	struct text t = text_in(out, n);

	tcp_text(&t, s, seq_of(0), seq_of(0));
	return (int)t.len;
}
