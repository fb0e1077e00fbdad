/*
 * parse_opt.c - parser of TCP options and ICMP messages.
 *
 *     <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7>     the bytes of the segment, in this order
 *     <...>                                               any options
 */
#include "lab/pkt/lex.h"
#include "lab/pkt/parse.h"

#include "lab/pkt/icmp.h"

#include <ctype.h>
#include <stdio.h>

static void add(struct pkt_lex *l, struct pkt_packet *p, uint8_t kind, const void *data, size_t len)
{
	struct tcp_opt o = {.kind = kind, .len = (uint8_t)len, .data = data};
	size_t bytes = kind <= TCP_OPT_NOP ? 1 : len + 2;

	if (p->opt_len + bytes > TCP_OPTS_MAX)
		lex_fail(l, "more than %d bytes of options", TCP_OPTS_MAX);
	else
		p->opt_len = (uint8_t)(p->opt_len + tcp_opt_put(&o, p->opt + p->opt_len));
}

static uint8_t parse_hex(struct pkt_lex *l, uint8_t *out, size_t max)
{
	const char *text = lex_alnum(l);
	size_t n = strlen(text);
	unsigned v;

	if (n % 2 || n / 2 > max || strspn(text, "0123456789abcdefABCDEF") != n) {
		lex_fail(l, "expected pairs of hexadecimal digits, at most %zu", max);
		return 0;
	}
	for (size_t i = 0; i < n / 2; i++) {
		sscanf(text + 2 * i, "%2x", &v);
		out[i] = (uint8_t)v;
	}
	return (uint8_t)(n / 2);
}

static void opt_mss(struct pkt_lex *l, struct pkt_packet *p)
{
	uint8_t b[2];

	put_be16(b, (uint16_t)lex_int(l, 0, 65535));
	add(l, p, TCP_OPT_MSS, b, sizeof(b));
}

static void opt_wscale(struct pkt_lex *l, struct pkt_packet *p)
{
	uint8_t b = (uint8_t)lex_int(l, 0, 255);

	add(l, p, TCP_OPT_WSCALE, &b, 1);
}

static void opt_sack(struct pkt_lex *l, struct pkt_packet *p)
{
	uint8_t b[TCP_OPTS_MAX];
	size_t n = 0;

	while (isdigit((unsigned char)lex_peek(l)) && n < 32) {
		put_be32(b + n, (uint32_t)lex_int(l, 0, UINT32_MAX));
		lex_expect(l, ":");
		put_be32(b + n + 4, (uint32_t)lex_int(l, 0, UINT32_MAX));
		n += 8;
	}
	add(l, p, TCP_OPT_SACK, b, n);
}

static void opt_ts(struct pkt_lex *l, struct pkt_packet *p)
{
	uint8_t b[8];

	lex_expect(l, "val");
	put_be32(b, (uint32_t)lex_int(l, 0, UINT32_MAX));
	lex_expect(l, "ecr");
	put_be32(b + 4, (uint32_t)lex_int(l, 0, UINT32_MAX));
	add(l, p, TCP_OPT_TS, b, sizeof(b));
}

static void opt_md5(struct pkt_lex *l, struct pkt_packet *p)
{
	uint8_t b[TCP_MD5_LEN] = {0};

	if (lex_peek(l) == '"') /* not in packetdrill: the key to sign with */
		p->md5_key = lex_string(l, &p->md5_key_len);
	else
		parse_hex(l, b, sizeof(b));
	add(l, p, TCP_OPT_MD5, b, sizeof(b));
}

static void opt_fo(struct pkt_lex *l, struct pkt_packet *p)
{
	uint8_t b[TCP_OPTS_MAX];

	add(l, p, TCP_OPT_FASTOPEN, b, parse_hex(l, b, sizeof(b)));
}

static void opt_foexp(struct pkt_lex *l, struct pkt_packet *p)
{
	uint8_t b[TCP_OPTS_MAX + 2];

	put_be16(b, TCP_OPT_FASTOPEN_MAGIC);
	add(l, p, TCP_OPT_EXPERIMENT, b, (size_t)parse_hex(l, b + 2, TCP_OPTS_MAX) + 2);
}

/* AccECN: up to three counters of 24 bits. */
static void opt_accecn(struct pkt_lex *l, struct pkt_packet *p)
{
	static const char *const order[2][3] = {{"e0b", "ceb", "e1b"}, {"e1b", "ceb", "e0b"}};
	uint8_t b[TCP_ACCECN_MAX];
	uint8_t word[4];
	size_t n = 0;
	int which = lex_accept(l, "e1b") ? 1 : 0;

	if (!which)
		lex_expect(l, "e0b");
	do {
		put_be32(word, (uint32_t)lex_int(l, 0, 0xffffff));
		memcpy(b + n, word + 1, 3);
		n += 3;
	} while (n < sizeof(b) && lex_accept(l, order[which][n / 3]));
	add(l, p, which ? TCP_OPT_ACCECN1 : TCP_OPT_ACCECN0, b, n);
}

