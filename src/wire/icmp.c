/* icmp.c - parse, emit and print of ICMP and ICMPv6, and the quotes in errors; see icmp.h. */
#include "wire/icmp.h"

#include "wire/tcp.h"
#include "wire/text.h"
#include "wire/udp.h"

static uint64_t pseudo(const struct ip_pair *a, uint32_t len)
{
	return a == NULL ? 0 : csum_pseudo(a, IP_PROTO_ICMPV6, len);
}

enum drop icmp_parse(struct icmp *out, struct icmp_view v, const struct ip_pair *a)
{
	if (csum_fold(csum_add(pseudo(a, v.len), v.p, v.len)) != 0)
		return DROP_CHECKSUM;
	*out = (struct icmp){
		.type = v.p[0],
		.code = v.p[1],
		.rest = get_be32(v.p + 4),
		.len = v.len - ICMP_HDR_LEN,
		.data = v.p + ICMP_HDR_LEN,
	};
	return DROP_NONE;
}

void icmp_emit(const struct icmp *m, const struct ip_pair *a, uint8_t *p)
{
	uint64_t sum = pseudo(a, ICMP_HDR_LEN + m->len);

	p[0] = m->type;
	p[1] = m->code;
	put_be16(p + 2, 0);
	put_be32(p + 4, m->rest);
	sum = csum_add(sum, p, ICMP_HDR_LEN);
	if (m->len > 0 && m->data != p + ICMP_HDR_LEN)
		sum = csum_copy(sum, p + ICMP_HDR_LEN, m->data, m->len);
	else
		sum = csum_add(sum, p + ICMP_HDR_LEN, m->len);
	uint16_t field = csum_fold(sum);

	memcpy(p + 2, &field, sizeof(field));
}

static void quote_transport(struct icmp_quote *out)
{
	if (out->proto != IP_PROTO_TCP && out->proto != IP_PROTO_UDP)
		return;
	out->sport = get_be16(out->data);
	out->dport = get_be16(out->data + 2);
	if (out->proto == IP_PROTO_TCP)
		out->seq = seq_of(get_be32(out->data + 4));
}

static enum drop quote4(struct icmp_quote *out, const uint8_t *p, size_t len)
{
	struct ipv4_view v;
	struct ipv4 h;

	if (!ipv4_view(&v, p, len))
		return DROP_TRUNCATED;
	enum drop d = ipv4_parse_quote(&h, v);

	if (d == DROP_NONE)
		*out = (struct icmp_quote){.addr = h.addr,
			.proto = h.proto,
			.ttl = h.ttl,
			.fragment = h.frag_off > 0,
			.len = h.len,
			.data = h.data};
	return d;
}

static enum drop quote6(struct icmp_quote *out, const uint8_t *p, size_t len)
{
	struct ipv6_view v;
	struct ipv6_chain c;
	struct ipv6 h;

	if (!ipv6_view(&v, p, len))
		return DROP_TRUNCATED;
	enum drop d = ipv6_parse_quote(&h, v);

	if (d == DROP_NONE)
		d = ipv6_upper(&c, &h);
	if (d == DROP_NONE)
		*out = (struct icmp_quote){.addr = h.addr,
			.proto = c.proto,
			.ttl = h.hop_limit,
			.fragment = c.frag_off > 0,
			.len = (uint32_t)h.len - c.off,
			.data = h.data + c.off};
	return d;
}

enum drop icmp_quote_parse(struct icmp_quote *out, bool v6, const uint8_t *p, size_t len)
{
	enum drop d = v6 ? quote6(out, p, len) : quote4(out, p, len);

	if (d != DROP_NONE || out->fragment)
		return d;
	if (out->len < 8)
		return DROP_TRUNCATED;
	quote_transport(out);
	return DROP_NONE;
}

/* ---- printing ---- */

struct name {
	uint8_t type;
	const char *text;
};

static const struct name names4[] = {
	{ICMP4_ECHO_REPLY, "echo reply"},
	{ICMP4_SOURCE_QUENCH, "source quench"},
	{ICMP4_REDIRECT, "redirect"},
	{ICMP4_ECHO, "echo request"},
	{ICMP4_PARAM_PROBLEM, "parameter problem"},
	{ICMP4_TIMESTAMP, "time stamp query"},
	{ICMP4_TIMESTAMP_REPLY, "time stamp reply"},
};

static const struct name names6[] = {
	{ICMP6_ECHO, "echo request"},
	{ICMP6_ECHO_REPLY, "echo reply"},
	{ICMP6_MLD_QUERY, "multicast listener query"},
	{ICMP6_MLD_REPORT, "multicast listener report"},
	{ICMP6_MLD_DONE, "multicast listener done"},
	{133, "router solicitation"},
	{134, "router advertisement"},
	{135, "neighbor solicitation"},
	{136, "neighbor advertisement"},
	{137, "redirect"},
	{ICMP6_MLD2_REPORT, "multicast listener report v2"},
};

/* The text before and after the unreachable address. */
struct around {
	const char *before, *after;
};

static const struct around unreachable4[] = {
	{"net ", " unreachable"},
	{"host ", " unreachable"},
	{"", " protocol"},
	{"", ""},
	{"", " unreachable - need to frag"},
	{"", " unreachable - source route failed"},
	{"net ", " unreachable - unknown"},
	{"host ", " unreachable - unknown"},
	{"", " unreachable - source host isolated"},
	{"net ", " unreachable - admin prohibited"},
	{"host ", " unreachable - admin prohibited"},
	{"net ", " unreachable - tos prohibited"},
	{"host ", " unreachable - tos prohibited"},
	{"host ", " unreachable - admin prohibited filter"},
	{"host ", " unreachable - host precedence violation"},
	{"host ", " unreachable - precedence cutoff"},
};

static const struct around unreachable6[] = {
	{"unreachable route ", ""},
	{"unreachable prohibited ", ""},
	{"beyond scope ", ""},
	{"unreachable address ", ""},
	{"unreachable port, ", ""},
	{"source address failed policy ", ""},
	{"reject route ", ""},
};

/* The destination and the transport of the packet quoted by m; "?" if it cannot be read. */
static void quoted(char *dst, struct icmp_quote *q, const struct icmp *m, bool v6)
{
	memset(q, 0, sizeof(*q));
	if (icmp_quote_parse(q, v6, m->data, m->len) == DROP_NONE)
		ip_addr_text(dst, &q->addr.dst);
	else
		strcpy(dst, "?");
}

static void print_port(struct text *t, const struct icmp_quote *q)
{
	if (q->proto == IP_PROTO_TCP || q->proto == IP_PROTO_UDP)
		text_add(t, " %s port %u", q->proto == IP_PROTO_TCP ? "tcp" : "udp", q->dport);
	else
		text_add(t, " protocol %u port", q->proto);
}

static void print_unreachable4(struct text *t, const struct icmp *m)
{
	char dst[IP_ADDR_TEXT_MAX];
	struct icmp_quote q;

	quoted(dst, &q, m, false);
	text_add(t, "%s%s%s", unreachable4[m->code].before, dst, unreachable4[m->code].after);
	if (m->code == ICMP4_PROTO_UNREACHABLE)
		text_add(t, " %u unreachable", q.proto);
	if (m->code == ICMP4_PORT_UNREACHABLE) {
		print_port(t, &q);
		text_add(t, " unreachable");
	}
	if (m->code == ICMP4_FRAG_NEEDED && (m->rest & 0xffff) != 0)
		text_add(t, " (mtu %u)", m->rest & 0xffff);
}

static void print_unreachable6(struct text *t, const struct icmp *m)
{
	char dst[IP_ADDR_TEXT_MAX];
	struct icmp_quote q;

	quoted(dst, &q, m, true);
	text_add(t, "destination unreachable, %s%s", unreachable6[m->code].before, dst);
	if (m->code == ICMP6_PORT_UNREACHABLE)
		print_port(t, &q);
}

static void print_exceeded6(struct text *t, const struct icmp *m)
{
	char dst[IP_ADDR_TEXT_MAX];
	struct icmp_quote q;

	quoted(dst, &q, m, true);
	text_add(t, "time exceeded in-transit");
	if (m->code == ICMP_REASM_EXCEEDED)
		text_add(t, " (reassembly)");
	else
		text_add(t, " for %s", dst);
}

static void print_problem6(struct text *t, const struct icmp *m)
{
	static const char *const what[] = {"erroneous", "next header", "option"};

	text_add(t, "parameter problem, %s - octet %u",
		m->code < ARRAY_SIZE(what) ? what[m->code] : "unknown", m->rest);
}

static void print_name(struct text *t, const struct icmp *m, const struct name *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].type == m->type) {
			text_add(t, "%s", names[i].text);
			return;
		}
	text_add(t, "type-#%u", m->type);
}

static void print4(struct text *t, const struct icmp *m)
{
	if (m->type == ICMP4_UNREACHABLE && m->code < ARRAY_SIZE(unreachable4))
		print_unreachable4(t, m);
	else if (m->type == ICMP4_TIME_EXCEEDED)
		text_add(t, "%s",
			m->code == ICMP_REASM_EXCEEDED ? "ip reassembly time exceeded"
						       : "time exceeded in-transit");
	else
		print_name(t, m, names4, ARRAY_SIZE(names4));
	if (m->type == ICMP4_PARAM_PROBLEM)
		text_add(t, " - octet %u", m->rest >> 24);
	if (m->type == ICMP4_ECHO || m->type == ICMP4_ECHO_REPLY)
		text_add(t, ", id %u, seq %u", icmp_id(m), icmp_seq(m));
}

static void print6(struct text *t, const struct icmp *m)
{
	if (m->type == ICMP6_UNREACHABLE && m->code < ARRAY_SIZE(unreachable6))
		print_unreachable6(t, m);
	else if (m->type == ICMP6_PACKET_TOO_BIG)
		text_add(t, "packet too big, mtu %u", m->rest);
	else if (m->type == ICMP6_TIME_EXCEEDED)
		print_exceeded6(t, m);
	else if (m->type == ICMP6_PARAM_PROBLEM)
		print_problem6(t, m);
	else
		print_name(t, m, names6, ARRAY_SIZE(names6));
	if (m->type == ICMP6_ECHO || m->type == ICMP6_ECHO_REPLY)
		text_add(t, ", id %u, seq %u", icmp_id(m), icmp_seq(m));
}

int icmp_print(char *out, size_t n, const struct icmp *m, bool v6)
{
	struct text t = text_in(out, n);

	text_add(&t, v6 ? "ICMP6, " : "ICMP ");
	if (v6)
		print6(&t, m);
	else
		print4(&t, m);
	text_add(&t, ", length %u", m->len + ICMP_HDR_LEN);
	return (int)t.len;
}