/* Not in packetdrill: seconds, or "minutes". */
static void opt_uto(struct pkt_lex *l, struct pkt_packet *p)
{
	uint8_t b[2];
	uint16_t v = (uint16_t)lex_int(l, 0, 0x7fff);

	put_be16(b, lex_accept(l, "minutes") ? v | 0x8000 : v);
	add(l, p, TCP_OPT_UTO, b, sizeof(b));
}

/* Not in packetdrill: any kind and data. */
static void opt_kind(struct pkt_lex *l, struct pkt_packet *p)
{
	uint8_t b[TCP_OPTS_MAX];
	uint8_t kind = (uint8_t)lex_int(l, 2, 255);

	add(l, p, kind, b, parse_hex(l, b, sizeof(b)));
}

/* Not in packetdrill: bytes that need not form options. */
static void opt_raw(struct pkt_lex *l, struct pkt_packet *p)
{
	uint8_t b[TCP_OPTS_MAX];
	size_t n = parse_hex(l, b, sizeof(b));

	if (p->opt_len + n > TCP_OPTS_MAX) {
		lex_fail(l, "more than %d bytes of options", TCP_OPTS_MAX);
		return;
	}
	memcpy(p->opt + p->opt_len, b, n);
	p->opt_len = (uint8_t)(p->opt_len + n);
}

static void parse_option(struct pkt_lex *l, struct pkt_packet *p)
{
	static const struct {
		const char *name;
		void (*parse)(struct pkt_lex *l, struct pkt_packet *p);
		uint8_t kind; /* parse NULL: without data */
	} options[] = {{"mss", opt_mss, 0}, {"wscale", opt_wscale, 0},
		{"sackOK", NULL, TCP_OPT_SACK_OK}, {"sack", opt_sack, 0}, {"TS", opt_ts, 0},
		{"nop", NULL, TCP_OPT_NOP}, {"eol", NULL, TCP_OPT_EOL}, {"md5", opt_md5, 0},
		{"FO", opt_fo, 0}, {"FOEXP", opt_foexp, 0}, {"ECN", opt_accecn, 0},
		{"uto", opt_uto, 0}, {"kind", opt_kind, 0}, {"raw", opt_raw, 0}};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (!lex_accept(l, options[i].name))
			continue;
		if (options[i].parse)
			options[i].parse(l, p);
		else
			add(l, p, options[i].kind, NULL, 0);
		return;
	}
	lex_fail(l, "expected a TCP option");
}

void parse_opt_list(struct pkt_lex *l, struct pkt_packet *p)
{
	lex_expect(l, "<");
	if (lex_accept(l, "...")) {
		p->any_opts = true;
		if (p->inbound)
			lex_fail(l, "<...> is for expected segments only");
		lex_expect(l, ">");
		return;
	}
	while (!lex_end(l) && lex_peek(l) != '>') {
		parse_option(l, p);
		if (!lex_accept(l, ","))
			break;
	}
	lex_expect(l, ">");
	if (!lex_failed(l) && p->opt_len % 4)
		lex_fail(
			l, "%d bytes of options are not a multiple of 4: pad with nop", p->opt_len);
}

/* --- ICMP ------------------------------------------------------------------------------------- */

/* 1:1001(1000)], udp (10)] or raw (10)], after "[" */
static void parse_quoted(struct pkt_lex *l, struct pkt_packet *p)
{
	p->has_quote = true;
	p->quoted = PKT_TCP;
	if (isdigit((unsigned char)lex_peek(l))) {
		parse_range(l, p);
	} else {
		p->quoted = lex_accept(l, "udp") ? PKT_UDP : PKT_ICMP;
		if (p->quoted == PKT_ICMP)
			lex_expect(l, "raw");
		lex_expect(l, "(");
		p->len = (uint32_t)lex_int(l, 0, 65507);
		lex_expect(l, ")");
	}
	lex_expect(l, "]");
}

void parse_icmp(struct pkt_lex *l, struct pkt_packet *p)
{
	const char *type = lex_word(l);

	if (!lex_failed(l) && !icmp_type_known(type))
		lex_fail(l, "unknown ICMP type '%s'", type);
	p->icmp_type = type;
	while (!lex_end(l) && lex_at_word(l)) {
		if (lex_accept(l, "mtu"))
			p->mtu = (uint32_t)lex_int(l, 0, UINT32_MAX);
		else if (lex_accept(l, "id"))
			p->id = (uint16_t)lex_int(l, 0, 65535);
		else if (!p->icmp_code)
			p->icmp_code = lex_word(l);
		else
			break;
	}
	if (p->icmp_code && !icmp_code_known(p->icmp_code))
		lex_fail(l, "unknown ICMP code '%s'", p->icmp_code);
	if (lex_accept(l, "["))
		parse_quoted(l, p);
}
